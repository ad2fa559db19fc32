"""Lambda functions for tests: a role and one line of code, neither of which is ever run."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

Clients = Callable[..., Any]
"""Gives a boto3 client of (service, region): `Sandbox.client`, `SandboxServer.client` ..."""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def make_function(clients: Clients, name: str, region: str = "us-east-1", **more: Any) -> tuple[str, str]:
    """Create a function and a role of its own, which has no rights yet; its ARN and the role's name."""
    role = f"{name}-role"
    made = clients("iam", region).create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    function = clients("lambda", region).create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=made["Role"]["Arn"],
        Handler="main.handle",
        Code={"ZipFile": _zipped("def handle(event, context): return None\n")},
        **more,
    )
    return function["FunctionArn"], role


def let_read_streams(clients: Clients, role: str, stream: str = "*", region: str = "us-east-1") -> None:
    """Give the role the rights that a mapping of a stream needs."""
    actions = ["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"]
    statement = {
        "Effect": "Allow",
        "Action": [f"dynamodb:{each}" for each in actions],
        "Resource": stream,
    }
    clients("iam", region).put_role_policy(
        RoleName=role,
        PolicyName="read-streams",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def _zipped(code: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", code)
    return packed.getvalue()
