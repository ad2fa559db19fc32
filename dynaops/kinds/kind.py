"""What a room is: one kind of resource (or one API's family of kinds), whole.

A room translates: a spec into desired resources, AWS answers into observed ones, both in the same normal
form, and changes between them into AWS calls. It compares nothing itself: the engine's one three-way
diff does, steered by the room's `Policy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from dynaops.model.change import Action, Change, Difference
from dynaops.model.finding import Finding
from dynaops.model.operation import Operation
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

Satisfied = Callable[[Any, Any], bool]
"""Does the live value (second) satisfy the desired one (first)?"""


class Reader(Protocol):
    """The read-only side of AWS that rooms may use. Answers None for what does not exist."""

    def read(
        self, service: str, api: str, region: str, parameters: dict[str, Any]
    ) -> dict[str, Any] | None: ...

    def read_all(
        self,
        service: str,
        api: str,
        region: str,
        parameters: dict[str, Any],
        items: str,
        token: str = "NextToken",  # noqa: S107 (the name of a member, not a secret)
    ) -> list[Any] | None: ...


@dataclass(frozen=True)
class Policy:
    """How the properties of a kind are compared.

    `immutable` ones force replacement. `keyed` ones are maps owned member by member: what others put into them is
    not ours. `satisfied` holds comparisons that are looser than equality (with a dotted ``map.*`` for the members of a
    keyed map). `kept` ones are simply forgotten when the spec no longer names them, since AWS cannot take them back.
    `silent` ones AWS always shows, so they are not worth a mention when nobody manages them.
    `absent` is the normal form that equals "not there", for kinds that AWS always shows as off.
    `notes` explain a difference in a property, in words.
    """

    immutable: frozenset[str] = frozenset()
    keyed: frozenset[str] = frozenset()
    satisfied: Mapping[str, Satisfied] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    absent: Properties | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    """What the kind is called in sentences ("global secondary index")."""
    spec_key: str = ""
    """Where the kind stands in the spec, for `lifecycle.ignore_changes`; ``{name}`` is the address's last segment."""
    replacement: str = "it can only be replaced"
    """Why an immutable property forces replacement, for the reason sentence."""


@dataclass(frozen=True)
class Entry:
    """One address with its three sides and what becomes of it (None: nothing)."""

    address: str
    kind: str
    region: str
    desired: Resource | None = None
    record: Record | None = None
    live: Observed | None = None
    change: Change | None = None
    owner: str | None = None

    @property
    def action(self) -> Action:
        return self.change.action if self.change else Action.NO_OP

    @property
    def name(self) -> str:
        """The address's last segment."""
        return self.address.rpartition("/")[2]

    def difference(self, path: str) -> Difference | None:
        """The difference at `path`, if there is one."""
        for difference in self.change.differences if self.change else ():
            if difference.path == path:
                return difference
        return None

    def differences(self, under: str) -> list[Difference]:
        """The differences at `under` and below it."""
        found = self.change.differences if self.change else ()
        return [entry for entry in found if entry.path == under or entry.path.startswith(f"{under}.")]


@dataclass(frozen=True)
class Work:
    """All that changes about one table, for the rooms to turn into operations. `now` is epoch seconds."""

    scope: Scope
    entries: Mapping[str, Entry]
    now: float

    @property
    def table(self) -> Entry:
        return self.entries[self.scope.address]

    def of_kind(self, kind: str) -> list[Entry]:
        """The entries of a kind, in the order of their addresses."""
        return [entry for _, entry in sorted(self.entries.items()) if entry.kind == kind]


class Rank(IntEnum):
    """The safe order of a table's operations (AWS-documented constraints and live findings; docs/design.md)."""

    UNPROTECT = 10
    TEARDOWN = 20
    CREATE = 30
    INDEX_DELETE = 40
    CLASS = 50
    CAPACITY = 60
    ON_DEMAND = 70
    INDEX_UPDATE = 80
    STREAM = 90
    ENCRYPTION = 100
    INDEX_CREATE = 110
    INDEX_RETIRE = 120
    WARM = 130
    RECOVERY = 200
    TTL = 210
    TAGS = 220
    RESOURCE_POLICY = 230
    INSIGHTS = 250
    PROTECT = 900


@dataclass(frozen=True)
class Step:
    """An operation and where it stands among the others of its table."""

    operation: Operation
    rank: Rank


class Room(Protocol):
    """The contract of a kind. `kinds` maps each kind's name to its policy."""

    kinds: Mapping[str, Policy]

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        """The resources that `spec` wants, in normal form."""

    def observe(self, read: Reader, scope: Scope, table: Observed) -> Iterable[Observed]:
        """The resources that are live beside a live `table`."""

    def resolve(self, read: Reader, scope: Scope, entries: Sequence[Entry]) -> dict[str, Entry]:
        """Entries made comparable with a further look at AWS (a KMS alias becomes its key), by address."""

    def findings(self, work: Work) -> Iterable[Finding]:
        """What is wrong with, or worth a warning about, the work's changes of this room's kinds."""

    def operations(self, work: Work) -> list[Step]:
        """The calls that carry out the work's changes of this room's kinds."""

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """The spec keys that would declare what is live of this room's kinds."""

    def owner(self, scope: Scope, address: str) -> str | None:
        """The address whose deletion takes `address` with it."""


class BaseRoom:
    """What most rooms have in common: one kind, owned by the table, nothing to resolve."""

    def resolve(self, read: Reader, scope: Scope, entries: Sequence[Entry]) -> dict[str, Entry]:  # noqa: ARG002
        return {}

    def findings(self, work: Work) -> Iterable[Finding]:  # noqa: ARG002
        return ()

    def owner(self, scope: Scope, address: str) -> str | None:  # noqa: ARG002
        return scope.address
