"""The files of a load: its rejects and its checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from dynaops.cli.screen import Screen, notice
from dynaops.data.rejects import ENDING, fresh, latest, rejects_name
from dynaops.data.table_info import file_stem
from dynaops.data.unfinished import KEPT_DAYS, Unfinished, clean
from dynaops.model.errors import DynaopsError
from dynaops.views import wording


def new_rejects(path: str | None, stem: str, files: Sequence[str], share: str) -> Path:
    """The path of the rejects file of a new load."""
    if path is not None:
        return Path(path)
    return fresh(Path(rejects_name(stem, list(files), share, datetime.now(UTC))))


def check_rejects(path: Path, files: Sequence[str], rejects: bool, resumed: bool) -> None:
    """Raise DynaopsError if the rejects file would overwrite an input, or the rejects of another load."""
    for file in files:
        with suppress(OSError):
            if path.exists() and Path(file).samefile(path):
                raise DynaopsError(
                    f"{path} cannot be loaded and be where rejects go", "Name another with --rejects."
                )
    if rejects and not resumed and path.is_file() and path.stat().st_size:
        raise DynaopsError(
            f"--rejects: {path} is there already, with the rejects of another load",
            "Name another file, or move that one.",
        )


def check_unfinished(
    left: Unfinished | None, load_name: str, fingerprint: str, resume: bool, restart: bool, screen: Screen
) -> None:
    """Compare the request with an unfinished earlier load. `load_name` is such as ``users from a.jsonl``.

    Raises DynaopsError if there is nothing to resume, or if there is an unfinished load and --resume is not given.
    """
    if resume:
        if left is None:
            raise DynaopsError(
                f"There is nothing to resume: no load of {load_name} is unfinished",
                "It has ended, or it was begun with other files, options or settings. "
                "Without --resume it is loaded from the beginning.",
            )
        return
    if left is None or left.complete or restart:
        return
    rows = f"{wording.count(left.rows, 'row')} confirmed, {left.moment:%Y-%m-%d %H:%M} UTC"
    about = f"An unfinished load of {load_name} is there: {rows}"
    if left.fingerprint == fingerprint:
        raise DynaopsError(about, "--resume goes on with it; --restart begins anew.")
    screen.aside(f"note: {about}. Its input or options were others, so this load begins anew.")


def check_resumed_rejects(left: Unfinished | None, path: str | None) -> None:
    """Raise DynaopsError if a resumed load is given another rejects file."""
    if left is not None and left.rejects and path is not None and Path(path) != Path(left.rejects):
        raise DynaopsError(
            f"--rejects: the rejects of the load that is resumed are in {left.rejects}",
            "Leave out --rejects, or begin anew with --restart.",
        )


def clean_up(folder: Path, screen: Screen, keep: Path | None = None) -> None:
    """Remove old checkpoints except `keep`, and report those of unfinished loads."""
    abandoned = clean(folder, keep)
    if abandoned:
        files = wording.count(abandoned, "checkpoint")
        screen.aside(
            f"note: {files} of loads or exports that had not ended, older than {KEPT_DAYS} days, removed from {folder}."
        )


def newest_rejects(table: str) -> str:
    """The newest rejects file of a table's loads, which is also shown. Raises DynaopsError if there is none."""
    stem = file_stem(table)
    newest = latest(stem)
    if newest is None:
        raise DynaopsError(
            f"There is no file {stem}.*{ENDING} here", "Name the rejects file: --from-rejects FILE."
        )
    notice(f"the rejected rows in {newest} are loaded again")
    return str(newest)
