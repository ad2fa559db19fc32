"""Notes about the columns of Parquet, Arrow and ORC files, and the columns that are left out."""

from __future__ import annotations

import json
from typing import Any

from dynaops.data.notes import LoadNote

_KNOWN = ("arrow.uuid", "arrow.json", "arrow.bool8", "pandas.period")
"""Extension types that are interpreted, or rejected."""


def index_columns(schema: Any) -> list[str]:
    """The unnamed index columns of pandas, with the numbers of its rows."""
    names = [name for name in schema.names if name.startswith("__index_level_")]
    try:
        index_names = json.loads((schema.metadata or {}).get(b"pandas", b"{}")).get("index_columns", [])
    except (ValueError, AttributeError):
        return []
    return [name for name in names if name in index_names]


def notes(schema: Any) -> tuple[LoadNote, ...]:
    """Notes about a file's columns."""
    from dynaops.data.parsing.arrow_cells import extension_name

    notes_found = []
    index = index_columns(schema)
    if index:
        text = f"pandas' index is not loaded: {', '.join(index)} (give it a name, or write with index=False)"
        notes_found.append(LoadNote("pandas-index", "", text))
    for field in schema:
        zone = getattr(field.type, "tz", None)
        if zone is not None and zone.upper() not in ("UTC", "Z", "+00:00") and zone[:1] not in "+-":
            text = f"The times of {field.name!r} are shown in {zone} by other tools; they are written in UTC, with Z"
            notes_found.append(LoadNote("time-zone", field.name, text))
        name = extension_name(field)
        if name and name not in _KNOWN:
            text = (
                f"{field.name!r} is of the unknown extension type {name!r}: what is stored for it is loaded"
            )
            notes_found.append(LoadNote("extension-type", field.name, text))
    return tuple(notes_found)
