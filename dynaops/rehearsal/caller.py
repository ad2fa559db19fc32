"""The caller's permissions, by IAM's policy simulator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynaops.access.needs import Need
    from dynaops.aws.session import Aws


def lacking(needed: Iterable[Need], way: Aws) -> list[Need]:
    """Those of `needed` that the caller lacks, by iam:SimulatePrincipalPolicy. Raises DynaopsError if that is denied."""
    caller = str(way.call("sts", "GetCallerIdentity", way.region, {})["Arn"])
    source = _principal(caller, way)
    grouped: dict[tuple[str, tuple[tuple[str, str], ...]], list[Need]] = {}
    for need in sorted(needed):
        grouped.setdefault((need.resource, need.context), []).append(need)
    found: list[Need] = []
    for (resource, context), asked in grouped.items():
        answer = way.call(
            "iam",
            "SimulatePrincipalPolicy",
            way.region,
            {
                "PolicySourceArn": source,
                "ActionNames": [need.action for need in asked],
                "ResourceArns": [resource],
                "ContextEntries": [
                    {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                    for key, value in context
                ],
            },
        )
        decided = {
            evaluation_result["EvalActionName"]: evaluation_result["EvalDecision"]
            for evaluation_result in answer["EvaluationResults"]
        }
        found += [need for need in asked if decided.get(need.action) != "allowed"]
    return found


def _principal(caller: str, way: Aws) -> str:
    """The ARN of the caller's user or role; a role session is simulated as the role."""
    if ":assumed-role/" not in caller:
        return caller
    name = caller.split(":assumed-role/", 1)[1].partition("/")[0]
    return str(way.call("iam", "GetRole", way.region, {"RoleName": name})["Role"]["Arn"])
