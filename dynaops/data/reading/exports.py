"""AWS's table exports: manifests that name the data files (Developer Guide, DynamoDB table export output format)."""

from __future__ import annotations

from typing import Any, NamedTuple

from dynaops.data.parsing.exact_json import exactly
from dynaops.data.reading.damage import DamagedInput
from dynaops.data.reading.inputs import Expected, Input
from dynaops.data.rows import InputFault
from dynaops.model.errors import DynaopsError
from dynaops.values.malformed import MalformedRow

SUMMARY, FILES = "manifest-summary.json", "manifest-files.json"


def is_manifest(name: str) -> bool:
    """Whether a file is one of an export's two manifests, by its name."""
    return name.rpartition("/")[2] in (SUMMARY, FILES)


class ExportSummary(NamedTuple):
    """What an export's summary says; what it does not say is empty or None. Times are in ISO 8601, UTC."""

    name: str
    incremental: bool
    table: str
    begins: str
    """Of an incremental export: the time from which on it has changes."""
    ends: str
    """The time of a full export's items; of an incremental export the end of its changes."""
    items: int | None

    def described(self) -> str:
        """One line for people."""
        kind = f"incremental, {self.begins} to {self.ends}" if self.incremental else f"full, of {self.ends}"
        return f"{self.name} ({kind}" + (f", table {self.table})" if self.table else ")")


class DataFile(NamedTuple):
    """A data file that a manifest lists. `line` is the manifest's."""

    key: str
    items: int | None
    md5: str
    line: int

    @property
    def file(self) -> str:
        """The name without folders."""
        return self.key.rpartition("/")[2]


def summary_of(text: bytes, name: str) -> ExportSummary:
    """An export's summary. Raises DynaopsError where it is none, or of an export in a format that is not read."""
    summary = _read(text, name)
    if summary.get("outputFormat") != "DYNAMODB_JSON":
        raise DynaopsError(
            f"{name} is of an export in {summary.get('outputFormat')}",
            "Export in DYNAMODB_JSON, which load-data reads.",
        )
    kind = summary.get("exportType") or "FULL_EXPORT"
    if kind not in ("FULL_EXPORT", "INCREMENTAL_EXPORT"):
        raise DynaopsError(f"{name} is of an export of a kind that is not known: {kind}")
    incremental = kind == "INCREMENTAL_EXPORT"
    return ExportSummary(
        name,
        incremental,
        str(summary.get("tableArn") or "").partition("table/")[2].partition("/")[0],
        str(summary.get("exportFromTime") or ""),
        str(summary.get("exportToTime" if incremental else "exportTime") or ""),
        _count(summary.get("itemCount"), name),
    )


def data_files(text: bytes, name: str) -> tuple[list[DataFile], InputFault | None]:
    """All data files of a manifest, and what is wrong with its last line, if that is cut off.

    Raises DynaopsError where any other line is not a manifest's.
    """
    files: dict[str, DataFile] = {}
    lines = text.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = _read(line, f"{name}, line {number}")
        except DynaopsError:
            if number != len(lines) or not files:
                raise
            where = f"{name}, line {number}: the file ends within this line"
            return list(files.values()), InputFault(
                where, "Get the manifest again, whole: data files are missing."
            )
        data_file = _data_file(entry, name, number)
        if data_file.file in files:
            raise DynaopsError(f"{name}, line {number}: the file {data_file.file[:200]!r} is there twice")
        files[data_file.file] = data_file
    return list(files.values()), None


def check_expected(source: Input, expected: Expected, md5: str, items: int) -> None:
    """Compare a data file with its manifest; `md5` is empty where it is not known. Raises DamagedInput."""
    hint = "Get the file again, or the manifest that belongs to it. Its rows are written as they are in the file."
    if expected.items is not None and items != expected.items:
        raise DamagedInput(f"{source.name} holds {items} items, the manifest says {expected.items}", hint)
    if expected.md5 and md5 and md5 != expected.md5:
        raise DamagedInput(f"{source.name} is not the file of the manifest: its MD5 is another", hint)


def checksums(text: bytes, name: str) -> dict[str, str]:
    """The MD5 (base64; empty where it is not told) of each data file that holds any item, by its key.

    Raises DynaopsError.
    """
    files, fault = data_files(text, name)
    if fault is not None:
        raise DynaopsError(*fault)
    return {file.key: file.md5 for file in files if file.items != 0}


def _data_file(entry: dict[str, Any], name: str, number: int) -> DataFile:
    key, md5 = entry.get("dataFileS3Key"), entry.get("md5Checksum") or ""
    if not isinstance(key, str) or not isinstance(md5, str):
        raise DynaopsError(f"{name}, line {number}: a data file's key and checksum are texts")
    file = key.rpartition("/")[2]
    if file in ("", ".", "..") or not file.isprintable() or "\\" in file:
        raise DynaopsError(f"{name}, line {number}: the key {key[:200]!r} names no file")
    return DataFile(key, _count(entry.get("itemCount"), f"{name}, line {number}"), md5, number)


def _count(value: Any, name: str) -> int | None:
    if value is None:
        return None
    if not str(value).isdigit():
        raise DynaopsError(f"{name}: itemCount is a number, not {str(value)[:50]!r}")
    return int(str(value))


def _read(text: bytes, name: str) -> dict[str, Any]:
    try:
        manifest = exactly(text)
    except MalformedRow as error:
        raise DynaopsError(f"{name} is no manifest of an export: {error}") from error
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict):
        raise DynaopsError(f"{name} is no manifest of an export")
    return manifest
