"""Records of restore drills beside a state: the last drill of each table, and the time of its last success."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from dynaops.stores.side_files import Folder, UnreadableFile

KIND = "drills"


def write_drill(folder: Folder, region: str, table: str, drill: dict[str, Any]) -> None:
    """Save a table's last drill; `drill` has ``at`` (epoch seconds) and ``identical``. Raises DynaopsError."""
    before = _read(folder, region, table) or {}
    succeeded_at = drill["at"] if drill["identical"] else before.get("succeeded_at")
    data = {**drill, "succeeded_at": succeeded_at}
    folder.write(_name(region, table), orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def read_drills(folder: Folder, tables: Iterable[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """The last drills by ``region/name``, for tables given as (region, name). A damaged record counts as none.

    Raises DynaopsError if the folder cannot be read.
    """
    drills = {f"{region}/{table}": _read(folder, region, table) for region, table in tables}
    return {name: drill for name, drill in drills.items() if drill is not None}


def _read(folder: Folder, region: str, table: str) -> dict[str, Any] | None:
    try:
        drill = orjson.loads(folder.read(_name(region, table)) or b"null")
    except (UnreadableFile, ValueError):
        return None
    return drill if isinstance(drill, dict) and type(drill.get("at")) is int else None


def _name(region: str, table: str) -> str:
    return f"{region}/{table}.json"
