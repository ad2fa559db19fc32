"""Specs, loads and the sandbox take the same values; boto3's serializer writes them in the same form."""

from __future__ import annotations

import base64
import json
from decimal import Decimal, Rounded
from typing import Any

import orjson
import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.data.parsing.parse_options import Container, InputLayout, ParseOptions
from dynaops.data.parsing.parser import make_parser
from dynaops.data.rows import InputBlock, Keys, Position
from dynaops.kinds.items import marshal
from dynaops.sandbox.dynamodb.values import BARE, ValueReader
from dynaops.sandbox.errors import ApiError
from dynaops.values import limits
from dynaops.values.malformed import MalformedRow

_numbers = st.one_of(
    st.integers(-(10**39), 10**39).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.builds("{}e{}".format, st.integers(-99, 99), st.sampled_from([-132, -131, -130, 123, 124, 125, 126])),
    st.sampled_from(["", "x", "1.", ".5", "+1", "٣", "NaN", "1e", "0e999", "-0"]),
)
_texts = st.text(max_size=8)
_base64 = st.one_of(st.binary(max_size=8).map(lambda data: base64.b64encode(data).decode()), st.just("*"))
_names = st.text(min_size=1, max_size=4)


def _containers(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(children, max_size=3).map(lambda content: {"L": content}),
        st.dictionaries(_names, children, max_size=3).map(lambda content: {"M": content}),
    )


typed_values = st.recursive(
    st.one_of(
        _texts.map(lambda text: {"S": text}),
        _numbers.map(lambda text: {"N": text}),
        _base64.map(lambda text: {"B": text}),
        st.booleans().map(lambda flag: {"BOOL": flag}),
        st.just({"NULL": True}),
        st.lists(_texts, max_size=3).map(lambda texts: {"SS": texts}),
        st.lists(_numbers, max_size=3).map(lambda texts: {"NS": texts}),
        st.lists(_base64, max_size=3).map(lambda texts: {"BS": texts}),
    ),
    _containers,
    max_leaves=6,
)


def _in_a_spec(item: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return marshal.typed(item)
    except MalformedRow:
        return None


def _in_a_load(item: dict[str, Any], typed: bool) -> tuple[dict[str, Any], int] | None:
    """The item as it is written, and the bytes it counts as; None where it is refused."""
    plan = ParseOptions(Keys("id", None, {"id": "S"}), {"x": InputLayout(Container.LINES)}, typed=typed)
    text = json.dumps(item).encode()
    parsed = make_parser(plan)(InputBlock(0, "x", 1, text, Position(0, 0, 0)))
    return (orjson.loads(parsed.rows[0].body), parsed.rows[0].size) if parsed.rows else None


def _in_the_sandbox(item: dict[str, Any]) -> int | None:
    try:
        return ValueReader(BARE).item(item)[1]
    except ApiError:
        return None


def _sorted_sets(value: Any) -> Any:
    if isinstance(value, list):
        return [_sorted_sets(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        name: sorted(content)
        if name in ("SS", "NS", "BS") and isinstance(content, list)
        else _sorted_sets(content)
        for name, content in value.items()
    }


@given(typed_values)
@settings(max_examples=300, deadline=None)
def test_dynamodb_json_is_taken_or_refused_alike(value: dict[str, Any]) -> None:
    item = {"id": {"S": "a"}, "v": value}
    in_spec, in_load, in_sandbox = _in_a_spec(item), _in_a_load(item, typed=True), _in_the_sandbox(item)
    assert (in_spec is None) == (in_load is None) == (in_sandbox is None)
    if in_spec is not None and in_load is not None:
        assert in_spec == _sorted_sets(in_load[0])
        assert marshal.size(in_spec) == in_load[1] == in_sandbox


plain_values = st.recursive(
    st.one_of(st.none(), st.booleans(), _texts, st.integers(-(10**39), 10**39), st.floats()),
    lambda children: st.one_of(st.lists(children, max_size=3), st.dictionaries(_names, children, max_size=3)),
    max_leaves=6,
)


@given(plain_values)
@settings(max_examples=300, deadline=None)
def test_plain_values_are_taken_or_refused_alike(value: Any) -> None:
    if isinstance(value, dict) and any(name.startswith("$") for name in value):
        return  # other tools' extended JSON, which only loads read
    item = {"id": "a", "v": value, "w": [value]}
    in_spec, in_load = _in_a_spec(item), _in_a_load(item, typed=False)
    if "$" not in json.dumps(item):
        assert (in_spec is None) == (in_load is None)
        assert in_load is None or _same_numbers(in_spec) == _same_numbers(in_load[0])


def _for_boto3(value: Any) -> Any:
    """boto3 takes no floats, and wants the decimal number that is meant."""
    if isinstance(value, list):
        return [_for_boto3(element) for element in value]
    if isinstance(value, dict):
        return {name: _for_boto3(member) for name, member in value.items()}
    return Decimal(repr(value)) if isinstance(value, float) else value


def _same_numbers(value: Any) -> Any:
    """Numbers by what they are worth: boto3 writes 1E+2 where DynamoDB answers 100."""
    if isinstance(value, list):
        return [_same_numbers(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        name: Decimal(content) if name == "N" and isinstance(content, str) else _same_numbers(content)
        for name, content in value.items()
    }


@given(plain_values)
@settings(max_examples=200, deadline=None)
def test_boto3_writes_the_same_values(value: Any) -> None:
    in_spec = _in_a_spec({"id": "a", "v": value})
    if in_spec is None:
        return  # boto3 checks neither the lowest exponent nor the depth
    try:
        by_boto3 = TypeSerializer().serialize(_for_boto3(value))
    except Rounded:
        return  # boto3 counts the zeros at the end of an integer as digits
    assert _same_numbers(in_spec["v"]) == _same_numbers(by_boto3)


@pytest.mark.parametrize("kind", ["L", "M"])
@pytest.mark.parametrize(("containers", "taken"), [(31, True), (32, False), (33, False), (60, False)])
def test_nesting(kind: str, containers: int, taken: bool) -> None:
    """32 levels, the attribute itself included: 31 lists or maps around a scalar (Quotas, "Attributes")."""
    typed: Any = {"S": "x"}
    plain: Any = "x"
    for _ in range(containers):
        typed = {kind: [typed] if kind == "L" else {"n": typed}}
        plain = [plain] if kind == "L" else {"n": plain}
    assert (_in_a_spec({"id": {"S": "a"}, "v": typed}) is not None) is taken
    assert (_in_a_spec({"id": "a", "v": plain}) is not None) is taken
    assert (_in_a_load({"id": {"S": "a"}, "v": typed}, typed=True) is not None) is taken
    assert (_in_a_load({"id": "a", "v": plain}, typed=False) is not None) is taken
    assert (_in_the_sandbox({"id": {"S": "a"}, "v": typed}) is not None) is taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("9" * 38, True),
        ("9" * 39, False),
        ("1" + "0" * 125, True),
        ("1" + "0" * 126, False),
        ("9.9999999999999999999999999999999999999E+125", True),
        ("-9.9999999999999999999999999999999999999E+125", True),
        ("1E-130", True),
        ("-1E-130", True),
        ("9E-131", False),
        ("1E126", False),
        ("0E-500", True),
        ("1E-99999999999", False),
    ],
)
def test_numbers_have_the_documented_limits(text: str, taken: bool) -> None:
    """38 digits; 1E-130 to 9.9999999999999999999999999999999999999E+125 and the same below zero (data types)."""
    item = {"id": {"S": "a"}, "v": {"N": text}}
    assert (_in_a_spec(item) is not None) is taken
    assert (_in_a_load(item, typed=True) is not None) is taken
    assert (_in_the_sandbox(item) is not None) is taken


def test_the_limits_are_those_of_the_quotas_page() -> None:
    assert (limits.MOST_ITEM_BYTES, limits.MOST_LEVELS, limits.MOST_DIGITS) == (409_600, 32, 38)
    assert (limits.MOST_HASH_BYTES, limits.MOST_RANGE_BYTES) == (2048, 1024)
    full = {"id": {"S": "a"}, "v": {"S": "x" * (409_600 - len("idav"))}}
    assert _in_a_load(full, typed=True) is not None
    assert marshal.size(marshal.typed(full)) == limits.MOST_ITEM_BYTES
    full["v"]["S"] += "x"
    assert _in_a_load(full, typed=True) is None
    assert _in_the_sandbox(full) is None


def repr_of(value: object) -> str:
    """The name of a test of a value that str() may not write."""
    return type(value).__name__


@pytest.mark.parametrize(
    "value", [10**5000, float("nan"), float("inf"), Decimal("sNaN"), object()], ids=repr_of
)
def test_what_no_number_can_be_is_refused_in_words(value: Any) -> None:
    with pytest.raises(MalformedRow, match=r"^v: "):
        marshal.typed({"id": "a", "v": value})
