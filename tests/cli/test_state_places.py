"""Where states live: buckets made for them, moves between places, states taken in from files, locks taken away."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.model.state import Record, State
from dynaops.sandbox import SandboxServer
from dynaops.stores import open_store
from dynaops.stores.base import Store
from tests.cli.running import Cli, bare_environment
from tests.conftest import FAST
from tests.preloaded.process import popen

REGION = "eu-west-1"
URL = "s3://acme-state/orders.json"
RECORD = Record(kind="table", region=REGION, properties={"hash_key": "id", "attributes": {"id": "S"}})


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxServer]:
    with SandboxServer(speed=FAST) as server:
        yield server


@pytest.fixture
def cloud(world: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The sandbox as this test's AWS, with no bucket in it."""
    s3 = world.client("s3", REGION)
    for bucket in s3.list_buckets()["Buckets"]:
        for one in s3.list_object_versions(Bucket=bucket["Name"]).get("Versions", ()):
            s3.delete_object(Bucket=bucket["Name"], Key=one["Key"], VersionId=one["VersionId"])
        for one in s3.list_object_versions(Bucket=bucket["Name"]).get("DeleteMarkers", ()):
            s3.delete_object(Bucket=bucket["Name"], Key=one["Key"], VersionId=one["VersionId"])
        s3.delete_bucket(Bucket=bucket["Name"])
    for name, value in environment(world).items():
        monkeypatch.setenv(name, value)
    return s3


def environment(world: SandboxServer) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": world.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }


def store(place: str, world: SandboxServer) -> Store:
    return open_store(place, open_aws=lambda: Aws(REGION, endpoint_url=world.url, poll_cap=0.02))


def owning(*names: str, serial: int = 0) -> State:
    return State.empty().model_copy(
        update={"resources": dict.fromkeys(names, RECORD), "serial": serial, "origin": "local"}
    )


def test_a_bucket_for_states_is_safe_and_made_once(cli: Cli, cloud: Any) -> None:
    refused = cli("init", "--state-bucket", "acme-state")
    assert (refused.code, cloud.list_buckets()["Buckets"]) == (1, [])
    made = cli("init", "--state-bucket", "acme-state", "--yes", "--json")
    assert made.code == 0
    assert made.json["operations"][0]["api"] == "CreateBucket"
    asked = {"Bucket": "acme-state"}
    assert cloud.get_bucket_location(**asked)["LocationConstraint"] == REGION
    assert cloud.get_bucket_versioning(**asked)["Status"] == "Enabled"
    closed = cloud.get_public_access_block(**asked)["PublicAccessBlockConfiguration"]
    assert len(closed) == 4 and all(closed.values())
    rules = cloud.get_bucket_encryption(**asked)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    (deny,) = json.loads(cloud.get_bucket_policy(**asked)["Policy"])["Statement"]
    assert deny["Effect"] == "Deny" and deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert cloud.get_bucket_lifecycle_configuration(**asked)["Rules"][0]["NoncurrentVersionExpiration"]
    again = cli("init", "--state-bucket", "acme-state")
    assert (again.code, "Nothing to do" in again.out) == (0, True)


def test_a_bucket_that_is_there_keeps_what_it_has(cli: Cli, cloud: Any) -> None:
    asked = {"Bucket": "acme-state"}
    cloud.create_bucket(**asked, CreateBucketConfiguration={"LocationConstraint": REGION})
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl"}
    theirs["Resource"] = "arn:aws:s3:::acme-state"
    cloud.put_bucket_policy(**asked, Policy=json.dumps({"Version": "2012-10-17", "Statement": [theirs]}))
    rule = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
    cloud.put_bucket_lifecycle_configuration(**asked, LifecycleConfiguration={"Rules": [rule]})
    key = f"arn:aws:kms:{REGION}:123456789012:key/0f1e"
    done = cli("init", "--state-bucket", "acme-state", "--kms-key", key, "--yes", "--json")
    assert done.code == 0
    assert "CreateBucket" not in {one["api"] for one in done.json["operations"]}
    policy = json.loads(cloud.get_bucket_policy(**asked)["Policy"])
    assert [one["Sid"] for one in policy["Statement"]] == ["Theirs", "DynaopsTlsOnly"]
    rules = cloud.get_bucket_lifecycle_configuration(**asked)["Rules"]
    assert [one["ID"] for one in rules] == ["theirs", "dynaops-old-versions"]
    assert cli("init", "--state-bucket", "acme-state").code == 0  # and asks for no KMS key any more


def test_a_bucket_of_another_account_is_left_alone(cli: Cli, cloud: Any, world: SandboxServer) -> None:
    from moto.s3.models import s3_backends

    s3_backends["999999999999"]["aws"].create_bucket("others-state", REGION)
    before = len(world.requests.writes())
    result = cli("init", "--state-bucket", "others-state", "--yes")
    assert result.code == 1
    assert "not account 123456789012's" in result.err
    assert len(world.requests.writes()) == before
    s3_backends["999999999999"]["aws"].delete_bucket("others-state")


def test_there_and_back(cli: Cli, cloud: Any, world: SandboxServer) -> None:
    local = store(".dynaops/state.json", world)
    state = local.save(owning("orders"))
    cli("init", "--state-bucket", "acme-state", "--yes")
    moved = cli("init", "--migrate", "--state", URL)
    assert (moved.code, URL in moved.out) == (0, True)
    assert store(URL, world).load().resources == state.resources
    assert store(URL, world).load().lineage == state.lineage
    forgotten = cli("state", "list")
    assert forgotten.code == 1
    assert f"--state {URL}" in forgotten.err
    assert cli("state", "list", "--state", URL).out == "orders\n"
    assert cli("init", "--migrate", "--state", URL).code == 1  # there is none to move any more
    back = cli("init", "--migrate", "--from", URL, "--json")
    assert [one["to"] for one in back.json["moved"]] == [".dynaops/state.json"]
    assert cli("state", "list").out == "orders\n"
    assert "was moved" in cli("state", "list", "--state", URL).err
    assert cli("init", "--migrate").code == 1  # to where it is


def test_a_move_that_was_cut_off_is_completed(cli: Cli, cloud: Any, world: SandboxServer) -> None:
    cli("init", "--state-bucket", "acme-state", "--yes")
    state = store(".dynaops/state.json", world).save(owning("orders"))
    store(URL, world).adopt(state)  # as far as it came
    assert cli("init", "--migrate", "--state", URL).code == 0
    assert store(URL, world).load().resources == state.resources
    assert "was moved" in cli("state", "list").err


def test_a_move_never_takes_another_states_place(cli: Cli, cloud: Any, world: SandboxServer) -> None:
    cli("init", "--state-bucket", "acme-state", "--yes")
    store(".dynaops/state.json", world).save(owning("orders"))
    theirs = store(URL, world).save(owning("users"))
    result = cli("init", "--migrate", "--state", URL)
    assert (result.code, "another state" in result.err) == (1, True)
    assert store(URL, world).load() == theirs
    assert cli("state", "list").out == "orders\n"
    with store(URL, world).lock("apply"):
        assert cli("init", "--migrate", "--state", URL).code == 4


def test_push_takes_in_what_pull_gave(cli: Cli, here: Path) -> None:
    place = open_store(".dynaops/state.json")
    one = place.save(owning("orders"))
    (here / "one.json").write_text(cli("state", "pull").out)
    same = cli("state", "push", "one.json")
    assert (same.code, "the same already" in same.out) == (0, True)
    two = place.save(one.model_copy(update={"resources": {}}))
    older = cli("state", "push", "one.json")
    assert (older.code, "older" in older.err) == (1, True)
    assert place.load() == two
    assert cli("state", "push", "one.json", "--force", "--json").json == {"serial": 3, "changed": True}
    assert place.load().resources == one.resources
    assert cli("state", "restore", "2").code == 0


def test_push_refuses_what_would_be_a_mistake(cli: Cli, here: Path) -> None:
    place = open_store(".dynaops/state.json")
    before = place.save(owning("orders"))
    (here / "other.json").write_text(owning("users", serial=9).model_dump_json())
    other = cli("state", "push", "other.json")
    assert (other.code, "lineage differs" in other.err) == (1, True)
    (here / "none.json").write_text("{}")
    assert cli("state", "push", "none.json").code == 1
    assert cli("state", "push", "missing.json").code == 1
    with open_store(".dynaops/state.json").lock("apply"):
        assert cli("state", "push", "other.json", "--force").code == 4
    assert place.load() == before
    Path(".dynaops/state.json").write_text("{")
    assert cli("state", "push", "other.json").code == 1
    assert cli("state", "push", "other.json", "--force").code == 0
    assert list(place.load().resources) == ["users"]


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 1)])
def test_a_living_lock_is_taken_on_a_terminal_with_the_whole_word(here: Path, answer: str, code: int) -> None:
    own, other = pty.openpty()
    holder = open_store(".dynaops/state.json")
    with holder.lock("apply") as lock:
        process = popen(
            "dynaops",
            *("state", "unlock"),
            stdin=other,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=bare_environment(here),
            text=True,
        )
        os.write(own, f"{answer}\n".encode())
        said, _ = process.communicate(timeout=30)
        assert f"locked by {lock.holder.name}" in said.replace("\n", " ")
        assert (process.returncode, holder.holder() is None) == (code, code == 0), said
    os.close(own)
    os.close(other)
