"""Managed items, through their whole life."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dynaops.engine.plan import make_plan
from dynaops.model.errors import SpecError
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.check import check
from dynaops.specs.load import load
from tests.companions.bench import Bench, actions, calls

ADDRESS = "users/items"


def spec(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"items": list(items), **more}


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, **more}


def rows(bench: Bench) -> dict[str, Any]:
    found = bench.client("dynamodb").scan(TableName="users", ConsistentRead=True)["Items"]
    return {one["id"]["S"]: {name: value for name, value in one.items() if name != "id"} for one in found}


def put(bench: Bench, name: str, **attributes: Any) -> None:
    bench.client("dynamodb").put_item(TableName="users", Item={"id": {"S": name}, **attributes})


def test_life(bench: Bench) -> None:
    plan = bench.apply(spec(user("a", age=1), user("b", tags=["x", None, True])))
    assert calls(plan)[-1] == "BatchWriteItem"
    assert rows(bench) == {
        "a": {"age": {"N": "1"}},
        "b": {"tags": {"L": [{"S": "x"}, {"NULL": True}, {"BOOL": True}]}},
    }
    plan = bench.apply(spec(user("a", age=2), user("b", tags=["x", None, True]), user("c")))
    assert [len(one.parameters["RequestItems"]["users"]) for one in plan.operations] == [2]
    assert rows(bench)["a"] == {"age": {"N": "2"}}
    plan = bench.apply(spec(user("a", age=2)))
    assert set(rows(bench)) == {"a"}
    assert calls(bench.apply({})) == ["BatchWriteItem"]
    assert rows(bench) == {}
    bench.apply(spec(user("a")))
    assert calls(bench.destroy()) == ["DeleteTable"]


def test_the_state_never_holds_what_is_in_an_item(bench: Bench) -> None:
    bench.apply(spec(user("a", secret="hunter2")))
    record = bench.state.resources[ADDRESS]
    assert list(record.properties["rows"]) == ['["a"]']
    assert "hunter2" not in bench.state.model_dump_json()
    bench.server.faults.add(FaultRule("drop_after", operation="BatchWriteItem", times=None))
    bench.run(spec(user("a", secret="swordfish")))
    assert bench.state.in_flight
    assert "swordfish" not in bench.state.model_dump_json()


def test_deleting_rows_needs_consent_and_putting_does_not(bench: Bench) -> None:
    bench.apply(spec(user("a"), user("b")))
    plan = bench.plan(spec(user("a", age=1)))
    assert [one.danger for one in plan.operations] == [None, "destroy"]
    assert [one.api for one in bench.plan({}).destructive] == ["BatchWriteItem"]
    assert bench.plan(destroy=True).destructive == bench.plan(destroy=True).operations[:1]


def test_changes_show_items_rather_than_digests(bench: Bench) -> None:
    bench.apply(spec(user("a.b", age=1), user("b")))
    (change,) = bench.plan(spec(user("a.b", age=2), user("c"))).changes
    assert (
        change.reason == "1 row is not there, 1 row is not as the spec says, 1 row is no longer in the spec"
    )
    assert {one.path: (one.before, one.after) for one in change.differences} == {
        'rows.["a.b"]': ({"id": "a.b", "age": 1}, {"id": "a.b", "age": 2}),
        'rows.["b"]': ({"id": "b"}, None),
        'rows.["c"]': (None, {"id": "c"}),
    }


def test_a_change_of_type_alone_is_shown(bench: Bench) -> None:
    bench.apply(spec({"id": {"S": "a"}, "tags": {"SS": ["x"]}}))
    (change,) = bench.plan(spec(user("a", tags=["x"]))).changes
    (difference,) = change.differences
    assert (difference.before["tags"], difference.after["tags"]) == ({"SS": ["x"]}, {"L": [{"S": "x"}]})


def test_equal_rows_are_adopted(bench: Bench) -> None:
    bench.apply({})
    put(bench, "a", age={"N": "1.0"}, tags={"SS": ["y", "x"]})
    wanted = spec({"id": {"S": "a"}, "age": {"N": "1"}, "tags": {"SS": ["x", "y"]}})
    plan = bench.apply(wanted)
    assert (actions(plan)[ADDRESS], calls(plan)) == ("adopt", [])
    bench.forget()
    assert calls(bench.apply(wanted)) == []


def test_other_rows_at_the_keys_are_replaced_with_a_warning(bench: Bench) -> None:
    bench.apply({})
    put(bench, "a", age={"N": "7"})
    plan = bench.apply(spec(user("a", age=1), user("b")))
    assert [one.code for one in plan.warnings if one.address == ADDRESS] == ["PLAN481"]
    assert rows(bench)["a"] == {"age": {"N": "1"}}
    assert not bench.plan(spec(user("a", age=2), user("b"))).warnings


def test_rows_of_others_are_neither_read_nor_touched(bench: Bench) -> None:
    bench.apply(spec(user("a")))
    put(bench, "theirs", age={"N": "7"})
    assert bench.plan(spec(user("a"))).unmanaged == ()
    bench.apply({})
    asked = {one.operation for one in bench.server.requests.since()}
    assert not asked & {"Scan", "Query"}
    assert rows(bench) == {"theirs": {"age": {"N": "7"}}}


def test_drift_is_told_by_key_and_put_back(bench: Bench) -> None:
    wanted = spec(user("a", age=1), user("b"), user("c"))
    bench.apply(wanted)
    put(bench, "a", age={"N": "2"})
    bench.client("dynamodb").delete_item(TableName="users", Key={"id": {"S": "b"}})
    (drift,) = bench.plan(wanted).drift
    assert [one.path for one in drift.differences] == ['rows.["a"]', 'rows.["b"]']
    bench.apply(wanted)
    assert rows(bench) == {"a": {"age": {"N": "1"}}, "b": {}, "c": {}}


def test_rows_that_all_vanished_are_put_back_or_forgotten(bench: Bench) -> None:
    bench.apply(spec(user("a")))
    bench.client("dynamodb").delete_item(TableName="users", Key={"id": {"S": "a"}})
    assert calls(bench.apply(spec(user("a")))) == ["BatchWriteItem"]
    bench.client("dynamodb").delete_item(TableName="users", Key={"id": {"S": "a"}})
    plan, _ = bench.run({})
    assert calls(plan) == []
    assert ADDRESS not in bench.state.resources


def test_a_table_that_is_replaced_or_gone_gets_its_rows_again(bench: Bench) -> None:
    wanted = spec(user("a", n=1), user("b", n=2))
    bench.apply(wanted)
    replaced = {**wanted, "range_key": "n", "attributes": {"id": "S", "n": "N"}}
    assert calls(bench.apply(replaced))[-1] == "BatchWriteItem"
    assert set(rows(bench)) == {"a", "b"}
    bench.client("dynamodb").delete_table(TableName="users")
    bench.server.advance(60)
    bench.apply(replaced)
    assert set(rows(bench)) == {"a", "b"}


def test_numbers_and_binary_are_exact(bench: Bench, tmp_path: Path) -> None:
    digits = "1234567890123456789012345678.9012345678"
    (tmp_path / "spec.yaml").write_text(
        "table_name: users\nhash_key: id\nrange_key: key\nattributes: {id: N, key: B}\nitems:\n"
        f"- {{id: 0.1, key: AQID, n: [{digits}, 1.10, 1e3, 9.99E+125, 12345678901234567890123456789012345678]}}\n"
        "- {id: {N: '2.50'}, key: {B: AAEC/w==}, s: {NS: ['10', '9']}}\n"
        "- {id: 3, key: AQ==, text: '$${ref:users/arn} and $$$${ref:x}'}\n"
    )
    (document,) = load([tmp_path / "spec.yaml"])
    from dynaops.engine.apply import apply_plan

    outcome = apply_plan(
        make_plan([document], bench.state, bench.aws), bench.store, bench.aws, lambda _: None
    )
    assert outcome.complete, outcome
    assert make_plan([document], bench.state, bench.aws).empty
    found = {one["id"]["N"]: one for one in bench.client("dynamodb").scan(TableName="users")["Items"]}
    assert found["0.1"]["key"] == {"B": b"\x01\x02\x03"}
    numbers = [Decimal(one["N"]) for one in found["0.1"]["n"]["L"]]
    whole = Decimal("12345678901234567890123456789012345678")
    assert numbers == [Decimal(digits), Decimal("1.1"), 1000, Decimal("9.99E+125"), whole]
    assert found["2.5"]["key"] == {"B": b"\x00\x01\x02\xff"}
    assert set(found["2.5"]["s"]["NS"]) == {"9", "10"}
    assert found["3"]["text"] == {"S": "${ref:users/arn} and $$${ref:x}"}
    assert list(bench.state.resources[ADDRESS].properties["rows"]) == [
        '["0.1","AQID"]',
        '["2.5","AAEC/w=="]',
        '["3","AQ=="]',
    ]


def test_a_saved_plan_puts_binary_too(bench: Bench) -> None:
    from dynaops.engine.apply import apply_plan
    from dynaops.model.plan import Plan

    plan = bench.plan(spec({"id": {"S": "a"}, "data": {"B": "AQID"}, "set": {"BS": ["AQ==", "Ag=="]}}))
    saved = Plan.model_validate_json(plan.model_dump_json())
    assert apply_plan(saved, bench.store, bench.aws, lambda _: None).complete
    assert rows(bench)["a"]["data"] == {"B": b"\x01\x02\x03"}


def test_large_sets_go_in_batches(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    many = [user(f"u{number}", n=number, price=Decimal("0.1")) for number in range(5000)]
    (tmp_path / "items.json").write_text(json.dumps(many, default=float))
    bench.apply({})
    wanted = {"items_file": str(tmp_path / "items.json")}
    plan = bench.plan(wanted)
    assert len(plan.operations) == 200
    assert max(len(one.parameters["RequestItems"]["users"]) for one in plan.operations) == 25


def test_what_aws_leaves_unprocessed_is_sent_and_asked_again(bench: Bench) -> None:
    many = [{"id": {"S": f"u{number}"}, "data": {"B": "AQID"}} for number in range(30)]
    bench.server.faults.add(FaultRule("unprocessed", operation="Batch*", share=0.5, times=None))
    bench.apply(spec(*many))
    sent = [one for one in bench.server.requests.since() if one.operation == "BatchWriteItem"]
    assert len(sent) > 2
    assert rows(bench) == {f"u{number}": {"data": {"B": b"\x01\x02\x03"}} for number in range(30)}


def test_large_items_go_in_smaller_batches(bench: Bench) -> None:
    plan = bench.apply(spec(*[user(f"u{number}", text="x" * 300_000) for number in range(30)]))
    sizes = [len(one.parameters["RequestItems"]["users"]) for one in plan.operations if one.kind == "items"]
    assert sizes == [13, 13, 4]


def test_rows_that_go_are_told_as_such(bench: Bench) -> None:
    from dynaops.views.plan import loss

    bench.apply(spec(user("a"), user("b")))
    plan = bench.plan(spec(user("a")))
    (operation,) = plan.destructive
    assert operation.danger is not None
    assert loss(operation, operation.danger, plan) == ": delete 1 row from users"


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_failure_half_way_converges(bench: Bench, effect: str, nth: int) -> None:
    before = spec(*[user(f"u{number}", n=1) for number in range(30)])
    after = spec(*[user(f"u{number}", n=2) for number in range(20, 60)])
    bench.apply(before)
    bench.server.faults.add(FaultRule(effect, operation="BatchWriteItem", nth=nth, times=7))
    bench.run(after)
    bench.server.faults.clear()
    bench.apply(after)
    assert rows(bench) == {f"u{number}": {"n": {"N": "2"}} for number in range(20, 60)}


def test_rows_of_a_lost_call_that_the_spec_then_drops_are_no_orphans(bench: Bench) -> None:
    bench.apply(spec(user("a")))
    bench.server.faults.add(FaultRule("drop_after", operation="BatchWriteItem", times=None))
    bench.run(spec(user("a"), user("b")))
    bench.server.faults.clear()
    bench.apply(spec(user("a")))
    assert set(rows(bench)) == {"a"}


def findings(folder: Path, items: str, head: str = "") -> dict[str, str]:
    """Code and line of each finding of a spec with these items."""
    text = f"table_name: users\nhash_key: id\n{head or 'attributes: {id: S}'}\nitems:\n{items}"
    (folder / "spec.yaml").write_text(text)
    try:
        found = check(load([folder / "spec.yaml"]))
    except SpecError as error:
        found = list(error.findings)
    return {one.code: str(one.place).rpartition("spec.yaml:")[2] for one in found if one.severity == "error"}


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ("- {name: x}\n", "DDB481"),
        ("- {id: 5}\n", "DDB482"),
        ("- {id: {N: '5'}}\n", "DDB482"),
        ("- {id: a, text: '" + "x" * 409_600 + "'}\n", "DDB483"),
        ("- {id: ''}\n", "DDB486"),
        ("- {id: '" + "x" * 2049 + "'}\n", "DDB486"),
        ("- {id: {S: a}, n: {N: x}}\n", "DDB485"),
        ("- {id: {S: a}, s: {SS: []}}\n", "DDB485"),
        ("- {id: {S: a}, s: {SS: [x, x]}}\n", "DDB485"),
        ("- {id: {S: a}, b: {B: '*'}}\n", "DDB485"),
        ("- {id: {S: a}, m: {M: {x: y}}}\n", "DDB485"),
        ("- {id: a, n: 123456789012345678901234567890123456789}\n", "DDB485"),
        ("- {id: a, n: 1e126}\n", "DDB485"),
        ("- {id: a, n: .nan}\n", "DDB485"),
        ("- {id: a, deep: " + "[" * 33 + "]" * 33 + "}\n", "DDB485"),
        ("- {id: a, deep: " + "[" * 32 + "1" + "]" * 32 + "}\n", "DDB485"),
        ("- {id: a, m: {'': 1}}\n", "DDB485"),
        ("- {id: a, '': 1}\n", "DDB485"),
    ],
)
def test_items_that_dynamodb_would_refuse_are_told_with_their_place(
    tmp_path: Path, items: str, code: str
) -> None:
    assert findings(tmp_path, "- {id: ok}\n" + items) == {code: "6:3"}


def test_keys_of_indexes_have_their_limits(tmp_path: Path) -> None:
    head = (
        "attributes: {id: S, by: S, at: S}\n"
        "global_secondary_indexes: [{name: by-at, hash_key: by, range_key: at, projection: {type: ALL}}]"
    )
    assert findings(tmp_path, f"- {{id: a, by: {'x' * 2048}, at: {'x' * 1024}}}\n", head) == {}
    assert findings(tmp_path, f"- {{id: a, by: {'x' * 2049}}}\n", head) == {"DDB486": "6:3"}
    assert findings(tmp_path, f"- {{id: a, at: {'x' * 1025}}}\n", head) == {"DDB486": "6:3"}


def test_the_deepest_item_that_passes_the_check_is_applied(bench: Bench) -> None:
    deepest: object = "x"
    for _ in range(31):
        deepest = [deepest]
    bench.apply({"items": [{"id": "a", "deep": deepest}]})


def test_a_key_given_twice_is_told_with_both_places(tmp_path: Path) -> None:
    assert findings(tmp_path, "- {id: a, n: 1}\n- {id: b}\n- {id: {S: a}}\n") == {"DDB484": "7:3"}
    (tmp_path / "more.jsonl").write_text('{"id": "c"}\n\n{"id": "b"}\n')
    head = "attributes: {id: S}\nitems_file: more.jsonl"
    assert findings(tmp_path, "- {id: a}\n- {id: b}\n", head) == {"DDB484": f"{tmp_path}/more.jsonl:3:1"}


def test_index_keys_have_their_type(tmp_path: Path) -> None:
    head = "attributes: {id: S, age: N}\nglobal_secondary_indexes: [{name: by-age, hash_key: age}]"
    assert findings(tmp_path, "- {id: a, age: old}\n", head) == {"DDB482": "6:3"}
    assert findings(tmp_path, "- {id: a}\n", head) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("more.json", '[{"id": "a", "n": 0.10},\n {"id": {"S": "b"}}]\n'),
        ("more.jsonl", '{"id": "a", "n": 0.10}\n{"id": {"S": "b"}}\n'),
        ("more.yaml", "- id: a\n  n: 0.10\n- id: {S: b}\n"),
    ],
)
def test_items_of_a_file(bench: Bench, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_text(text)
    (tmp_path / "spec.yaml").write_text(
        f"table_name: users\nhash_key: id\nattributes: {{id: S}}\nitems_file: data/{name}\nitems: [{{id: c}}]\n"
    )
    (document,) = load([tmp_path / "spec.yaml"])
    plan = make_plan([document], bench.state, bench.aws)
    (put,) = [one for one in plan.operations if one.api == "BatchWriteItem"]
    assert [one["PutRequest"]["Item"] for one in put.parameters["RequestItems"]["users"]] == [
        {"id": {"S": "c"}},
        {"id": {"S": "a"}, "n": {"N": "0.1"}},
        {"id": {"S": "b"}},
    ]
    (tmp_path / "data" / name).write_text(text.replace("0.10", "0.1000000000000000000001"))
    assert load([tmp_path / "spec.yaml"])[0].digests != document.digests


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("absent.json", None, "does not exist"),
        ("../x.json", "[]", "outside of the project"),
        ("/etc/x.json", None, "outside of the project"),
        ("items.csv", "id\n", "is none of .json"),
        ("items.json", '[{"id": "a"},\n {"id": }]', "items.json:2:9"),
        ("items.json", '{"id": "a"}', "a list of items begins with ["),
        ("items.json", '[{"id": "a"} {}]', "items.json:1:14"),
        ("items.json", '[{"id": "a"}] x', "items.json:1:15"),
        ("items.json", '[{"id": "a",\n"id": "b"}]', "the key id stands twice"),
        ("items.json", '[{"id": NaN}]', "NaN"),
        ("items.jsonl", '{"id": "a"}\n{"id"', "items.jsonl:2:6"),
        ("items.jsonl", '{"id": "a"} {}', "a line holds one item"),
        ("items.yaml", "id: a\n", "is a list of items"),
        ("items.yaml", "- a\n", "an item is a map"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_place(
    tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    (tmp_path / "spec.yaml").write_text(
        f"table_name: users\nhash_key: id\nattributes: {{id: S}}\nitems_file: {name}\n"
    )
    with pytest.raises(SpecError) as error:
        load([tmp_path / "spec.yaml"])
    (finding,) = error.value.findings
    assert told in f"{finding.place} {finding.message}"


def test_the_example_applies_changes_and_destroys(bench: Bench) -> None:
    from tests.companions.examples import life

    life(bench, "table-with-data.yaml", lambda data: data["items"].pop())
