"""What all nouns share: immutable, strict, and writable as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

Json = Any
"""A JSON value: what specs, state, plans and AWS answers are made of."""


class Model(BaseModel):
    """A frozen noun that refuses unknown members (a saved plan or state may come from anywhere)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
