"""The mark of a state on live resources: a tag whose value is the state's id (its lineage).

The mark tells which state owns a resource. Nothing here reads AWS or plans a call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from dynaops.kinds.tags import MOST_TAGS
from dynaops.model.state import State

DEFAULT_KEY = "dynaops:state"
_TAG_VALUE = re.compile(r"[\w .:/=+@-]{1,256}")
"""Tag values that all services accept (IAM and AWS Backup allow the fewest characters)."""


class Ownership(Enum):
    """Which state owns a live resource, according to its mark."""

    OURS = "ours"
    UNOWNED = "nobody's"
    OTHER_STATE = "another state's"
    TAKEN_OVER = "another state's, and taken over"


@dataclass(frozen=True)
class StateMark:
    """The state of a run, and how it marks the resources that it owns.

    `key` is the tag that is written; None: nothing is marked (the marks of other states still count). `saved`: the
    state was saved before; a state that never was has marked nothing. `take_over` are the ids of states whose
    resources this state takes over.
    """

    state: str
    key: str | None = None
    saved: bool = True
    take_over: frozenset[str] = frozenset()

    @property
    def read_key(self) -> str:
        """The key of the tag that is read as the mark."""
        return self.key or DEFAULT_KEY

    @property
    def mark(self) -> dict[str, str]:
        """The tag of this state's mark; empty if marking is off or the state's id is not a valid tag value."""
        return {self.key: self.state} if self.key and _TAG_VALUE.fullmatch(self.state) else {}

    def owner_in(self, tags: Mapping[str, str]) -> str | None:
        """The id of the state that has marked a resource with these tags."""
        return tags.get(self.read_key)

    def ownership(self, tags: Mapping[str, str]) -> Ownership:
        """Which state owns a resource with these tags."""
        owner = self.owner_in(tags)
        if owner is None:
            return Ownership.UNOWNED
        if owner == self.state and self.saved:
            return Ownership.OURS
        return Ownership.TAKEN_OVER if owner in self.take_over else Ownership.OTHER_STATE

    def bears_mark(self, tags: Mapping[str, str]) -> bool:
        """Whether the tags contain the mark of this state."""
        return self.ownership(tags) is Ownership.OURS


def claim_of(state: State, key: str | None, take_over: tuple[str, ...] = ()) -> StateMark:
    """The mark of a run for `state`."""
    return StateMark(state.lineage, key, state.serial > 0, frozenset(take_over))


def without_mark(tags: Mapping[str, str], key: str | None) -> dict[str, str]:
    """The tags without the marks of states, which are not settings."""
    return {name: value for name, value in tags.items() if name not in (DEFAULT_KEY, key)}


def has_handler(tags: Mapping[str, str], key: str | None) -> bool:
    """Whether AWS allows one more tag, for the mark, on a resource with these tags."""
    return len(without_mark(tags, key)) < MOST_TAGS
