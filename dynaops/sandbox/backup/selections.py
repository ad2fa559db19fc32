"""Backup selections: which resources a plan covers. They cannot be changed, only deleted and created again."""

from __future__ import annotations

import re
import uuid
from typing import Any

from dynaops.sandbox.backup import roles
from dynaops.sandbox.backup.model import Selection, StoredPlan
from dynaops.sandbox.backup.pages import newest_first, page
from dynaops.sandbox.backup.refusals import already_exists, invalid_parameter, not_found
from dynaops.sandbox.backup.registry import plan_named
from dynaops.sandbox.dispatch import ApiCall, operation

MOST_ARNS, MOST_WILDCARDS = 500, 30
_NAME = re.compile(r"[a-zA-Z0-9\-_.]{1,50}")
_TAG = "aws:ResourceTag/"
_CONDITIONS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")


@operation("backup", "CreateBackupSelection")
def create(call: ApiCall) -> dict[str, Any]:
    """A repeated request with the same CreatorRequestId returns the selection that the first one created."""
    plan, request = plan_named(call), call.body.get("CreatorRequestId")
    document = call.body["BackupSelection"]
    for existing in plan.selections.values():
        if request is not None and existing.creator_request == request:
            return _ids(plan, existing)
    _check(call, document)
    for existing in plan.selections.values():
        if existing.document["SelectionName"] == document["SelectionName"]:
            raise already_exists(
                f"Backup selection with the same name already exists: {document['SelectionName']}",
                plan.arn,
                existing.creator_request,
            )
    selection = Selection(str(uuid.uuid4()), call.now, document, request)
    plan.selections[selection.selection_id] = selection
    return _ids(plan, selection)


@operation("backup", "GetBackupSelection")
def get(call: ApiCall) -> dict[str, Any]:
    plan, selection = _requested_selection(call)
    lists: dict[str, list[Any]] = {"Resources": [], "NotResources": [], "ListOfTags": []}
    return {
        **_ids(plan, selection),
        **_request(selection),
        "BackupSelection": {**lists, **selection.document},
    }


@operation("backup", "ListBackupSelections")
def list_selections(call: ApiCall) -> dict[str, Any]:
    plan = plan_named(call)
    rows = (
        (newest_first(selection.created, selection.selection_id), _row(plan, selection))
        for selection in plan.selections.values()
    )
    return page(call, "BackupSelectionsList", rows)


@operation("backup", "DeleteBackupSelection")
def delete(call: ApiCall) -> dict[str, Any]:
    plan, selection = _requested_selection(call)
    del plan.selections[selection.selection_id]
    return {}


def _requested_selection(call: ApiCall) -> tuple[StoredPlan, Selection]:
    plan = plan_named(call)
    selection = plan.selections.get(call.body["SelectionId"])
    if selection is None:
        raise not_found(f"Cannot find Backup selection with ID {call.body['SelectionId']}")
    return plan, selection


def _ids(plan: StoredPlan, selection: Selection) -> dict[str, Any]:
    return {
        "SelectionId": selection.selection_id,
        "BackupPlanId": plan.plan_id,
        "CreationDate": selection.created,
    }


def _request(selection: Selection) -> dict[str, Any]:
    return {"CreatorRequestId": selection.creator_request} if selection.creator_request else {}


def _row(plan: StoredPlan, selection: Selection) -> dict[str, Any]:
    return {
        **_ids(plan, selection),
        **_request(selection),
        "SelectionName": selection.document["SelectionName"],
        "IamRoleArn": selection.document["IamRoleArn"],
    }


def _check(call: ApiCall, given: dict[str, Any]) -> None:
    if not _NAME.fullmatch(given["SelectionName"]):
        raise invalid_parameter(f"Invalid backup selection name: {given['SelectionName']}")
    roles.check(call, given["IamRoleArn"])
    if not given.get("Resources") and not given.get("ListOfTags"):
        # seen on AWS (modernisation-platform-terraform-baselines, pull request 90)
        raise invalid_parameter(
            "Invalid backup selection. Either 'ListOfTags' or 'Resources' section must be non-empty."
        )
    for member in ("Resources", "NotResources"):
        _check_arns(given.get(member) or [])
    for name in _CONDITIONS:
        for condition in (given.get("Conditions") or {}).get(name) or []:
            if not condition.get("ConditionKey", "").startswith(_TAG):
                raise invalid_parameter(f"Condition keys begin with {_TAG}: {condition.get('ConditionKey')}")


def _check_arns(arns: list[str]) -> None:
    """At most 500 ARNs, or 30 with wildcards; a wildcard is the last character (service model, BackupSelection)."""
    if len(arns) > MOST_ARNS:
        raise invalid_parameter(f"A backup selection has at most {MOST_ARNS} resources")
    if any("*" in arn for arn in arns) and len(arns) > MOST_WILDCARDS:
        raise invalid_parameter(f"A backup selection with wildcards has at most {MOST_WILDCARDS} resources")
    for arn in arns:
        parts = arn.split(":", 5)
        if arn != "*" and (len(parts) != 6 or parts[0] != "arn"):
            raise invalid_parameter(f"Invalid ARN: {arn}")
        if "*" in parts[-1][:-1]:
            raise invalid_parameter(f"A wildcard is allowed only at the end of an ARN: {arn}")
