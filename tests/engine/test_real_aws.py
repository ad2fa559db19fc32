"""What differs where no endpoint is set: attempts, waits and how often AWS is looked at. Time is moved by the waits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.engine.plan import make_plan
from dynaops.model.event import Outcome
from dynaops.sandbox import Sandbox
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.load import document_of
from dynaops.stores import open_store

REGION = "eu-west-1"
SPEC = {"table_name": "users", "hash_key": "id", "attributes": {"id": "S", "a": "S"}}
INDEX = {"global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}]}


class Pauses(threading.Event):
    """A stop that never comes; to wait for it moves the sandbox's clock instead."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.seconds.append(timeout)
        self.sandbox.advance(timeout)
        return False


def _applied(folder: Path, sandbox: Sandbox, aws: Aws, spec: dict[str, Any]) -> tuple[Outcome, Pauses]:
    store = open_store(str(folder / "state.json"))
    pauses = Pauses(sandbox)
    with store.lock("apply"):
        plan = make_plan([document_of({**SPEC, **spec})], store.load(), aws)
        outcome = apply_plan(plan, store, aws, lambda _: None, stop=pauses, now=sandbox.clock.now)
    return outcome, pauses


def test_aws_is_looked_at_every_half_second_to_ten_seconds(tmp_path: Path, sandbox: Sandbox) -> None:
    """A share of the time that has passed: soon at first, and about 15 % late in a long build."""
    aws = Aws(REGION)
    assert _applied(tmp_path, sandbox, aws, {"attributes": {"id": "S"}})[0].complete
    outcome, pauses = _applied(tmp_path, sandbox, aws, INDEX)
    assert outcome.complete
    assert sum(pauses.seconds) > 300
    assert all(0.4 <= seconds <= 12 for seconds in pauses.seconds)
    assert pauses.seconds[0] <= 0.6
    assert max(pauses.seconds) >= 8


@pytest.mark.parametrize(
    ("code", "message", "least", "most"),
    [
        ("ThrottlingException", "Rate exceeded", 300, 330),
        ("ResourceInUseException", "Table needs to be in ACTIVE status", 1800, 1830),
    ],
)
def test_a_refusal_that_does_not_pass_is_borne_so_long(
    tmp_path: Path, sandbox: Sandbox, code: str, message: str, least: float, most: float
) -> None:
    fault = sandbox.faults.add(
        FaultRule("error", operation="CreateTable", times=None, code=code, message=message, status=400)
    )
    outcome, pauses = _applied(tmp_path, sandbox, Aws(REGION, attempts=1), {"attributes": {"id": "S"}})
    assert fault.hit > 10
    assert set(outcome.failed) == {"users:CreateTable"}
    assert least <= sum(pauses.seconds) <= most


def test_a_lost_answer_is_borne_four_times_in_a_row(tmp_path: Path, sandbox: Sandbox) -> None:
    fault = sandbox.faults.add(FaultRule("drop_before", operation="CreateTable", times=None))
    outcome, pauses = _applied(tmp_path, sandbox, Aws(REGION, attempts=1), {"attributes": {"id": "S"}})
    assert set(outcome.failed) == {"users:CreateTable"}
    assert (fault.hit, len(pauses.seconds)) == (5, 4)


@pytest.mark.parametrize(
    ("options", "attempts", "account_ids"),
    [
        ({}, 6, "preferred"),
        ({"endpoint_url": "http://127.0.0.1:1"}, 6, "disabled"),
        ({"endpoint_url": "http://127.0.0.1:1", "poll_cap": 0.1}, 3, "disabled"),
        ({"attempts": 2}, 2, "preferred"),
    ],
)
def test_how_often_requests_are_sent_and_to_which_host(
    options: dict[str, Any], attempts: int, account_ids: str
) -> None:
    aws = Aws(REGION, **options)
    for repeats, most in ((True, attempts), (False, 1)):
        config: Any = aws.client("dynamodb", REGION, repeats).meta.config
        assert config.retries["total_max_attempts"] == most
        assert config.account_id_endpoint_mode == account_ids
