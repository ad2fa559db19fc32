"""The tables of a run: those that the specs declare, and those that were applied from the same files before.

A recorded table that its spec file no longer declares is to be deleted. A recorded table whose file was not read is not
part of the run: applying one file never deletes the tables of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.model.arns import parse
from dynaops.model.project import root
from dynaops.model.resource import Properties, Scope
from dynaops.specs.path_patterns import fits, is_pattern

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec
    from dynaops.model.state import Record, State
    from dynaops.specs.refactoring import ImportTarget, Move, Removal


@dataclass(frozen=True)
class RunTarget:
    """One table of a run: its scope and its spec (None: it is to be deleted if it is recorded)."""

    scope: Scope
    spec: TableSpec | None = None
    source: str | None = None
    named: TableSpec | None = None
    """The spec that names what is to be destroyed, where one was given."""
    moved: Mapping[str, Move] = field(default_factory=dict)
    """The `moved` blocks to apply, by the new address."""
    removed: Mapping[str, Removal] = field(default_factory=dict)
    """The `removed` blocks to apply, by address: the state forgets, AWS keeps."""
    imported: Mapping[str, ImportTarget] = field(default_factory=dict)
    """The `import` blocks to apply, by address."""
    external: bool = False
    """The table belongs to others: only resources of OWN_KINDS are ours."""
    refers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The other tables that the spec refers to, by the address of the resource that does."""

    @property
    def ignores(self) -> tuple[str, ...]:
        """The paths that the spec ignores (`lifecycle.ignore_changes`)."""
        lifecycle = self.spec.lifecycle if self.spec else None
        return tuple((lifecycle.ignore_changes if lifecycle else None) or ())

    @property
    def promised(self) -> Properties:
        """The lifecycle settings of the spec of a table to be destroyed (deletion protection, on_destroy)."""
        lifecycle = self.named.lifecycle if self.named else None
        return lifecycle.promises() if lifecycle else {}


OWN_KINDS = frozenset({"alarm", "policy"})
"""The kinds of resources that may be ours for an external table."""


def source_of(path: str | Path, folder: Path) -> str:
    """The path of a spec file as the state records it: relative to the project's `folder` if it is below it."""
    full = Path(path).resolve()
    try:
        return full.relative_to(folder).as_posix()
    except ValueError:
        return full.as_posix()


def recorded_tables(state: State) -> dict[str, str]:
    """The tables with any record in the state: address -> region.

    A deleted table is among them as long as a surrounding resource is recorded (its deletion failed half way).
    """
    below: dict[str, list[str]] = {}
    for address in state.resources:
        below.setdefault(address.partition("/")[0], []).append(address)
    return {table: _home(state, table, addresses) for table, addresses in below.items()}


def _home(state: State, table: str, addresses: Iterable[str]) -> str:
    """The table's region; for a deleted table, that of a remaining record, preferably not of a replica or IAM."""
    record = state.resources.get(table)
    if record is not None:
        return record.region
    left = sorted(
        addresses,
        key=lambda address: (address.startswith(f"{table}/replica/"), _is_global(state.resources[address])),
    )
    return state.resources[left[0]].region


def _is_global(record: Record) -> bool:
    """Whether the record is of a global service (IAM), whose ARNs have no region."""
    return (arn := parse(record.arn)) is not None and not arn.region


def orphaned(state: State, declared: Iterable[str], read: Iterable[str | Path]) -> list[RunTarget]:
    """The recorded tables whose spec was read (`read`: files, folders, patterns) and no longer declares them."""
    folder = root()
    sources = [source_of(path, folder) for path in read]
    targets = []
    for address, region in recorded_tables(state).items():
        source = _recorded_source(state, address)
        if (
            address not in set(declared)
            and source
            and any(_covers(read_source, source) for read_source in sources)
        ):
            targets.append(RunTarget(scope_of(state, address, region), None, source))
    return targets


def scope_of(state: State, address: str, region: str) -> Scope:
    """The scope of a recorded table."""
    record = state.resources.get(address)
    name = (record and record.properties.get("table_name")) or address
    return Scope(address=address, table_name=str(name), region=region)


def _recorded_source(state: State, table: str) -> str | None:
    """The spec file of a table; for a deleted table, that of a remaining record."""
    record = state.resources.get(table)
    if record is not None:
        return record.source
    return next(
        (
            other.source
            for address, other in state.resources.items()
            if address.startswith(f"{table}/") and other.source
        ),
        None,
    )


def _covers(read: str, source: str) -> bool:
    """`source` is the file `read`, or lies directly in the folder `read`, or is one that the pattern `read` fits."""
    if source == read or Path(source).parent.as_posix() == (read or "."):
        return True
    return is_pattern(read) and fits(read, source)
