"""The base of all spec fragments: strict, closed, and written as people write YAML."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Fragment(BaseModel):
    """A block of a spec. Unknown keys and values of another type are errors.

    A block with an `enabled` key may be written as a boolean: ``point_in_time_recovery: true``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    toggle: ClassVar[bool] = False
    """Whether the block may be written as a boolean."""

    @model_validator(mode="before")
    @classmethod
    def _from_boolean(cls, value: Any) -> Any:
        return {"enabled": value} if cls.toggle and isinstance(value, bool) else value
