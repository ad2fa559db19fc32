"""Reads JSON of other programs: MongoDB's extended JSON (v1, v2), and DynamoDB JSON with nulls for absent types."""

from __future__ import annotations

import datetime
from typing import Any

from dynaops.data.notes import LoadNote
from dynaops.data.parsing.exact_json import Exact

_TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})
_NUMBERS = ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal")
EXTENDED_NAMES = (b'{"$oid"', b'{"$date"', b'{"$number', b'{"$binary"')
EXTENDED_NOTE = LoadNote(
    "extended-json",
    "",
    "MongoDB's extended JSON is read as what it stands for: $oid, $date, $binary as text, $number.. as numbers",
)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def extended(value: dict[str, Any]) -> Any:
    """The value of an object of extended JSON; the object itself if it is not a known one."""
    ((name, content),) = value.items()
    if name in ("$oid", "$uuid") and type(content) is str:
        return content
    if name in _NUMBERS and type(content) is str:
        return Exact(content)
    if name == "$date":
        return _date(content, value)
    if name == "$binary" and type(content) is dict and type(content.get("base64")) is str:
        return content["base64"]
    return value


def _date(content: Any, value: Any) -> Any:
    if type(content) is dict:
        content = content.get("$numberLong")
    if type(content) is str and not content.lstrip("-").isdigit():
        return content
    try:
        at = _EPOCH + datetime.timedelta(milliseconds=int(str(content)))
    except (ValueError, OverflowError):
        return value
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def without_absent(item: dict[str, Any]) -> dict[str, Any]:
    """An item of DynamoDB JSON without null types and attributes, which DuckDB and Spark write for absent ones."""
    return {name: _present(value) for name, value in item.items() if not _is_absent(value)}


def _is_absent(value: Any) -> bool:
    if value is None:
        return True
    return bool(
        type(value) is dict
        and value
        and value.keys() <= _TYPES
        and all(content is None for content in value.values())
    )


def _present(value: Any) -> Any:
    if type(value) is not dict or not value.keys() <= _TYPES:
        return value
    present = {name: content for name, content in value.items() if content is not None}
    if type(present.get("M")) is dict:
        present["M"] = without_absent(present["M"])
    if type(present.get("L")) is list:
        present["L"] = [_present(content) for content in present["L"]]
    return present
