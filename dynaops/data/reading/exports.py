"""AWS's table exports: manifests that name the data files (Developer Guide, DynamoDB table export output format)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dynaops.data.parsing.malformed import Malformed
from dynaops.data.parsing.numbers import exactly
from dynaops.model.errors import DynaopsError

MOST_BYTES = 256 << 20
"""Of a manifest. AWS writes about 300 bytes for each data file."""
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
    return list(checksums(text, name))


def checksums(text: bytes, name: str) -> dict[str, str]:
    """The MD5 (base64; empty where it is not told) of each data file that holds any item, by its key.

    Raises DynaopsError.
    """
    sums: dict[str, str] = {}
    files: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        entry = _read(line, f"{name}, line {number}")
        if entry.get("itemCount") == 0:
            continue
        key, md5 = entry.get("dataFileS3Key"), entry.get("md5Checksum", "")
        if not isinstance(key, str) or not isinstance(md5, str):
            raise DynaopsError(f"{name}, line {number}: a data file's key and checksum are texts")
        file = key.rpartition("/")[2]
        if file in ("", ".", "..") or not file.isprintable() or "\\" in file:
            raise DynaopsError(f"{name}, line {number}: the key {key[:200]!r} names no file")
        if file in files:
            raise DynaopsError(f"{name}, line {number}: the file {file[:200]!r} is there twice")
        files.add(file)
        sums[key] = md5
    return sums


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
        found = exactly(text)
    except Malformed as error:
        raise DynaopsError(f"{name} is no manifest of an export: {error}") from error
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DynaopsError(f"{name} is no manifest of an export")
    if found.get("itemCount") == "0":  # a number, by its text
        found["itemCount"] = 0
    return found
