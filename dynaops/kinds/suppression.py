"""Findings that a spec accepts, each with its reason."""

from __future__ import annotations

from pydantic import Field

from dynaops.model.spec import Fragment


class Suppression(Fragment):
    """A warning, offline or of `validate --live`, that is accepted for this table."""

    finding: str
    """The finding's id, such as DDB311 (docs/findings.md)."""
    reason: str = Field(min_length=1)
    """Why it is accepted, for whoever reads the report."""
