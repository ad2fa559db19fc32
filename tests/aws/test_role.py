"""Roles that are assumed for an environment: renewed as long as a run takes, and never left for the caller's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dynaops.aws.guards import Guard, GuardError
from dynaops.aws.role import Role
from dynaops.aws.route import Credentials, credentials_of, renewed_credentials
from dynaops.aws.session import Aws
from dynaops.model.errors import DynaopsError
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule

ROLE = Role("arn:aws:iam::222222222222:role/deploy", "x-42", "ci", "role_arn, dynaops.toml:3:1")
REGION = "eu-west-1"


@pytest.fixture
def aws(server: SandboxServer) -> Aws:
    return Aws(REGION, endpoint_url=server.url, role=ROLE)


def assumed(server: SandboxServer) -> list[dict[str, Any]]:
    return [entry.body for entry in server.requests.since() if entry.operation == "AssumeRole"]


def test_all_calls_are_the_roles(aws: Aws, server: SandboxServer) -> None:
    assert aws.account == "222222222222"
    aws.read("dynamodb", "ListTables", REGION, {})
    (request,) = assumed(server)
    assert (request["RoleArn"], request["RoleSessionName"], request["ExternalId"]) == (ROLE.arn, "ci", "x-42")


def test_it_is_assumed_again_before_it_expires(aws: Aws, server: SandboxServer) -> None:
    before = credentials_of(aws)
    credentials: Any = aws.session.get_credentials()
    credentials._expiry_time = datetime.now(UTC) + timedelta(seconds=30)
    after = credentials_of(aws)
    assert after != before
    assert len(assumed(server)) == 2
    aws.read("dynamodb", "ListTables", REGION, {})
    assert len(assumed(server)) == 2


def test_credentials_that_aws_calls_expired_are_renewed_as_the_roles(aws: Aws, server: SandboxServer) -> None:
    refused = credentials_of(aws)
    renewed = renewed_credentials(aws, refused)
    theirs = Aws(REGION, endpoint_url=server.url, only=renewed)
    assert (renewed != refused, theirs.account) == (True, "222222222222")


def test_it_is_assumed_with_the_credentials_of_a_sandbox_alone(server: SandboxServer) -> None:
    aws = Aws(REGION, endpoint_url=server.url, only=Credentials("sandbox", "sandbox"), role=ROLE)
    assert aws.account == "222222222222"


@pytest.mark.parametrize("code", ["AccessDenied", "RegionDisabledException", "MalformedPolicyDocument"])
def test_one_that_cannot_be_assumed_is_told(aws: Aws, server: SandboxServer, code: str) -> None:
    server.faults.add(
        FaultRule("error", service="sts", operation="AssumeRole", code=code, status=403, times=None)
    )
    for ask in (
        lambda: aws.account,
        lambda: aws.read("dynamodb", "ListTables", REGION, {}),
        lambda: credentials_of(aws),
    ):
        with pytest.raises(DynaopsError) as caught:
            ask()
        assert "role/deploy cannot be assumed (role_arn, dynaops.toml:3:1)" in caught.value.message


def test_without_credentials_there_is_nothing_to_assume_it_with(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(DynaopsError, match="cannot be assumed"):
        _ = aws.account


def test_guards_hold_for_every_client(server: SandboxServer) -> None:
    aws = Aws(REGION, endpoint_url=server.url, guard=Guard("333333333333", ("eu-west-1",), "prod"))
    for service in ("dynamodb", "s3", "iam", "lambda"):
        with pytest.raises(GuardError, match="in account 333333333333"):
            aws.client(service, REGION)
    assert {entry.service for entry in server.requests.since()} == {"sts"}
    within = Aws(REGION, endpoint_url=server.url, guard=Guard("123456789012", ("eu-west-1",), "prod"))
    within.client("dynamodb", "eu-west-1")
    within.client("iam", "us-east-1")
    with pytest.raises(GuardError, match="a call of dynamodb in us-east-1 was not sent"):
        within.client("dynamodb", "us-east-1")


def test_an_account_that_nobody_tells_is_none_that_is_guarded(server: SandboxServer) -> None:
    """An endpoint without STS: a check that was not made is never passed."""
    server.faults.add(
        FaultRule("error", service="sts", code="UnknownOperationException", status=400, times=None)
    )
    aws = Aws(REGION, endpoint_url=server.url, guard=Guard("123456789012", None, "prod"))
    with pytest.raises(DynaopsError):
        aws.client("dynamodb", REGION)
