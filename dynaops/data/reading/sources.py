"""Expands load-data's arguments: files, folders, S3 objects and prefixes, export manifests, stdin, globs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from dynaops.aws.session import Aws
from dynaops.data.notes import LoadNote
from dynaops.data.reading import exports, globs
from dynaops.data.reading.export_choice import TableExport, choose, exports_in, inputs_of
from dynaops.data.reading.inputs import STDIN, Input, LocalInput, StdinInput
from dynaops.data.reading.partitions import with_partitions
from dynaops.data.reading.tree import FileTree, LocalTree, S3Tree, TreeFile
from dynaops.data.rows import InputFault
from dynaops.model.errors import DynaopsError

_S3 = "s3://"
_BESIDE = (".md5", ".crc")
"""Ends of names of checksums, which Hadoop and AWS put beside data files."""
_SHOWN = 3


class Inputs(NamedTuple):
    """All inputs, in order; what a user should know of them; and what of them cannot be read, told after the load.

    `tables`: of which table all of an input is, by its name, where an export's manifest or a dump's schema says so.
    """

    inputs: list[Input]
    notes: list[LoadNote]
    faults: list[InputFault]
    tables: dict[str, str]

    def add(self, more: Inputs) -> None:
        """Take over what another argument names."""
        self.inputs.extend(more.inputs)
        self.notes.extend(more.notes)
        self.faults.extend(more.faults)
        self.tables.update(more.tables)


def expand(
    arguments: Sequence[str],
    aws: Callable[[], Aws],
    table: str | None = "",
    partitions: bool = False,
) -> Inputs:
    """The inputs that `arguments` name, in their order. `aws` is asked for where one is in S3. Raises DynaopsError.

    `table` is the one to be loaded; exports of another are noted. None: the inputs may be of several tables, each to be
    loaded into its own. `partitions`: folders' names are attributes.
    """
    if list(arguments).count(STDIN) > 1:
        raise DynaopsError("Standard input (-) can be read only once")
    inputs = Inputs([], [], [], {})
    for argument in arguments:
        if argument == STDIN:
            inputs.inputs.append(StdinInput())
        else:
            part = _in_s3(argument, aws(), table) if argument.startswith(_S3) else _local(argument, table)
            inputs.add(part)
    inputs.notes.extend(with_partitions(inputs.inputs, partitions))
    return inputs


def _local(argument: str, table: str | None) -> Inputs:
    path, tree = Path(argument), LocalTree()
    if globs.is_glob(argument) and not path.exists():
        entries, passed = globs.local(argument, tree)
        return _of_files(entries, passed, tree, argument, globs.folder_part(argument), table)
    if path.is_dir():
        base = path.as_posix()
        entries, passed = tree.below(base)
        return _of_files(
            entries, passed, tree, argument, "" if base == "." else f"{base.rstrip('/')}/", table
        )
    if exports.is_manifest(path.name):
        entry = tree.find(path.as_posix())
        if entry is None:
            raise DynaopsError(f"{path} is no file")
        return _of_exports([entry], tree, argument, table)
    return Inputs([LocalInput(path)], [], [], {})


def _in_s3(url: str, aws: Aws, table: str | None) -> Inputs:
    bucket, _, key = url.removeprefix(_S3).partition("/")
    if not bucket:
        raise DynaopsError(f"{url} names no bucket", "Write it as s3://BUCKET/KEY or s3://BUCKET/PREFIX/.")
    tree = S3Tree(aws, bucket)
    literal = globs.literal_part(key)
    listed, passed = tree.below(literal)
    whole = next((entry for entry in listed if entry.key == key), None)
    if whole is not None:
        if exports.is_manifest(key):
            return _of_exports([whole], tree, url, table)
        return Inputs([whole.open(False)], [], [], {})
    if globs.is_glob(key):
        matching = [entry for entry in listed if globs.matches(key, entry.key)]
        if not matching:
            raise DynaopsError(f"No object matches {url}", "Check the name and the region (--region).")
        return _of_files(matching, passed, tree, url, globs.folder_part(key), table)
    folder = key if not key or key.endswith("/") else f"{key}/"
    below = [entry for entry in listed if entry.key.startswith(folder)]
    if not below:
        raise DynaopsError(
            f"There is no object to load at {url}", "Check the name and the region (--region)."
        )
    return _of_files(below, passed, tree, url, folder, table)


def _of_exports(manifests: Sequence[TreeFile], tree: FileTree, where: str, table: str | None) -> Inputs:
    table_exports = exports_in(manifests)
    groups = list(_by_table(table_exports).items()) if table is None else [(table, table_exports)]
    inputs = Inputs([], [], [], {})
    for name, group in groups:
        chosen, notes = choose(group, where)
        inputs.notes.extend(notes)
        for export in chosen:
            part = inputs_of(export, tree, name)
            tables = {source.name: name for source in part.inputs} if table is None and name else {}
            inputs.add(Inputs(*part, tables))
    return inputs


def _by_table(exports: Sequence[TableExport]) -> dict[str, list[TableExport]]:
    """Exports by their table's name, "" where it is not told."""
    groups: dict[str, list[TableExport]] = {}
    for export in exports:
        groups.setdefault(export.summary.table if export.summary else "", []).append(export)
    return groups


def _of_files(
    entries: Sequence[TreeFile],
    passed: Sequence[str],
    tree: FileTree,
    where: str,
    base: str,
    table: str | None,
) -> Inputs:
    """The data among some files, all of them below the path `base`."""
    manifests = [entry for entry in entries if exports.is_manifest(entry.key)]
    data = [entry for entry in entries if not _is_hidden(entry.key, base) and entry not in manifests]
    if manifests:
        inputs = _of_exports(manifests, tree, where, table)
        used = {source.name for source in inputs.inputs}
        beside = [entry.name for entry in data if entry.name not in used and "/data/" not in entry.name]
        if beside:
            inputs.notes.append(_left_out("not-in-export", "are in no manifest of an export", beside))
        return inputs
    schemas = _dumped_schemas(data)
    hidden = [entry.name for entry in entries if entry not in data]
    data = [entry for entry in data if entry not in schemas]
    if not data:
        raise DynaopsError(f"There is no file to load in {where}")
    if len(schemas) > 1 and table is not None:
        names = ", ".join(entry.name for entry in schemas)
        raise DynaopsError(
            f"{where} holds dumps of several tables: {names}",
            "Name the folder of the table to load, or load each into its own with --table-from-file.",
        )
    notes = []
    if hidden or passed:
        notes.append(_left_out("files-not-read", "are not data by their names", [*passed, *hidden]))
    for schema in schemas[:1] if table is not None else schemas:
        text = f"{schema.name} describes the table and is not read as a row (dynamodump)"
        notes.append(LoadNote("dynamodump", "", text))
    tables = _tables_of_dumps(schemas, data) if table is None else {}
    return Inputs([entry.open(False) for entry in data], notes, [], tables)


def _is_hidden(key: str, base: str) -> bool:
    """Whether a file is not data by its name, or by that of a folder of it below `base`."""
    *folders, name = key.removeprefix(base).split("/")
    inside_hidden = any(folder.startswith((".", "_")) and "=" not in folder for folder in folders)
    return inside_hidden or name.startswith((".", "_")) or name.endswith(_BESIDE)


def _dumped_schemas(entries: Sequence[TreeFile]) -> list[TreeFile]:
    """The schema.json files of dynamodump: those with a folder ``data`` beside them."""
    return [
        entry
        for entry in entries
        if entry.key.rpartition("/")[2] == "schema.json"
        and any(other.key.startswith(entry.key.removesuffix("schema.json") + "data/") for other in entries)
    ]


def _tables_of_dumps(schemas: Sequence[TreeFile], data: Sequence[TreeFile]) -> dict[str, str]:
    """The tables of the data files of dynamodump, by their names. Raises DynaopsError where a schema names none."""
    tables = {}
    for schema in schemas:
        try:
            name = orjson.loads(schema.whole())["Table"]["TableName"]
        except (ValueError, LookupError, TypeError):
            name = None
        if not isinstance(name, str):
            raise DynaopsError(
                f"{schema.name} names no table, as the schema of dynamodump does (Table.TableName)"
            )
        folder = schema.key.removesuffix("schema.json") + "data/"
        tables.update({entry.name: name for entry in data if entry.key.startswith(folder)})
    return tables


def _left_out(kind: str, why: str, names: Sequence[str]) -> LoadNote:
    shown = ", ".join(names[:_SHOWN]) + (", .." if len(names) > _SHOWN else "")
    count = "1 file" if len(names) == 1 else f"{len(names)} files"
    return LoadNote(kind, "", f"Not read, as they {why}: {count} ({shown})")
