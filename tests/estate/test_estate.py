"""A platform team's weeks with five teams' tables, three accounts and a pipeline without a terminal, told in order.

Each step is what a team does or what befalls it; the one server and the states of all steps before are its world. With
all fifty tables it takes minutes: ``pytest -m slow tests/estate``.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import bare_environment
from tests.estate import repository
from tests.estate.repository import ACCOUNTS, REGION, bucket
from tests.preloaded.process import search_path

FAST = 3600.0
_HANG = 600
"""Seconds after which a command is taken to hang."""
_PIPELINE = Path(__file__).with_name("pipeline.sh")


class Estate:
    """The repository, the accounts, and a shell without a terminal."""

    def __init__(self, folder: Path, server: SandboxServer, tables: int) -> None:
        self.server = server
        self.last = tables
        """How many tables each team has, and so the number of its last one."""
        self.folder = repository.write(folder / "shop", tables)
        self.environment = {
            **bare_environment(folder),
            "PATH": search_path(),
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "pipeline",
            "AWS_SECRET_ACCESS_KEY": "pipeline",
            "AWS_DEFAULT_REGION": REGION,
            "COLUMNS": "110",
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository's folder."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_HANG,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def dynaops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("dynaops", *arguments)

    def pipeline(self, job: str, environment: str, *more: str) -> subprocess.CompletedProcess[str]:
        return self.run("sh", str(_PIPELINE), job, environment, *more)

    def review(self, environment: str, *options: str) -> subprocess.CompletedProcess[str]:
        """The pull request's job; it must succeed."""
        return _ok(self.pipeline("review", environment, *options))

    def deploy(self, environment: str) -> subprocess.CompletedProcess[str]:
        """The job after the merge, with the digest that was reviewed."""
        return self.pipeline("deploy", environment, self.artifact(f"{environment}.sha256").strip())

    def artifact(self, name: str) -> str:
        return (self.folder / "artifacts" / name).read_text()

    def spec(self, team: str, number: int) -> Path:
        return self.folder / "teams" / team / f"t{number:02}.yaml"

    def client(self, service: str, environment: str) -> Any:
        """Somebody at the console of an environment's account."""
        import boto3

        make: Any = boto3.client
        sts = self.server.client("sts", REGION)
        role = f"arn:aws:iam::{ACCOUNTS[environment]}:role/somebody"
        key = sts.assume_role(RoleArn=role, RoleSessionName="console")["Credentials"]
        return make(
            service,
            region_name=REGION,
            endpoint_url=self.server.url,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            aws_session_token=key["SessionToken"],
        )

    def tables(self, environment: str) -> set[str]:
        pages = self.client("dynamodb", environment).get_paginator("list_tables").paginate()
        return {name for page in pages for name in page["TableNames"]}

    def state(self, environment: str) -> dict[str, Any]:
        body = self.client("s3", environment).get_object(Bucket=bucket(environment), Key="shop/state.json")
        found: dict[str, Any] = json.loads(body["Body"].read())
        return found


def _ok(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert done.returncode == 0, f"{done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def _refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> str:
    text = done.stdout + done.stderr
    assert done.returncode == code, f"{done.returncode}\n{text[-3000:]}"
    assert "Traceback" not in text
    told = " ".join(text.split())
    for word in words:
        assert word in told, f"{word!r} is not in:\n{text[-3000:]}"
    return told


def first_deployment(estate: Estate) -> None:
    """Every environment's tables are made, each in its account, and a plan is short enough to be read."""
    for environment in ("dev", "staging", "prod"):
        estate.client("s3", environment).create_bucket(
            Bucket=bucket(environment), CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    estate.review("dev")
    _ok(estate.deploy("dev"))
    _ok(estate.dynaops("apply", "-E", "staging", "teams/growth", "--yes"))
    names = {"dev": estate.tables("dev"), "staging": estate.tables("staging")}
    assert {environment: len(tables) for environment, tables in names.items()} == {
        "dev": 5 * estate.last,
        "staging": estate.last,
    }
    assert all(name.startswith(environment) for environment in names for name in names[environment])


def pull_request_with_a_deletion(estate: Estate) -> None:
    """It is deployed only where the reviewed plan says what may be lost, and nothing beside that goes."""
    name = f"dev-growth-t{estate.last:02}"
    before = estate.tables("dev")
    estate.spec("growth", estate.last).unlink()
    estate.review("dev")
    _refused(estate.deploy("dev"), 1, name)
    assert estate.tables("dev") == before
    estate.review("dev", "--consent", f"destroy:{name}")
    assert name in estate.artifact("dev.md")
    _ok(estate.deploy("dev"))
    assert estate.tables("dev") == before - {name}


def pull_request_with_a_rename(estate: Estate) -> None:
    """A rename loses the items; it is called what it looks like, and refused without consent."""
    old = f"orders-t{estate.last:02}"
    spec = estate.spec("orders", estate.last)
    before = spec.read_text()
    spec.write_text(before.replace(old, "orders-archive"))
    told = estate.review("dev").stdout
    assert "rename" in told, told[-3000:]
    _refused(estate.deploy("dev"), 1, f"dev-{old}")
    spec.write_text(before)
    assert f"dev-{old}" in estate.tables("dev")


def an_edited_plan(estate: Estate) -> None:
    """A plan's file that is not the reviewed one is not applied."""
    spec = estate.spec("billing", 1)
    spec.write_text(spec.read_text().replace("team: billing", "team: finance"))
    estate.review("dev")
    plan = estate.folder / "artifacts" / "dev.plan"
    plan.write_text(plan.read_text().replace("finance", "fraud"))
    _refused(estate.deploy("dev"), 5, "is not the plan that was reviewed")
    estate.review("dev")
    _ok(estate.deploy("dev"))


def two_pull_requests_race(estate: Estate) -> None:
    """Of two plans made of the same state, the second is stale once the first is applied."""
    spec = estate.spec("growth", 1)
    text = spec.read_text()
    spec.write_text(text.replace("team: growth", "team: growth, cost: a"))
    estate.review("dev")
    plans = {"first": (estate.folder / "artifacts" / "dev.plan").read_bytes()}
    first = estate.deploy("dev")
    _ok(first)
    spec.write_text(text.replace("team: growth", "team: growth, cost: b"))
    (estate.folder / "artifacts" / "dev.plan").write_bytes(plans["first"])
    _refused(estate.deploy("dev"), 5, "stale")
    estate.review("dev")
    _ok(estate.deploy("dev"))


def autoscaling_moves_between_plan_and_apply(estate: Estate) -> None:
    """Capacity within its bounds makes no plan stale, and is no drift."""
    spec = estate.spec("catalog", 1)
    spec.write_text(spec.read_text().replace("team: catalog", "team: shelves"))
    estate.review("dev")
    client = estate.client("dynamodb", "dev")
    for name in ("dev-catalog-t01", "dev-catalog-t02"):
        client.update_table(
            TableName=name, ProvisionedThroughput={"ReadCapacityUnits": 40, "WriteCapacityUnits": 5}
        )
    estate.server.advance(600)
    _ok(estate.deploy("dev"))
    _ok(estate.pipeline("watch", "dev"))


def a_hotfix_by_hand(estate: Estate) -> None:
    """It is told as drift, makes a plan of that table stale, and the next deployment says that it is taken back."""
    spec = estate.spec("growth", 2)
    spec.write_text(spec.read_text().replace("team: growth", "team: growth, cost: c"))
    estate.review("dev")
    client = estate.client("dynamodb", "dev")
    client.update_time_to_live(
        TableName="dev-growth-t02", TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires_at"}
    )
    estate.server.advance(7200)
    _refused(estate.pipeline("watch", "dev"), 2, "dev-growth-t02")
    _refused(estate.deploy("dev"), 5, "stale", "dev-growth-t02/ttl")
    estate.review("dev")
    _ok(estate.deploy("dev"))
    _ok(estate.pipeline("watch", "dev"))


def the_wrong_account(estate: Estate) -> None:
    """A profile or role of another account is refused before anything is read, and nothing is written."""
    settings = estate.folder / "dynaops.toml"
    text = settings.read_text()
    wrong = text.replace(f"iam::{ACCOUNTS['staging']}:role", f"iam::{ACCOUNTS['dev']}:role")
    assert wrong != text
    settings.write_text(wrong)
    before = estate.state("staging")
    begin = estate.server.requests.count
    _refused(estate.dynaops("plan", "-E", "staging"), 1, ACCOUNTS["staging"], ACCOUNTS["dev"])
    asked = {(one.service, one.operation) for one in estate.server.requests.since(begin)}
    assert {service for service, _ in asked} <= {"sts", "s3"}, asked
    settings.write_text(re.sub(r'account = "222222222222"\n', "", wrong))
    _refused(estate.dynaops("plan", "-E", "staging"), 1, ACCOUNTS["staging"], ACCOUNTS["dev"])
    settings.write_text(text)
    assert estate.state("staging") == before


def the_wrong_state(estate: Estate) -> None:
    """The state of another environment is not taken for one's own, wherever it lies."""
    state = json.dumps(estate.state("dev"))
    for environment in ("staging",):
        estate.client("s3", environment).put_object(
            Bucket=bucket(environment), Key="copied/state.json", Body=state
        )
    _refused(
        estate.dynaops("plan", "-E", "staging", "--state", f"s3://{bucket('staging')}/copied/state.json"),
        1,
        ACCOUNTS["dev"],
        ACCOUNTS["staging"],
    )


def the_state_is_lost(estate: Estate) -> None:
    """Neither drift nor a plan is green; nothing is taken over in silence; the tables come back into a state."""
    kept = estate.state("dev")
    estate.client("s3", "dev").delete_object(Bucket=bucket("dev"), Key="shop/state.json")
    assert estate.dynaops("drift", "-E", "dev", "--exit-code").returncode != 0
    planned = estate.dynaops("plan", "-E", "dev", "--exit-code")
    assert planned.returncode != 0
    assert kept["lineage"] in planned.stdout + planned.stderr
    assert estate.dynaops("apply", "-E", "dev", "--yes").returncode == 1
    tables = estate.tables("dev")
    _ok(estate.dynaops("apply", "-E", "dev", "--yes", "--take-over", kept["lineage"]))
    assert estate.tables("dev") == tables
    _ok(estate.dynaops("plan", "-E", "dev", "--exit-code"))
    _ok(estate.pipeline("watch", "dev"))


def a_protected_environment(estate: Estate) -> None:
    """Production takes a reviewed plan with its digest and nothing else, and its overlay is laid on every table."""
    _refused(estate.dynaops("apply", "-E", "prod", "--yes"), 1, "protected")
    for team in ("billing", "catalog", "identity", "orders"):
        for number in range(1, estate.last + 1):
            estate.spec(team, number).unlink()
    estate.review("prod")
    _refused(estate.dynaops("apply", "artifacts/prod.plan", "--yes"), 1, "--digest")
    _ok(estate.deploy("prod"))
    client = estate.client("dynamodb", "prod")
    names = estate.tables("prod")
    assert len(names) == estate.last - 1
    assert all(client.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] for name in names)


WEEKS: tuple[Callable[[Estate], None], ...] = (
    first_deployment,
    pull_request_with_a_deletion,
    pull_request_with_a_rename,
    an_edited_plan,
    two_pull_requests_race,
    autoscaling_moves_between_plan_and_apply,
    a_hotfix_by_hand,
    the_wrong_account,
    the_wrong_state,
    the_state_is_lost,
    a_protected_environment,
)


@pytest.mark.parametrize("tables", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_the_weeks_of_an_estate(tmp_path: Path, tables: int) -> None:
    with SandboxServer(speed=FAST) as server:
        estate = Estate(tmp_path, server, tables)
        for step in WEEKS:
            step(estate)


def test_the_first_plan_of_fifty_tables_can_be_read(tmp_path: Path) -> None:
    with SandboxServer(speed=FAST) as server:
        estate = Estate(tmp_path, server, 10)
        estate.client("s3", "dev").create_bucket(
            Bucket=bucket("dev"), CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        lines = _ok(estate.dynaops("plan", "-E", "dev")).stdout.count("\n")
    assert lines <= 150, f"it takes {lines} lines"
