"""load-data --table-from-file: load the rows into the tables that the input names, one table after another."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from dynaops.cli import wiring
from dynaops.cli.planning.account_check import region_of
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.transfer.load import (
    LoadRequest,
    load_one,
    options_of,
    rehearse_one,
    tell_what_is_read,
    with_ttl,
)
from dynaops.data.checkpoint import checkpoint_path
from dynaops.data.load import checkpoint_of
from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.data.recount import CountsDiffer
from dynaops.data.table_info import TableInfo, describe
from dynaops.data.tables_named import NamedTables, tables_named
from dynaops.data.unfinished import unfinished
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.stores.files import failure, make_directory
from dynaops.stores.files import replace as replace_file
from dynaops.views import wording

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_RECORD = "tables-from-file"


def run(request: LoadRequest, settings: GlobalSettings, dry_run: bool) -> int:
    """Load the rows of each table, or only rehearse. Returns the worst exit code of the tables."""
    _check_first(request.files)
    reading = request.reading()
    aws = wiring.aws(settings)
    named_tables = tables_named(request.files, lambda: aws, reading, lambda _: None)
    _check(named_tables)
    targets = _targets(list(named_tables.rows), settings, aws)
    screen = Screen(settings)
    rows = ", ".join(
        f"{table} ({wording.count(count, 'row')})" for table, count in named_tables.rows.items() if count
    )
    screen.aside(f"Tables that the input names: {rows or ', '.join(named_tables.rows)}.")
    record = None if dry_run else _Record(request, settings, named_tables.fingerprint)
    documents: list[dict[str, Any]] = []
    worst: int = Exit.OK
    for number, (table, target) in enumerate(targets.items()):
        if record and table in record.done:
            screen.aside(f"{table}: loaded by the run that is resumed.")
            worst = max(worst, record.done[table])
            continue
        if not screen.json:
            screen.say(f"Table {table} ({number + 1} of {len(targets)}):")
        read_options = replace(reading, table=table, named_only=True, unnamed=number == 0)
        own = replace(request, table=target.name)
        job = _TableLoad(own, settings, aws, target, read_options, screen)
        code, document, complete = (
            job.rehearse() if dry_run else job.load(record is not None and record.resumed)
        )
        documents.append({"source_table": table, **document})
        worst = max(worst, code)
        if not complete:
            break
        expected = named_tables.rows[table] + (named_tables.unnamed if number == 0 else 0)
        if not request.shard and document["read"] < expected:
            raise CountsDiffer(f"the input names {expected} rows of {table!r}, {document['read']} were read")
        if record:
            record.add(table, code)
    else:
        if record:
            record.forget()
    if screen.json:
        screen.document({"tables": documents})
    return worst


class _TableLoad:
    """The load of one of the tables."""

    def __init__(
        self,
        request: LoadRequest,
        settings: GlobalSettings,
        aws: Aws,
        target: TableInfo,
        reading: ReadOptions,
        screen: Screen,
    ) -> None:
        self._request = request
        self._settings = settings
        self._aws = aws
        self._target = target
        self._screen = screen
        self._prepared = with_ttl(prepare(request.files, target.keys, lambda: aws, reading), aws, target)
        tell_what_is_read(self._prepared, screen)

    def rehearse(self) -> tuple[int, dict[str, Any], bool]:
        """Check the rows. Returns (exit code, ``--json`` document, whether all was read)."""
        code, document = rehearse_one(self._request, self._target, self._prepared, self._screen)
        return code, document, not (self._request.fail_fast and document["rejected"])

    def load(self, resume: bool) -> tuple[int, dict[str, Any], bool]:
        """Load the rows; returns as `rehearse`. `resume`: continue an unfinished load of this table, if any."""
        options = options_of(self._request, self._settings, self._target, self._prepared)
        path = checkpoint_of(self._aws, self._target.name, self._target.region, options)
        going_on = resume and unfinished(path) is not None
        request = replace(self._request, resume=going_on, restart=not going_on)
        code, document = load_one(
            request, self._settings, self._aws, self._target, self._prepared, self._screen
        )
        return code, document, document["complete"] or bool(document["faults"])


class _Record:
    """Records in a file which tables a run has loaded, for --resume. Raises DynaopsError."""

    def __init__(self, request: LoadRequest, settings: GlobalSettings, fingerprint: str) -> None:
        folder = wiring.beside_state(settings) / "load"
        about = {"inputs": [*request.files, request.shard or ""], "mode": request.mode}
        self._path: Path = checkpoint_path(folder, _RECORD, about)
        self._fingerprint = fingerprint
        self.done: dict[str, int] = {}
        self.resumed = request.resume
        recorded = self._read()
        if request.resume:
            if recorded is None:
                raise DynaopsError(
                    "There is nothing to resume: no such load with --table-from-file is unfinished",
                    "It has ended, or it was begun with other files, options or settings. "
                    "Without --resume it is loaded from the beginning.",
                )
            if recorded["fingerprint"] != fingerprint:
                raise DynaopsError(
                    "The input has changed since the load that is to be resumed",
                    "Restore it, or load again with --restart: from the beginning.",
                )
            self.done = {str(table): int(code) for table, code in recorded["done"].items()}
        elif recorded is not None and recorded["fingerprint"] == fingerprint and not request.restart:
            raise DynaopsError(
                "An unfinished load of these files with --table-from-file is there: "
                f"{wording.count(len(recorded['done']), 'table')} loaded",
                "--resume goes on with it; --restart begins anew.",
            )
        self._save()

    def add(self, table: str, code: int) -> None:
        """Record that a table is loaded, with its exit code."""
        self.done[table] = code
        self._save()

    def forget(self) -> None:
        """Delete the record: all tables are loaded."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _read(self) -> Mapping[str, Any] | None:
        try:
            data = orjson.loads(self._path.read_bytes())
            return {"fingerprint": data["fingerprint"], "done": dict(data["done"])}
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failure("read the checkpoint", self._path, error) from error
        except (ValueError, LookupError, TypeError) as error:
            raise DynaopsError(
                f"The checkpoint {self._path} is damaged",
                f"Remove it: all tables are loaded again ({error}).",
            ) from error

    def _save(self) -> None:
        data = {"complete": False, "fingerprint": self._fingerprint, "done": self.done}
        try:
            make_directory(self._path.parent)
            replace_file(self._path, orjson.dumps(data))
        except OSError as error:
            raise failure("save the checkpoint", self._path, error) from error


def _check_first(files: tuple[str, ...]) -> None:
    """Raise DynaopsError if the first argument is a table name instead of a file."""
    first = files[0]
    if len(files) > 1 and first.isprintable() and not (set(first) & set("/*?[")) and not Path(first).exists():
        raise DynaopsError(
            f"There is no file {first!r}", "With --table-from-file all arguments are files: name no table."
        )


def _check(named_tables: NamedTables) -> None:
    if not named_tables.repeatable:
        raise DynaopsError(
            "--table-from-file has to read the input several times, which stdin and pipes cannot give",
            "Load a file, or from s3://.",
        )
    if not named_tables.rows:
        raise DynaopsError(
            "The input names no table",
            "Requests of BatchWriteItem and TransactWriteItems, models, streams' records, dumps and exports "
            "do. Name the table of other rows: load-data TABLE FILE.",
        )


def _targets(tables: list[str], settings: GlobalSettings, aws: Aws) -> dict[str, TableInfo]:
    """The tables by their names in the input. Raises DynaopsError if one of them does not exist."""
    targets, errors = dict[str, TableInfo](), list[DynaopsError]()
    for table in tables:
        try:
            targets[table] = describe(aws, table, region_of(table, settings, aws))
        except DynaopsError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise DynaopsError(
            "; ".join(error.message for error in errors),
            "Nothing was written: each table that the input names has to exist. Make them with `dynaops apply`, "
            "or load one table's rows: load-data TABLE FILE.",
            errors[0].exit_code,
        )
    return targets
