"""Answers of the AWS CLI and the SDKs: out of what wraps them, and what their states say about the settings in them."""

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
"""The members by which answers are known."""
GONE = ("DELETING", "ARCHIVING", "ARCHIVED", "CREATION_FAILED")
"""States of a table, an index or a replica that is no more, or is not any longer what it says."""
_MAX_WRAPPED = 4
_AROUND = ("ResponseMetadata", "NextToken", "$metadata")
"""What SDKs answer beside what was asked for."""
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d+")


def is_description(documents: list[Any]) -> bool:
    """Whether JSON documents are answers about tables, whatever wraps them."""
    found = [one for document in documents for one in answers(document)]
    known = [MEMBERS & set(one) if isinstance(one, dict) else set() for one in found]
    return bool(found) and (all(known) or any(one & set(TABLE_MEMBERS) for one in known))


def answers(value: Any, depth: int = 0) -> Iterator[Any]:
    """The answers within what wraps them: lists, maps by table name, and tables without their ``Table`` around them."""
    if isinstance(value, list):
        for one in value:
            yield from answers(one, depth + 1)
    elif not isinstance(value, dict) or MEMBERS & set(value) or depth > _MAX_WRAPPED:
        yield value
    elif {"TableName", "KeySchema"} <= set(value):
        yield {"Table": value}
    else:
        inner = [one for name, one in value.items() if name not in _AROUND]
        if inner and all(isinstance(one, dict | list) for one in inner):
            for one in inner:
                yield from answers(one, depth + 1)
        else:
            yield value


def region(part: SourceMap, where: SourcePlace) -> str | None:
    """The region of the table's ARN. What an emulator calls so is no region, and is dropped with a word."""
    arn = part.text("TableArn")
    found = region_of(arn)
    if found is not None and not _REGION.fullmatch(found):
        part.notes.remark(
            where.below("region"), f"{found} is no region of AWS (an emulator answered); it is left out"
        )
        return None
    if arn and ":000000000000:" in arn:
        part.notes.remark(
            where, "an emulator answered (account 000000000000), whose settings may not be AWS's"
        )
    return found


def tell_state(part: SourceMap, where: SourcePlace, status: str | None) -> None:
    if status not in (None, "ACTIVE"):
        part.notes.remark(where, f"the table is {status}: its settings may not be what they are going to be")
    restore = part.part("RestoreSummary")
    if restore is not None:
        if restore.flag("RestoreInProgress"):
            part.notes.remark(where, "the table is being restored")
        restore.skip(*restore.names)


def there(part: SourceMap, name: str, status_name: str) -> Iterator[SourceMap]:
    """The indexes or replicas that are not going away; what is told of the others, and of those being made."""
    for one in part.parts(name):
        status = one.text(status_name)
        if status in GONE:
            one.skip(*one.names)
            part.notes.lost(one.where, f"it is {status}")
            continue
        if status not in (None, "ACTIVE"):
            part.notes.remark(one.where, f"it is {status}: its settings may not be what they are going to be")
        yield one


def no_encryption(part: SourceMap) -> Spec | None:
    """AWS leaves the block out where its own key encrypts the table; an emulator, because it has none."""
    found = region_of(part.text("TableArn"))
    if found is None or _REGION.fullmatch(found):
        return {"enabled": False}
    part.notes.lost(part.where.below("encryption"), "an emulator does not say how a table is encrypted")
    return None
