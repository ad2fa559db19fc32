"""Converts Arrow columns to plain values: text, `Exact` numbers, bytes, lists and maps, or `Unusable`.

Each type is converted here instead of by `to_pylist`, which fails for a whole column because of one value, and returns
other values if pandas is installed.
"""

from __future__ import annotations

import math
import struct
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
from pyarrow import compute

from dynaops.data.parsing import times
from dynaops.data.parsing.exact_json import Exact
from dynaops.values.malformed import Unusable

LOGICAL = b"dynaops:logical"
"""Schema metadata: the logical types that Arrow's types have lost, as ``LEAF=TYPE`` separated by spaces."""
LEFT_OUT = b"dynaops:left-out"
"""Schema metadata: the names of columns that are not loaded, one per line."""
UNREADABLE = b"dynaops:unreadable"
"""Schema metadata: the columns that could not be read, as a JSON object with the reasons."""
INTERVAL, UUID = "interval", "uuid"
_FAILURES = (pa.ArrowException, ValueError, OverflowError, TypeError, KeyError, UnicodeError)
_KEYS: Mapping[type, str] = {dict: "map", list: "list", bytes: "binary value"}
_NO_NUMBER = "{} is no number that DynamoDB can hold"
_types = pa.types


class Cells:
    """Converts arrays to lists of values.

    `logical` are logical types by leaf number. A leaf is a type without inner types; leaves are counted from the left.
    """

    def __init__(self, logical: Mapping[int, str] | None = None) -> None:
        self._logical = logical or {}

    def of(self, array: Any, leaf: int = 0) -> list[Any]:
        """The values of an array whose first leaf has number `leaf`, with `Unusable` for each that cannot be read."""
        try:
            return self._read(array, leaf)
        except _FAILURES as error:
            count = len(array)
            if count == 1:
                return [Unusable(f"cannot be read as {array.type}: {_first_line(error)}")]
            middle = count // 2
            return [*self.of(array.slice(0, middle), leaf), *self.of(array.slice(middle), leaf)]

    def _read(self, array: Any, leaf: int) -> list[Any]:
        kind = array.type
        if isinstance(kind, pa.BaseExtensionType):
            return self._extension(array, kind, leaf)
        if _types.is_dictionary(kind):
            known = self.of(array.dictionary, leaf)
            return [None if at is None else known[at] for at in array.indices.to_pylist()]
        if _types.is_run_end_encoded(kind):
            return self._read(compute.run_end_decode(array), leaf)
        if _types.is_struct(kind):
            return self._struct(array, kind, leaf)
        if _types.is_map(kind):
            return self._map(array, kind, leaf)
        if _types.is_union(kind):
            return self._union(array, kind, leaf)
        if _types.is_nested(kind):
            return self._list(array, kind, leaf)
        return self._leaf(array, kind, self._logical.get(leaf))

    def _leaf(self, array: Any, kind: Any, logical: str | None) -> list[Any]:
        if _types.is_fixed_size_binary(kind) and logical == INTERVAL and kind.byte_width == 12:
            return _each(_interval, array.to_pylist())
        if _types.is_fixed_size_binary(kind) and logical == UUID and kind.byte_width == 16:
            return _each(_uuid, array.to_pylist())
        for matches, read in _LEAVES:
            if matches(kind):
                return read(array)
        if _types.is_string(kind) or _types.is_boolean(kind) or _types.is_integer(kind) or _is_bytes(kind):
            return list(array.to_pylist())
        return [_unknown(kind) if valid else None for valid in array.is_valid().to_pylist()]

    def _extension(self, array: Any, kind: Any, leaf: int) -> list[Any]:
        stored = array.storage
        if kind.extension_name == "arrow.uuid":
            return _each(_uuid, stored.to_pylist())
        if kind.extension_name == "arrow.bool8":
            return [None if number is None else number != 0 for number in stored.to_pylist()]
        return self._read(stored, leaf)

    def _struct(self, array: Any, kind: Any, leaf: int) -> list[Any]:
        names = [kind.field(at).name for at in range(kind.num_fields)]
        valid = array.is_valid().to_pylist()
        duplicate = next((name for name in names if names.count(name) > 1), None)
        if duplicate is not None:
            return [
                Unusable(f"has two members named {duplicate!r}") if is_valid else None for is_valid in valid
            ]
        members = []
        for at in range(kind.num_fields):
            members.append(self.of(array.field(at), leaf))
            leaf += leaves(kind.field(at).type)
        rows = zip(*members, strict=True) if members else ((),) * len(array)
        return [
            dict(zip(names, row, strict=True)) if is_valid else None
            for row, is_valid in zip(rows, valid, strict=True)
        ]

    def _list(self, array: Any, kind: Any, leaf: int) -> list[Any]:
        if _types.is_fixed_size_list(kind):
            size = kind.list_size
            inner = self.of(array.values.slice(array.offset * size, len(array) * size), leaf)
            parts = [inner[at * size : at * size + size] for at in range(len(array))]
        elif _types.is_list(kind) or _types.is_large_list(kind):
            parts = _parts(array, self._between(array, array.values, leaf))
        else:  # views of lists, whose parts may lie in any order
            return [self._scalar(is_valid, leaf) for is_valid in array]
        return [
            part if is_valid else None
            for part, is_valid in zip(parts, array.is_valid().to_pylist(), strict=True)
        ]

    def _map(self, array: Any, kind: Any, leaf: int) -> list[Any]:
        keys = _parts(array, self._between(array, array.keys, leaf))
        items = _parts(array, self._between(array, array.items, leaf + leaves(kind.key_type)))
        valid = array.is_valid().to_pylist()
        return [
            _mapped(names, values) if is_valid else None
            for names, values, is_valid in zip(keys, items, valid, strict=True)
        ]

    def _union(self, array: Any, kind: Any, leaf: int) -> list[Any]:
        firsts = [leaf]
        for at in range(kind.num_fields):
            firsts.append(firsts[-1] + leaves(kind.field(at).type))
        codes = {code: at for at, code in enumerate(kind.type_codes)}
        values = []
        for scalar in array:
            value = scalar.value
            values.append(None if value is None else self._scalar(value, firsts[codes[scalar.type_code]]))
        return values

    def _scalar(self, scalar: Any, leaf: int) -> Any:
        if not scalar.is_valid:
            return None
        values = (
            scalar.values
            if _types.is_list_view(scalar.type) or _types.is_large_list_view(scalar.type)
            else None
        )
        if values is not None:
            return self.of(values, leaf)
        return self.of(pa.array([scalar], type=scalar.type), leaf)[0]

    def _between(self, array: Any, inner: Any, leaf: int) -> list[Any]:
        """The inner values of the lists or maps in `array`, which may be a slice of a larger array."""
        offsets = array.offsets
        start, end = offsets[0].as_py(), offsets[-1].as_py()
        return self.of(inner.slice(start, end - start), leaf)


def leaves(kind: Any) -> int:
    """The number of leaves of a type."""
    if isinstance(kind, pa.BaseExtensionType):
        return leaves(kind.storage_type)
    if _types.is_map(kind):
        return leaves(kind.key_type) + leaves(kind.item_type)
    if _types.is_dictionary(kind) or _types.is_run_end_encoded(kind) or not _types.is_nested(kind):
        return 1
    return sum(leaves(kind.field(at).type) for at in range(kind.num_fields))


def extension_name(field: Any) -> str:
    """The extension type of a field, even if the type is not registered (as pandas registers its own)."""
    if isinstance(field.type, pa.BaseExtensionType):
        return str(field.type.extension_name)
    return str((field.metadata or {}).get(b"ARROW:extension:name", b"").decode("utf-8", "replace"))


def logical_types(schema: Any) -> dict[int, str]:
    """The logical types by leaf number, from a schema's metadata."""
    metadata = (schema.metadata or {}).get(LOGICAL, b"").decode()
    return {int(leaf): kind for leaf, _, kind in (entry.partition("=") for entry in metadata.split())}


def _parts(array: Any, inner: Sequence[Any]) -> list[Any]:
    offsets = array.offsets.to_pylist()
    first = offsets[0]
    return [list(inner[start - first : end - first]) for start, end in pairwise(offsets)]


def _mapped(names: Sequence[Any], items: Sequence[Any]) -> Any:
    """An Arrow map as a dict; `Unusable` for keys that are not text, numbers or booleans, or that occur twice."""
    members: dict[str, Any] = {}
    for name, item in zip(names, items, strict=True):
        if isinstance(name, bool):
            name = "true" if name else "false"
        if not isinstance(name, str | int):
            kind = _KEYS.get(type(name), "null")
            return Unusable(f"is a map with a {kind} as a key; names of attributes are text")
        if str(name) in members:
            return Unusable(f"the name {str(name)!r} is there twice")
        members[str(name)] = item
    return members


def _each(read: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    return [None if value is None else read(value) for value in values]


def _doubles(array: Any) -> list[Any]:
    return _each(_double, array.to_pylist())


def _double(value: float) -> Any:
    return Exact(repr(value)) if math.isfinite(value) else Unusable(_NO_NUMBER.format(value))


def _singles(array: Any) -> list[Any]:
    """The shortest text of each 32-bit float; converted to a double first, it would have meaningless extra digits."""
    return [
        None if text is None else Exact(text) if text[-1:].isdigit() else Unusable(_NO_NUMBER.format(text))
        for text in array.cast(pa.string()).to_pylist()
    ]


def _halves(array: Any) -> list[Any]:
    return _each(_half, array.cast(pa.float32()).to_pylist())


def _half(value: float) -> Any:
    if not math.isfinite(value):
        return Unusable(_NO_NUMBER.format(value))
    for digits in range(1, 17):
        text = f"{value:.{digits}g}"
        with suppress(OverflowError):
            if struct.unpack("e", struct.pack("e", float(text)))[0] == value:
                break
    return Exact(text)


def _decimals(array: Any) -> list[Any]:
    def read(value: Decimal) -> Exact:
        return Exact(format(value, "f"))

    return _each(read, array.to_pylist())


def _counts(array: Any, width: Any) -> list[Any]:
    return list(array.cast(width).to_pylist())


def _timestamps(array: Any) -> list[Any]:
    kind = array.type
    factor = times.NANOSECONDS[kind.unit]
    suffix, offset = times.zone(kind.tz)
    return _each(lambda count: times.instant(count * factor, suffix, offset), _counts(array, pa.int64()))


def _dates(array: Any) -> list[Any]:
    return _each(times.day, _counts(array, pa.int32()))


def _milliseconds_of_dates(array: Any) -> list[Any]:
    def read(count: int) -> Any:
        days, rest = divmod(count, 86_400_000)
        return times.instant(count * 10**6) if rest else times.day(days)

    return _each(read, _counts(array, pa.int64()))


def _times(array: Any) -> list[Any]:
    factor = times.NANOSECONDS[array.type.unit]
    width = pa.int32() if array.type.bit_width == 32 else pa.int64()
    return _each(lambda count: times.time_of_day(count * factor), _counts(array, width))


def _durations(array: Any) -> list[Any]:
    factor = times.NANOSECONDS[array.type.unit]
    return _each(lambda count: times.duration(count * factor), _counts(array, pa.int64()))


def _intervals(array: Any) -> list[Any]:
    return _each(
        lambda interval: times.duration(interval.nanoseconds, interval.days, interval.months),
        array.to_pylist(),
    )


def _interval(raw: bytes) -> str:
    """Parquet's INTERVAL: months, days and milliseconds, each of 32 bits without a sign (LogicalTypes.md)."""
    months, days, milliseconds = struct.unpack("<3I", raw)
    return times.duration(milliseconds * 10**6, days, months)


def _uuid(raw: bytes) -> str:
    return str(uuid.UUID(bytes=raw))


def _texts(array: Any) -> list[Any]:
    return list(array.to_pylist())


def _is_bytes(kind: Any) -> bool:
    return bool(
        _types.is_binary(kind)
        or _types.is_large_binary(kind)
        or _types.is_fixed_size_binary(kind)
        or _types.is_binary_view(kind)
    )


def _unknown(kind: Any) -> Unusable:
    return Unusable(f"is of Arrow's type {kind}, which is not known")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


_LEAVES: Sequence[tuple[Callable[[Any], bool], Callable[[Any], list[Any]]]] = (
    (_types.is_null, _texts),
    (_types.is_large_string, _texts),
    (_types.is_string_view, _texts),
    (_types.is_float64, _doubles),
    (_types.is_float32, _singles),
    (_types.is_float16, _halves),
    (_types.is_decimal, _decimals),
    (_types.is_timestamp, _timestamps),
    (_types.is_date32, _dates),
    (_types.is_date64, _milliseconds_of_dates),
    (_types.is_time, _times),
    (_types.is_duration, _durations),
    (_types.is_interval, _intervals),
)
