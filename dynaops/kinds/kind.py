"""What a handler is: one kind of resource (or one API's family of kinds), whole.

A handler translates: a spec into desired resources, AWS answers into observed ones, both in the same normal
form, and changes between them into AWS calls. It compares nothing itself: the engine's one three-way
diff does, steered by the handler's `PropertyRules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from dynaops.kinds.billing import Billing
from dynaops.kinds.external_names import ExternalName
from dynaops.kinds.permissions import Permissions
from dynaops.kinds.property_rules import PropertyRules
from dynaops.model.change import Action, Change, Difference
from dynaops.model.finding import Finding
from dynaops.model.operation import Operation
from dynaops.model.resource import Observed, Properties, Resource, Scope, nest
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class AwsReader(Protocol):
    """The read-only side of AWS that handlers may use. Answers None for what does not exist."""

    @property
    def account(self) -> str:
        """The caller's account id."""
        ...

    @property
    def mark(self) -> str | None:
        """The key of the tag that names the state which owns a resource; None: resources are not marked."""
        ...

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
        next_token: str = "",
    ) -> list[Any] | None: ...


@dataclass(frozen=True)
class Known:
    """What spec and state name of one table's resources, by address, for handlers that must know what to look for.

    `discover`: look also for what neither names (import).
    """

    desired: Mapping[str, Resource] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    discover: bool = False

    def of_kinds(self, *kinds: str) -> dict[str, tuple[Resource | None, Record | None]]:
        """Address -> (desired, recorded) of these kinds."""
        addresses = [
            address
            for side in (self.desired, self.records)
            for address, element in side.items()
            if element.kind in kinds
        ]
        return {
            element: (self.desired.get(element), self.records.get(element)) for element in sorted(addresses)
        }


@dataclass(frozen=True)
class AddressDiff:
    """One address with its three sides and what becomes of it (None: nothing)."""

    address: str
    kind: str
    region: str
    desired: Resource | None = None
    record: Record | None = None
    live: Observed | None = None
    change: Change | None = None
    owner: str | None = None
    moving: frozenset[str] = frozenset()
    """Paths of properties whose live values are no drift: AWS moves them, or the spec that was applied ignores them."""
    left_alone: frozenset[str] = frozenset()
    """Paths of properties that are not set, since something of others moves them."""
    not_allowed: str | None = None
    """Why it is not known whether something of others moves its properties: AWS's refusal to tell."""
    known_as: str = ""
    """The address of its record in the state, where that is another so far: it is moved before anything is done."""
    let_go: bool = False
    """It is not deleted though nothing wants it any more (others need it): the state forgets it (see `refine`)."""

    @property
    def action(self) -> Action:
        return self.change.action if self.change else Action.NO_OP

    @property
    def reason(self) -> str:
        """Why it changes, in words."""
        return self.change.reason if self.change else ""

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
        differences = self.change.differences if self.change else ()
        return [entry for entry in differences if entry.path == under or entry.path.startswith(f"{under}.")]


@dataclass(frozen=True)
class TableChanges:
    """All that changes about one table, for the handlers to turn into operations. `now` is epoch seconds.

    `promised` is what the spec of a table that is destroyed says of keeping it, beside what the state remembers.
    """

    scope: Scope
    entries: Mapping[str, AddressDiff]
    now: float
    promised: Properties = field(default_factory=dict)

    @property
    def table(self) -> AddressDiff:
        return self.entries[self.scope.address]

    def of_kind(self, kind: str) -> list[AddressDiff]:
        """The entries of a kind, in the order of their addresses."""
        return [entry for _, entry in sorted(self.entries.items()) if entry.kind == kind]


class Rank(IntEnum):
    """The safe order of a table's operations (AWS-documented constraints and live findings; docs/aws-behaviour.md)."""

    UNPROTECT = 10
    RELEASE_MAPPINGS = 12
    RELEASE_SELECTIONS = 13
    RELEASE_SCALING = 14
    RELEASE_KINESIS = 15
    RELEASE_REPLICAS = 16
    TEARDOWN = 20
    CLEAN_UP = 25
    CREATE = 30
    INDEX_DELETE = 40
    CLASS = 50
    CAPACITY = 60
    ON_DEMAND = 70
    INDEX_UPDATE = 80
    STREAM = 90
    ENCRYPTION = 100
    INDEX_CREATE = 110
    RETIRE_SCALING = 115
    INDEX_RETIRE = 120
    WARM = 130
    RECOVERY = 200
    TTL = 205
    SCALING = 210
    SCALING_POLICY = 211
    REPLICA = 214
    REGIONAL = 216
    TAGS = 220
    RESOURCE_POLICY = 230
    KINESIS = 240
    INSIGHTS = 250
    POLICY = 300
    ATTACHMENT = 310
    LOGS = 320
    ALARM = 325
    MAPPING = 330
    MAPPING_RETIRE = 335
    VAULT = 340
    BACKUP_PLAN = 350
    SELECTION = 360
    VAULT_RETIRE = 370
    ITEMS = 400
    PROTECT = 900

    @property
    def core(self) -> bool:
        """A change of the table itself: each builds on those before it."""
        return self < Rank.RECOVERY and not self.release and self is not Rank.CLEAN_UP

    @property
    def leaves(self) -> bool:
        """Something is deleted that others have leaned on: only when they are gone, or have let go."""
        return self in (Rank.CLEAN_UP, Rank.VAULT_RETIRE)

    @property
    def release(self) -> bool:
        """Something lets go of the table (or of an index, or of its capacity), before that changes or goes."""
        return Rank.UNPROTECT < self < Rank.TEARDOWN


@dataclass(frozen=True)
class Step:
    """An operation and where it stands among the others of its table.

    `apart`: one of several settings of its address, none of which needs another to have succeeded.
    """

    operation: Operation
    rank: Rank
    apart: bool = False


class ResourceHandler(Protocol):
    """The contract of a kind. `kinds` maps each kind's name to its policy."""

    kinds: Mapping[str, PropertyRules]
    beside_table: bool
    """Its kinds are there only where the table is; others (a log group, a policy) are looked for at all times."""
    billing: Billing
    """What AWS bills per month for the resources of its kinds."""
    permissions: Permissions
    """Which AWS calls the whole life of its kinds' resources makes."""

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        """The resources that `spec` wants, in normal form."""

    def observe(
        self, read: AwsReader, scope: Scope, table: Observed | None, known: Known
    ) -> Iterable[Observed]:
        """The resources that are live, beside a live `table` or (None) without one."""

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        """Entries made comparable with a further look at AWS (a KMS alias becomes its key), by address."""

    def refine(self, work: TableChanges) -> Mapping[str, AddressDiff]:
        """Entries whose changes this handler knows better than the comparison does, by address.

        One with `let_go` (and no change) stays in AWS and is forgotten; `findings` should say so.
        """

    def findings(self, work: TableChanges) -> Iterable[Finding]:
        """What is wrong with, or worth a warning about, the work's changes of this handler's kinds."""

    def operations(self, work: TableChanges) -> list[Step]:
        """The calls that carry out the work's changes of this handler's kinds."""

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """The spec keys that would declare what is live of this handler's kinds."""

    def owner(self, scope: Scope, address: str) -> str | None:
        """The address whose deletion takes `address` with it."""

    def aws_names(self, scope: Scope, entry: AddressDiff) -> tuple[str, ...]:
        """What AWS calls what is live of `entry`: ARNs where there are some, else types and ids."""

    def is_named_by_us(self, scope: Scope, entry: AddressDiff, name: str) -> bool:
        """Whether what AWS calls `name` is proven to be that which dynaops makes for the address of `entry`.

        By the name that dynaops gives to it, or a mark that dynaops leaves in it when it makes it.
        """

    def tag_target(self, scope: Scope, entry: AddressDiff) -> str:
        """What the calls for tags name the resource of `entry` by: its ARN, as a rule."""

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        """What other tools need to know of this handler's `records` (by address): names, ids, ARNs; maps may nest."""

    def external_names(self, scope: Scope, resource: Resource) -> Iterable[ExternalName]:
        """What a resource of this handler names besides other resources: functions, roles, keys, streams, topics."""


class BaseHandler:
    """What most handlers have in common: one kind, owned by the table, nothing to resolve."""

    kinds: Mapping[str, PropertyRules]
    beside_table = True
    billing: Billing
    permissions: Permissions

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        return {}

    def refine(self, work: TableChanges) -> Mapping[str, AddressDiff]:
        return {}

    def findings(self, work: TableChanges) -> Iterable[Finding]:
        return ()

    def owner(self, scope: Scope, address: str) -> str | None:
        return scope.address

    def aws_names(self, scope: Scope, entry: AddressDiff) -> tuple[str, ...]:
        arn = entry.live.outputs.get("arn") if entry.live else None
        return (str(arn or f"{self.kinds[entry.kind].title} of table {scope.table_name}"),)

    def is_named_by_us(self, scope: Scope, entry: AddressDiff, name: str) -> bool:
        """What is part of a table, or has its name by the table's, is ours where the table is the address's."""
        return scope.table_name == scope.address

    def tag_target(self, scope: Scope, entry: AddressDiff) -> str:
        known = entry.live.outputs.get("arn") if entry.live else None
        known = known or (entry.desired.options.get("arn") if entry.desired else None)
        return str(known or f"${{ref:{entry.address}/arn}}")

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        """All that AWS gave, under the segments of the address: ``autoscaling/read/arn``."""
        result: Properties = {}
        for address, record in sorted(records.items()):
            given = {"id": record.id, "arn": record.arn, **record.outputs}
            given = {name: value for name, value in given.items() if value is not None}
            if given:
                nest(result, address.removeprefix(f"{scope.address}/"), given)
        return result
