"""Whether a function's role may read a stream: Lambda checks it when a mapping is created."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.iam_backend import iam_backend
from dynaops.sandbox.lambdas.functions import parameter

_NEEDED = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")


def check(call: ApiCall, role_arn: str, stream: str) -> None:
    """Refuse a role whose policies do not allow reading the stream.

    A role that does not exist in the sandbox's IAM is accepted; conditions are ignored.
    Raises InvalidParameterValueException.
    """
    role = _role(call, role_arn)
    if role is None:
        return
    statements = list(_statements(role))
    if not all(_allowed(statements, f"dynamodb:{action}", stream) for action in _NEEDED):
        raise parameter(
            f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords, GetShardIterator, "
            "DescribeStream, and ListStreams Actions on your stream in IAM."
        )


def _role(call: ApiCall, arn: str) -> Any:
    name = arn.rpartition("/")[2]
    return next(
        (role for role in iam_backend(call.account, call.region).roles.values() if role.name == name), None
    )


def _statements(role: Any) -> Iterator[dict[str, Any]]:
    """The statements of the role's inline and attached policies."""
    documents = [*role.policies.values(), *(_document(policy) for policy in role.managed_policies.values())]
    for document in documents:
        parsed = json.loads(document) if isinstance(document, str) else document
        listed = parsed.get("Statement", [])
        yield from listed if isinstance(listed, list) else [listed]


def _document(policy: Any) -> Any:
    current = (version for version in policy.versions if version.version_id == policy.default_version_id)
    return next(current, policy).document


def _allowed(statements: list[dict[str, Any]], action: str, resource: str) -> bool:
    effects = {each.get("Effect") for each in statements if _covers(each, action, resource)}
    return "Allow" in effects and "Deny" not in effects


def _covers(statement: dict[str, Any], action: str, resource: str) -> bool:
    if "NotAction" in statement:
        acts = not _any_matches(statement["NotAction"], action.lower(), lower=True)
    else:
        acts = _any_matches(statement.get("Action", []), action.lower(), lower=True)
    if "NotResource" in statement:
        return acts and not _any_matches(statement["NotResource"], resource)
    return acts and _any_matches(statement.get("Resource", []), resource)


def _any_matches(patterns: str | list[str], text: str, lower: bool = False) -> bool:
    """Whether one of IAM's patterns matches; actions are compared without case (`lower`)."""
    listed = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(text, pattern.lower() if lower else pattern) for pattern in listed)
