"""Reading what may be anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.model.state import FORMAT_VERSION, Record, RecordFault, Run, State
from dynaops.stores import format as form
from dynaops.stores.base import StateError, StateUnreadable

GOOD: dict[str, Any] = {
    "format_version": 1,
    "serial": 3,
    "lineage": "b7d6",
    "resources": {
        "users": {"kind": "table", "region": "eu-central-1", "depends_on": ["a"], "stamps": {"x": [1]}}
    },
    "in_flight": {},
}


def refusal(data: object) -> StateUnreadable:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(StateUnreadable) as caught:
        form.loads(raw, "state.json")
    assert "state.json" in str(caught.value)
    assert "left as it" in (caught.value.hint or "")
    return caught.value


def with_(**members: object) -> dict[str, Any]:
    return {**GOOD, **members}


def test_a_good_one() -> None:
    state = form.loads(json.dumps(GOOD).encode(), "state.json")
    assert state.resources["users"].depends_on == ("a",)
    assert state.serial == 3


def test_it_is_written_for_people_and_diffs() -> None:
    text = form.dumps(form.loads(json.dumps(GOOD).encode(), "state.json")).decode()
    assert text.startswith('{\n  "format_version": 1,\n  "in_flight": {},\n')
    assert text.endswith("}\n")


def test_numbers_beyond_64_bits_change_nothing_about_how_it_is_written() -> None:
    small = State(
        lineage="b7d6", resources={"ü": Record(kind="table", region="r", outputs={"n": 7, "f": 0.5})}
    )
    big = State(
        lineage="b7d6", resources={"ü": Record(kind="table", region="r", outputs={"n": 7 * 10**30, "f": 0.5})}
    )
    assert form.dumps(big) == form.dumps(small).replace(b": 7", b": 7" + b"0" * 30)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b'{\n  "serial": 1,\n  oops\n}', "state.json:3:3 is not valid JSON"),
        (b'{"lineage": "b7d6', "state.json:1:"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"\xef\xbb\xbf{}", "state.json:1:1 is not valid JSON: it begins with a byte order mark"),
        (json.dumps(GOOD).encode("utf-16"), "state.json:1:1 is not valid JSON: it is UTF-16"),
        (json.dumps(GOOD).encode("utf-16-le"), "it is UTF-16"),
        (json.dumps(GOOD).encode("utf-16-be"), "it is UTF-16"),
        (b'{\n"lineage": "M\xfcller"}', "state.json:2:14 is not valid JSON: it is not UTF-8"),
        (b'{"lineage": 1e999}', "not valid JSON"),
        (b'{"serial": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"lineage": NaN}', "not valid JSON"),
        (b"<<<<<<< HEAD\n{}\n", "state.json:1:1"),
        (b"[" * 100_000, "not valid JSON"),
        (b"null", "no JSON object"),
        (b'"text"', "no JSON object"),
        (b"{}", "no lineage"),
        (b'{"lineage": "b7d6"}', "no format_version"),
    ],
)
def test_what_is_no_state_at_all(raw: bytes, words: str) -> None:
    assert words in str(refusal(raw))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            {"version": 4, "terraform_version": "1.9.0", "serial": 2, "lineage": "x", "resources": []},
            "Terraform",
        ),
        ({"version": 3, "deployment": {}}, "Pulumi"),
        ({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}, "CloudFormation"),
        (
            {"format_version": 1, "dynaops_version": "0.1.0", "lineage": "x", "operations": []},
            "saved dynaops plan",
        ),
        ({"table_name": "users", "hash_key": "id"}, "dynaops spec"),
        ({"Table": {}}, "describe-table"),
    ],
)
def test_files_of_other_trades_are_named(data: object, words: str) -> None:
    assert words in str(refusal(data))


def test_a_newer_format_says_to_upgrade() -> None:
    error = refusal(with_(format_version=FORMAT_VERSION + 1, quantum={}))
    assert "newer dynaops" in str(error)
    assert "pip install --upgrade" in (error.hint or "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_(format_version=0), "format_version 0 never existed"),
        (with_(format_version="1"), "format_version '1' never existed"),
        (with_(format_version=True), "format_version True"),
        (with_(serial="3"), "serial: "),
        (with_(serial=True), "serial: "),
        (with_(serial=3.5), "serial: "),
        (with_(serial=-1), "serial is negative"),
        (with_(serial=10**18), "serial is above 1000000000000000"),
        (with_(lineage=""), "lineage is empty"),
        (with_(lineage=None), "lineage: "),
        (with_(extra=1), "extra is unknown"),
        (with_(resources=[]), "resources: "),
        (with_(resources={"users": {"region": "r"}}), "resources > users > kind is missing"),
        (with_(resources={"users": {"kind": "table", "region": "r", "nope": 1}}), "users > nope is unknown"),
        (
            with_(resources={"users": {"kind": "table", "region": "r", "depends_on": "a"}}),
            "users > depends_on: ",
        ),
        (
            with_(resources={"users": {"kind": "table", "region": "r", "stamps": {"x": ["1"]}}}),
            "stamps > x > 0: ",
        ),
        (with_(in_flight={"1": {"operation": "1"}}), "in_flight > 1 > api is missing"),
    ],
)
def test_wrong_members_are_named_by_their_place(data: object, words: str) -> None:
    error = refusal(data)
    assert words in str(error)
    assert "Traceback" not in str(error) and "pydantic" not in str(error)


CONFLICT = b"""{
  "format_version": 1,
<<<<<<< HEAD
  "serial": 3,
=======
  "serial": 4,
>>>>>>> other
  "lineage": "b7d6"
}
"""


def test_the_markers_of_a_merge_are_told_as_such() -> None:
    error = refusal(CONFLICT)
    assert "state.json:3:1 is not valid JSON: it has the markers of a merge conflict, lines 3 to 7" in str(
        error
    )
    assert "git checkout --ours" in (error.hint or "")


def test_nesting_beyond_what_can_be_read_is_told_with_its_place() -> None:
    raw = b'{"format_version": 1, "lineage": "x", "resources": ' + b'{"a":' * 300 + b"1" + b"}" * 301
    assert "state.json:1:" in str(refusal(raw))


def doubled(lines: list[str], number: int) -> str:
    """`lines`, with the one of `number` twice."""
    return "\n".join([*lines[:number], lines[number].rstrip(",") + ",", *lines[number:]])


def test_every_key_that_is_given_twice_is_refused_with_both_lines() -> None:
    """Whichever member a merge doubles: today's readers keep the last, and forget the first in silence."""
    lines = json.dumps(GOOD, indent=2).split("\n")
    keyed = [number for number, line in enumerate(lines) if ": " in line and not line.endswith(("{", "["))]
    assert len(keyed) > 5
    for number in keyed:
        key = lines[number].split(":")[0].strip()
        error = refusal(doubled(lines, number).encode())
        assert f"the key {key} is given twice, in lines {number + 1} and {number + 2}" in str(error)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"a": 1, "a": 2}', 'state.json:1:10 is not valid JSON: the key "a" is given twice, in line 1'),
        (b'{"a": {"b": [1, {"c": 1,\n"c": 2}]}}', 'the key "c" is given twice, in lines 1 and 2'),
        (b'{"a": "}{\\"a\\":", "\\u0061": 2}', 'the key "a" is given twice'),
        ('{"ü": 1,\n\n "ü": 2}'.encode(), 'state.json:3:2 is not valid JSON: the key "ü" is given twice'),
    ],
)
def test_equal_keys_anywhere(raw: bytes, words: str) -> None:
    assert words in str(refusal(raw))


def test_whole_resources_twice_are_refused() -> None:
    """A merge that keeps both sides of two runs: the second map of resources would be the only one."""
    raw = form.dumps(form.loads(json.dumps(GOOD).encode(), "state.json"))
    merged = raw.replace(b'  "serial": 3\n}', b'  "resources": {},\n  "serial": 3\n}')
    assert merged != raw
    assert 'the key "resources" is given twice' in str(refusal(merged))


def test_what_a_check_finds_wrong_is_told_with_its_path() -> None:
    def check(state: State) -> list[RecordFault]:
        return [RecordFault(("resources", address, "x\ny"), "is odd\n") for address in state.resources]

    with pytest.raises(StateUnreadable) as caught:
        form.loads(json.dumps(GOOD).encode(), "state.json", check)
    assert r"resources > users > x\ny is odd\n" in str(caught.value)


def test_many_faults_are_counted() -> None:
    assert "(and 4 more)" in str(refusal(with_(**{f"x{number}": 1 for number in range(7)})))


def test_a_file_beyond_all_states_is_not_parsed() -> None:
    with pytest.raises(StateUnreadable, match="64 MiB"):
        form.loads(b" " * (form.MAX_BYTES + 1), "state.json")


def nested(depth: int) -> object:
    return [nested(depth - 1)] if depth else None


@pytest.mark.parametrize("value", ["\ud800", nested(220), nested(400), object()])
def test_what_could_not_be_read_again_is_not_written(value: object) -> None:
    state = State(lineage="b7d6", resources={"a": Record(kind="table", region="r", outputs={"n": value})})
    with pytest.raises(StateError, match="cannot be written"):
        form.dumps(state)


def test_a_state_that_was_put_together_wrongly_is_not_written() -> None:
    record = Record(kind="table", region="r").model_copy(update={"arn": 5})
    with pytest.raises(StateError, match=r"resources > a > arn"):
        form.dumps(State(lineage="b7d6", resources={"a": record}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**38), 10**38)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(
    properties=st.dictionaries(st.text(max_size=8), JSON, max_size=4),
    address=st.text(min_size=1, max_size=20),
)
def test_every_state_comes_back_as_it_went(properties: dict[str, Any], address: str) -> None:
    state = State(
        serial=7, lineage="b7d6", resources={address: Record(kind="table", region="r", properties=properties)}
    )
    assert form.loads(form.dumps(state), "state.json") == state


@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_byte_gone_wrong_is_a_state_or_a_clear_refusal(position: int, byte: int) -> None:
    raw = bytearray(json.dumps(GOOD, indent=2).encode())
    raw[position % len(raw)] = byte
    try:
        form.loads(bytes(raw), "state.json")
    except StateUnreadable as error:
        assert error.hint


@given(cut=st.integers(0, 10_000))
def test_a_cut_off_file_is_never_taken_for_a_smaller_state(cut: int) -> None:
    raw = json.dumps(GOOD, indent=2).encode()
    with pytest.raises(StateUnreadable):
        form.loads(raw[: cut % len(raw)], "state.json")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_RECORDS = st.builds(
    Record,
    kind=st.text(max_size=8),
    region=st.just("eu-central-1"),
    properties=st.dictionaries(st.text(max_size=8) | st.just("resources"), _VALUES, max_size=3),
)


@given(st.lists(st.dictionaries(st.text(max_size=8), _RECORDS, max_size=4), min_size=1, max_size=4))
def test_states_one_after_another_are_written_as_each_alone(resources: list[dict[str, Record]]) -> None:
    encoder = form.Encoder()
    grown: dict[str, Record] = {}
    for some in resources:
        grown = {**grown, **some}
        state = State(lineage="b7d6", resources=grown)
        plain = json.dumps(as_written(state), indent=2, sort_keys=True, ensure_ascii=False)
        assert json.loads(encoder.dumps(state)) == json.loads(plain)
        assert encoder.dumps(state) == form.dumps(state)
        assert form.loads(form.dumps(state), "state.json") == state


def test_the_layout_is_that_of_one_dump() -> None:
    state = State(
        lineage="b7d6",
        resources={
            name: Record(kind="table", region="r", properties={"a": [1, {"b": "line\nend"}], "resources": {}})
            for name in ("z", "a", 'quo"te', "ü")
        },
    )
    for written in (state, state.model_copy(update={"run": Run(plan="a" * 64, serial=0)})):
        plain = json.dumps(as_written(written), indent=2, sort_keys=True, ensure_ascii=False)
        assert form.dumps(written).decode() == f"{plain}\n"


def as_written(state: State) -> dict[str, Any]:
    """A state as it is written: without what it does not say of later members, which older versions refuse."""
    later = ("run", "account", "partition", "world")
    written = state.model_dump(mode="json", exclude={name for name in later if getattr(state, name) is None})
    for record in written["resources"].values():
        if not record["ignores"]:
            del record["ignores"]
    return written


def test_a_serial_that_could_not_be_read_again_is_not_written() -> None:
    state = form.loads(json.dumps(with_(serial=10**15)).encode(), "state.json")
    with pytest.raises(StateError, match="cannot be written"):
        form.dumps(state.model_copy(update={"serial": state.serial + 1}))
