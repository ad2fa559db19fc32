"""Responses of the AWS CLI and the SDKs: unwraps them, and reads the states of the tables and indexes in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dynaops.convert.arns import region_of
from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap
from dynaops.convert.pieces import Spec

TABLE_MEMBERS = ("Table", "TableDescription")
MEMBERS = {
    *TABLE_MEMBERS,
    *("TimeToLiveDescription", "ContinuousBackupsDescription", "Tags", "ContributorInsightsStatus"),
    *("KinesisDataStreamDestinations", "Policy", "ScalableTargets", "ScalingPolicies", "ScheduledActions"),
    "EventSourceMappings",
}
"""The members by which a response is recognised."""
DELETED_STATES = ("DELETING", "ARCHIVING", "ARCHIVED", "CREATION_FAILED")
"""States of a table, an index or a replica that is deleted or is being deleted, so that its settings do not count."""
_MAX_WRAPPED = 4
_AROUND = ("ResponseMetadata", "NextToken", "$metadata")
"""Members that SDKs add to every response."""
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d+")


def is_description(documents: list[Any]) -> bool:
    """Whether JSON documents are responses about tables, in any of the wrappings that `answers` knows."""
    responses = [members for document in documents for members in answers(document)]
    known = [MEMBERS & set(members) if isinstance(members, dict) else set() for members in responses]
    return bool(responses) and (all(known) or any(members & set(TABLE_MEMBERS) for members in known))


def answers(value: Any, depth: int = 0) -> Iterator[Any]:
    """The responses within their wrappings: lists, maps by table name, and tables without the ``Table`` member."""
    if isinstance(value, list):
        for response in value:
            yield from answers(response, depth + 1)
    elif not isinstance(value, dict) or MEMBERS & set(value) or depth > _MAX_WRAPPED:
        yield value
    elif {"TableName", "KeySchema"} <= set(value):
        yield {"Table": value}
    else:
        inner = [response for name, response in value.items() if name not in _AROUND]
        if inner and all(isinstance(response, dict | list) for response in inner):
            for response in inner:
                yield from answers(response, depth + 1)
        else:
            yield value


def region(part: SourceMap, where: SourcePlace) -> str | None:
    """The region in the table's ARN. An emulator's value that is not a region is left out, with a note."""
    arn = part.text("TableArn")
    name = region_of(arn)
    if name is not None and not _REGION.fullmatch(name):
        part.notes.remark(
            where.below("region"), f"{name} is no region of AWS (an emulator answered); it is left out"
        )
        return None
    if arn and ":000000000000:" in arn:
        part.notes.remark(
            where, "an emulator answered (account 000000000000), whose settings may not be AWS's"
        )
    return name


def tell_state(part: SourceMap, where: SourcePlace, status: str | None) -> None:
    if status not in (None, "ACTIVE"):
        part.notes.remark(where, f"the table is {status}: its settings may still change")
    restore = part.part("RestoreSummary")
    if restore is not None:
        if restore.flag("RestoreInProgress"):
            part.notes.remark(where, "the table is being restored")
        restore.skip(*restore.names)


def there(part: SourceMap, name: str, status_name: str) -> Iterator[SourceMap]:
    """The indexes or replicas that are not being deleted. Notes name the others, and those still being created."""
    for child in part.parts(name):
        status = child.text(status_name)
        if status in DELETED_STATES:
            child.skip(*child.names)
            part.notes.lost(child.where, f"it is {status}")
            continue
        if status not in (None, "ACTIVE"):
            part.notes.remark(child.where, f"it is {status}: its settings may still change")
        yield child


def no_encryption(part: SourceMap) -> Spec | None:
    """The encryption of a table without SSEDescription: AWS leaves it out for its own key, an emulator always."""
    region = region_of(part.text("TableArn"))
    if region is None or _REGION.fullmatch(region):
        return {"enabled": False}
    part.notes.lost(part.where.below("encryption"), "an emulator does not say how a table is encrypted")
    return None
