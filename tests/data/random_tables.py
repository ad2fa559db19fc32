"""Random tables of Arrow, what each cell should become, and the comparison of both."""

from __future__ import annotations

import struct
from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.data.expected_values import BAD, moment, number, plain, single
from tests.data.reading import Found

pa = pytest.importorskip("pyarrow")
SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
DOUBLES = st.floats() | st.sampled_from([0.1, 1e22, 5e-324, 1e300, -0.0, 1e-130, 9.99e125])
SINGLES = st.floats(width=32) | st.sampled_from([struct.unpack("f", struct.pack("f", 0.1))[0]])
Column = tuple[Any, Any, Any]


def _scaled(unit: int) -> Any:
    return st.integers(-(2**62), 2**62) | st.integers(-(9 * 10**9), 9 * 10**9).map(
        lambda one: one * 10**9 // unit
    )


def decimals(digits: int, scale: int) -> Any:
    return st.integers(-(10**digits) + 1, 10**digits - 1).map(
        lambda one: Decimal(one).scaleb(-scale, Context(prec=100))
    )


def _columns() -> dict[str, Column]:
    """By name: Arrow's type, values to give to the writer, what is expected of one."""
    found: dict[str, Column] = {
        "int8": (pa.int8(), st.integers(-128, 127), plain),
        "int64": (pa.int64(), INT64, plain),
        "uint64": (pa.uint64(), st.integers(0, 2**64 - 1), plain),
        "bool": (pa.bool_(), st.booleans(), plain),
        "double": (pa.float64(), DOUBLES, plain),
        "single": (pa.float32(), SINGLES, single),
        "half": (pa.float16(), st.integers(-2048, 2048), number),
        "string": (pa.string(), TEXT, plain),
        "large_string": (pa.large_string(), TEXT, plain),
        "binary": (pa.binary(), st.binary(max_size=9), plain),
        "fixed": (pa.binary(16), st.binary(min_size=16, max_size=16), plain),
        "dec38": (pa.decimal128(38, 10), decimals(38, 10), plain),
        "dec256": (pa.decimal256(76, 4), decimals(42, 4), plain),
        "day": (pa.date32(), st.dates(), plain),
        "day64": (pa.date64(), st.dates(), plain),
        "clock": (pa.time64("us"), st.times(), plain),
        "words": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(["a", "b", ""]), plain),
        "list": (pa.list_(pa.float64()), st.lists(DOUBLES | st.none(), max_size=3), plain),
        "large_list": (pa.large_list(pa.int8()), st.lists(st.integers(-9, 9) | st.none(), max_size=3), plain),
        "pair": (pa.list_(pa.string(), 2), st.lists(TEXT | st.none(), min_size=2, max_size=2), plain),
        "map": (
            pa.map_(pa.string(), pa.int64()),
            st.dictionaries(st.sampled_from("abc"), INT64, max_size=3),
            plain,
        ),
        "struct": (
            pa.struct([("x", pa.list_(pa.float64())), ("y", pa.binary())]),
            st.fixed_dictionaries(
                {"x": st.lists(DOUBLES, max_size=2) | st.none(), "y": st.binary(max_size=2) | st.none()}
            ),
            plain,
        ),
    }
    for unit, nanoseconds in (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)):
        for zone in (None, "UTC", "Europe/Berlin"):
            found[f"t{unit}{zone}"] = (
                pa.timestamp(unit, zone),
                _scaled(nanoseconds),
                lambda one, nanoseconds=nanoseconds, zone=zone: moment(one * nanoseconds, zone is not None),
            )
    return found


COLUMNS = _columns()


@st.composite
def tables(draw: Any, names: Any = None) -> dict[str, list[Any]]:
    """Values by column's name."""
    chosen = draw(st.lists(st.sampled_from(sorted(names or COLUMNS)), min_size=1, max_size=4, unique=True))
    count = draw(st.integers(1, 9))
    return {name: [draw(COLUMNS[name][1] | st.none()) for _ in range(count)] for name in chosen}


def arrow_table(table: dict[str, list[Any]]) -> Any:
    count = len(next(iter(table.values())))
    arrays = [pa.array([f"k{at}" for at in range(count)])]
    for name, values in table.items():
        kind = COLUMNS[name][0]
        cells = [list(one.items()) if pa.types.is_map(kind) and one is not None else one for one in values]
        arrays.append(pa.array(cells, type=kind))
    return pa.table(arrays, names=["id", *table])


def check(found: Found, table: dict[str, list[Any]], absent_nulls: bool = False) -> None:
    """Each row is as expected, or rejected because of a value that is expected to be bad."""
    count = len(next(iter(table.values())))
    items = {item["id"]["S"]: item for item in found.items}
    reasons = dict(found.told)
    for at in range(count):
        expected: dict[str, Any] = {"id": {"S": f"k{at}"}}
        for name, values in table.items():
            value = values[at]
            if value is None and absent_nulls:
                continue
            expected[name] = {"NULL": True} if value is None else COLUMNS[name][2](value)
        bad = [name for name, value in expected.items() if value is BAD]
        if bad:
            assert f"k{at}" not in items
            assert any(reasons[at + 1].startswith(name) for name in bad), reasons[at + 1]
        else:
            assert items.get(f"k{at}") == expected, reasons
    assert found.read == count
