"""The role that AWS Backup acts with."""

from __future__ import annotations

import json
import re
from typing import Any

from dynaops.sandbox.backup.refusals import invalid_parameter
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.iam_backend import iam_backend

SERVICE = "backup.amazonaws.com"
_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/(.+/)?([\w+=,.@-]+)")


def check(call: ApiCall, arn: str) -> None:
    """Refuse an ARN that is not a role's, and a role that exists but does not trust AWS Backup.

    A role that does not exist in the sandbox's IAM is accepted. Raises InvalidParameterValueException.
    """
    parts = _ARN.fullmatch(arn)
    if parts is None:
        raise invalid_parameter(f"Invalid IAM role ARN: {arn}")
    role = _role(call, parts[3])
    if role is not None and not _trusts(role.assume_role_policy_document):
        raise invalid_parameter(f"IAM Role {arn} cannot be assumed by AWS Backup")


def _role(call: ApiCall, name: str) -> Any:
    held = iam_backend(call.account, call.region).roles.values()
    return next((role for role in held if role.name == name), None)


def _trusts(document: str | dict[str, Any]) -> bool:
    parsed = json.loads(document) if isinstance(document, str) else document
    statements = parsed.get("Statement", [])
    for each in statements if isinstance(statements, list) else [statements]:
        principal = each.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        named = services if isinstance(services, list) else [services]
        if each.get("Effect") == "Allow" and (principal == "*" or SERVICE in named):
            return True
    return False
