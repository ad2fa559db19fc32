"""A state that is gone, empty or elsewhere: no command takes that for good news, and each says where it may be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.model.exits import Exit
from dynaops.sandbox.running import SandboxServer
from tests.cli.running import Cli, Result

REGION = "eu-central-1"
SPEC = "table_name: orders\nhash_key: id\nattributes: {id: S}\npoint_in_time_recovery: false\n"
BUCKET = "acme-state"
PLACES = ["kept/tables/state.json", f"s3://{BUCKET}/tables/state.json"]
MISTYPED = {PLACES[0]: "kept/tabels/state.json", PLACES[1]: f"s3://{BUCKET}/tabels/state.json"}


class Runner:
    def __init__(self, cli: Cli, server: SandboxServer) -> None:
        self._cli = cli
        self.server = server

    def __call__(self, state: str, *arguments: str) -> Result:
        return self._cli("--endpoint-url", self.server.url, "--region", REGION, "--state", state, *arguments)

    def lose(self, state: str) -> None:
        """Delete the state, and leave the earlier ones."""
        if "://" not in state:
            Path(state).unlink()
            return
        bucket, _, key = state.removeprefix("s3://").partition("/")
        self.server.client("s3", REGION).delete_object(Bucket=bucket, Key=key)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=5000) as running:
        where = {"LocationConstraint": REGION}
        for name in (BUCKET, "empty-bucket"):
            running.client("s3", REGION).create_bucket(Bucket=name, CreateBucketConfiguration=where)
        yield running


@pytest.fixture
def run(cli: Cli, server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    (here / "specs").mkdir()
    (here / "specs" / "orders.yaml").write_text(SPEC, encoding="utf-8")
    yield Runner(cli, server)
    client = server.client("dynamodb", REGION)
    for name in client.list_tables()["TableNames"]:
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 0.01})
    s3 = server.client("s3", REGION)
    for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        s3.delete_object(Bucket=BUCKET, Key=one["Key"])


def words(result: Result) -> str:
    return " ".join(f"{result.out} {result.err}".split())


def check_nothing_is_green(run: Runner, place: str, hint: str) -> None:
    """Every command that compares fails, or says that it has not compared; none says that all is well."""
    for command in (("drift",), ("drift", "--exit-code"), ("drift", "orders"), ("destroy", "--yes")):
        result = run(place, *command)
        assert result.code == Exit.FAILED, (command, words(result))
        assert f"There is no state at {place}" in words(result)
        assert hint in words(result), (command, words(result))
        assert "as dynaops left it" not in words(result)
    live = run(place, "validate", "--live", "--strict")
    assert live.code == Exit.WARNINGS, words(live)
    assert hint in words(live)
    assert "as dynaops left it" not in words(live)
    told = json.loads(run(place, "drift", "--json").out)
    assert hint in " ".join(told["error"]["hint"].split())
    plan = run(place, "plan")
    assert plan.code == Exit.FAILED and "PLAN131" in words(plan), "the lost state has marked the table"
    assert "PLAN142" in words(plan) and hint in words(plan)


@pytest.mark.parametrize("place", PLACES, ids=["file", "S3"])
def test_a_state_that_is_lost_or_mistyped(run: Runner, place: str) -> None:
    assert run(place, "apply", "--yes").code == Exit.OK
    check_nothing_is_green(run, MISTYPED[place], f"Did you mean --state {place}?")
    Path("specs/orders.yaml").write_text(SPEC + "tags: {a: b}\n", encoding="utf-8")
    assert run(place, "apply", "--yes").code == Exit.OK
    run.lose(place)
    check_nothing_is_green(run, place, "Earlier states are kept: serial")
    newest = run(place, "state", "history", "--json").json[0]["serial"]
    assert run(place, "state", "restore", str(newest)).code == Exit.OK
    assert run(place, "drift").code == Exit.OK


def test_another_bucket(run: Runner) -> None:
    place = "s3://empty-bucket/tables/state.json"
    result = run(place, "drift")
    assert (result.code, f"There is no state at {place}: nothing is compared" in words(result)) == (1, True)
    assert "dynaops apply" in words(result), "nothing is near"


def test_an_empty_state_is_green_only_where_no_specs_are(run: Runner) -> None:
    place = PLACES[0]
    assert run(place, "apply", "--yes").code == Exit.OK
    assert run(place, "destroy", "--yes", "--allow-destroy").code == Exit.OK
    again = run(place, "destroy", "--yes")
    assert (again.code, "Nothing to destroy" in again.out) == (Exit.OK, True)
    empty = run(place, "drift")
    assert empty.code == Exit.FAILED
    assert "owns nothing, though specs declare tables" in words(empty)
    Path("specs/orders.yaml").unlink()
    gone = run(place, "drift", "--exit-code")
    assert (gone.code, "nothing is compared" in gone.out) == (Exit.OK, True)
    assert "as dynaops left it" not in gone.out


def test_a_table_that_the_state_does_not_know(run: Runner) -> None:
    assert run(PLACES[0], "apply", "--yes").code == Exit.OK
    result = run(PLACES[0], "drift", "order")
    assert result.code == Exit.FAILED
    assert "The table order is not in the state" in words(result)
    assert "Did you mean orders?" in words(result)


def test_a_fresh_project_is_told_nothing_of_lost_states(run: Runner) -> None:
    plan = run("new/state.json", "plan", "--json")
    assert plan.code == Exit.OK
    assert not [one for one in plan.json["warnings"] if one["code"] == "PLAN142"]


def test_what_others_added_counts_where_that_is_asked_for(run: Runner) -> None:
    place = PLACES[0]
    assert run(place, "apply", "--yes").code == Exit.OK
    client = run.server.client("dynamodb", REGION)
    arn = client.describe_table(TableName="orders")["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "by", "Value": "hand"}])
    told = run(place, "drift", "--exit-code")
    assert (told.code, "1 unmanaged addition" in told.out) == (Exit.OK, True)
    counted = run(place, "drift", "--exit-code", "--unmanaged")
    assert (counted.code, "1 unmanaged addition" in counted.out) == (Exit.CHANGES, True)
