"""Resources: one managed thing, as desired by a spec or as observed live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]
"""A resource's settings in normal form: what both a spec and an AWS answer are translated into."""


@dataclass(frozen=True)
class Scope:
    """One table and where it lives: what a handler declares and observes within.

    `address` is the table's address (its name), the first segment of all addresses below it.
    """

    address: str
    table_name: str
    region: str

    def below(self, *segments: str) -> str:
        """The address of something of this table: ``users/gsi/by-email``."""
        return "/".join((self.address, *segments))


@dataclass(frozen=True)
class Resource:
    """What the spec wants at an address.

    `owner` is the address whose deletion takes this resource with it (an index goes with its table);
    `depends_on` are addresses that must be built before it. `options` steer how a change is carried out
    and are no property of the live thing (``replaces`` of an index).
    """

    address: str
    kind: str
    region: str
    properties: Properties
    owner: str | None = None
    depends_on: tuple[str, ...] = ()
    options: Properties = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    """Dotted property paths that are set on creation and never compared (autoscaled capacities, ignore_changes)."""


@dataclass(frozen=True)
class Observed:
    """What AWS has at an address.

    `outputs` are values AWS minted (arn, id, stream_arn ...). `busy` says in words what AWS is still doing with it.
    `raw` is what operations must know beyond the properties, and never leaves the process.
    """

    address: str
    kind: str
    region: str
    properties: Properties
    outputs: Properties = field(default_factory=dict)
    owner: str | None = None
    busy: str | None = None
    raw: Properties = field(default_factory=dict)
    tags: dict[str, str] | None = None
    """All its tags but AWS's own, the mark of the state that owns it among them; None: they were not looked at."""
    being_deleted: bool = False
    """AWS is deleting it: it is as good as gone, but its name is not free yet."""


def nest(into: Properties, path: str, value: Any) -> None:
    """Put `value` into nested maps, at a path of names with slashes between them."""
    *heads, last = path.split("/")
    for head in heads:
        into = into.setdefault(head, {})
    into[last] = value
