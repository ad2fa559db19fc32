"""Functions and roles for tests: as small as AWS takes them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any, Protocol


class Clients(Protocol):
    """Whoever has clients of an account."""

    def client(self, service: str) -> Any: ...


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
STREAMS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                *("dynamodb:GetRecords", "dynamodb:GetShardIterator"),
                *("dynamodb:DescribeStream", "dynamodb:ListStreams"),
            ],
            "Resource": "*",
        }
    ],
}


def make_function(account: Clients, name: str, allowed: bool = True) -> str:
    """A function and its role (``NAME-role``), which may read streams if `allowed`. The function's ARN."""
    role = make_role(account, f"{name}-role")
    if allowed:
        account.client("iam").put_role_policy(
            RoleName=f"{name}-role", PolicyName="streams", PolicyDocument=json.dumps(STREAMS)
        )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass\n")
    made = account.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )
    return str(made["FunctionArn"])


def make_role(account: Clients, name: str) -> str:
    """A role that Lambda may assume. Its ARN."""
    made = account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return str(made["Role"]["Arn"])
