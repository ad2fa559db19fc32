"""Tags of tables: a call is applied as a whole; at most fifty tags; no change for some seconds after a change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dynaops.model.arns import iam_arn
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import registry
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, invalid, over_limit, validation

LIMIT = 50
LOCK_SECONDS = 2.0
"""1.5 to 3.4 s (DDB-TABLE-103)."""
_CHARACTERS = re.compile(r"[\w\s+\-=._:/@]*")


@dataclass
class TagState:
    """Virtual time until which the tags cannot be changed."""

    locked_until: float = 0.0


def check(tags: list[dict[str, str]]) -> dict[str, str]:
    """The tags as {key: value}. Raises ValidationException for invalid keys, values or number (DDB-TABLE-107)."""
    result: dict[str, str] = {}
    for tag in tags:
        name, value = tag["Key"], tag["Value"]
        if name in result:
            raise validation(f"Duplicate Tag Keys provided: {name}")
        if not 1 <= len(name) <= 128 or not _CHARACTERS.fullmatch(name):
            raise validation(
                "The Tag Key provided is invalid. You have exceeded the maximum length or used "
                f"characters that are not allowed: {name}"
            )
        if name.lower().startswith("aws:"):
            raise validation(f"Tag Key cannot be prefixed with aws:: {name}")
        if len(value) > 256 or not _CHARACTERS.fullmatch(value):
            raise validation(f"The Tag Value provided is invalid. Tag Value: {value}")
        result[name] = value
    if len(result) > LIMIT:
        raise validation("Number of Tags exceed the current limit for the provided ResourceArn")
    return result


@operation("dynamodb", "TagResource")
def tag_resource(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    given = check(call.body["Tags"])
    if not given:
        raise validation("Atleast one Tag needs to be provided as Input.")
    table = _require_table(call)
    merged = {**table.tags, **given}
    if len(merged) > LIMIT:
        raise validation("Number of Tags exceed the current limit for the provided ResourceArn")
    if merged != table.tags:
        _lock(call, table)
        table.tags = merged
    return {}


@operation("dynamodb", "UntagResource")
def untag_resource(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    if not call.body["TagKeys"]:
        raise validation("Atleast one Tag Key needs to be provided as Input.")
    table = _require_table(call)
    remaining = {name: value for name, value in table.tags.items() if name not in call.body["TagKeys"]}
    if remaining != table.tags:
        _lock(call, table)
        table.tags = remaining
    return {}


@operation("dynamodb", "ListTagsOfResource")
def list_tags_of_resource(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table = _require_table(call)
    return {"Tags": [{"Key": name, "Value": value} for name, value in table.tags.items()]}


def locked(call: ApiCall, table: SandboxTable) -> bool:
    """Whether a change of the tags is still under way (DeleteTable must wait for it)."""
    return call.now < table.facet(TagState).locked_until


def _lock(call: ApiCall, table: SandboxTable) -> None:
    if table.status == "CREATING":
        raise ApiError(
            "ResourceInUseException",
            f"Attempt to change a resource which is still in use: Table is being created: {table.name}",
        )
    if locked(call, table):
        raise over_limit(f"Table tags are being updated: {table.name}")
    table.facet(TagState).locked_until = call.now + LOCK_SECONDS


def _require_table(call: ApiCall) -> SandboxTable:
    """The table that a tag call gives by its ARN; a name is refused (DDB-TABLE-071)."""
    arn = call.body["ResourceArn"]
    if not arn.startswith("arn:"):
        raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    table = _table_of_arn(call, arn)
    if table is None:
        raise ApiError(
            "ResourceNotFoundException", f"Requested resource not found: ResourcArn: {arn} not found"
        )
    return table


def _table_of_arn(call: ApiCall, arn: str) -> SandboxTable | None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "dynamodb" or not parts[5].startswith("table/"):
        raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    if parts[4] != call.account:
        raise ApiError(
            "AccessDeniedException",
            f"User: {iam_arn(call.region, call.account, 'root')} is not authorized to perform: "
            f"dynamodb:{call.operation} on resource: {arn}",
        )
    if parts[3] != call.region:
        raise invalid(f"Invalid AWS region in '{arn}'")
    tables = registry.tables_in(call.world, call.account, call.region)
    return tables.get(parts[5].partition("/")[2])
