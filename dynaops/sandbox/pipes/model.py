"""Pipes. Times are virtual epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.model.arns import arn

SETTLED = ("RUNNING", "STOPPED")


@dataclass
class SandboxPipe:
    """One pipe. `settings` are the members of CreatePipe that DescribePipe shows as they were given.

    `desired` is RUNNING or STOPPED as it was asked for, `state` the CurrentState.
    """

    name: str
    account: str
    region: str
    settings: dict[str, Any]
    desired: str
    state: str
    created: float
    modified: float
    reason: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return arn("pipes", self.region, self.account, f"pipe/{self.name}")

    @property
    def changeable(self) -> bool:
        """Whether no change is under way."""
        return self.state in SETTLED or self.state.endswith("_FAILED")


@dataclass
class SandboxPipes:
    """The pipes of an account and region, by name."""

    by_name: dict[str, SandboxPipe] = field(default_factory=dict)
