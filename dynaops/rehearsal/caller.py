"""The caller's permissions, by IAM's policy simulator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynaops.access.rules import Need
    from dynaops.aws.session import Aws


def lacking(needed: Iterable[Need], aws: Aws) -> list[Need]:
    """The needs that the caller lacks, by iam:SimulatePrincipalPolicy. Raises DynaopsError if that call is denied."""
    caller = str(aws.call("sts", "GetCallerIdentity", aws.region, {})["Arn"])
    source = _principal(caller, aws)
    grouped: dict[tuple[str, tuple[tuple[str, str], ...]], list[Need]] = {}
    for need in sorted(needed):
        grouped.setdefault((need.resource, need.context), []).append(need)
    denied: list[Need] = []
    for (resource, context), needs in grouped.items():
        response = aws.call(
            "iam",
            "SimulatePrincipalPolicy",
            aws.region,
            {
                "PolicySourceArn": source,
                "ActionNames": [need.action for need in needs],
                "ResourceArns": [resource],
                "ContextEntries": [
                    {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                    for key, value in context
                ],
            },
        )
        decisions = {
            evaluation_result["EvalActionName"]: evaluation_result["EvalDecision"]
            for evaluation_result in response["EvaluationResults"]
        }
        denied += [need for need in needs if decisions.get(need.action) != "allowed"]
    return denied


def _principal(caller: str, aws: Aws) -> str:
    """The ARN of the caller's user or role; a role session is simulated as the role."""
    if ":assumed-role/" not in caller:
        return caller
    name = caller.split(":assumed-role/", 1)[1].partition("/")[0]
    return str(aws.call("iam", "GetRole", aws.region, {"RoleName": name})["Role"]["Arn"])
