"""What formats find: tables, and what goes around them, each with where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dynaops.convert.budget import TOO_LARGE, Budget
from dynaops.convert.ledger import ResourceLedger
from dynaops.convert.notes import Notes, SourcePlace
from dynaops.convert.part import SourceMap
from dynaops.specs.yaml_tree import YamlNode

Spec = dict[str, Any]


class PieceKind(StrEnum):
    """What a piece is, in the words of its note."""

    TARGET = "scalable target"
    POLICY = "scaling policy"
    SCHEDULE = "scheduled action"
    REPLICA = "replica"
    INDEX = "global secondary index"
    TRIGGER = "Lambda trigger"
    KINESIS = "Kinesis destination"
    INSIGHTS = "contributor insights"
    RESOURCE_POLICY = "resource policy"
    ITEM = "item"
    TAG = "tag"
    RECOVERY = "point-in-time recovery"
    TTL = "time to live"


@dataclass(frozen=True)
class ResourcePiece:
    """Something around the table of that name. `data` is as its kind wants it (see `assemble`)."""

    kind: PieceKind
    table: str
    data: Spec
    where: SourcePlace


@dataclass(frozen=True)
class TablePiece:
    """A table, as far as it says itself what it is."""

    spec: Spec
    where: SourcePlace
    properties: YamlNode | None = None
    """What the source says of it, with the places of its values."""


@dataclass(frozen=True)
class Named:
    """Something that is no table's alone: a vault, a backup plan, a log group, an IAM policy. `key` is its id."""

    key: str
    data: Spec
    where: SourcePlace


@dataclass
class Pieces:
    """All that was found in all files, and what of the conversion's bounds finding it has used."""

    budget: Budget = field(default_factory=Budget)
    notes: Notes = field(default_factory=Notes)
    ledger: ResourceLedger = field(default_factory=ResourceLedger)
    tables: dict[str, TablePiece] = field(default_factory=dict)
    titles: dict[SourcePlace, str] = field(default_factory=dict)
    """What the source's own tool calls a resource: the path of a CDK construct."""
    around: list[ResourcePiece] = field(default_factory=list)
    vaults: list[Named] = field(default_factory=list)
    plans: list[Named] = field(default_factory=list)
    selections: list[Named] = field(default_factory=list)
    log_groups: list[Named] = field(default_factory=list)
    policies: list[Named] = field(default_factory=list)
    attachments: list[Named] = field(default_factory=list)

    @property
    def _named(self) -> tuple[list[Named], ...]:
        return (self.vaults, self.plans, self.selections, self.log_groups, self.policies, self.attachments)

    @property
    def places(self) -> list[SourcePlace]:
        """Where everything stands that goes around tables."""
        return [*(one.where for one in self.around), *(one.where for some in self._named for one in some)]

    @property
    def size(self) -> int:
        """How much was found."""
        return len(self.tables) + len(self.around) + sum(len(one) for one in self._named)

    def table(self, spec: Spec, where: SourcePlace, properties: YamlNode | None = None) -> None:
        """A table; a second one of its name is told of."""
        name = spec["table_name"]
        if name in self.tables:
            first = self.tables[name].where
            self.notes.lost(
                where, f"the table {name} is described twice, first as {first.what} at {first.place}"
            )
            return
        most = self.budget.limits.instances
        if len(self.tables) >= most:
            self.notes.lost(where, f"{TOO_LARGE}: there are more than {most:,} tables, which no region has")
            return
        self.tables[name] = TablePiece(spec, where, properties=properties)

    def add(self, kind: PieceKind, table: str | None, data: Spec, part: SourceMap | SourcePlace) -> None:
        """Something around `table` (None: it could not be found out, which was told)."""
        if table is not None:
            self.around.append(
                ResourcePiece(kind, table, data, part.where if isinstance(part, SourceMap) else part)
            )
