"""Whether a pipe's role lets it read its source: EventBridge looks at that after it has accepted the request."""

from __future__ import annotations

import json
from typing import Any

from dynaops.access.policy import decision
from dynaops.access.rules import Need
from dynaops.sandbox.iam_backend import iam_backend
from dynaops.sandbox.lambdas import streams
from dynaops.sandbox.pipes.model import SandboxPipe
from dynaops.sandbox.world import World

_PREFIX = "Input parameter is invalid from the request due to : "
_READ = ("DescribeStream", "GetRecords", "GetShardIterator")


def problem(world: World, pipe: SandboxPipe) -> str | None:
    """Why the pipe cannot work, in AWS's words; None where it can.

    A role that the sandbox's IAM does not hold is taken as good; conditions of its trust are not looked at.
    """
    source = str(pipe.settings["Source"])
    if not streams.is_ours(source):
        return None
    if not streams.is_on(world, source):
        return _no_access(source)
    name = str(pipe.settings["RoleArn"]).rpartition("/")[2]
    roles = iam_backend(pipe.account, pipe.region).roles.values()
    role = next((each for each in roles if each.name == name), None)
    if role is None:
        return None
    documents = _documents(role)
    allowed = all(decision(documents, Need(f"dynamodb:{api}", source)) == "allowed" for api in _READ)
    if not allowed or not _trusts_pipes(role):
        return _no_access(source)
    return _no_dead_letters(pipe, documents)


def _no_access(source: str) -> str:
    return (
        f"{_PREFIX}Cannot access stream {source}. "
        "Please ensure the customer role can perform actions on source stream"
    )


def _no_dead_letters(pipe: SandboxPipe, documents: list[dict[str, Any]]) -> str | None:
    stream = (pipe.settings.get("SourceParameters") or {}).get("DynamoDBStreamParameters") or {}
    target = str((stream.get("DeadLetterConfig") or {}).get("Arn", ""))
    if ":sqs:" in target and decision(documents, Need("sqs:SendMessage", target)) != "allowed":
        return f"{_PREFIX}Error occurred while sending message to SQS queue: {target}"
    return None


def _documents(role: Any) -> list[dict[str, Any]]:
    """The role's inline and attached policies."""
    result = [*role.policies.values(), *(policy.document for policy in role.managed_policies.values())]
    return [json.loads(each) if isinstance(each, str) else each for each in result]


def _trusts_pipes(role: Any) -> bool:
    document = role.assume_role_policy_document
    parsed = json.loads(document) if isinstance(document, str) else document
    statements = parsed.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        listed = [services] if isinstance(services, str) else services
        if statement.get("Effect") == "Allow" and "pipes.amazonaws.com" in listed:
            return True
    return False
