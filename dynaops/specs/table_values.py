"""Fills in the values of other tables in a spec (``${ref:TABLE/ATTRIBUTE}``) as far as they are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from dynaops.kinds import TableSpec
from dynaops.model import arns
from dynaops.model.late_values import with_known

Known = Callable[[str, str], str | None]
"""A function from a table and an attribute to the attribute's value; None if it is not known."""
Block = TypeVar("Block", bound=BaseModel)


def with_values(spec: TableSpec, known: Known) -> TableSpec:
    """The spec with the known references filled in."""
    return _block(spec, known).with_file_items(spec.file_items)


def sample(table: str, attribute: str) -> str:
    """A value of the right form, for offline checks."""
    arn = arns.arn("dynamodb", "us-east-1", "123456789012", f"table/{table}")
    return {
        "name": table,
        "arn": arn,
        "stream_arn": f"{arn}/stream/2020-01-01T00:00:00.000",
        "region": "us-east-1",
    }[attribute]


def _block(block: Block, known: Known) -> Block:
    changed = {
        name: value
        for name in block.model_fields_set
        if (value := _value(getattr(block, name), known)) != getattr(block, name)
    }
    return block.model_copy(update=changed)


def _value(value: Any, known: Known) -> Any:
    if isinstance(value, BaseModel):
        return _block(value, known)
    if isinstance(value, list):
        return [_value(child, known) for child in value]
    if isinstance(value, dict):
        return {name: _value(child, known) for name, child in value.items()}
    return with_known(value, known)
