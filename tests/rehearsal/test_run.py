"""Rehearsals in this process: one account after the other, since moto knows one at a time."""

from __future__ import annotations

from pathlib import Path

from dynaops.aws.session import Aws
from dynaops.engine.plan import make_plan
from dynaops.model.state import State
from dynaops.rehearsal.live_account import LiveAccount, gather
from dynaops.rehearsal.run import rehearse
from dynaops.rehearsal.scheduler import SimulatedScheduler
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.clock import Clock
from dynaops.specs.load import document_of
from tests.companions.bench import Bench
from tests.companions.functions import make_function

REGION = "eu-west-1"
WANTED = {"table_name": "users", "hash_key": "id", "attributes": {"id": "S"}}


def test_what_aws_minted_is_translated(tmp_path: Path) -> None:
    """A trigger is changed by its UUID, which is another one on the stage; its function is looked up."""
    with SandboxServer(speed=3600) as server:
        bench = Bench(tmp_path, server)
        make_function(bench, "mailer")
        bench.apply({"lambda_triggers": [{"function": "mailer", "batch_size": 10}]})
        plan = bench.plan({"lambda_triggers": [{"function": "mailer", "batch_size": 20}]})
        state, facts = bench.state, gather(plan, {"users": REGION}, bench.state, bench.aws)
    assert [one.api for one in plan.operations] == ["UpdateEventSourceMapping"]
    rehearsal = rehearse(plan, state, facts)
    assert rehearsal.passes, rehearsal
    assert not rehearsal.notes


def test_a_new_account_is_rehearsed_for_under_its_own_number() -> None:
    with SandboxServer(speed=3600) as server:
        aws = Aws(REGION, endpoint_url=server.url)
        plan = make_plan([document_of(WANTED)], State.empty(), aws)
    rehearsal = rehearse(plan, State.empty(), LiveAccount("999988887777", REGION))
    assert rehearsal.passes
    assert rehearsal.seconds < 60


def test_a_denied_permission() -> None:
    """What the caller lacks fails where it is needed, in AWS's words, and the rest goes on."""
    with SandboxServer(speed=3600) as server:
        aws = Aws(REGION, endpoint_url=server.url)
        plan = make_plan([document_of({**WANTED, "ttl": {"attribute": "expires"}})], State.empty(), aws)
    rehearsal = rehearse(
        plan,
        State.empty(),
        LiveAccount("123456789012", REGION),
        lambda needed: [need for need in needed if need.action == "dynamodb:UpdateTimeToLive"],
    )
    failed = {one.operation: one for one in rehearsal.failed}
    assert list(failed) == ["users/ttl:UpdateTimeToLive"]
    assert "not authorized to perform: dynamodb:UpdateTimeToLive" in (failed.popitem()[1].message or "")
    assert {one.stage for one in rehearsal.operations} == {"done", "failed"}


def test_time_jumps_and_turns_are_taken() -> None:
    clock = Clock(speed=0, start=0)
    turns = SimulatedScheduler(clock.now, lambda seconds: (clock.advance(seconds), None)[1], workers=2)
    seen: list[tuple[float, str]] = []

    def job(what: tuple[str, float]) -> None:
        name, pause = what
        turns.stop.wait(pause)
        seen.append((clock.now(), name))

    running = {turns.submit(job, what) for what in (("slow", 3600.0), ("quick", 60.0), ("queued", 10.0))}
    while running:
        running -= set(turns.ended(running))
    assert seen == [(60.0, "quick"), (70.0, "queued"), (3600.0, "slow")]
