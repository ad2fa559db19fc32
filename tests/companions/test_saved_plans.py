"""A plan that was saved is the plan that is applied, an hour later too: over the life of every kind."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.engine.apply import ApplyOptions, apply_plan
from dynaops.engine.observe import observe
from dynaops.engine.plan import PlanOptions
from dynaops.engine.resume import resumed
from dynaops.engine.saved_plan_check import StalePlan, carried_out, check, check_same, made_anew
from dynaops.kinds.kind import Known
from dynaops.kinds.registry import HANDLERS, PROPERTY_RULES
from dynaops.model.event import Outcome
from dynaops.model.plan import Plan
from dynaops.model.resource import Scope
from dynaops.sandbox import SandboxServer
from dynaops.specs.load import document_of
from dynaops.stores import state_edits
from tests.companions.bench import BASE, REGION, Bench
from tests.companions.functions import make_function, make_role
from tests.companions.test_everything import EVERYTHING
from tests.e2e.census import census
from tests.faults.dying import is_write

_HOUR = 3600.0
_MINTED = re.compile(r"(?<=stream/)\d{4}-[\d:T.-]+|\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b")
"""A stream is called by the moment it was turned on; keys and mappings by a UUID."""
FIRST: dict[str, Any] = {
    **EVERYTHING,
    "vector_indexes": [{"name": "near", "attribute": "v", "dimensions": 3, "distance": "COSINE"}],
    "global_table": {"disassociation_protection": False},
    "lifecycle": {"on_replace": "backup"},
}
SECOND: dict[str, Any] = {
    **FIRST,
    "attributes": {"id": "S", "b": "S"},
    "global_secondary_indexes": [{"name": "by-b", "hash_key": "b"}],
    "vector_indexes": [{"name": "far", "attribute": "v", "dimensions": 3, "distance": "EUCLIDEAN"}],
    "autoscaling": {"read": {"min": 6, "max": 50}, "write": {"min": 5, "max": 60}, "indexes": "all"},
    "ttl": {"attribute": "stale"},
    "contributor_insights": False,
    "iam": {"read_only": {"attach_to_roles": ["reader"]}, "write_only": True},
    "lambda_triggers": [{"function": "one", "grant_role": True, "batch_size": 7}],
    "pipes": [{**EVERYTHING["pipes"][0], "batch_size": 7}],
    "log_group": {"name": "/dynaops/users", "retention_days": 30},
    "backup": {
        "vault": {"name": "other"},
        "plan": {"rules": [{"name": "mine", "schedule": "cron(0 4 1 1 ? 2090)", "delete_after_days": 9}]},
    },
    "replicas": [{"region": "us-east-1", "point_in_time_recovery": True, "tags": {"c": "d"}}],
    "global_table": {"disassociation_protection": True},
    "alarms": {"throttles": {"threshold": 9}, "system_errors": True},
    "items": [{"id": "two"}],
    "tags": {"team": "two"},
    "resource_policy": None,
    "kinesis": None,
}
BARE: dict[str, Any] = {
    "hash_key": "key",
    "attributes": {"key": "S"},
    "lifecycle": {"on_replace": "backup"},
}
LIFE = (FIRST, SECOND, BARE)


def _directly(bench: Bench, spec: dict[str, Any]) -> Plan:
    plan, outcome = bench.run(spec)
    assert outcome.complete, outcome
    bench.server.advance(_HOUR)
    return plan


def _saved(bench: Bench, spec: dict[str, Any]) -> Plan:
    """Plan, save, wait an hour of every clock there is, and apply."""
    text = saved_text(bench, spec)
    bench.server.advance(_HOUR)
    later = SimpleNamespace(time=lambda: time.time() + _HOUR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dynaops.engine.plan.time", later)
        held, outcome = apply_saved(bench, text, spec)
    assert outcome.complete, outcome
    return held


def saved_text(bench: Bench, spec: dict[str, Any]) -> str:
    """A plan as a file holds it."""
    return bench.plan(spec).model_copy(update={"account": bench.aws.account}).model_dump_json()


def apply_saved(
    bench: Bench, text: str, spec: dict[str, Any], aws: Aws | None = None, wait: bool = True
) -> tuple[Plan, Outcome]:
    """Apply a saved plan as the command does: from the start, or what is left of it. `aws`: who makes the calls."""
    documents, digest = [document_of({**BASE, **spec})], sha256(text.encode()).hexdigest()
    plan = Plan.model_validate_json(text)
    with bench.store.lock("apply"):
        state = bench.state
        run = state.run_of(digest)
        if run is not None:
            left = resumed(plan, run, documents, state, bench.aws, PlanOptions())
            held, happened = left.plan, left.happened
        else:
            check(plan, documents, state, bench.aws)
            anew = made_anew(plan, documents, state, bench.aws, PlanOptions())
            check_same(plan, anew)
            held, happened = carried_out(plan, anew), frozenset()
        options = ApplyOptions(wait=wait, saved_plan=digest, happened=happened)
        return held, apply_plan(held, bench.store, aws or bench.aws, lambda _: None, options)


def _lived(folder: Path, saved: bool) -> Any:
    """What state and AWS hold after each step of the life, but for times and for what AWS mints."""
    found: list[Any] = []
    kinds: set[str] = set()
    folder.mkdir()
    with SandboxServer(speed=_HOUR) as server:
        bench = Bench(folder, server)
        make_role(bench, "reader")
        make_function(bench, "one", allowed=False)
        bench.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
        for spec in LIFE:
            plan = (_saved if saved else _directly)(bench, spec)
            again = bench.plan(spec)
            assert again.empty, (again.changes, again.operations)
            kinds |= {operation.kind for operation in plan.operations}
            found.append([(one.address, one.api) for one in plan.operations])
            found.append(
                {
                    address: (one.kind, one.region, one.properties, one.depends_on, sorted(one.outputs))
                    for address, one in bench.state.resources.items()
                }
            )
            live = observe(
                bench.aws, [Scope("users", "users", REGION)], HANDLERS, {"users": Known(discover=True)}
            )
            found.append({address: one.properties for address, one in live["users"].items()})
        names = bench.client("dynamodb").list_backups(TableName="users")["BackupSummaries"]
        found.append(len(names))
    assert kinds >= set(PROPERTY_RULES), set(PROPERTY_RULES) - kinds
    return json.loads(_MINTED.sub("MINTED", json.dumps(found)))


def test_a_saved_plan_comes_to_what_a_direct_apply_does(tmp_path: Path) -> None:
    directly, saved = (_lived(tmp_path / str(way), way) for way in (False, True))
    for step, (one, other) in enumerate(zip(directly, saved, strict=True)):
        assert one == other, step


class Died(BaseException):
    """The process is gone: nothing is told, saved or taken back."""


class DyingAws(Aws):
    """An `Aws` whose process dies before or after a write call, once at each, or at each so many."""

    when = "before"
    every = 1
    died: set[str]

    def call(
        self, service: str, api: str, region: str, parameters: dict[str, Any], repeats: bool = True
    ) -> dict[str, Any]:
        this = f"{service}:{api} {region} {json.dumps(parameters, sort_keys=True)}"
        dies = is_write(api) and this not in self.died
        if dies:
            self.died.add(this)
            dies = len(self.died) % self.every == 0
        if dies and self.when == "before":
            raise Died
        answer = super().call(service, api, region, parameters, repeats)
        if dies:
            raise Died
        return answer


def _applied_dying(bench: Bench, spec: dict[str, Any], when: str, every: int) -> int:
    """Apply a saved plan that dies at calls in turn, and again, until it is done; how often it died."""
    text = saved_text(bench, spec)
    aws = DyingAws(region=REGION, endpoint_url=bench.server.url, poll_cap=0.02)
    aws.when, aws.every, aws.died = when, every, set()
    deaths = 0
    while True:
        try:
            _, outcome = apply_saved(bench, text, spec, aws)
        except Died:
            deaths += 1
            continue
        assert outcome.complete, outcome
        again = bench.plan(spec)
        assert again.empty, (again.changes, again.operations)
        assert not again.drift, again.drift
        with pytest.raises(StalePlan, match="it has been applied already, in full"):
            apply_saved(bench, text, spec)
        return deaths


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_call_the_same_plan_goes_on(bench: Bench, when: str, every: int) -> None:
    """At every call by command (``pytest -m slow``), at every fourth in short."""
    make_role(bench, "reader")
    make_function(bench, "one", allowed=False)
    bench.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
    deaths = [_applied_dying(bench, spec, when, every) for spec in (FIRST, BARE)]
    assert deaths[0] > 30 // every, deaths
    found = census(bench.server)["eu-west-1"]
    assert (len(found["tables"]), len(found["mappings"]), len(found["plans"])) == (1, 0, 0)
    backups = bench.client("dynamodb").list_backups(TableName="users")["BackupSummaries"]
    assert len(backups) == 1, "one backup before the replacement, however often it was tried"


SMALL: dict[str, Any] = {
    "tags": {"a": "1"},
    "ttl": {"attribute": "gone"},
    "stream": {"view_type": "NEW_IMAGE"},
}


def _half_way(bench: Bench, spec: dict[str, Any]) -> str:
    """A saved plan of an update, dead after its first call."""
    bench.apply({"tags": {"a": "0"}})
    text = saved_text(bench, spec)
    aws = DyingAws(region=REGION, endpoint_url=bench.server.url, poll_cap=0.02)
    aws.when, aws.died = "after", set()
    with pytest.raises(Died):
        apply_saved(bench, text, spec, aws)
    return text


def _another_apply(bench: Bench) -> None:
    bench.run({"tags": {"a": "0", "b": "1"}})


def _another_tag(bench: Bench) -> None:
    _tag(bench, "a", "theirs")


def _their_tag(bench: Bench) -> None:
    _tag(bench, "theirs", "1")


def _tag(bench: Bench, key: str, value: str) -> None:
    client = bench.client("dynamodb")
    arn = client.describe_table(TableName="users")["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": key, "Value": value}])


def _recovery_off(bench: Bench) -> None:
    bench.client("dynamodb").update_continuous_backups(
        TableName="users", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


def _edited_state(bench: Bench) -> None:
    with bench.store.lock("state rm"):
        bench.store.save(state_edits.remove(bench.state, "users/point_in_time_recovery"))


@pytest.mark.parametrize(
    ("between", "told"),
    [
        (_another_apply, "the state has moved from serial"),
        (_edited_state, "the state has moved from serial"),
        (_another_tag, "users has changed in AWS: tags.a"),
        (_recovery_off, "users/point_in_time_recovery is no longer in AWS"),
        (_their_tag, None),
    ],
    ids=lambda one: one.__name__.strip("_") if callable(one) else None,
)
def test_what_others_change_in_between_makes_it_stale_still(
    bench: Bench, between: Callable[[Bench], None], told: str | None
) -> None:
    text = _half_way(bench, SMALL)
    between(bench)
    if told is None:
        assert apply_saved(bench, text, SMALL)[1].complete
        return
    with pytest.raises(StalePlan, match=told):
        apply_saved(bench, text, SMALL)


def test_another_file_or_other_specs_go_on_with_nothing(bench: Bench) -> None:
    text = _half_way(bench, SMALL)
    with pytest.raises(StalePlan, match="the state has moved"):
        apply_saved(bench, f"{text} ", SMALL)
    with pytest.raises(StalePlan, match="the specs have changed: users \\(tags\\)"):
        apply_saved(bench, text, {**SMALL, "tags": {"a": "2"}})
    held, outcome = apply_saved(bench, text, SMALL)
    assert outcome.complete
    assert [one.code for one in held.warnings] == ["PLAN111"]


def test_what_was_left_to_aws_is_seen_through_by_the_same_plan(bench: Bench) -> None:
    bench.apply({})
    spec = {
        "attributes": {"id": "S", "a": "S"},
        "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
    }
    text = saved_text(bench, spec)
    bench.server.clock.set_speed(0)
    assert apply_saved(bench, text, spec, wait=False)[1].left
    bench.server.clock.set_speed(_HOUR)
    assert apply_saved(bench, text, spec)[1].complete
    assert bench.plan(spec).empty
