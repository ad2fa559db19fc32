"""Blocks that change what the state says of live resources: `moved`, `removed` and `import`.

They are in separate documents (without `table_name`) in any spec file. This module reads them, and checks that they do
not contradict each other; ``engine/refactoring`` plans their effects.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError, field_validator

from dynaops.model.finding import Finding, Place
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC031, SPEC032, SPEC033
from dynaops.model.spec import Fragment
from dynaops.specs.blocks import BLOCKS
from dynaops.specs.form_errors import findings_of
from dynaops.specs.yaml_tree import YamlNode


class MovedBlock(Fragment):
    """A resource that goes by another address from now on. Nothing is changed in AWS."""

    source: str = Field(alias="from")
    """The address that the state knows it by."""
    target: str = Field(alias="to")
    """The address at which a spec declares it."""


class RemovedBlock(Fragment):
    """A resource that the state forgets, with all below it. AWS keeps it."""

    address: str
    """A table or a part of one, such as orders/alarm/throttles. No spec declares it any more."""


class ImportBlock(Fragment):
    """A live resource that is taken into the state. A spec declares it; how it differs is planned as any change."""

    address: str
    """A table or a part of one. AWS must have it."""
    region: str | None = None
    """Where a table is, as a check: its spec must say the same."""
    take_over: str | None = None
    """The id of the state that gives it up (a split) or is lost, and whose mark it bears."""


class BlocksDocument(Fragment):
    """A document of blocks: what the state is to say of live resources, beside what the specs declare."""

    moved: list[MovedBlock] = []
    """In a document of its own: resources that go by another address from now on."""
    removed: list[RemovedBlock] = []
    """In a document of its own: resources that dynaops looks after no more, and that AWS keeps."""
    import_: list[ImportBlock] = Field([], alias="import")
    """In a document of its own: live resources that dynaops looks after from now on."""

    @field_validator("removed", "import_", mode="before")
    @classmethod
    def _from_addresses(cls, value: Any) -> Any:
        """Convert entries that are only an address to maps."""
        if not isinstance(value, list):
            return value
        return [{"address": entry} if isinstance(entry, str) else entry for entry in value]


@dataclass(frozen=True)
class Move:
    """The resource that the state knows as `source` gets the address `target`."""

    source: str
    target: str
    place: Place


@dataclass(frozen=True)
class Removal:
    """The state forgets the resource at `address` and those below it; they stay in AWS."""

    address: str
    place: Place
    why: str = ""
    """The reason, if it is not a `removed` block."""
    alone: bool = False
    """Whether resources below the address are kept in the state."""


@dataclass(frozen=True)
class ImportTarget:
    """The live resource at `address` is added to the state."""

    address: str
    region: str | None
    place: Place
    take_over: str | None = None


@dataclass(frozen=True)
class Blocks:
    """All blocks of the specs."""

    moved: tuple[Move, ...] = ()
    removed: tuple[Removal, ...] = ()
    imported: tuple[ImportTarget, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.moved or self.removed or self.imported)

    @property
    def take_over(self) -> frozenset[str]:
        """The ids of the states from which imports take over resources."""
        return frozenset(block.take_over for block in self.imported if block.take_over)

    @property
    def digests(self) -> dict[str, str]:
        """A digest of the content of the blocks of each kind, independent of their places."""
        contents: dict[str, list[list[str | None]]] = {
            "moved": [[block.source, block.target] for block in self.moved],
            "removed": [[block.address] for block in self.removed],
            "import": [[block.address, block.region, block.take_over] for block in self.imported],
        }
        return {
            kind: hashlib.sha256(json.dumps(sorted(entries, key=str)).encode()).hexdigest()[:24]
            for kind, entries in contents.items()
            if entries
        }


def is_blocks(node: YamlNode) -> bool:
    """Whether a document has blocks instead of a table."""
    return (
        isinstance(node.value, dict) and "table_name" not in node.value and bool(set(node.value) & {*BLOCKS})
    )


def read_blocks(node: YamlNode, findings: list[Finding]) -> Blocks:
    """The blocks of a document. Errors in their form are added to `findings`."""
    try:
        document = BlocksDocument.model_validate(node.plain())
    except ValidationError as error:
        findings.extend(findings_of(error, node, BlocksDocument))
        return Blocks()
    return Blocks(
        tuple(
            Move(block.source, block.target, node.place(f"moved.{number}"))
            for number, block in enumerate(document.moved)
        ),
        tuple(
            Removal(block.address, node.place(f"removed.{number}"))
            for number, block in enumerate(document.removed)
        ),
        tuple(
            ImportTarget(block.address, block.region, node.place(f"import.{number}"), block.take_over)
            for number, block in enumerate(document.import_)
        ),
    )


def joined(parts: Sequence[Blocks], findings: list[Finding]) -> Blocks:
    """The blocks of several documents together. Contradictions are added to `findings`."""
    blocks = Blocks(
        tuple(dict.fromkeys(block for part in parts for block in part.moved)),
        tuple(block for part in parts for block in part.removed),
        tuple(block for part in parts for block in part.imported),
    )
    findings.extend(contradictions(blocks))
    return blocks


def contradictions(blocks: Blocks) -> Iterator[Finding]:
    """Errors for blocks that contradict each other for every possible state."""
    by_source: dict[str, Move] = {}
    by_target: dict[str, Move] = {}
    for move in blocks.moved:
        for known, address, side in ((by_source, move.source, "from"), (by_target, move.target, "to")):
            other = known.setdefault(address, move)
            if (other.source, other.target) != (move.source, move.target):
                yield make_finding(
                    SPEC031,
                    f"moved: two blocks say {side}: {address}",
                    f"The other is at {other.place}.",
                    place=move.place,
                )
    ends = destinations(blocks.moved)
    circle = [move for move in blocks.moved if ends[move.source] is None]
    if circle:
        addresses = ", ".join(dict.fromkeys(move.source for move in circle))
        yield make_finding(SPEC032, f"moved: the blocks lead in a circle: {addresses}", place=circle[0].place)
    yield from _overlapping(blocks)


def destinations(moves: Iterable[Move]) -> Mapping[str, str | None]:
    """The final address of each `from` when all blocks are followed; None if they form a cycle."""
    steps = {move.source: move.target for move in moves}
    ends: dict[str, str | None] = {}
    for source in steps:
        seen = {source}
        end: str | None = steps[source]
        while end in steps:
            if end in seen:
                end = None
                break
            seen.add(end)
            end = steps[end]
        ends[source] = end
    return ends


def _overlapping(blocks: Blocks) -> Iterator[Finding]:
    """Errors for addresses in blocks of different kinds."""
    others = {address: move.place for move in blocks.moved for address in (move.source, move.target)}
    for removal in blocks.removed:
        if removal.address in others:
            yield make_finding(
                SPEC033,
                f"removed: {removal.address} is also moved",
                f"The other block is at {others[removal.address]}.",
                place=removal.place,
            )
    others |= {removal.address: removal.place for removal in blocks.removed}
    imports: dict[str, ImportTarget] = {}
    for imported in blocks.imported:
        other = imports.setdefault(imported.address, imported)
        if imported.address in others:
            yield make_finding(
                SPEC033,
                f"import: {imported.address} is also moved or removed",
                f"The other block is at {others[imported.address]}.",
                place=imported.place,
            )
        elif other.region != imported.region:
            yield make_finding(
                SPEC033,
                f"import: two blocks name different regions of {imported.address}",
                f"The other is at {other.place}.",
                place=imported.place,
            )
