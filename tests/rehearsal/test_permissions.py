"""The least policy is enough, and not one action too many."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dynaops.access.policy import allows, decision, minimal_policy
from dynaops.access.rules import Need
from dynaops.aws.errors import AccessDenied
from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.engine.plan import PlanOptions, make_plan
from dynaops.rehearsal.permissions import needs_of_specs
from dynaops.sandbox import SandboxServer
from dynaops.specs.load import Document, document_of
from dynaops.stores.memory import MemoryStore
from tests.companions.functions import make_function

REGION = "eu-west-1"
EXAMPLES = Path(__file__).parent.parent.parent / "specs"
SPEC: dict[str, Any] = {
    "table_name": "users",
    "hash_key": "id",
    "attributes": {"id": "S", "mail": "S"},
    "global_secondary_indexes": [{"name": "by-mail", "hash_key": "mail"}],
    "ttl": {"attribute": "expires"},
    "iam": {"read_only": {"attach_to_roles": ["mailer-role"]}},
    "lambda_triggers": [{"function": "mailer"}],
    "log_group": {"name": "/shop/users", "retention_days": 7},
    "alarms": {"throttles": True},
    "contributor_insights": True,
    "backup": {"daily": {"retention_days": 7}},
    "tags": {"team": "shop"},
}
CHANGED: dict[str, Any] = {
    **{key: value for key, value in SPEC.items() if key != "global_secondary_indexes"},
    "attributes": {"id": "S"},
    "lambda_triggers": [{"function": "mailer", "batch_size": 20}],
    "log_group": {"name": "/shop/users"},
    "backup": {"daily": {"retention_days": 14}},
    "tags": {"squad": "shop"},
}
EVERY = os.environ.get("DYNAOPS_EVERY_ACTION") == "1"
"""Take away each action in turn, not only some: ``DYNAOPS_EVERY_ACTION=1 scripts/test tests/rehearsal``."""


@pytest.fixture(scope="module")
def needed() -> set[Need]:
    """What the life of SPEC needs, in the account of the sandbox."""
    return _life([document_of(SPEC)])


def _life(documents: list[Document]) -> set[Need]:
    aws = _Told(REGION)
    return needs_of_specs(documents, aws)


class _Told(Aws):
    """An account of which only the number is known: what the specs name is not there yet."""

    account = "123456789012"

    def read(self, service: str, api: str, region: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        return None


@contextmanager
def _principal(server: SandboxServer, policy: dict[str, Any]) -> Iterator[Aws]:
    """A caller who has this policy and no other."""
    iam = server.client("iam")
    iam.create_user(UserName="deployer")
    iam.put_user_policy(UserName="deployer", PolicyName="least", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    aws = Aws(REGION, endpoint_url=server.url, poll_cap=0.02)
    aws.session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
    yield aws
    iam.delete_access_key(UserName="deployer", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="deployer", PolicyName="least")
    iam.delete_user(UserName="deployer")


def _live_through(aws: Aws) -> list[str]:
    """Create, read, change and destroy; what failed, in words."""
    kept = MemoryStore()
    for spec, destroy in ((SPEC, False), (SPEC, False), (CHANGED, False), (CHANGED, True)):
        try:
            plan = make_plan([document_of(spec)], kept.load(), aws, PlanOptions(destroy=destroy))
        except AccessDenied as error:
            return [f"{error.message} {error.hint}"]
        outcome = apply_plan(plan, kept, aws, lambda _: None)
        if outcome.failed:
            return [f"{text} {outcome.hints.get(name)}" for name, text in outcome.failed.items()]
    return []


def test_the_least_policy_is_enough(needed: set[Need]) -> None:
    with SandboxServer(speed=3600) as server:
        make_function(_Clients(server), "mailer")
        with _principal(server, minimal_policy(needed)) as aws:
            assert _live_through(aws) == []
        assert server.client("dynamodb", REGION).list_tables()["TableNames"] == []
        assert all(entry.status != 403 for entry in server.requests.since())


@pytest.mark.parametrize("number", range(100) if EVERY else (3, 17, 31))
def test_with_any_one_action_less_it_is_not(needed: set[Need], number: int) -> None:
    """One action is taken away, and a run is refused with its name and the statement to add."""
    actions = sorted({need.action for need in needed} - _UNUSED)
    if number >= len(actions):
        pytest.skip("there are no more actions")
    taken = actions[number]
    with SandboxServer(speed=3600) as server:
        make_function(_Clients(server), "mailer")
        with _principal(server, minimal_policy(need for need in needed if need.action != taken)) as aws:
            failed = _live_through(aws)
    assert failed, taken
    assert f"not authorized to perform: {taken} on resource: " in failed[0]
    assert f'{{"Effect": "Allow", "Action": "{taken}", "Resource": ' in failed[0]


def test_no_action_is_granted_for_nothing(needed: set[Need]) -> None:
    """Every statement's every action is asked for by some call, and refused by the policy without it."""
    actions = {need.action for need in needed}
    assert len(actions) > 50
    for taken in actions:
        policy = minimal_policy(need for need in needed if need.action != taken)
        for need in needed:
            assert allows([policy], need) == (need.action != taken), (taken, need)


def test_resources_are_exact(needed: set[Need]) -> None:
    """Wildcards only where AWS knows nothing finer, or mints the id."""
    broad = {need.action for need in needed if need.resource == "*"}
    assert broad <= _NO_RESOURCE, broad - _NO_RESOURCE
    table = "arn:aws:dynamodb:eu-west-1:123456789012:table/users"
    tables = {need.resource for need in needed if need.action.startswith("dynamodb:")}
    assert table in tables
    assert all(one == "*" or one.startswith(table) for one in tables), tables
    passed = [need for need in needed if need.action == "iam:PassRole"]
    assert [need.context for need in passed] == [(("iam:PassedToService", "backup.amazonaws.com"),)]


@pytest.mark.parametrize(
    ("effect", "pattern", "resource", "condition", "expected"),
    [
        ("Allow", "dynamodb:Create*", "arn:aws:dynamodb:*:*:table/users", {}, "allowed"),
        ("Allow", "dynamodb:createtable", "*", {}, "allowed"),
        ("Allow", "dynamodb:CreateTable", "arn:aws:dynamodb:*:*:table/user?", {}, "allowed"),
        ("Allow", "dynamodb:CreateTable", "arn:aws:dynamodb:*:*:table/user", {}, "implicitDeny"),
        ("Allow", "dynamodb:Delete*", "*", {}, "implicitDeny"),
        ("Deny", "*", "*", {}, "explicitDeny"),
        ("Allow", "*", "*", {"StringEquals": {"iam:PassedToService": "a"}}, "allowed"),
        ("Allow", "*", "*", {"StringEquals": {"iam:PassedToService": "b"}}, "implicitDeny"),
        ("Allow", "*", "*", {"StringLike": {"iam:PassedToService": ["b", "*"]}}, "allowed"),
        ("Allow", "*", "*", {"Unheard": {"iam:PassedToService": "a"}}, "implicitDeny"),
    ],
)
def test_evaluation(effect: str, pattern: str, resource: str, condition: Any, expected: str) -> None:
    need = Need(
        "dynamodb:CreateTable",
        "arn:aws:dynamodb:eu-west-1:1:table/users",
        (("iam:PassedToService", "a"),),
    )
    one = {"Effect": effect, "Action": pattern, "Resource": [resource], "Condition": condition}
    assert decision([{"Statement": one}, {"Statement": []}], need) == expected


class _Clients:
    def __init__(self, server: SandboxServer) -> None:
        self._server = server

    def client(self, service: str) -> Any:
        return self._server.client(service, REGION)


_NO_RESOURCE = {
    *("backup-storage:MountCapsule", "backup:DescribeRegionSettings", "backup:ListBackupPlans"),
    *("backup:ListBackupVaults", "cloudwatch:DescribeAlarms"),
    *("lambda:CreateEventSourceMapping", "lambda:ListEventSourceMappings"),
}
"""Actions for which AWS knows no resource, or none that is known before."""
_UNUSED = {
    *("cloudwatch:TagResource", "cloudwatch:UntagResource", "logs:TagResource", "logs:UntagResource"),
    "iam:UpdateAssumeRolePolicy",
}
"""Actions for changes that CHANGED does not make: tags of alarms and log groups, and a trust policy put right."""
