"""Lambda triggers: made, changed, followed to a new stream, taken back."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.engine.plan import PlanRefused
from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import Bench, actions, calls
from tests.companions.functions import make_function


def spec(*functions: str, **more: Any) -> dict[str, Any]:
    return {"lambda_triggers": [{"function": name, **more} for name in functions]}


def mappings(bench: Bench) -> dict[str, dict[str, Any]]:
    found = bench.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return {one["FunctionArn"].rpartition(":")[2]: one for one in found}


def test_life(bench: Bench) -> None:
    make_function(bench, "one")
    make_function(bench, "two")
    plan = bench.apply(spec("one", "two"))
    assert calls(plan)[-2:] == ["CreateEventSourceMapping"] * 2
    assert plan.operations[0].parameters["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    made = mappings(bench)
    assert {name: one["State"] for name, one in made.items()} == {"one": "Enabled", "two": "Enabled"}
    plan = bench.apply(
        spec("one", batch_size=7, enabled=False, filter_patterns=['{"eventName": ["REMOVE"]}'])
    )
    assert calls(plan) == ["DeleteEventSourceMapping", "UpdateEventSourceMapping"]
    changed = mappings(bench)["one"]
    assert (changed["BatchSize"], changed["State"]) == (7, "Disabled")
    assert changed["UUID"] == made["one"]["UUID"]
    bench.apply(spec("one"))
    assert mappings(bench)["one"].get("FilterCriteria", {}).get("Filters", []) == []
    assert calls(bench.destroy()) == ["DeleteEventSourceMapping", "DeleteTable"]
    assert mappings(bench) == {}


def test_every_option_comes_and_goes(bench: Bench) -> None:
    make_function(bench, "one")
    every = {
        "batch_size": 50,
        "maximum_batching_window": 5,
        "starting_position": "TRIM_HORIZON",
        "parallelization_factor": 2,
        "maximum_retry_attempts": 3,
        "maximum_record_age": 3600,
        "bisect_batch_on_error": True,
        "tumbling_window": 30,
        "report_batch_item_failures": True,
        "filter_patterns": [{"eventName": ["INSERT"]}],
        "on_failure_arn": "arn:aws:sqs:eu-west-1:123456789012:failed",
    }
    bench.apply(spec("one", **every))
    assert bench.exported()["lambda_triggers"] == [
        {"function": "one", "enabled": True, **every, "filter_patterns": ['{"eventName":["INSERT"]}']}
    ]
    assert calls(bench.apply(spec("one", starting_position="TRIM_HORIZON"))) == ["UpdateEventSourceMapping"]


def test_it_follows_a_stream_that_is_made_anew(bench: Bench) -> None:
    make_function(bench, "one")
    bench.apply({**spec("one"), "stream": {"view_type": "NEW_IMAGE"}})
    old = mappings(bench)["one"]
    plan = bench.apply({**spec("one"), "stream": {"view_type": "KEYS_ONLY"}})
    assert calls(plan) == [
        "UpdateTable",
        "UpdateTable",
        "CreateEventSourceMapping",
        "DeleteEventSourceMapping",
    ]
    assert actions(plan)["users/trigger/one"] == "replace"
    assert plan.operations[2].parameters["StartingPosition"] == "TRIM_HORIZON"
    new = bench.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert [one["UUID"] != old["UUID"] for one in new] == [True]
    table = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    assert new[0]["EventSourceArn"] == table["LatestStreamArn"]


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_on_the_way_to_the_new_stream_leaves_no_orphan(bench: Bench, nth: int, effect: str) -> None:
    make_function(bench, "one")
    bench.apply({**spec("one"), "stream": {"view_type": "NEW_IMAGE"}})
    api = ["UpdateTable", "UpdateTable", "CreateEventSourceMapping", "DeleteEventSourceMapping"][nth - 1]
    bench.server.faults.add(FaultRule(effect, operation=api, nth=2 if nth == 2 else 1, times=7))
    wanted = {**spec("one"), "stream": {"view_type": "KEYS_ONLY"}}
    bench.run(wanted)
    bench.server.faults.clear()
    bench.apply(wanted)
    found = bench.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert len(found) == 1


def test_stream_and_trigger_dropped_in_one_edit_are_ordered(bench: Bench) -> None:
    make_function(bench, "one")
    bench.apply(spec("one"))
    assert calls(bench.apply({})) == ["DeleteEventSourceMapping", "UpdateTable"]


def test_a_replaced_table_gets_its_triggers_again(bench: Bench) -> None:
    make_function(bench, "one")
    bench.apply(spec("one"))
    plan = bench.apply({**spec("one"), "hash_key": "key", "attributes": {"key": "S"}})
    assert calls(plan)[:3] == ["DeleteEventSourceMapping", "DeleteTable", "CreateTable"]
    assert list(mappings(bench)) == ["one"]


def test_a_missing_function_is_told_at_plan_time(bench: Bench) -> None:
    with pytest.raises(PlanRefused, match="there is no function nowhere"):
        bench.plan(spec("nowhere"))


def test_grant_role_lets_the_function_read_the_stream(bench: Bench) -> None:
    make_function(bench, "one", allowed=False)
    plan = bench.apply(spec("one", grant_role=True))
    assert calls(plan)[-3:] == ["CreatePolicy", "AttachRolePolicy", "CreateEventSourceMapping"]
    found = bench.client("iam").list_attached_role_policies(RoleName="one-role")["AttachedPolicies"]
    assert [one["PolicyName"] for one in found] == ["users-eu-west-1-lambda-access"]
    bench.destroy()
    assert bench.client("iam").list_policies(Scope="Local")["Policies"] == []


def test_adopted_drifted_and_found_without_a_state(bench: Bench) -> None:
    make_function(bench, "one")
    bench.apply(spec("one"))
    bench.forget()
    plan = bench.apply(spec("one"))
    assert actions(plan)["users/trigger/one"] == "adopt"
    assert calls(plan) == []
    uuid = mappings(bench)["one"]["UUID"]
    bench.client("lambda").update_event_source_mapping(UUID=uuid, BatchSize=9)
    bench.server.advance(60)
    plan = bench.plan(spec("one"))
    assert [d.path for one in plan.drift for d in one.differences] == ["batch_size"]
    bench.apply(spec("one"))
    bench.client("lambda").delete_event_source_mapping(UUID=uuid)
    assert calls(bench.plan(spec("one"))) == ["CreateEventSourceMapping"]
    bench.apply(spec("one"))


def test_foreign_mappings_are_left_alone(bench: Bench) -> None:
    make_function(bench, "one")
    make_function(bench, "theirs")
    bench.apply(spec("one"))
    stream = mappings(bench)["one"]["EventSourceArn"]
    bench.client("lambda").create_event_source_mapping(
        EventSourceArn=stream, FunctionName="theirs", StartingPosition="LATEST"
    )
    plan = bench.plan(spec("one"))
    assert plan.empty
    assert [one.address for one in plan.unmanaged] == ["users/trigger/theirs"]


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, effect: str) -> None:
    make_function(bench, "one")
    make_function(bench, "two")
    bench.server.faults.add(FaultRule(effect, service="lambda", operation="Create*", times=7))
    _, outcome = bench.run(spec("one", "two"))
    assert len(outcome.failed) == (0 if effect == "drop_after" and outcome.complete else len(outcome.failed))
    bench.server.faults.clear()
    bench.apply(spec("one", "two"))
    assert sorted(mappings(bench)) == ["one", "two"]


@pytest.mark.parametrize(
    ("trigger", "code"),
    [
        ({"function": "x", "filter_patterns": ["{"]}, "DDB425"),
        ({"function": "x", "filter_patterns": ["[]"]}, "DDB425"),
        ({"function": "x", "maximum_record_age": 5}, "DDB422"),
        ({"function": "x", "on_failure_arn": "queue"}, "DDB426"),
    ],
)
def test_bad_triggers(trigger: dict[str, Any], code: str) -> None:
    from dynaops.specs.check import check
    from dynaops.specs.load import document_of
    from tests.companions.bench import BASE

    found = check([document_of({**BASE, "lambda_triggers": [trigger]})])
    assert code in [one.code for one in found]
