"""What a run leaves when a call fails, is lost or is not waited for, and what the next run makes of it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from dynaops.engine.apply import ApplyOptions, apply_plan
from dynaops.engine.plan import PlanOptions
from dynaops.engine.resume import resumed
from dynaops.model.event import Outcome
from dynaops.model.plan import Plan
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.load import document_of
from tests.companions.bench import BASE, REGION, Bench
from tests.companions.functions import make_function
from tests.companions.test_saved_plans import Died, DyingAws, apply_saved, saved_text

HOUR = 3600.0
INDEXED: dict[str, Any] = {
    "attributes": {"id": "S", "a": "S"},
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
}
RELEASES: dict[str, tuple[dict[str, Any], str]] = {
    "a trigger": ({"lambda_triggers": [{"function": "one"}]}, "DeleteEventSourceMapping"),
    "autoscaling": (
        {
            "billing_mode": "PROVISIONED",
            "read_capacity": 5,
            "write_capacity": 5,
            "autoscaling": {"read": {"min": 5, "max": 50}},
        },
        "DeregisterScalableTarget",
    ),
}


def requests(bench: Bench, api: str, since: int = 0) -> int:
    """How often an operation was asked for, of the requests after the first `since`."""
    return [one.operation for one in bench.server.requests.since()][since:].count(api)


@pytest.mark.parametrize("what", RELEASES)
def test_a_table_is_not_deleted_while_what_leans_on_it_could_not_let_go(bench: Bench, what: str) -> None:
    spec, api = RELEASES[what]
    make_function(bench, "one", allowed=True)
    bench.apply(spec)
    bench.server.faults.add(FaultRule("access_denied", operation=api, times=None))
    plan, outcome = bench.run(destroy=True)
    (deletes,) = [one for one in plan.operations if one.api == "DeleteTable"]
    assert deletes.id in outcome.skipped
    assert requests(bench, "DeleteTable") == 0
    assert "users" in bench.state.resources
    bench.server.faults.clear()
    bench.destroy()


def test_a_change_of_the_table_waits_for_the_one_before_and_nothing_else_does(bench: Bench) -> None:
    """A call for the table itself is not made after one that failed; its tags do not build on either."""
    bench.apply(INDEXED)
    before = len(bench.server.requests.since())
    bench.server.faults.add(FaultRule("access_denied", operation="UpdateTable", times=None))
    changed = {
        "attributes": {"id": "S", "b": "S"},
        "global_secondary_indexes": [{"name": "by-b", "hash_key": "b"}],
        "tags": {"team": "one"},
    }
    plan, outcome = bench.run(changed)
    updates = [one.id for one in plan.operations if one.api == "UpdateTable"]
    assert (list(outcome.failed), list(outcome.skipped)) == (updates[:1], updates[1:])
    assert len(updates) > 1
    assert requests(bench, "UpdateTable", before) == 1
    assert requests(bench, "TagResource", before) == 1
    assert bench.state.resources["users"].properties["tags"] == {"team": "one"}
    bench.server.faults.clear()
    bench.apply(changed)


def left_to_aws(bench: Bench, spec: dict[str, Any]) -> tuple[Plan, Outcome]:
    """Apply with ``--no-wait`` while AWS gets nothing done."""
    with bench.store.lock("apply"):
        plan = bench.plan(spec)
        bench.server.clock.set_speed(0)
        outcome = apply_plan(plan, bench.store, bench.aws, lambda _: None, ApplyOptions(wait=False))
    return plan, outcome


def test_what_is_not_waited_for_is_remembered(bench: Bench) -> None:
    """The call is in the state as one whose outcome is open; the next run sees it through."""
    bench.apply({})
    _, outcome = left_to_aws(bench, INDEXED)
    assert outcome.left and not outcome.failed
    assert set(bench.state.in_flight) == set(outcome.left)
    assert not set(outcome.left) & set(outcome.done)
    before = len(bench.server.requests.since())
    bench.server.clock.set_speed(HOUR)
    bench.apply(INDEXED)
    assert requests(bench, "UpdateTable", before) == 0
    assert not bench.state.in_flight
    assert bench.state.resources["users/gsi/by-a"].properties["hash_key"] == "a"


def test_a_call_that_an_earlier_run_may_have_made_is_made_as_one(bench: Bench) -> None:
    """Its run died before the answer, and AWS does not show the effect yet: a refusal is no failure."""
    spec: dict[str, Any] = {}
    api = "CreateTable"
    text = saved_text(bench, spec)
    aws = DyingAws(region=REGION, endpoint_url=bench.server.url, poll_cap=0.02)
    aws.when, aws.died = "after", set()
    with pytest.raises(Died):
        apply_saved(bench, text, spec, aws)
    digest, plan = sha256(text.encode()).hexdigest(), Plan.model_validate_json(text)
    with bench.store.lock("apply"):
        run = bench.state.run_of(digest)
        assert run is not None
        left = resumed(plan, run, [document_of({**BASE, **spec})], bench.state, bench.aws, PlanOptions())
        assert left.happened
        options = ApplyOptions(saved_plan=digest)  # without those that happened: AWS has not shown them yet
        outcome = apply_plan(left.plan, bench.store, bench.aws, lambda _: None, options)
    assert outcome.complete, outcome
    assert requests(bench, api) == 2
    assert bench.plan(spec).empty
