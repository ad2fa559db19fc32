"""Selects the exports in a folder that are loaded, their order, and their data files.

A full export is a table's items at one time; an incremental one holds, for each item that changed between two times,
its last state (Developer Guide, DynamoDB table export output format). So incremental exports are applied after a full
one in the order of their times, and those that ended before the full one are not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from dynaops.data.notes import LoadNote
from dynaops.data.reading.exports import FILES, SUMMARY, DataFile, ExportSummary, data_files, summary_of
from dynaops.data.reading.inputs import Expected, Input
from dynaops.data.reading.tree import FileTree, TreeFile
from dynaops.data.rows import InputFault
from dynaops.model.errors import DynaopsError


class TableExport(NamedTuple):
    """An export by the folder that its manifests are in. `summary` is None where there is only the list of files."""

    folder: str
    name: str
    summary: ExportSummary | None


class Chosen(NamedTuple):
    """What is loaded, what a user should know of it, and what cannot be read."""

    inputs: list[Input]
    notes: list[LoadNote]
    faults: list[InputFault]


def exports_in(manifests: Sequence[TreeFile]) -> list[TableExport]:
    """The exports that some manifests are of. Raises DynaopsError."""
    folders: dict[str, dict[str, TreeFile]] = {}
    for entry in manifests:
        folder, _, file = entry.key.rpartition("/")
        folders.setdefault(folder, {})[file] = entry
    exports = []
    for folder, files in folders.items():
        first = files.get(SUMMARY)
        summary = summary_of(first.whole(), first.name) if first else None
        exports.append(TableExport(folder, (first or files[FILES]).name, summary))
    return exports


def choose(exports: Sequence[TableExport], where: str) -> tuple[list[TableExport], list[LoadNote]]:
    """The exports to load, in order. Raises DynaopsError where that is not clear."""
    if len(exports) == 1:
        return list(exports), []
    full = [export for export in exports if export.summary is None or not export.summary.incremental]
    if len(full) > 1 or len({export.summary.table for export in exports if export.summary}) > 1:
        listed = [export.summary.described() if export.summary else export.name for export in exports]
        kinds = "full exports" if len(full) > 1 else "exports of several tables"
        raise DynaopsError(
            f"There are {len(full) if len(full) > 1 else len(exports)} {kinds} in {where}:\n  "
            + "\n  ".join(listed),
            "Name the folder of the one to load.",
        )
    at = full[0].summary.ends if full and full[0].summary else ""
    changes = sorted(
        (export.summary.begins, export) for export in exports if export.summary and export.summary.incremental
    )
    needed = [export for _, export in changes if export.summary and not (at and export.summary.ends <= at)]
    notes = [_order(full + needed), *_gaps(full + needed)]
    for _, export in changes:
        if export not in needed:
            text = f"The incremental export {export.name} ended before the full one began, and is not read"
            notes.append(LoadNote("export-not-needed", export.name, text))
    return full + needed, notes


def inputs_of(export: TableExport, tree: FileTree, table: str) -> Chosen:
    """The data files of an export, to be checked as they are read. Raises DynaopsError where one is missing."""
    prefix = f"{export.folder}/" if export.folder else ""
    manifest = tree.find(prefix + FILES)
    if manifest is None:
        raise DynaopsError(f"There is no {FILES} beside {export.name}")
    files, fault = data_files(manifest.whole(), manifest.name)
    inputs, faults = [], [fault] if fault else []
    for file in files:
        if file.items == 0:
            continue
        entry = _beside(export.folder, file, tree)
        if entry is None:
            where = f"{manifest.name}, line {file.line}"
            faults.append(
                InputFault(f"{where} names {file.key}, which is not there", "Get the data file, too.")
            )
            continue
        source = entry.open(True)
        source.expected = Expected(file.items, file.md5)
        inputs.append(source)
    if files and not inputs and faults:
        raise DynaopsError(*faults[0])
    notes = []
    if export.summary is not None:
        if fault is None:
            faults += _total(export.summary, files, manifest.name)
        if table and export.summary.table and export.summary.table != table:
            text = f"{export.name} is of the table {export.summary.table!r}, not of {table!r}"
            notes.append(LoadNote("export-of-other-table", export.summary.table, text))
        if export.summary.incremental:
            text = f"{export.name} is an incremental export: items are put, and those that were deleted are deleted"
            notes.append(LoadNote("incremental-export", export.name, text))
    return Chosen(inputs, notes, faults)


def _beside(folder: str, file: DataFile, tree: FileTree) -> TreeFile | None:
    """A data file: beside the manifest (also of copies), a folder above (incremental exports), or by its key."""
    above = folder.rpartition("/")[0]
    for inside in (folder, above):
        entry = tree.find(f"{inside}/data/{file.file}" if inside else f"data/{file.file}")
        if entry is not None:
            return entry
    return tree.find(file.key)


def _total(summary: ExportSummary, files: Sequence[DataFile], name: str) -> list[InputFault]:
    listed = [file.items for file in files]
    if summary.items is None or None in listed:
        return []
    total = sum(filter(None, listed))
    if total == summary.items:
        return []
    return [
        InputFault(
            f"{summary.name} counts {summary.items} items, the files that {name} lists have {total}",
            "Get both manifests again: data files may be missing.",
        )
    ]


def _order(exports: Sequence[TableExport]) -> LoadNote:
    names = ", ".join(export.summary.described() if export.summary else export.name for export in exports)
    return LoadNote("export-order", "", f"Exports are loaded in this order: {names}")


def _gaps(exports: Sequence[TableExport]) -> list[LoadNote]:
    """Notes about times between two exports of which no changes are at hand."""
    notes = []
    for before, after in pairwise(exports):
        if before.summary and after.summary and before.summary.ends < after.summary.begins:
            text = (
                f"There is no export of the changes between {before.summary.ends} and {after.summary.begins}: "
                "the table may lack them"
            )
            notes.append(LoadNote("export-gap", after.name, text))
    return notes
