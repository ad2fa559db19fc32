"""The recorded properties of a resource as a closed shape, by which a state is checked when it is read.

A state may come from a hand, a merge, another version or another tool. What the planner reads from it is therefore
checked once, as a whole, by the model that each kind gives (`Policy.recorded`).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

ABSENT: Any = None
"""The default of a member that may be missing. A member that is there is never null, unless its type says so."""

Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,2048}$")]
"""A name in AWS: not empty, one line."""
TableName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.-]{3,255}$")]
"""A table's or an index's name (CreateTable, AWS API reference)."""
Arn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9]*:[^\x00-\x1f\x7f]+$")
]
"""An ARN (IAM user guide, IAM identifiers)."""
Units = Annotated[int, Field(ge=-1, le=2**53)]
"""A count: capacity units, days, seconds."""


class Recorded(BaseModel):
    """The base of the shapes: no other members, no conversions, no nulls."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for name, member in value.items():
                if member is None and name in cls.model_fields:
                    raise ValueError(f"{name} is null")
        return value


def _with_statements(document: dict[str, Any]) -> dict[str, Any]:
    statements = document.get("Statement")
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        raise ValueError("Statement is not a list of objects")
    return document


PolicyDocument = Annotated[dict[str, Any], AfterValidator(_with_statements)]
"""An IAM policy document in normal form."""
