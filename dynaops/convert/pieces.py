"""Results of the source formats: tables and the resources around them, each with its place in the source."""

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
    """The kind of a piece, in the words of its note."""

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
    """A resource that belongs to the table of that name. The form of `data` depends on the kind (see `assemble`)."""

    kind: PieceKind
    table: str
    data: Spec
    where: SourcePlace


@dataclass(frozen=True)
class TablePiece:
    """A table with the settings in its own definition."""

    spec: Spec
    where: SourcePlace
    properties: YamlNode | None = None
    """The table's definition in the source, with the positions of its values."""


@dataclass(frozen=True)
class Named:
    """A resource that several tables can share: a vault, backup plan, log group or IAM policy. `key` is its id."""

    key: str
    data: Spec
    where: SourcePlace


@dataclass
class Pieces:
    """All tables and pieces of all files, their notes, and the conversion's budget."""

    budget: Budget = field(default_factory=Budget)
    notes: Notes = field(default_factory=Notes)
    ledger: ResourceLedger = field(default_factory=ResourceLedger)
    tables: dict[str, TablePiece] = field(default_factory=dict)
    titles: dict[SourcePlace, str] = field(default_factory=dict)
    """Titles of resources in their own tool: the paths of CDK constructs."""
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
        """The places of all resources around tables."""
        return [
            *(piece.where for piece in self.around),
            *(piece.where for group in self._named for piece in group),
        ]

    @property
    def size(self) -> int:
        """The number of tables and pieces."""
        return len(self.tables) + len(self.around) + sum(len(group) for group in self._named)

    def table(self, spec: Spec, where: SourcePlace, properties: YamlNode | None = None) -> None:
        """Add a table; a second table of the same name is noted and left out."""
        name = spec["table_name"]
        if name in self.tables:
            first = self.tables[name].where
            self.notes.lost(
                where, f"the table {name} is described twice, first as {first.what} at {first.place}"
            )
            return
        limit = self.budget.limits.instances
        if len(self.tables) >= limit:
            self.notes.lost(where, f"{TOO_LARGE}: there are more than {limit:,} tables, which no region has")
            return
        self.tables[name] = TablePiece(spec, where, properties=properties)

    def add(self, kind: PieceKind, table: str | None, data: Spec, part: SourceMap | SourcePlace) -> None:
        """Add a resource that belongs to `table` (None: the table is not known, which is already in the notes)."""
        if table is not None:
            self.around.append(
                ResourcePiece(kind, table, data, part.where if isinstance(part, SourceMap) else part)
            )
