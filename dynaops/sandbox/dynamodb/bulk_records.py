"""The records of a bulk put: their conditions, and their results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.comparisons import create_condition_expression_parser
from moto.dynamodb.models.dynamo_type import Item

from dynaops.sandbox.dynamodb.values import BARE, ValueReader
from dynaops.sandbox.errors import validation

Body = dict[str, Any]


@dataclass
class BulkOutcome:
    """Counts of what has been read and written (items and bytes), and the records that were not written."""

    processed: int = 0
    read: int = 0
    written: int = 0
    errors: list[Body] = field(default_factory=list)
    unmet: list[Body] = field(default_factory=list)


def holds(given: Body, current: Item | None) -> bool:
    """Whether a record's condition holds for the existing item. Raises ApiError for an invalid condition."""
    expression = given.get("ConditionExpression")
    if expression is None:
        return True
    values = given.get("ExpressionAttributeValues") or {}
    for value in values.values():
        ValueReader(BARE).value(value)
    try:
        parser = create_condition_expression_parser(
            expression, given.get("ExpressionAttributeNames") or {}, values
        )
        return bool(parser.parse().expr(current))
    except (JsonRESTError, ValueError, KeyError, TypeError) as error:
        raise validation(f"Invalid ConditionExpression: {error}") from None
