"""Waiting for a lock: how long, with what words, and what comes of it. No test waits for real."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dynaops.aws.session import Aws
from dynaops.sandbox import Sandbox
from dynaops.stores import open_store
from dynaops.stores.base import LockHeld, Store
from dynaops.stores.lock_wait import LockWait

REGION = "eu-west-1"


class Clock:
    """A clock that only moves by sleeping; `at` holds what happens at a time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.at: dict[float, Callable[[], object]] = {}
        self.words: list[str] = []

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.pauses.append(seconds)
        self.now += seconds
        for due in [time for time in self.at if time <= self.now]:
            self.at.pop(due)()

    def patience(self, seconds: float) -> LockWait:
        return LockWait(seconds, self.words.append, lambda: self.now, self.sleep)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with Sandbox(speed=0) as sandbox:
        sandbox.client("s3", REGION).create_bucket(
            Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        sandbox.client("dynamodb", REGION).create_table(
            TableName="locks",
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        sandbox.advance(60)
        yield Aws(REGION)


Open = Callable[[LockWait | None], Store]


@pytest.fixture(params=["file", "s3", "lock table"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, aws: Aws) -> Open:
    """Opens the state of the test with a patience."""
    location = str(tmp_path / "state.json")
    if request.param != "file":
        table = "?lock_table=locks" if request.param == "lock table" else ""
        location = f"s3://acme-state/{uuid.uuid4()}/state.json{table}"
    return lambda patience: open_store(location, open_aws=lambda: aws, lock_wait=patience)


def test_a_lock_that_is_let_go_in_time_is_taken(opened: Open) -> None:
    clock = Clock()
    other = opened(None).lock("apply")
    holder = other.__enter__().holder
    clock.at[70.0] = lambda: other.__exit__(None, None, None)
    with opened(clock.patience(600)).lock("destroy") as lock:
        assert lock.holder.operation == "destroy"
    assert 70 <= clock.now < 73
    first, *reminders, last = clock.words
    assert first.startswith("Waiting up to 600 s for the lock of the state, which is held by ")
    assert f"{holder.name}: `apply` since {holder.since}" in first
    assert len(reminders) == 2
    assert all(word.startswith("Still waiting") and " of 600 s" in word for word in reminders)
    assert last.startswith("The lock is free after 7")
    assert max(clock.pauses) == 2
    assert len(clock.pauses) < 60


@pytest.mark.parametrize("seconds", [0.0, 1.0, 45.0])
def test_where_the_time_is_over_the_lock_is_refused_as_without(opened: Open, seconds: float) -> None:
    clock = Clock()
    with opened(None).lock("apply"):
        with pytest.raises(LockHeld, match=r"is locked by .*: `apply` since") as refused:
            opened(clock.patience(seconds)).lock("apply").__enter__()
        assert refused.value.exit_code == 4
        assert refused.value.holder is not None
    assert clock.now == pytest.approx(max(seconds, 0.1), abs=0.11)
    assert bool(clock.words) == bool(seconds)


def test_saving_outside_of_a_lock_waits_as_long(opened: Open) -> None:
    clock = Clock()
    other = opened(None).lock("apply")
    other.__enter__()
    clock.at[5.0] = lambda: other.__exit__(None, None, None)
    store = opened(clock.patience(60))
    assert store.save(store.load()).serial == 1
    assert clock.now >= 5


def test_a_free_lock_is_taken_at_once_and_in_silence(opened: Open) -> None:
    clock = Clock()
    with opened(clock.patience(600)).lock("apply"):
        pass
    assert (clock.pauses, clock.words) == ([], [])
