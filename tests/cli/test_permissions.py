"""``dynaops permissions``, and what a denied command says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Result, run_process

REGION = "eu-central-1"
TABLE = f"arn:aws:dynamodb:{REGION}:123456789012:table/users"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=3600) as running:
        yield running


class Deployer:
    """Runs the command line as a user of the account, with the policy it was given last."""

    def __init__(self, server: SandboxServer, folder: Path) -> None:
        self._iam = server.client("iam")
        self._iam.create_user(UserName="deployer")
        key = self._iam.create_access_key(UserName="deployer")["AccessKey"]
        self._keys = {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        self._options = ("--endpoint-url", server.url, "--region", REGION)
        self._folder = folder

    def may(self, policy: dict[str, Any]) -> None:
        self._iam.put_user_policy(UserName="deployer", PolicyName="least", PolicyDocument=json.dumps(policy))

    def __call__(self, *arguments: str) -> Result:
        return run_process(*self._options, *arguments, cwd=self._folder, env=self._keys)


def _allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def test_a_policy_is_printed_checked_and_missed(server: SandboxServer, tmp_path: Path) -> None:
    """The whole story of a deployer: told what is lacking, given it, and at work with nothing else."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "users.yaml").write_text(
        "table_name: users\nhash_key: id\nattributes: {id: S}\nttl: {attribute: expires}\n"
    )
    deployer = Deployer(server, tmp_path)
    printed = deployer("permissions")
    assert printed.code == 0, printed.err
    policy = json.loads(printed.out)
    granted = {action for one in policy["Statement"] for action in one["Action"]}
    assert {"dynamodb:CreateTable", "dynamodb:UpdateTimeToLive", "dynamodb:DeleteTable"} <= granted
    assert {resource for one in policy["Statement"] for resource in one["Resource"]} == {TABLE}

    denied = deployer("plan")
    assert denied.code == 1
    assert "AWS denied dynamodb:DescribeTable" in denied.err
    statement = f'{{"Effect": "Allow", "Action": "dynamodb:DescribeTable", "Resource": "{TABLE}"}}'
    assert statement in denied.err.replace("\n", " ").replace("  ", " ")

    deployer.may({"Version": "2012-10-17", "Statement": [_allow("iam:SimulatePrincipalPolicy")]})
    checked = deployer("--json", "permissions", "--check")
    assert checked.code == 1
    assert checked.json == {"allowed": False, "missing": policy}

    untimely = [action for action in sorted(granted) if action != "dynamodb:UpdateTimeToLive"]
    deployer.may({"Version": "2012-10-17", "Statement": [_allow("iam:SimulatePrincipalPolicy", *untimely)]})
    rehearsed = deployer("--json", "plan", "--rehearse")
    assert rehearsed.code == 1
    failed = [one for one in rehearsed.json["rehearsal"]["operations"] if one["stage"] == "failed"]
    assert [one["operation"] for one in failed] == ["users/ttl:UpdateTimeToLive"]
    assert '"Action": "dynamodb:UpdateTimeToLive"' in failed[0]["hint"]

    deployer.may(policy)
    planned = deployer("permissions", "--plan")
    assert planned.code == 0, planned.err
    narrow = json.loads(planned.out)
    actions = {action for one in narrow["Statement"] for action in one["Action"]}
    assert actions < granted
    assert "dynamodb:DeleteTable" not in actions
    deployer.may(narrow)
    applied = deployer("apply", "--yes")
    assert applied.code == 0, applied.err
