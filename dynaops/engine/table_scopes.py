"""Which tables a run is about: those the specs declare, and those that were applied from the same files.

A recorded table that its spec file no longer declares is to be deleted. A recorded table whose file was not
read at all is none of this run's business: applying one file never threatens the tables of another.
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
    """One table of a run: where it is, and its spec (None: to be deleted if it is ours)."""

    scope: Scope
    spec: TableSpec | None = None
    source: str | None = None
    named: TableSpec | None = None
    """The spec that names what is to be destroyed, where one was given."""
    moved: Mapping[str, Move] = field(default_factory=dict)
    """The `moved` blocks that are carried out, by the address that they give."""
    removed: Mapping[str, Removal] = field(default_factory=dict)
    """What the state forgets and AWS keeps, by address."""
    imported: Mapping[str, ImportTarget] = field(default_factory=dict)
    """The `import` blocks that are carried out, by address."""
    external: bool = False
    """The table is others': only OWN_KINDS around it are ours."""
    refers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The other tables that the spec refers to, by the address of the resource that does."""

    @property
    def ignores(self) -> tuple[str, ...]:
        """What the spec says to ignore (`lifecycle.ignore_changes`)."""
        lifecycle = self.spec.lifecycle if self.spec else None
        return tuple((lifecycle.ignore_changes if lifecycle else None) or ())

    @property
    def promised(self) -> Properties:
        """What the spec says of keeping a table that is to be destroyed."""
        lifecycle = self.named.lifecycle if self.named else None
        return lifecycle.promises() if lifecycle else {}


OWN_KINDS = frozenset({"alarm", "policy"})
"""What may be ours around a table that others own."""


def source_of(path: str | Path, folder: Path) -> str:
    """How a spec file is remembered in the state: relative to the project's `folder` where it is below it."""
    full = Path(path).resolve()
    try:
        return full.relative_to(folder).as_posix()
    except ValueError:
        return full.as_posix()


def recorded_tables(state: State) -> dict[str, str]:
    """The tables of which the state owns something: address -> region.

    A table that is gone is among them for as long as anything around it is left (its teardown failed half way).
    """
    below: dict[str, list[str]] = {}
    for address in state.resources:
        below.setdefault(address.partition("/")[0], []).append(address)
    return {table: _home(state, table, addresses) for table, addresses in below.items()}


def _home(state: State, table: str, below: Iterable[str]) -> str:
    """The table's region; once it is gone, that of what is left (but IAM and replicas are elsewhere)."""
    record = state.resources.get(table)
    if record is not None:
        return record.region
    left = sorted(
        below, key=lambda one: (one.startswith(f"{table}/replica/"), _is_global(state.resources[one]))
    )
    return state.resources[left[0]].region


def _is_global(record: Record) -> bool:
    """IAM's resources: their ARNs name no region."""
    return (named := parse(record.arn)) is not None and not named.region


def orphaned(state: State, declared: Iterable[str], read: Iterable[str | Path]) -> list[RunTarget]:
    """The recorded tables whose spec was read (`read`: files, folders, patterns) and no longer declares them."""
    folder = root()
    sources = [source_of(path, folder) for path in read]
    found = []
    for address, region in recorded_tables(state).items():
        source = _recorded_source(state, address)
        if address not in set(declared) and source and any(_covers(one, source) for one in sources):
            found.append(RunTarget(scope_of(state, address, region), None, source))
    return found


def scope_of(state: State, address: str, region: str) -> Scope:
    """The scope of a recorded table."""
    record = state.resources.get(address)
    name = (record and record.properties.get("table_name")) or address
    return Scope(address=address, table_name=str(name), region=region)


def _recorded_source(state: State, table: str) -> str | None:
    """The file that the table came from, or (it is gone) that what is left of it came from."""
    record = state.resources.get(table)
    if record is not None:
        return record.source
    return next(
        (
            one.source
            for address, one in state.resources.items()
            if address.startswith(f"{table}/") and one.source
        ),
        None,
    )


def _covers(read: str, source: str) -> bool:
    """`source` is the file `read`, or lies directly in the folder `read`, or is one that the pattern `read` fits."""
    if source == read or Path(source).parent.as_posix() == (read or "."):
        return True
    return is_pattern(read) and fits(read, source)
