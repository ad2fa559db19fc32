"""The ``import --all`` command: one spec file for each table, regular saves of the state, a message for each table."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaops.cli import wiring
from dynaops.cli.interrupts import Interrupts
from dynaops.cli.planning.account_check import state_of
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.specs.mark_imported import mark, tell_unmarked
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.model.files import write_text

if TYPE_CHECKING:
    from dynaops.aws.caller import Caller
    from dynaops.engine.import_all import ImportResult
    from dynaops.model.operation import Operation
    from dynaops.model.state import State
    from dynaops.stores.base import Store

_SAVE_EVERY = 1.0
"""Seconds between two saves of the state. After a crash, tables that were not saved are imported again."""


@dataclass
class Tally:
    """Counts of the results for the tables."""

    imported: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """Table -> its file and the addresses."""
    skipped: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """Of the skipped ones, those of other states, with the ids of these."""
    failed: dict[str, DynaopsError] = field(default_factory=dict)
    left: int = 0
    """Tables not looked at, since the run was interrupted."""
    left_alone: list[str] = field(default_factory=list)
    """What was found around them and is another state's, in words."""
    marks: list[Operation] = field(default_factory=list)
    """The calls that mark what was imported, made when the state is saved."""
    unmarked: list[str] = field(default_factory=list)
    """Why something could not be marked."""


def run(
    tags: Sequence[str],
    out: str,
    settings: GlobalSettings,
    take_over: tuple[str, ...] = (),
    marking: bool = True,
) -> int:
    """Import all tables, and mark them as the state's unless `marking` is false. Returns the exit code."""
    wanted = _tags(tags)
    screen = Screen(settings)
    store = wiring.store(settings)
    aws = wiring.aws(settings, adaptive=True)
    state_of(store, aws)
    with store.lock("import"), Interrupts(screen.aside) as interrupts:
        tally = _import(store, aws, settings, wanted, Path(out), screen, interrupts.stop, take_over)
        tally.unmarked = mark(tally.marks, aws) if marking else []
    _tell(tally, screen)
    if tally.left:
        return Exit.INTERRUPTED
    return Exit.FAILED if tally.failed else Exit.OK


def _import(
    store: Store,
    aws: Any,
    settings: GlobalSettings,
    tags: dict[str, str | None],
    folder: Path,
    screen: Screen,
    stop: threading.Event,
    take_over: tuple[str, ...],
) -> Tally:
    from dynaops.engine.import_all import adopt_all
    from dynaops.engine.observe import table_names
    from dynaops.views.import_report import line_of

    state, tally = state_of(store, aws), Tally()
    region = settings.region or aws.region
    names = table_names(aws, region)
    done, saved_at = 0, time.monotonic()
    dirty = False
    try:
        for looked in adopt_all(names, state, aws, region, tags, stop, take_over):
            done += 1
            if looked.adopted is not None:
                looked, state = _kept(looked, state, folder, aws.caller(region), tally)
                dirty = dirty or looked.error is None
            _count(looked, tally)
            if looked.skipped is None:
                screen.aside(line_of(looked.table, len(_addresses(looked)), looked.error, done, len(names)))
            if dirty and time.monotonic() - saved_at > _SAVE_EVERY:
                state, dirty, saved_at = store.save(state), False, time.monotonic()
    finally:
        if dirty:
            store.save(state)
    tally.left = len(names) - done
    return tally


def _kept(
    looked: ImportResult, state: State, folder: Path, caller: Caller, tally: Tally
) -> tuple[ImportResult, State]:
    """Write the table's spec to its file and add the table to the state; an existing other file is not changed."""
    from dataclasses import replace

    adopted = looked.adopted
    assert adopted is not None, "only what was adopted is kept"
    path = folder / f"{looked.table}.yaml"
    if not _may_write(path, adopted.spec_yaml):
        error = DynaopsError(
            f"{path.as_posix()} exists already, and says something else",
            f"Run `dynaops plan {path.as_posix()}`, which adopts the table by it, or move the file away.",
        )
        return replace(looked, adopted=None, error=error), state
    folder.mkdir(parents=True, exist_ok=True)
    write_text(path, adopted.spec_yaml)
    tally.imported[looked.table] = (path.as_posix(), adopted.addresses)
    tally.marks += adopted.marks
    tally.left_alone += adopted.left
    return looked, adopted.into(state, caller)


def _may_write(path: Path, text: str) -> bool:
    """Whether the file does not exist or contains exactly `text`. Other files and links are not touched."""
    from dynaops.model.files import FileRefused, read_text

    if not path.exists() and not path.is_symlink():
        return True
    try:
        return read_text(path, len(text.encode())) == text
    except FileRefused:
        return False


def _addresses(looked: ImportResult) -> tuple[str, ...]:
    return looked.adopted.addresses if looked.adopted else ()


def _count(looked: ImportResult, tally: Tally) -> None:
    if looked.skipped is not None:
        tally.skipped[looked.table] = looked.skipped
        if looked.owner is not None:
            tally.owners[looked.table] = looked.owner
    elif looked.error is not None:
        tally.failed[looked.table] = looked.error


def _tags(given: Sequence[str]) -> dict[str, str | None]:
    tags: dict[str, str | None] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        tags[key] = value if equals else None
    return tags


def _tell(tally: Tally, screen: Screen) -> None:
    from dynaops.views.import_report import ImportReport, imported_page

    if screen.json:
        screen.document(
            {
                "imported": [
                    {"table": table, "file": file, "addresses": list(addresses)}
                    for table, (file, addresses) in sorted(tally.imported.items())
                ],
                "skipped": [{"table": table, "why": why} for table, why in sorted(tally.skipped.items())],
                "failed": [
                    {"table": table, "message": error.message, "hint": error.hint}
                    for table, error in sorted(tally.failed.items())
                ],
                "left": tally.left,
                "left_alone": tally.left_alone,
                "unmarked": tally.unmarked,
            }
        )
    report = ImportReport(
        imported={
            table: (file, len(addresses)) for table, (file, addresses) in sorted(tally.imported.items())
        },
        skipped=dict(sorted(tally.skipped.items())),
        failed={table: (error.message, error.hint) for table, error in sorted(tally.failed.items())},
        left=tally.left,
        owners=dict(sorted(tally.owners.items())),
    )
    screen.show(imported_page(report))
    for text in tally.left_alone:
        screen.aside(f"Left alone: {text}.")
    tell_unmarked(screen, tally.unmarked)
