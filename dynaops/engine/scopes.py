"""Which tables a run is about: those the specs declare, and those that were applied from the same files.

A recorded table that its spec file no longer declares is to be deleted. A recorded table whose file was not
read at all is none of this run's business: applying one file never threatens the tables of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.model.resource import Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec
    from dynaops.model.state import State


@dataclass(frozen=True)
class Target:
    """One table of a run: where it is, and its spec (None: to be deleted if it is ours)."""

    scope: Scope
    spec: TableSpec | None = None
    source: str | None = None


def source_of(path: str | Path) -> str:
    """How a spec file is remembered in the state: relative to the working directory where it is below it."""
    full = Path(path).resolve()
    try:
        return full.relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return full.as_posix()


def recorded_tables(state: State) -> dict[str, str]:
    """The tables the state owns: address -> region."""
    return {address: record.region for address, record in state.resources.items() if record.kind == "table"}


def orphaned(state: State, declared: Iterable[str], read: Iterable[str | Path]) -> list[Target]:
    """The recorded tables whose spec was read (`read`: files and folders) and no longer declares them."""
    sources = [source_of(path) for path in read]
    found = []
    for address, region in recorded_tables(state).items():
        source = state.resources[address].source
        if address not in set(declared) and source and any(_covers(one, source) for one in sources):
            found.append(Target(scope_of(state, address, region), None, source))
    return found


def scope_of(state: State, address: str, region: str) -> Scope:
    """The scope of a recorded table."""
    name = state.resources[address].properties.get("table_name") or address
    return Scope(address=address, table_name=str(name), region=region)


def _covers(read: str, source: str) -> bool:
    """`source` is the file `read`, or lies directly in the folder `read`."""
    return source == read or Path(source).parent.as_posix() == (read or ".")
