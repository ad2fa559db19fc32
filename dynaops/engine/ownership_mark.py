"""Who owns a live resource, by the mark that the state which owns it has left in its tags.

The mark is a tag whose value is the state's id (its lineage). Pure: nothing here reads AWS or plans a call.
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
"""What all the services take as the value of a tag (IAM and AWS Backup take the fewest characters)."""


class Ownership(Enum):
    """Whose a live resource is, by its mark."""

    OURS = "ours"
    NOBODYS = "nobody's"
    ANOTHERS = "another state's"
    TAKEN_OVER = "another state's, and taken over"


@dataclass(frozen=True)
class StateMark:
    """The state that a run is for, and how it marks what it owns.

    `key` is the tag that is written; None: nothing is marked (marks of others are heeded all the same). `saved`: the
    state has been saved before; one that never was has marked nothing. `take_over` are the ids of the states whose
    resources become this state's.
    """

    state: str
    key: str | None = None
    saved: bool = True
    take_over: frozenset[str] = frozenset()

    @property
    def read_key(self) -> str:
        """The tag that tells whose a resource is."""
        return self.key or DEFAULT_KEY

    @property
    def mark(self) -> dict[str, str]:
        """The tag that marks a resource as this state's; none where marking is off, or the id is no value of a tag."""
        return {self.key: self.state} if self.key and _TAG_VALUE.fullmatch(self.state) else {}

    def owner_in(self, tags: Mapping[str, str]) -> str | None:
        """The id of the state that has marked a resource with these tags."""
        return tags.get(self.read_key)

    def ownership(self, tags: Mapping[str, str]) -> Ownership:
        """Whose a resource with these tags is."""
        owner = self.owner_in(tags)
        if owner is None:
            return Ownership.NOBODYS
        if owner == self.state and self.saved:
            return Ownership.OURS
        return Ownership.TAKEN_OVER if owner in self.take_over else Ownership.ANOTHERS

    def bears_mark(self, tags: Mapping[str, str]) -> bool:
        """Whether the mark of this state is among the tags."""
        return self.ownership(tags) is Ownership.OURS


def claim_of(state: State, key: str | None, take_over: tuple[str, ...] = ()) -> StateMark:
    """What a run for `state` claims."""
    return StateMark(state.lineage, key, state.serial > 0, frozenset(take_over))


def without_mark(tags: Mapping[str, str], key: str | None) -> dict[str, str]:
    """The tags without marks of states: they are no setting, whoever's they are."""
    return {name: value for name, value in tags.items() if name not in (DEFAULT_KEY, key)}


def has_handler(tags: Mapping[str, str], key: str | None) -> bool:
    """Whether a mark fits beside the other tags of a resource."""
    return len(without_mark(tags, key)) < MOST_TAGS
