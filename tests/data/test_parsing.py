"""Rows of JSON: the same by the fast road and the slow one, of DynamoDB's size, and refused where AWS would refuse."""

from __future__ import annotations

import base64
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.data.parsing.parse_options import Container, InputLayout, ParseOptions, Shard
from dynaops.data.parsing.parser import make_parser
from dynaops.data.rows import InputBlock, Keys, Parsed, Position
from dynaops.sandbox.dynamodb.values import BARE, ValueReader

KEYS = Keys("id", "at", {"id": "S", "at": "N"}, {"mail": "S", "rank": "N"})
LINES = {"x": InputLayout(Container.LINES)}

_names = st.text(min_size=1, max_size=12)
_scalars = st.one_of(st.none(), st.booleans(), st.text(max_size=30), st.integers(-(10**37), 10**37))
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_names, inner, max_size=4)),
    max_leaves=8,
)
_items = st.builds(
    lambda rest, id_, at: {**rest, "id": id_, "at": at},
    st.dictionaries(_names, _values, max_size=8),
    st.text(min_size=1, max_size=20),
    st.integers(-(10**20), 10**20),
)


def parse(lines: list[str] | list[bytes], keys: Keys = KEYS, **plan: Any) -> Parsed:
    data = b"\n".join(one.encode() if isinstance(one, str) else one for one in lines)
    made = ParseOptions(keys, LINES, **plan)
    return make_parser(made)(InputBlock(0, "x", 1, data, Position(0, 0, 0)))


def _typed(value: Any) -> Any:
    """The specification of plain JSON as DynamoDB JSON."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [_typed(one) for one in value]}
    if isinstance(value, dict):
        return {"M": {name: _typed(one) for name, one in value.items()}}
    return {"S": value}


@given(st.lists(_items, min_size=1, max_size=4), st.booleans())
@settings(max_examples=150, deadline=None)
def test_plain_items_arrive_as_they_are(items: list[dict[str, Any]], ascii_: bool) -> None:
    items = [{name: value for name, value in item.items() if name not in KEYS.index_keys} for item in items]
    lines = [json.dumps(item, ensure_ascii=ascii_) for item in items]
    found = parse([line for line in lines for _ in range(3)])  # the third time a template is there
    assert not found.rejects
    for place, row in enumerate(found.rows):
        item = items[place // 3]
        body = orjson.loads(row.body)
        assert body == {name: _typed(value) for name, value in item.items()}
        assert row.size == ValueReader(BARE).item(body)[1]
        assert row.key == found.rows[place // 3 * 3].key


_bare = st.text("abé%{}0 '", min_size=1, max_size=8)
"""Texts that nothing has to be escaped in, and that would spoil a template."""
_decimals = st.builds(
    lambda digits, power: str(digits / 10**power), st.integers(-(10**9), 10**9), st.integers(-15, 20)
)
_texts = st.one_of(
    _decimals,
    st.integers(-(10**18), 10**18).map(str),
    st.sampled_from(["true", "false", "null"]),
    _bare.map(lambda text: f'"{text}"'),
)


@given(st.dictionaries(_bare, _texts, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_the_shortest_way_gives_what_the_longest_gives(values: dict[str, str]) -> None:
    members = ", ".join(f'"{name}": {text}' for name, text in values.items())
    line = f'{{"id": "k", "at": -120, {members}}}'
    first, second, third = parse([line] * 3).rows  # value by value twice, then by the shape's own function
    assert first[:3] == second[:3] == third[:3]


@given(_items)
def test_dynamodb_json_stays_what_it_is(item: dict[str, Any]) -> None:
    item = {name: value for name, value in item.items() if name not in KEYS.index_keys}
    typed = {name: _typed(value) for name, value in item.items()}
    wrapped = [typed, {"Item": typed}, {"PutRequest": {"Item": typed}}]
    found = parse([json.dumps(one) for one in wrapped], typed=True)
    assert [orjson.loads(row.body) for row in found.rows] == [typed] * 3
    assert {row.size for row in found.rows} == {ValueReader(BARE).item(typed)[1]}


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=6), st.integers(-(10**37), 10**37)), unique=True, max_size=30
    )
)
def test_keys_are_equal_only_if_they_are(keys: list[tuple[str, int]]) -> None:
    found = parse([json.dumps({"id": id_, "at": at}) for id_, at in keys])
    assert len({row.key for row in found.rows}) == len(keys)


def _with(**more: Any) -> str:
    return json.dumps({"id": "a", "at": 1, **more})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"at":1}', "the key 'id' is missing"),
        ('{"id":"a"}', "the key 'at' is missing"),
        ('{"id":7,"at":1}', "the key 'id' is of type N, not a string (S) as the table's key"),
        ('{"id":"a","at":"1"}', "the key 'at' is of type S, not a number (N) as the table's key"),
        ('{"id":null,"at":1}', "the key 'id' is of type NULL, not a string (S) as the table's key"),
        ('{"id":"","at":1}', "the key 'id' is empty"),
        (_with(id="é" * 1025), "the key 'id' has 2050 bytes; at most 2048 are allowed"),
        (_with(mail=""), "'mail' is the key of an index and must not be empty: leave it out"),
        (
            _with(mail=None),
            "'mail' is the key of an index and has to be a string (S) or absent, not of type NULL",
        ),
        (
            _with(rank="1"),
            "'rank' is the key of an index and has to be a number (N) or absent, not of type S",
        ),
        (_with(x="y" * 409_600), "the item has 409608 bytes; at most 409600 are allowed"),
        ('{"id":"a","at":1,"":2}', "an attribute has no name"),
        ('{"id":"a","at":1,"m":{"":2}}', "m: an attribute has no name"),
        (
            '{"id":"a","at":1,"s":"\\ud800"}',
            "s: a string has half a character (a lone surrogate), which is no Unicode",
        ),
        (
            '{"id":"a","at":1,"l":' + "[" * 32 + "1" + "]" * 32 + "}",
            "l: lists and maps are nested 32 deep at the most",
        ),
        ('["id","a"]', 'a row is a JSON object, not ["id", "a"]'),
        ("17", "a row is a JSON object, not 17"),
        ('{"id":"a","at":1', "is not JSON: Expecting ',' delimiter at character 17"),
        ('{"id":"a","at":1}}', "is not JSON: Extra data at character 18"),
        ("{'id':'a'}", "is not JSON: Expecting property name enclosed in double quotes at character 2"),
        ("[" * 100_000, "is not JSON that can be read: it is nested too deep"),
    ],
)
def test_why_a_row_is_refused(line: str, reason: str) -> None:
    good = '{"id":"b","at":2}'
    found = parse([good, good, good, line, "", good])
    assert [(one.line, one.reason, one.text) for one in found.rejects] == [(4, reason, line)]
    assert [row.line for row in found.rows] == [1, 2, 3, 6] and found.read == 5


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"SS": []}, "x: SS holds a list of at least one value: a set is never empty"),
        ({"SS": ["a", "a"]}, "x: a set holds each value once"),
        ({"NS": ["1", "1.0"]}, "x: a set holds each value once"),
        ({"N": "x"}, "x: 'x' is not a number"),
        ({"N": 1}, "x: N holds a number in quotes, not a number"),
        ({"N": ""}, "x: '' is not a number"),
        ({"B": "a*b="}, "x: binary is written as base64 text"),
        ({"BS": ["QQ==", "QR=="]}, "x: a set holds each value once"),
        ({"S": 1}, "x: S holds a string, in quotes, not a number"),
        ({"BOOL": "true"}, "x: BOOL holds true or false, not a string"),
        ({"NULL": False}, "x: NULL holds true, not true or false"),
        ({"M": []}, "x: M holds a map, not a list"),
        (
            {"L": [{"S": "a"}, {"Q": 1}]},
            'x[1]: in DynamoDB JSON every value is a map of one type, such as {"S": "text"}',
        ),
        ({"S": "a", "N": "1"}, 'x: in DynamoDB JSON every value is a map of one type, such as {"S": "text"}'),
        ("bare", 'x: in DynamoDB JSON every value is a map of one type, such as {"S": "text"}'),
    ],
)
def test_why_dynamodb_json_is_refused(value: Any, reason: str) -> None:
    line = json.dumps({"Item": {"id": {"S": "a"}, "at": {"N": "1"}, "x": value}})
    found = parse([line])
    assert [(one.line, one.reason) for one in found.rejects] == [(1, reason)]


def test_what_is_no_utf8_is_refused_and_shown() -> None:
    found = parse([b'{"id":"a","at":1,"x":"\xff"}', b'{"id":"a","at":1}'])
    (reject,) = found.rejects
    assert (reject.line, reject.reason) == (1, "is not UTF-8: byte 23 is 0xff")
    assert reject.text == '{"id":"a","at":1,"x":"\\xff"}'


def test_types_that_somebody_asks_for() -> None:
    types = {"tags": "SS", "nums": "NS", "raw": "B", "n": "N", "s": "S", "m": "M"}
    row = {"tags": ["a", "b"], "nums": [1, 2.5], "raw": "AQI=", "n": "1.50", "s": 12, "m": {"x": 1}}
    (found,) = parse([_with(**row)], types=types).rows
    assert orjson.loads(found.body) == {
        "id": {"S": "a"},
        "at": {"N": "1"},
        "tags": {"SS": ["a", "b"]},
        "nums": {"NS": ["1", "2.5"]},
        "raw": {"B": "AQI="},
        "n": {"N": "1.5"},
        "s": {"S": "12"},
        "m": {"M": {"x": {"N": "1"}}},
    }
    (refused,) = parse([_with(tags="a")], types=types).rejects
    assert refused.reason == "tags: is text that is not JSON, which cannot be made SS"


def test_binary_keys_are_base64_in_plain_json() -> None:
    keys = Keys("k", None, {"k": "B"})
    text = base64.b64encode(b"\0key").decode()
    found = parse([json.dumps({"k": text}), json.dumps({"k": ""}), json.dumps({"k": "?"})], keys)
    assert [row.key for row in found.rows] == [b"\0key"]
    assert [one.reason for one in found.rejects] == [
        "the key 'k' is empty",
        "k: binary is written as base64 text",
    ]


def test_deleting_needs_the_key_alone() -> None:
    lines = [
        _with(mail="", x=[1]),
        '{"id":"a"}',
        json.dumps({"id": {"S": "a"}, "at": {"N": "2"}}),
        _with(),
        _with(),
    ]
    found = parse(lines, keys_only=True)
    assert [orjson.loads(row.body)["at"] for row in found.rows] == [
        {"N": "1"},
        {"N": "2"},
        {"N": "1"},
        {"N": "1"},
    ]
    assert {len(orjson.loads(row.body)) for row in found.rows} == {2}
    assert [(one.line, one.reason) for one in found.rejects] == [(2, "the key 'at' is missing")]


def test_shares_of_several_hosts_are_all_of_it() -> None:
    lines = [json.dumps({"id": f"k{n % 40}", "at": n % 7}) if n % 10 else "{" for n in range(200)]
    shares = [parse(lines, shard=Shard(part, 3)) for part in range(3)]
    assert sum(share.read for share in shares) == 200
    keys = [{row.key for row in share.rows} for share in shares]
    assert not keys[0] & keys[1] and not keys[1] & keys[2] and not keys[0] & keys[2] and all(keys)
    assert sum(len(share.rejects) for share in shares) == 20


def test_ever_new_attributes_do_not_fill_the_memory() -> None:
    plan = ParseOptions(KEYS, LINES)
    parser = make_parser(plan)
    for block in range(5):
        lines = b"\n".join(_with(**{f"a{block}-{n}": n}).encode() for n in range(2_000) for _ in range(2))
        assert len(parser(InputBlock(block, "x", 1, lines, Position(0, 0, 0))).rows) == 4_000
