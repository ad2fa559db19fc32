"""Numbers reach the table as they stand in the file, digit by digit, or are refused in words."""

from __future__ import annotations

import json
from decimal import Context, Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.data.parsing.parse_options import Container, InputLayout, ParseOptions
from dynaops.data.parsing.parser import make_parser
from dynaops.data.rows import InputBlock, Keys, Parsed, Position
from dynaops.sandbox.dynamodb import numbers as aws
from dynaops.values import numbers
from dynaops.values.malformed import MalformedRow

BIG = Context(prec=1_000, Emax=999_999, Emin=-999_999)

_digits = st.text("0123456789", min_size=1, max_size=45)
_integers = st.one_of(st.just("0"), st.from_regex(r"[1-9][0-9]{0,44}", fullmatch=True))


@st.composite
def json_numbers(draw: st.DrawFn) -> str:
    """Any number that JSON's grammar allows, also far out of DynamoDB's range."""
    sign = draw(st.sampled_from(["", "-"]))
    fraction = draw(st.one_of(st.just(""), _digits.map(lambda digits: f".{digits}")))
    powers = st.one_of(st.integers(-20, 20), st.integers(-500, 500), st.sampled_from([-130, -131, 125, 126]))
    exponent = draw(
        st.one_of(
            st.just(""), st.builds("{}{:+d}".format, st.sampled_from("eE"), powers), powers.map("e{}".format)
        )
    )
    return f"{sign}{draw(_integers)}{fraction}{exponent}"


def _storable(text: str) -> bool:
    """Whether DynamoDB takes a number, by decimal arithmetic."""
    value = BIG.create_decimal(text)
    if not value:
        return True
    significant = len("".join(map(str, value.as_tuple().digits)).strip("0"))
    return significant <= 38 and -130 <= value.adjusted() <= 125


def _parse(lines: list[str], **plan: Any) -> Parsed:
    keys = Keys("id", None, {"id": "S"})
    made = ParseOptions(keys, {"x": InputLayout(Container.LINES)}, **plan)
    return make_parser(made)(InputBlock(0, "x", 1, "\n".join(lines).encode(), Position(0, 0, 0)))


@given(st.lists(json_numbers(), min_size=1, max_size=8), st.booleans())
def test_json_numbers_are_exact_or_refused(texts: list[str], nested: bool) -> None:
    # each thrice: the first goes the slow road, the last the fast one
    wanted = [text for text in texts for _ in range(3)]
    values = (f"[{text}]" if nested else text for text in wanted)
    found = _parse([f'{{"id":"a","n":{value}}}' for value in values])
    by_line = {row.line: orjson.loads(row.body)["n"] for row in found.rows}
    refused = {one.line: one.reason for one in found.rejects}
    for line, text in enumerate(wanted, 1):
        assert (line in by_line) == _storable(text), (text, refused.get(line))
        if line in by_line:
            value = by_line[line]["L"][0] if nested else by_line[line]
            assert BIG.create_decimal(value["N"]) == BIG.create_decimal(text)


@given(json_numbers())
def test_the_canonical_form_is_awss(text: str) -> None:
    try:
        expected = aws.canonical(text)
    except aws.NotStorable:
        with pytest.raises(MalformedRow):
            numbers.canonical(text)
    else:
        assert numbers.canonical(text) == expected
        assert numbers.size(text) == aws.size(expected)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4), st.sampled_from(["{:f}", "{:e}", "{:+f}"])
)
def test_equal_numbers_have_one_canonical_form(number: Decimal, form: str) -> None:
    if _storable(str(number)):
        assert numbers.canonical(form.format(number)) == numbers.canonical(str(number))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1E126", "n: a number is between 1E-130 and 9.9E+125, not about 1E+126"),
        ("-1E-131", "n: a number is between 1E-130 and 9.9E+125, not about 1E-131"),
        ("1e-400", "n: a number is between 1E-130 and 9.9E+125, not about 1E-400"),
        ("1e400", "n: a number is between 1E-130 and 9.9E+125, not about 1E+400"),
        ("1e99999999999", "n: a number is between 1E-130 and 9.9E+125, not about 1E99999999999"),
        ("1." + "2" * 38, "n: a number has at most 38 digits, not 39"),
        ("NaN", "n: NaN is no number that DynamoDB can hold"),
        ("-Infinity", "n: -Infinity is no number that DynamoDB can hold"),
    ],
)
def test_why_a_number_is_refused(text: str, reason: str) -> None:
    found = _parse([f'{{"id":"a","n":{text}}}', '{"id":"b","n":1}'])
    assert [(one.line, one.reason) for one in found.rejects] == [(1, reason)]
    assert [row.key for row in found.rows] == [b"b"]


@pytest.mark.parametrize(
    "text", ["9" * 38, "-" + "9" * 38, "1E-130", "9.9999999E125", "0e999999999999", "-0.0"]
)
def test_the_ends_of_the_range_are_taken(text: str) -> None:
    (row,) = _parse([f'{{"id":"a","n":{text}}}']).rows
    assert BIG.create_decimal(orjson.loads(row.body)["n"]["N"]) == BIG.create_decimal(text)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_doubles_as_programs_write_them(values: list[float]) -> None:
    fits = [value for value in values if value == 0 or 1e-130 <= abs(value) < 1e126]
    found = _parse([json.dumps({"id": "a", "n": value}) for value in fits])
    assert [float(orjson.loads(row.body)["n"]["N"]) for row in found.rows] == fits


def test_keys_that_are_equal_numbers_are_one() -> None:
    keys = Keys("n", None, {"n": "N"})
    plan = ParseOptions(keys, {"x": InputLayout(Container.LINES)})
    lines = b"\n".join(b'{"n":%b}' % text for text in (b"10", b"10", b"10", b"1e1", b"10.00", b"100E-1"))
    found = make_parser(plan)(InputBlock(0, "x", 1, lines, Position(0, 0, 0)))
    assert {row.key for row in found.rows} == {b"10"} and len(found.rows) == 6
