"""AWS's table exports: manifests that name the data files (Developer Guide, DynamoDB table export output format)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from dynaops.model.errors import DynaopsError

SUMMARY, FILES = "manifest-summary.json", "manifest-files.json"


def is_manifest(name: str) -> bool:
    """Whether a file is one of an export's two manifests, by its name."""
    return name.rpartition("/")[2] in (SUMMARY, FILES)


def check_summary(text: bytes, name: str) -> dict[str, Any]:
    """An export's summary. Raises DynaopsError where it is none, or of an export that holds no items to load."""
    summary = _read(text, name)
    if summary.get("outputFormat") != "DYNAMODB_JSON":
        raise DynaopsError(
            f"{name} is of an export in {summary.get('outputFormat')}",
            "Export in DYNAMODB_JSON, which load-data reads.",
        )
    if summary.get("exportType", "FULL_EXPORT") != "FULL_EXPORT":
        raise DynaopsError(
            f"{name} is of an incremental export: changes, not items",
            "Make a full export, or apply the changes in order.",
        )
    return summary


def data_files(text: bytes, name: str) -> list[str]:
    """The keys of the data files that hold any item. Raises DynaopsError."""
    entries = [_read(line, name) for line in text.splitlines() if line.strip()]
    return [str(one["dataFileS3Key"]) for one in entries if one.get("itemCount") != 0]


def checksums(text: bytes, name: str) -> dict[str, str]:
    """The MD5 (base64; empty where it is not told) of each data file that holds any item, by its key.

    Raises DynaopsError.
    """
    entries = [_read(line, name) for line in text.splitlines() if line.strip()]
    return {
        str(one["dataFileS3Key"]): str(one.get("md5Checksum", ""))
        for one in entries
        if one.get("itemCount") != 0
    }


def without_manifests(names: Iterable[str]) -> list[str]:
    """Those of a folder's files that are data."""
    return [
        name
        for name in names
        if not (
            name.endswith((".md5", "/"))
            or is_manifest(name)
            or name.rpartition("/")[2].startswith(("_", "."))
        )
    ]


def _read(text: bytes, name: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DynaopsError(f"{name} is no manifest of an export")
    return found
