"""The blocks `moved`, `removed` and `import`: how they are read, checked and applied to a state."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dynaops.engine.refactoring import Refactored, kind_of, refactored
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding, Place
from dynaops.model.operation import Effect
from dynaops.model.resource import Resource
from dynaops.model.state import Intent, Record, State
from dynaops.specs.load import load
from dynaops.specs.refactoring import Blocks, Move, contradictions
from dynaops.specs.schema import json_schema
from dynaops.specs.yaml_tree import nodes
from tests.engine.cases import REGION
from tests.engine.whole_state import ACCOUNT, whole_state

TABLE = "table_name: users\nhash_key: id\nattributes: {id: S}\n"
HERE = Place(file="x.yaml", line=1, column=1)


def blocks_of(text: str, folder: Path) -> Blocks:
    file = folder / "blocks.yaml"
    file.write_text(text)
    return load([file]).blocks


def refusals(text: str, folder: Path) -> list[Finding]:
    with pytest.raises(SpecError) as caught:
        blocks_of(text, folder)
    return list(caught.value.findings)


def table(name: str, **properties: object) -> Record:
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    return Record(kind="table", region=REGION, arn=arn, properties={"table_name": name, **properties})


def policy(name: str) -> Record:
    return Record(
        kind="policy",
        region=REGION,
        arn=f"arn:aws:iam::{ACCOUNT}:policy/{name}",
        properties={"name": name, "path": "/"},
    )


def desired(*addresses: str) -> dict[str, Resource]:
    return {address: Resource(address, kind_of(address) or "", REGION, {}) for address in addresses}


STATE = State(
    lineage="b7d6",
    resources={
        "users": table("users"),
        "users/iam/custom/reading": policy("reading"),
        "users/gsi/by-a": Record(
            kind="gsi", region=REGION, arn=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/users/index/by-a"
        ),
        "people": table("persons"),
        "people/ttl": Record(kind="ttl", region=REGION, depends_on=("people",)),
    },
)


def carried_out(text: str, folder: Path, *declared: str, state: State = STATE) -> Refactored:
    tables = {address.partition("/")[0] for address in (*declared, *state.resources)}
    return refactored(blocks_of(text, folder), desired(*declared), state, tables)


def told(text: str, folder: Path, *declared: str, state: State = STATE) -> Finding:
    with pytest.raises(SpecError) as caught:
        carried_out(text, folder, *declared, state=state)
    (finding,) = caught.value.findings
    return finding


# Reading


def test_blocks_stand_beside_tables_in_any_file(workdir: Path) -> None:
    (workdir / "a.yaml").write_text(f"{TABLE}---\nremoved: [orders, {{address: audit}}]\n")
    (workdir / "b.yaml").write_text("import: [users]\nmoved:\n  - {from: x, to: y}\n")
    documents = load([workdir])
    assert [document.spec.table_name for document in documents] == ["users"]
    blocks = documents.blocks
    assert [(block.address, str(block.place)) for block in blocks.removed] == [
        ("orders", f"{workdir.as_posix()}/a.yaml:5:11"),
        ("audit", f"{workdir.as_posix()}/a.yaml:5:19"),
    ]
    assert [(move.source, move.target) for move in blocks.moved] == [("x", "y")]
    assert [block.address for block in blocks.imported] == ["users"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("moved:\n  - {from: a}\n", 2, "to is missing in moved.0"),
        ("moved:\n  - {form: a, to: b}\n", 2, "unknown key form in moved.0"),
        ("moved: {from: a, to: b}\n", 1, "must be a list, not a map"),
        ("removed:\n  - 5\n", 2, "must be a map of keys, not 5"),
        ("removed:\n  - {adress: a}\n", 2, "unknown key adress"),
        ("import:\n  - {address: a, region: 5}\n", 2, "must be a string, not 5"),
        ("import: [a]\nremved: [b]\n", 2, "unknown key remved"),
        (f"{TABLE}moved: []\n", 4, "unknown key moved"),
    ],
)
def test_a_form_that_does_not_fit_is_told_with_its_place(
    text: str, line: int, said: str, workdir: Path
) -> None:
    findings = refusals(text, workdir)
    assert any(said in finding.message for finding in findings), findings
    assert all(finding.place and finding.place.line == line for finding in findings)


def test_hints_name_the_key_that_was_meant(workdir: Path) -> None:
    (_, unknown) = refusals("removed: [{adress: a}]\n", workdir)
    assert unknown.hint == "Did you mean address?"
    hint = refusals(f"{TABLE}moved: []\n", workdir)[0].hint or ""
    assert "in a document of its own" in hint


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("moved: [{from: a, to: b}, {from: a, to: c}]\n", "SPEC031"),
        ("moved: [{from: a, to: c}, {from: b, to: c}]\n", "SPEC031"),
        ("moved: [{from: a, to: b}, {from: b, to: a}]\n", "SPEC032"),
        ("moved: [{from: a, to: b}, {from: b, to: c}, {from: c, to: a}]\n", "SPEC032"),
        ("moved: [{from: a, to: a}]\n", "SPEC032"),
        ("moved: [{from: a, to: b}]\nremoved: [a]\n", "SPEC033"),
        ("moved: [{from: a, to: b}]\nremoved: [b]\n", "SPEC033"),
        ("moved: [{from: a, to: b}]\nimport: [b]\n", "SPEC033"),
        ("removed: [a]\nimport: [a]\n", "SPEC033"),
        ("import: [{address: a, region: eu-west-1}, {address: a, region: us-east-1}]\n", "SPEC033"),
    ],
)
def test_blocks_that_contradict_one_another(text: str, code: str, workdir: Path) -> None:
    assert [finding.code for finding in refusals(text, workdir)] == [code]


def test_the_same_said_twice_is_no_contradiction(workdir: Path) -> None:
    twice = "moved: [{from: people, to: persons}, {from: people, to: persons}]\nremoved: [users, users]\n"
    work = carried_out(twice, workdir, "persons")
    assert sorted(work.state.resources)[:2] == ["persons", "persons/ttl"]


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("moved: [{from: a, to: b}]", True),
        ("removed: [a, {address: b}]\nimport: [{address: c, region: eu-west-1}]", True),
        ("moved: [{from: a}]", False),
        ("removed: [{from: a}]", False),
    ],
)
def test_the_json_schema_knows_the_blocks(text: str, valid: bool) -> None:
    (node,) = nodes(text, "x.yaml")
    assert Draft202012Validator(json_schema()).is_valid(node.plain()) is valid


def test_digests_go_by_what_blocks_say_and_not_by_where(workdir: Path) -> None:
    first = blocks_of("removed: [a, b]\n", workdir).digests
    assert first == blocks_of("# moved down\n\nremoved:\n  - {address: b}\n  - a\n", workdir).digests
    assert first != blocks_of("removed: [a]\n", workdir).digests


# Addresses


def test_every_kind_has_its_addresses() -> None:
    for address, record in whole_state().resources.items():
        assert kind_of(address) == record.kind
    assert {record.kind for record in whole_state().resources.values()} == set(PROPERTY_RULES)


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("users/gssi/by-a", "Did you mean users/gsi/by-a?"),
        ("users/backup/vualt", "Did you mean users/backup/vault?"),
        ("users/backup", ""),
        ("/gsi/x", ""),
        ("a b", ""),
    ],
)
def test_what_is_no_address_is_told(address: str, hint: str, workdir: Path) -> None:
    finding = told(f"removed:\n  - {address}\n", workdir)
    assert finding.code == "SPEC034"
    assert finding.place is not None
    assert finding.place.line == 2
    assert hint in (finding.hint or "")


# Moves


def test_a_table_gets_the_address_that_is_its_name(workdir: Path) -> None:
    work = carried_out("moved: [{from: people, to: persons}]\n", workdir, "persons")
    assert sorted(work.state.resources) == [
        "persons",
        "persons/ttl",
        *(name for name in sorted(STATE.resources) if name.startswith("users")),
    ]
    assert work.state.resources["persons/ttl"].depends_on == ("persons",)
    assert list(work.moved) == ["persons"]


def test_moves_are_followed_to_their_end(workdir: Path) -> None:
    text = (
        "moved:\n"
        "  - {from: users/iam/write_only, to: users/iam/read_only}\n"
        "  - {from: users/iam/custom/reading, to: users/iam/write_only}\n"
    )
    work = carried_out(text, workdir, "users", "users/iam/read_only")
    assert "users/iam/read_only" in work.state.resources
    assert work.moved["users/iam/read_only"].source == "users/iam/custom/reading"


def test_a_move_takes_operations_in_flight_along(workdir: Path) -> None:
    effect = Effect(address="people", kind="table", region=REGION)
    intent = Intent(operation="1", api="UpdateTable", address="people", effects=(effect,), at=1)
    state = STATE.model_copy(update={"in_flight": {"1": intent}})
    work = carried_out("moved: [{from: people, to: persons}]\n", workdir, "persons", state=state)
    moved = work.state.in_flight["1"]
    assert (moved.address, moved.effects[0].address) == ("persons", "persons")


@pytest.mark.parametrize(
    ("move", "declared", "said"),
    [
        ("{from: people, to: folk}", ("folk",), "people is the table persons in AWS, which cannot rename"),
        ("{from: users, to: clients}", ("clients",), "users is the table users in AWS, which cannot rename"),
        ("{from: users, to: clients}", ("users", "clients"), "users is still declared"),
        ("{from: users/gsi/by-a, to: users/gsi/by-b}", ("users", "users/gsi/by-b"), "cannot rename or move"),
        ("{from: people, to: users}", ("users",), "the state knows both people and users"),
        ("{from: people, to: persons}", (), "no spec declares persons"),
        ("{from: people, to: persns}", ("persons",), "no spec declares persns"),
    ],
)
def test_a_move_that_cannot_be_is_told(
    move: str, declared: tuple[str, ...], said: str, workdir: Path
) -> None:
    finding = told(f"moved:\n  - {move}\n", workdir, *declared)
    assert (finding.code, finding.place and finding.place.line) == ("SPEC038", 2)
    assert said in finding.message


def test_a_mistyped_end_is_suggested(workdir: Path) -> None:
    finding = told("moved: [{from: people, to: persns}]\n", workdir, "persons")
    assert finding.hint == "Did you mean persons?"


def test_a_mistyped_beginning_is_told_only_where_the_plan_would_delete_what_was_meant(workdir: Path) -> None:
    text = "moved: [{from: peopel, to: persons}]\n"
    finding = told(text, workdir, "users", "persons")
    assert (finding.code, finding.hint) == ("SPEC039", "Did you mean people?")
    kept = carried_out(text, workdir, "users", "people", "persons")
    assert len(kept.done) == 1
    others = refactored(blocks_of(text, workdir), desired("persons"), STATE, {"persons"})
    assert len(others.done) == 1


# Removals and imports


def test_what_is_removed_is_named_and_what_is_declared_is_not_removed(workdir: Path) -> None:
    assert list(carried_out("removed: [people]\n", workdir, "users").removed) == ["people"]
    for address in ("users", "users/gsi/by-a"):
        finding = told(f"removed: [{address}]\n", workdir, "users", "users/gsi/by-a")
        assert finding.code == "SPEC035"


def test_a_removal_is_done_once_nothing_is_recorded_there(workdir: Path) -> None:
    work = carried_out(
        "removed: [audit, users/ttl]\n", workdir, "users", "users/iam/custom/reading", "people"
    )
    assert (work.removed, len(work.done)) == ({}, 2)


def test_a_mistyped_removal_is_told(workdir: Path) -> None:
    finding = told("removed: [peple]\n", workdir, "users")
    assert (finding.code, finding.hint) == ("SPEC039", "Did you mean people?")


@pytest.mark.parametrize(
    ("block", "code", "hint"),
    [
        ("audt", "SPEC036", "Did you mean audit?"),
        ("zzz", "SPEC036", "Write its spec, or let `dynaops import zzz` write it."),
        ("{address: audit, region: us-east-1}", "SPEC037", "Set `region` of the spec to where the table is."),
    ],
)
def test_an_import_fits_its_spec(block: str, code: str, hint: str, workdir: Path) -> None:
    finding = told(f"import:\n  - {block}\n", workdir, "users", "audit")
    assert (finding.code, finding.hint, finding.place and finding.place.line) == (code, hint, 2)


def test_an_import_is_done_once_it_is_recorded(workdir: Path) -> None:
    work = carried_out("import: [users, audit]\n", workdir, "users", "audit")
    assert (list(work.imported), len(work.done)) == (["audit"], 1)


# Over many


@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True),
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=8),
)
def test_carried_out_twice_is_carried_out_once(recorded: list[str], moves: list[tuple[str, str]]) -> None:
    """Whatever the blocks: they are refused, or nothing is lost and a second time finds nothing to do."""
    known = {f"t/iam/custom/{name}": policy(name) for name in recorded}
    state = State(lineage="b7d6", resources=known)
    blocks = Blocks(tuple(Move(f"t/iam/custom/{a}", f"t/iam/custom/{b}", HERE) for a, b in moves))
    sources = {move.source for move in blocks.moved}
    declared = desired(*{f"t/iam/custom/{name}" for name in "abcdefgh"} - sources)
    if list(contradictions(blocks)):
        return
    try:
        work = refactored(blocks, declared, state, {"t"})
    except SpecError:
        return
    assert sorted(record.arn or "" for record in work.state.resources.values()) == sorted(
        record.arn or "" for record in known.values()
    )
    again = refactored(blocks, declared, work.state, {"t"})
    assert (again.effects, again.state) == ((), work.state)
