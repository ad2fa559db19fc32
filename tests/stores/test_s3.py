"""The store in S3: the contract of all stores, and what only several machines can do to one another."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dynaops.aws.s3 import S3Bucket
from dynaops.aws.session import Aws
from dynaops.model.state import State
from dynaops.sandbox import Sandbox
from dynaops.sandbox.faults import FaultRule
from dynaops.stores import open_store
from dynaops.stores.base import UNKNOWN_HOLDER, LockHeld, StateError, StateMoved, Store
from dynaops.stores.format import Check
from dynaops.stores.lease import LEASE, LeaseLock
from dynaops.stores.process_identity import has_ended, identity
from dynaops.stores.s3_location import LockObject
from tests.stores.conformance import LockConformance, StoreConformance, filled

REGION = "eu-west-1"
BUCKET = "acme-state"
AWS = Aws(REGION)
"""One for all: what a client shares is the way, and making botocore's clients takes longer than the tests."""


class S3Place:
    """A state in a bucket of the sandbox, with a lock in an object or in a table."""

    def __init__(self, s3: Any, options: str = "") -> None:
        self.s3 = s3
        self.key = f"{uuid.uuid4()}/state.json"
        self.url = f"s3://{BUCKET}/{self.key}{options}"

    def open(self, generations: int = 10, check: Check | None = None) -> Store:
        return open_store(self.url, generations=generations, open_aws=lambda: AWS, check=check)

    def raw(self) -> bytes | None:
        return self.at(self.key)

    def at(self, key: str) -> bytes | None:
        with contextlib.suppress(self.s3.exceptions.NoSuchKey):
            body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            return body
        return None

    def overwrite(self, raw: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=self.key, Body=raw)

    def remove(self) -> None:
        self.s3.delete_object(Bucket=BUCKET, Key=self.key)

    def names(self) -> list[str]:
        """What is kept of the state, by names below its folder."""
        folder = self.key.removesuffix("state.json")
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=folder).get("Contents", ())
        return [one["Key"].removeprefix(folder) for one in found]

    @property
    def lock(self) -> dict[str, Any]:
        note: dict[str, Any] = json.loads(self.at(f"{self.key}.lock") or b"{}")
        return note

    def overwrite_lock(self, note: bytes) -> None:
        """What a hand or another tool might have put there."""
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.key}.lock", Body=note)

    def change_lock(self, **members: Any) -> None:
        """What time, or another holder, would make of the lock."""
        body = json.dumps({**self.lock, **members})
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.key}.lock", Body=body)


@pytest.fixture(scope="module")
def aws() -> Iterator[Sandbox]:
    """One sandbox for the module, with the bucket and the lock table: each test has a key of its own."""
    with Sandbox(speed=0) as sandbox:
        s3 = sandbox.client("s3", REGION)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        sandbox.client("dynamodb", REGION).create_table(
            TableName="locks",
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        sandbox.advance(30)
        yield sandbox


@pytest.fixture(scope="module")
def s3(aws: Sandbox) -> Any:
    return aws.client("s3", REGION)


@pytest.fixture
def place(aws: Sandbox, s3: Any) -> Iterator[S3Place]:
    yield S3Place(s3)
    aws.faults.clear()


class TestS3Store(StoreConformance):
    """The conformance suite, on an object."""


class TestLockTable(LockConformance):
    """The contract of the lock, on an item in DynamoDB."""

    @pytest.fixture
    def place(self, s3: Any) -> S3Place:
        return S3Place(s3, "?lock_table=locks")


def test_the_lock_says_who_when_and_until_when(place: S3Place) -> None:
    with place.open().lock("apply") as lock:
        note = place.lock
    assert note["holder"] == lock.holder.model_dump()
    beat, end = (datetime.fromisoformat(note[name]) for name in ("heartbeat_at", "expires_at"))
    assert end - beat == timedelta(seconds=LEASE)
    assert abs(datetime.now(UTC) - beat) < timedelta(seconds=30)
    assert place.lock == {}


def test_a_holder_that_lives_gives_signs_of_life(s3: Any, place: S3Place) -> None:
    bucket = S3Bucket(AWS, BUCKET, REGION)
    lock = LeaseLock(LockObject(bucket, f"{place.key}.lock", place.url), place.url, lease=60, interval=0.05)
    with lock.hold("apply", 0):
        first = place.lock
        until(lambda: place.lock["heartbeat_at"] > first["heartbeat_at"])
        assert place.lock["expires_at"] > first["expires_at"]
        assert place.lock["holder"] == first["holder"]
        lock.check()
    assert place.lock == {}


class Turns(threading.Event):
    """An event that is waited for no longer than it takes to note for how long that would have been."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waited.append(timeout)
        return len(self.waited) > self.most or self.is_set()


def test_four_signs_of_life_may_be_lost_before_a_holder_is_taken_for_dead(
    aws: Sandbox, s3: Any, place: S3Place
) -> None:
    """A lease is long enough for some answers that do not come: the fifth sign is given while it still holds."""
    turns = Turns(5)
    note = LockObject(S3Bucket(AWS, BUCKET, REGION), f"{place.key}.lock", place.url)
    lock = LeaseLock(note, place.url, new_event=lambda: turns)
    with lock.hold("apply", 0):
        until(lambda: len(turns.waited) > turns.most)
        begun = place.lock
    assert sum(turns.waited[:5]) < LEASE
    assert datetime.fromisoformat(begun["expires_at"]) > datetime.now(UTC)


def test_a_lock_whose_holder_died_is_taken_over_with_a_note_once_it_expired(place: S3Place) -> None:
    dead = place.open().lock("apply")
    holder = dead.__enter__().holder
    with pytest.raises(LockHeld, match=r"last heard of \d+ s ago, it expires in 1[012]\d s") as caught:
        place.open().lock("destroy").__enter__()
    assert caught.value.holder == holder
    place.change_lock(expires_at="2020-01-01T00:00:00+00:00")
    assert place.open().holder() is None
    with place.open().lock("destroy") as lock:
        assert lock.note is not None and holder.name in lock.note and "taken over" in lock.note
        assert place.lock["holder"]["operation"] == "destroy"
        dead.__exit__(None, None, None)
        assert place.lock["holder"]["id"] == lock.holder.id


@pytest.mark.skipif(identity() is None, reason="the system does not tell one process from another")
def test_a_process_of_this_machine_that_was_killed_loses_its_lock_at_once(place: S3Place) -> None:
    block = place.open().lock("apply")
    holder = block.__enter__().holder
    with subprocess.Popen(["sleep", "60"]) as process:
        place.change_lock(process=identity(process.pid))
        with pytest.raises(LockHeld):
            place.open().unlock()
        process.kill()
        until(lambda: place.open().holder() is None)  # nobody has called wait yet
    with place.open().lock("destroy") as lock:
        assert lock.note is not None and holder.name in lock.note
    block.__exit__(None, None, None)


@pytest.mark.parametrize("elsewhere", ["other-host/boot/1 {pid} 1", "garbage", "", "unknown x y"])
def test_of_a_process_elsewhere_nobody_knows_whether_it_ended(elsewhere: str) -> None:
    assert not has_ended(elsewhere.format(pid=4_000_000))


@pytest.mark.parametrize(
    "members",
    [
        {"expires_at": "soon"},
        {"expires_at": "2020-01-01T00:00:00"},  # of no time zone
        {"heartbeat_at": None},
        {"holder": {}},
        {"more": 1},
    ],
)
def test_a_lock_that_says_nothing_is_only_broken_by_force(place: S3Place, members: dict[str, Any]) -> None:
    block = place.open().lock("apply")
    block.__enter__()
    place.change_lock(**members)
    with pytest.raises(LockHeld, match="by another process"):
        place.open().lock("destroy").__enter__()
    with pytest.raises(LockHeld):
        place.open().unlock()
    assert place.open().holder() is None
    place.open().unlock(force=True)
    assert place.lock == {}
    block.__exit__(None, None, None)


def test_an_expired_lock_is_unlocked_without_force(place: S3Place) -> None:
    dead = place.open().lock("apply")
    holder = dead.__enter__().holder
    place.change_lock(expires_at="2020-01-01T00:00:00+00:00")
    assert place.open().unlock() == holder
    assert place.lock == {}
    dead.__exit__(None, None, None)


def test_a_holder_that_slept_too_long_goes_on_only_where_nobody_came(place: S3Place) -> None:
    bucket = S3Bucket(AWS, BUCKET, REGION)
    note = LockObject(bucket, f"{place.key}.lock", place.url)
    sleeper = LeaseLock(note, place.url, lease=0.01, interval=60)
    with sleeper.hold("apply", 0):
        time.sleep(0.02)
        assert sleeper.holder() is None
        first = place.lock
        sleeper.check()
        assert place.lock["heartbeat_at"] > first["heartbeat_at"]
        time.sleep(0.02)
        with LeaseLock(note, place.url).hold("destroy", 0) as lock:
            with pytest.raises(LockHeld, match="taken away") as caught:
                sleeper.check()
            assert caught.value.holder == lock.holder


@pytest.mark.parametrize("way", ["unlock", "takeover"])
def test_a_thief_is_safe_from_a_save_already_on_its_way(
    place: S3Place, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loser has looked at its lock and found it in order; then it is stolen; then the loser's write arrives."""
    mine, thief = place.open(), place.open()
    state = mine.save(filled(mine.load(), "first"))
    block = mine.lock("apply")
    block.__enter__()
    state = mine.load()
    if way == "unlock":
        thief.unlock(force=True)
    else:
        place.change_lock(expires_at="2020-01-01T00:00:00+00:00")
        with thief.lock("destroy"):
            pass
    before = place.raw()
    monkeypatch.setattr(LeaseLock, "check", lambda _: None)
    with pytest.raises(StateMoved):
        mine.save(filled(state, "mine"))
    assert place.raw() == before
    block.__exit__(None, None, None)


def test_of_many_that_want_the_lock_at_once_one_has_it(place: S3Place) -> None:
    gate, inside, most = threading.Barrier(6), [], []

    def want(store: Store) -> str:
        gate.wait()
        try:
            with store.lock("apply"):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.4)  # longer than even an impatient caller waits
                inside.pop()
        except LockHeld:
            return "held"
        return "had"

    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(want, [place.open() for _ in range(6)]))
    assert ended.count("had") == 1 == max(most)
    assert ended.count("held") == 5


@pytest.mark.parametrize("api", ["PutObject", "CopyObject", "DeleteObject"])
@pytest.mark.parametrize("effect", ["drop_after", "drop_before", "conflict"])
def test_a_lost_answer_or_a_conflict_changes_nothing(
    aws: Sandbox, place: S3Place, api: str, effect: str
) -> None:
    store = place.open()
    state = store.save(filled(store.load(), "users"))
    rule = FaultRule(effect, service="s3", operation=api) if effect != "conflict" else conflict(api)
    aws.faults.add(rule)
    with store.lock("apply") as lock:
        assert lock.note is None
        state = store.save(filled(state, "orders"))
        assert state.serial == 2
        assert place.open().load() == state
    assert rule.hit == 1
    assert place.lock == {}
    assert [one.serial for one in store.history()] == [2, 1]


def test_what_is_refused_says_what_to_do(aws: Sandbox, place: S3Place) -> None:
    store = place.open()
    aws.faults.add(
        FaultRule("error", service="s3", code="AccessDenied", message="Access Denied", status=403, times=9)
    )
    with pytest.raises(StateError, match="S3 denies access") as caught:
        store.load()
    assert "s3:PutObject" in (caught.value.hint or "")


def test_a_bucket_that_is_not_there_or_somebody_elses(s3: Any) -> None:
    with pytest.raises(StateError, match="no bucket nobodys-bucket") as caught:
        open_store("s3://nobodys-bucket/state.json", open_aws=lambda: AWS).load()
    assert "dynaops init --state-bucket nobodys-bucket" in (caught.value.hint or "")
    with pytest.raises(StateError, match="denies access") as caught:
        S3Place(s3, "?expected_owner=999999999999").open().load()
    assert "that account" in (caught.value.hint or "")
    store = S3Place(s3, "?expected_owner=123456789012").open()
    assert store.save(store.save(store.load())).serial == 2


def test_everything_is_encrypted_with_the_key_that_is_named(s3: Any) -> None:
    arn = "arn:aws:kms:eu-west-1:123456789012:key/0f1e"
    place = S3Place(s3, f"?kms_key={arn}")
    store = place.open()
    with store.lock("apply"):
        store.save(store.load())
    with store.lock("apply"):
        store.save(store.load())
        assert place.names() == ["state.d/" + place.names()[0][8:], "state.json", "state.json.lock"]
        for name in place.names():
            found = s3.head_object(Bucket=BUCKET, Key=place.key.removesuffix("state.json") + name)
            assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", arn), name


def test_a_lock_table_that_is_not_there(s3: Any) -> None:
    store = S3Place(s3, "?lock_table=nobodys").open()
    with pytest.raises(StateError, match="no lock table nobodys") as caught, store.lock("apply"):
        pass
    assert "LockID" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("location", "wrong"),
    [
        ("s3://", "not the name of a bucket"),
        ("s3://UPPER/key", "not the name of a bucket"),
        ("s3://acme-state", "names no object"),
        ("s3://acme-state/folder/", "names no object"),
        ("s3://acme-state/key?kms-key=x", "unknown"),
        ("s3://acme-state/key?region=", "no value"),
        ("s3://acme-state/key?expected_owner=me", "not an account"),
    ],
)
def test_places_that_s3_does_not_have(location: str, wrong: str) -> None:
    with pytest.raises(StateError, match=wrong) as caught:
        open_store(location, open_aws=lambda: AWS)
    assert caught.value.hint


def conflict(api: str) -> FaultRule:
    return FaultRule("error", service="s3", operation=api, code="ConditionalRequestConflict", status=409)


def until(true: Any) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (
            365 * 86_400,
            r"last heard of at 20\d\d-\S+Z by its own clock, which is 3153\d{4} s ahead of this machine's",
        ),
        (60, r"which is \d\d s ahead of this machine's"),
        (-30, r"last heard of [3-9]\d s ago, it expires in \d+ s without"),
    ],
)
def test_a_sign_of_life_is_told_by_whose_clock_it_is(place: S3Place, ahead: float, words: str) -> None:
    with place.open().lock("apply"):
        beat = datetime.now(UTC) + timedelta(seconds=ahead)
        place.change_lock(
            heartbeat_at=beat.isoformat(), expires_at=(beat + timedelta(seconds=1000)).isoformat()
        )
        with pytest.raises(LockHeld, match=words):
            place.open().lock("apply").__enter__()


@pytest.mark.parametrize("note", [b"", b"{", b"null", b'{"holder": 5}'])
def test_a_damaged_lock_that_was_taken_away_is_told_as_such(place: S3Place, note: bytes) -> None:
    place.open().save(State.empty())
    place.overwrite_lock(note)
    assert place.open().unlock(force=True) == UNKNOWN_HOLDER
    assert place.open().unlock(force=True) is None
