"""Resource-based policies of tables and streams."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import registry
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, in_use, invalid, validation

LIMIT = 20_480
COOLDOWN_SECONDS = 15.0
"""Seconds after its last revision before a policy can be written again (DDB-TABLE-206)."""
PENDING_SECONDS = 2.0
_NO_POLICY = "NO_POLICY"


@dataclass
class ResourcePolicyState:
    """The policies by resource ARN (the table's own, and its streams'), their revisions and times of change."""

    texts: dict[str, str] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)
    changed: dict[str, float] = field(default_factory=dict)


def check(document: str) -> dict[str, Any]:
    """The parsed policy. Raises ValidationException for one that AWS refuses (DDB-TABLE-211)."""
    if len(document.encode()) > LIMIT:
        raise invalid(f"Maximum policy size of {LIMIT} bytes exceeded")
    try:
        parsed = json.loads(document)
    except ValueError:
        raise invalid("Invalid policy document: Syntax errors in policy.") from None
    if not isinstance(parsed, dict) or "Statement" not in parsed:
        raise invalid("Invalid policy document: Missing required field Statement")
    statements = parsed["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        _check_statement(statement)
    return parsed


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise invalid("Invalid policy document: Statement/policy must have a valid Effect")
    if not any(name in statement for name in ("Principal", "NotPrincipal")):
        raise invalid("Invalid policy document: Missing required field Principal")
    if not any(name in statement for name in ("Action", "NotAction")):
        raise invalid("Invalid policy document: Missing required field Action")
    everyone = statement.get("Principal") in ("*", {"AWS": "*"})
    if statement["Effect"] == "Allow" and everyone and not statement.get("Condition"):
        raise validation("Resource-based policy grants unbounded access")


def store(table: SandboxTable, document: str, now: float | None = None) -> str:
    """Store the table's policy; returns its revision id. `now` is by default the table's creation time."""
    return _store(
        table.facet(ResourcePolicyState), table.arn, document, table.created if now is None else now
    )


def _store(state: ResourcePolicyState, arn: str, document: str, now: float) -> str:
    state.texts[arn] = document
    state.revisions[arn] = str(int(now * 1000))
    state.changed[arn] = now
    return state.revisions[arn]


@operation("dynamodb", "PutResourcePolicy")
def put_resource_policy(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    parsed = check(call.body["Policy"])
    table, arn = _resource(call)
    registry.require_settled(table)
    state = table.facet(ResourcePolicyState)
    _check_revision(state, arn, call.body.get("ExpectedRevisionId"))
    if arn in state.texts and json.loads(state.texts[arn]) == parsed:
        return {"RevisionId": state.revisions[arn]}
    _check_cooldown(call, state, table, arn)
    return {"RevisionId": _store(state, arn, call.body["Policy"], call.now)}


@operation("dynamodb", "GetResourcePolicy")
def get_resource_policy(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table, arn = _resource(call)
    state = table.facet(ResourcePolicyState)
    if arn not in state.texts:
        raise _policy_not_found(arn)
    return {"Policy": state.texts[arn], "RevisionId": state.revisions[arn]}


@operation("dynamodb", "DeleteResourcePolicy")
def delete_resource_policy(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table, arn = _resource(call)
    registry.require_settled(table)
    state = table.facet(ResourcePolicyState)
    expected = call.body.get("ExpectedRevisionId")
    if expected is not None and state.revisions.get(arn) != expected:
        raise _policy_not_found(arn)
    if arn not in state.texts:
        return {}
    _check_cooldown(call, state, table, arn)
    del state.texts[arn]
    state.changed[arn] = call.now
    return {"RevisionId": state.revisions.pop(arn)}


def pending(call: ApiCall, table: SandboxTable) -> bool:
    """Whether a policy write is still under way (DeleteTable must wait for it)."""
    return any(
        call.now < changed + PENDING_SECONDS for changed in table.facet(ResourcePolicyState).changed.values()
    )


def _check_revision(state: ResourcePolicyState, arn: str, expected: str | None) -> None:
    """Check the expected revision id; NO_POLICY expects that there is no policy (DDB-TABLE-205, 209)."""
    if expected is None:
        return
    present = state.revisions.get(arn)
    if (expected == _NO_POLICY and present is not None) or (expected != _NO_POLICY and present != expected):
        raise _policy_not_found(arn)


def _check_cooldown(call: ApiCall, state: ResourcePolicyState, table: SandboxTable, arn: str) -> None:
    changed = state.changed.get(arn)
    if changed is None:
        return
    if call.now < changed + PENDING_SECONDS:
        raise in_use(f"Table is pending previous resource-based policy update: {table.name}")
    again = changed + COOLDOWN_SECONDS
    if call.now < again:
        moment = datetime.fromtimestamp(again, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        raise ApiError(
            "ThrottlingException",
            f"Resource-based policy for table {table.name} was updated recently. Please try again after {moment}",
        )


def _policy_not_found(arn: str) -> ApiError:
    return ApiError(
        "PolicyNotFoundException", f"Resource-based policy not found for the provided ResourceArn: {arn}"
    )


def _resource(call: ApiCall) -> tuple[SandboxTable, str]:
    arn = call.body["ResourceArn"]
    if not arn.startswith("arn:"):
        raise invalid("ARNs must start with 'arn:'")
    table_arn = arn.partition("/stream/")[0]
    try:
        return registry.lookup(call, table_arn), arn
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise ApiError(
            "ResourceNotFoundException", f"Requested resource not found: Table: {arn} not found"
        ) from None
