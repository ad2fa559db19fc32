"""What makes a saved plan stale is what the comparison looks at, no more: every live property of every kind moves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import pytest

from dynaops.engine.plan import PlanOptions, TablePlan, plan_table
from dynaops.engine.saved_plan_check import StalePlan, carried_out, check_same
from dynaops.engine.table_inputs import entries_of
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds import TableSpec
from dynaops.kinds.registry import HANDLERS, PROPERTY_RULES
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import Record, State
from dynaops.specs.load import document_of
from tests.engine.cases import NOW, REGION, observed

ROLE = "arn:aws:iam::123456789012:role/backup"
EVERYTHING: dict[str, Any] = {
    "table_name": "users",
    "hash_key": "id",
    "range_key": "at",
    "attributes": {"id": "S", "at": "N", "a": "S", "l": "S"},
    "billing_mode": "PROVISIONED",
    "read_capacity": 5,
    "write_capacity": 5,
    "warm_throughput": {"read_units_per_second": 20, "write_units_per_second": 20},
    "global_secondary_indexes": [
        {"name": "by-a", "hash_key": "a", "warm_throughput": {"read_units_per_second": 20}}
    ],
    "vector_indexes": [{"name": "near", "attribute": "v", "dimensions": 3, "distance": "COSINE"}],
    "local_secondary_indexes": [{"name": "by-l", "range_key": "l"}],
    "autoscaling": {
        "read": {
            "min": 5,
            "max": 50,
            "schedules": [{"name": "night", "schedule": "cron(0 22 * * ? *)", "max": 9}],
        },
        "write": {"min": 5, "max": 50},
        "indexes": "all",
    },
    "ttl": {"attribute": "gone"},
    "contributor_insights": {"enabled": True, "indexes": ["by-a"]},
    "iam": {"read_only": {"attach_to_roles": ["reader"]}},
    "lambda_triggers": [{"function": "one", "batch_size": 10}],
    "stream": {"view_type": "NEW_AND_OLD_IMAGES"},
    "pipes": [
        {
            "name": "orders",
            "target_arn": "arn:aws:sqs:eu-west-1:123456789012:orders",
            "filters": [{"a": ["b"]}],
        }
    ],
    "log_group": {"name": "/dynaops/users", "retention_days": 7},
    "kinesis": {"stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"},
    "backup": {
        "vault": {"name": "safe"},
        "plan": {"rules": [{"name": "mine", "schedule": "cron(0 3 1 1 ? 2090)", "delete_after_days": 7}]},
    },
    "replicas": [{"region": "us-east-1", "point_in_time_recovery": True, "tags": {"b": "c"}}],
    "global_table": {"disassociation_protection": True},
    "alarms": {"throttles": True, "iterator_age": True},
    "items": [{"id": "one", "at": 1}],
    "tags": {"team": "one"},
    "resource_policy": {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:role/reader"},
                "Action": "dynamodb:GetItem",
                "Resource": "${table_arn}",
            }
        ]
    },
}
SCOPE = Scope("users", "users", REGION)
CHANGED = {**EVERYTHING, "tags": {"team": "two"}, "read_capacity": 5}
Live = dict[str, Observed]


@cache
def _world() -> Live:
    """Twice resolved: names become the ARNs that AWS minted."""
    live = observed(SCOPE, EVERYTHING)
    for _ in range(2):
        live = {
            address: replace(one, outputs={**one.outputs, **_minted(address)})
            for address, one in live.items()
        }
        entries = entries_of(RunTarget(SCOPE, document_of(EVERYTHING).spec), State(lineage="one"), live)
        for handler in HANDLERS:
            entries.update(handler.resolve(None, SCOPE, list(entries.values())))
        for address, entry in entries.items():
            if entry.desired and address in live:
                live[address] = replace(live[address], properties=entry.desired.properties)
    return live


@cache
def _parsed(spec: str) -> TableSpec:
    return document_of(json.loads(spec)).spec


@cache
def recorded() -> State:
    records = {
        address: Record(
            kind=one.kind,
            region=one.region,
            id=one.outputs["id"],
            arn=one.outputs["arn"],
            properties=one.properties,
        )
        for address, one in world().items()
    }
    return State(lineage="one", resources=records)


def _minted(address: str) -> dict[str, Any]:
    return {"id": f"id of {address}", "arn": f"arn:aws:x:{REGION}:1:{address}", "plan_id": "plan"}


def world() -> Live:
    """All that is live, and just as the first spec says; with what AWS minted for it."""
    return dict(_world())


def plan_of(live: Live, spec: dict[str, Any] | None = CHANGED) -> Plan:
    """The plan from what was recorded to what is wanted, with this live."""
    target = RunTarget(SCOPE, _parsed(json.dumps(spec)) if spec else None)
    return _whole(plan_table(target, recorded(), live, None, PlanOptions(), NOW))


def _whole(part: TablePlan) -> Plan:
    return Plan(
        dynaops_version="0",
        created_at="2026-01-01T00:00:00.000+00:00",
        serial=1,
        lineage="one",
        changes=part.changes,
        operations=part.operations,
        updates=part.judged.updates,
        drift=part.drift,
        unmanaged=part.judged.unmanaged,
        tables=("users",),
        fingerprints=part.judged.fingerprints,
    )


def moves() -> Iterator[tuple[str, str, Live]]:
    """(address, what moved, live after it), for every property, and what is in it, of one resource of each kind."""
    of_kind = {one.kind: address for address, one in reversed(world().items())}
    for address, one in ((one, world()[one]) for one in of_kind.values()):
        for path, properties in _moved(one.properties):
            yield address, path, {**world(), address: replace(one, properties=properties)}
        more = {**one.properties, "new": "x"}
        yield address, "new: x", {**world(), address: replace(one, properties=more)}


def _moved(properties: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in properties.items():
        yield f"{name} is gone", {key: one for key, one in properties.items() if key != name}
        for other in _others(value):
            yield f"{name}: {other}", {**properties, name: other}
        if isinstance(value, dict):
            for path, inner in _moved(value):
                yield f"{name}.{path}", {**properties, name: inner}


def _others(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        yield f"{value}x"
    elif isinstance(value, list):
        yield [*value, "x"]
    elif isinstance(value, dict):
        yield {**value, "new": next(iter(value.values()), "x")}


def seen(plan: Plan) -> list[Any]:
    """What the comparison comes to: what changes and why, and what has drifted. This is the oracle."""
    changes = [(one.address, one.action, one.differences) for one in plan.changes]
    return [changes, [(one.address, one.vanished, one.differences) for one in plan.drift]]


def shown(spec: dict[str, Any] | None, every: int = 1) -> Iterator[tuple[str, str, Plan]]:
    """(address, what moved, the plan then), for `every` nth move that AWS can show.

    A resource without what AWS shows of all of its kind is none that a plan is ever made of.
    """
    for address, what, live in islice(moves(), 0, None, every):
        try:
            yield address, what, plan_of(live, spec)
        except (KeyError, ValueError):
            assert what.endswith("is gone"), (address, what)


def test_every_kind_is_tried() -> None:
    assert {one.kind for one in world().values()} == set(PROPERTY_RULES)


def test_a_plan_is_stale_just_where_the_comparison_comes_to_something_else() -> None:
    saved = plan_of(world())
    assert [one.api for one in saved.operations][:1] == ["TagResource"], saved.operations
    stale = accepted = 0
    for address, what, fresh in shown(CHANGED):
        if seen(fresh) == seen(saved):
            accepted += 1
            check_same(saved, fresh)
            carried_out(saved, fresh)
            continue
        stale += 1
        with pytest.raises(StalePlan) as caught:
            check_same(saved, fresh)
        told = caught.value.message
        assert f"{address} has changed in AWS: " in told, (address, what, told)
        head = what.partition(":")[0].partition(" is gone")[0].partition(".")[0]
        assert head in told, (address, what, told)
    assert (stale > 80, accepted > 20) == (True, True), (stale, accepted)


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all values within maps and lists."""
    members: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, member in members:
        yield from _leaves(member, (*path, name))
    if not members and value not in ({}, []):
        yield path


def _edited(plan: Plan, path: tuple[str | int, ...]) -> Plan | None:
    """The plan with another value at `path` of its changes; None where the file would not be read with that."""
    data = plan.model_dump(mode="json")
    *heads, last = path
    inner = data["changes"]
    for head in heads:
        inner = inner[head]
    inner[last] = next(_others(inner[last]), "x")
    try:
        return Plan.model_validate_json(json.dumps(data))
    except ValueError:
        return None


def test_every_shown_value_of_a_change_is_compared() -> None:
    """What somebody agreed to is what was shown; only what a resource is besides, and where a block is, may differ."""
    spec = {**CHANGED, "tags": {"team": "two"}, "lambda_triggers": [{"function": "one", "batch_size": 20}]}
    saved = plan_of(world(), spec)
    shown = [change.model_dump(mode="json", exclude={"before", "block"}) for change in saved.changes]
    tried = set()
    for path in _leaves(shown):
        edited = _edited(saved, path)
        if edited is not None:
            tried.add(path[1])
            with pytest.raises(StalePlan, match=r"the change of|the list of its operations"):
                check_same(edited, saved)
    assert tried >= {"address", "region", "reason", "after", "differences", "previous_address", "owner"}


def test_what_comes_and_goes_whole_is_stale_just_where_it_is_ours() -> None:
    saved = plan_of(world())
    for address in world():
        if address == "users":
            continue
        gone = {key: one for key, one in world().items() if key != address}
        with pytest.raises(StalePlan, match=f"{address} is no longer in AWS"):
            check_same(saved, plan_of(gone))
    theirs = Observed("users/gsi/theirs", "gsi", REGION, world()["users/gsi/by-a"].properties, {}, "users")
    fresh = plan_of({**world(), theirs.address: theirs})
    check_same(saved, fresh)
    (told,) = carried_out(saved, fresh).warnings[-1:]
    assert "users/gsi/theirs has come in AWS" in told.message
    remade = {**world(), "users": replace(world()["users"], outputs={**_minted("users"), "id": "another"})}
    with pytest.raises(StalePlan, match="users was made anew in AWS"):
        check_same(saved, plan_of(remade))


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"busy": "its capacity is changed"}, id="busy"),
        pytest.param({"outputs": {**_minted("users"), "stream_label": "later"}}, id="minted"),
    ],
)
def test_what_aws_is_at_makes_no_plan_stale(edit: dict[str, Any]) -> None:
    live = {**world(), "users": replace(world()["users"], **edit)}
    for spec in (CHANGED, {**EVERYTHING, "stream": {"view_type": "NEW_AND_OLD_IMAGES"}, "ttl": None}):
        before, now = plan_of(world(), spec), plan_of(live, spec)
        check_same(before, now)
        check_same(now, before)


def test_what_is_to_be_deleted_may_be_set_as_it_likes() -> None:
    saved = plan_of(world(), None)
    assert "DeleteTable" in [one.api for one in saved.operations]
    for address, what, fresh in shown(None, every=5):
        if _calls(fresh) == _calls(saved):
            check_same(saved, fresh)
        else:
            with pytest.raises(StalePlan):
                check_same(saved, fresh)
                pytest.fail(f"{address} {what}")


def _calls(plan: Plan) -> list[Any]:
    calls = [(one.title, one.address, one.api, one.parameters) for one in plan.operations]
    return [calls, [(one.address, one.removes) for one in plan.changes]]


@pytest.mark.parametrize("side", ["read", "write"])
def test_capacity_that_is_carried_along_may_be_moved_by_autoscaling(side: str) -> None:
    """UpdateTable takes both sides together; the one that is scaled is sent as it is then."""
    other = "write" if side == "read" else "read"
    spec = {
        **EVERYTHING,
        "autoscaling": {side: {"min": 5, "max": 50}, "indexes": "all"},
        f"{other}_capacity": 9,
        "replicas": None,
    }
    saved = plan_of(world(), spec)
    live = world()
    for address in ("users", "users/gsi/by-a"):
        moved = {**live[address].properties, f"{side}_capacity": 31}
        live[address] = replace(live[address], properties=moved)
    fresh = plan_of(live, spec)
    units = {"read": "ReadCapacityUnits", "write": "WriteCapacityUnits"}
    (call,) = [one for one in fresh.operations if "ProvisionedThroughput" in one.parameters]
    assert call.parameters["ProvisionedThroughput"] == {units[side]: 31, units[other]: 9}
    assert call.wait is not None
    assert "31" not in (call.wait.until or ""), "it may be moved while it is waited for"
    if side == "read":
        check_same(saved, fresh)
