"""Finds the checkpoints of loads that have not ended, renames them for a new load, and removes old ones."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

KEPT_DAYS = 30
_KEPT_SECONDS = KEPT_DAYS * 86_400


class Unfinished(NamedTuple):
    """A load that ended before the end of its input.

    `rows` counts those of confirmed blocks, `moment` is the save time.
    """

    path: Path
    fingerprint: str
    rows: int
    moment: datetime
    rejects: str | None
    complete: bool
    """Whether the load had ended, and was killed before it removed its checkpoint."""


def unfinished(path: Path) -> Unfinished | None:
    """The unfinished load of the checkpoint at `path`; None if there is none, or it cannot be read."""
    data = _read(path)
    if data is None:
        return None
    with suppress(OSError, KeyError, TypeError, ValueError):
        return Unfinished(
            path,
            str(data["fingerprint"]),
            int(data["counts"]["read"]) + sum(int(block["counts"]["read"]) for block in data["beyond"]),
            datetime.fromtimestamp(path.stat().st_mtime, UTC),
            data.get("rejects"),
            bool(data["complete"]),
        )
    return None


def set_aside(path: Path) -> Path | None:
    """Rename a checkpoint, so that a new load can use its path; returns the new path, None if there was no checkpoint.

    The checkpoint of a load that has sent nothing is deleted.
    """
    data = _read(path)
    if data is None and not path.exists():
        return None
    if data is not None and (
        data.get("complete") or not (data.get("begun") or data.get("block") or data.get("beyond"))
    ):
        path.unlink(missing_ok=True)
        return None
    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    renamed = path.with_name(f"{path.stem}-{moment:%Y%m%dT%H%M%SZ}{path.suffix}")
    path.rename(renamed)
    return renamed


def clean(folder: Path, keep: Path | None = None, now: float | None = None) -> int:
    """Remove the files of ended loads and exports in `folder`, and files older than 30 days.

    `keep` is not removed. Returns how many checkpoints of unfinished loads were removed.
    """
    moment = time.time() if now is None else now
    abandoned = 0
    for path in _files(folder):
        if path == keep:
            continue
        with suppress(OSError):
            old = moment - path.stat().st_mtime > _KEPT_SECONDS
            if path.suffix == ".json":
                ended = bool((_read(path) or {}).get("complete"))
                abandoned += old and not ended
                if old or ended:
                    path.unlink()
            elif old:
                path.unlink()
    return abandoned


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix in (".json", ".lock", ".part")]
    except OSError:
        return []


def _read(path: Path) -> dict[str, Any] | None:
    try:
        checkpoint = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return checkpoint if isinstance(checkpoint, dict) else None
