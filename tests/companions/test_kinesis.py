"""The Kinesis destination, through its whole life."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.engine.plan import PlanRefused
from dynaops.kinds.kind import Known
from dynaops.kinds.kinesis.handler import HANDLER
from dynaops.model.resource import Scope
from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import REGION, Bench, actions, calls

ARN = f"arn:aws:kinesis:{REGION}:123456789012:stream/"


def spec(name: str = "one", **more: Any) -> dict[str, Any]:
    return {"kinesis": {"stream_arn": f"{ARN}{name}", **more}}


@pytest.fixture
def world(bench: Bench) -> Bench:
    for name in ("one", "two"):
        bench.client("kinesis").create_stream(StreamName=name, ShardCount=1)
    return bench


def live(bench: Bench) -> dict[str, str]:
    found = bench.client("dynamodb").describe_kinesis_streaming_destination(TableName="users")
    return {
        one["StreamArn"].removeprefix(ARN): one.get("ApproximateCreationDateTimePrecision", "MILLISECOND")
        for one in found["KinesisDataStreamDestinations"]
        if one["DestinationStatus"] == "ACTIVE"
    }


def test_life(world: Bench) -> None:
    assert calls(world.apply(spec()))[-1] == "EnableKinesisStreamingDestination"
    assert live(world) == {"one": "MILLISECOND"}
    assert calls(world.apply(spec(precision="MICROSECOND"))) == ["UpdateKinesisStreamingDestination"]
    assert live(world) == {"one": "MICROSECOND"}
    assert calls(world.apply({})) == ["DisableKinesisStreamingDestination"]
    assert live(world) == {}
    assert calls(world.apply(spec(precision="MICROSECOND"))) == ["EnableKinesisStreamingDestination"]
    assert calls(world.destroy()) == ["DeleteTable"], "it goes with the table"


def test_a_lost_answer_is_looked_up_not_asked_again(world: Bench) -> None:
    """Asked again, AWS refuses it as out of turn, forever where the stream is on already."""
    for one in ("Enable", "Update", "Disable"):
        operation = f"{one}KinesisStreamingDestination"
        world.server.faults.add(FaultRule("drop_after", operation=operation, times=None))
    world.apply(spec())
    world.apply(spec(precision="MICROSECOND"))
    assert live(world) == {"one": "MICROSECOND"}
    world.apply(spec("two"))
    assert live(world) == {"two": "MILLISECOND"}
    world.apply({})
    assert live(world) == {}


def test_a_change_of_precision_loses_no_record(world: Bench) -> None:
    """Peers turn the destination off and on again."""
    world.apply(spec())
    world.server.requests.clear()
    world.apply(spec(precision="MICROSECOND"))
    sent = [one.operation for one in world.server.requests.writes()]
    assert sent == ["UpdateKinesisStreamingDestination"]


def test_another_stream_is_off_wait_on_and_said_to_leave_a_gap(world: Bench) -> None:
    world.apply(spec())
    plan = world.apply(spec("two"))
    assert calls(plan) == ["DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination"]
    (change,) = plan.changes
    assert "changes made between the two are in neither" in change.reason
    assert live(world) == {"two": "MILLISECOND"}


def test_a_stream_that_is_not_there_is_told_at_plan_time(world: Bench) -> None:
    with pytest.raises(PlanRefused) as refused:
        world.plan(spec("nowhere"))
    assert [one.code for one in refused.value.findings] == ["DDB442"]


def test_drift_is_told_and_undone(world: Bench) -> None:
    world.apply(spec())
    world.client("dynamodb").disable_kinesis_streaming_destination(TableName="users", StreamArn=f"{ARN}one")
    world.server.advance(60)
    assert [one.address for one in world.plan(spec()).drift] == ["users/kinesis"]
    assert calls(world.apply(spec())) == ["EnableKinesisStreamingDestination"]


def test_adopted_left_alone_and_exported(world: Bench) -> None:
    world.apply(spec())
    world.forget()
    plan = world.apply(spec())
    assert (actions(plan)["users/kinesis"], calls(plan)) == ("adopt", [])
    world.forget()
    assert calls(world.apply({})) == []
    assert live(world) == {"one": "MILLISECOND"}
    assert world.exported()["kinesis"] == {"stream_arn": f"{ARN}one", "precision": "MILLISECOND"}


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(world: Bench, effect: str) -> None:
    world.apply(spec())
    for api in ("DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination"):
        world.server.faults.add(FaultRule(effect, operation=api, times=7))
        world.run(spec("two"))
        world.server.faults.clear()
    world.apply(spec("two"))
    assert live(world) == {"two": "MILLISECOND"}


@pytest.mark.parametrize("status", ["ENABLING", "UPDATING", "ACTIVE"])
def test_a_passing_status_is_not_recorded(status: str) -> None:
    """It would differ at the next look, and be a change of the state that nobody made."""

    class Answer:
        account = "123456789012"
        mark = None

        def read(self, *_: Any) -> dict[str, Any]:
            return {
                "KinesisDataStreamDestinations": [{"StreamArn": f"{ARN}one", "DestinationStatus": status}]
            }

        def read_all(self, *_: Any) -> None:
            raise AssertionError("one call tells")

    (found,) = HANDLER.observe(Answer(), Scope("users", "users", REGION), None, Known(discover=True))
    assert found.outputs.get("status") == ("ACTIVE" if status == "ACTIVE" else None)
