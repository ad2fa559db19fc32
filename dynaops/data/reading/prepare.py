"""Prepares a load: detects all inputs, and builds their source and the options for parsing its blocks."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from dynaops.aws.session import Aws
from dynaops.data.notes import LoadNote
from dynaops.data.parsing.foreign_json import EXTENDED_NAMES, EXTENDED_NOTE
from dynaops.data.parsing.parse_options import Container, ParseOptions, Shard
from dynaops.data.reading import tabular
from dynaops.data.reading.applicable import check_applicable
from dynaops.data.reading.archives import is_workbook, is_zip, members
from dynaops.data.reading.csv_columns import CsvColumns
from dynaops.data.reading.csv_file import CsvOptions
from dynaops.data.reading.detect import FORMATS, Detected, detect, like
from dynaops.data.reading.inputs import Input
from dynaops.data.reading.rejects_input import rejected_rows
from dynaops.data.reading.source import FileSource
from dynaops.data.reading.sources import expand
from dynaops.data.reading.text_encoding import checked
from dynaops.data.rows import Keys
from dynaops.model.errors import DynaopsError
from dynaops.values.attributes import TYPES


@dataclass(frozen=True)
class ReadOptions:
    """How to read. `format` is one of FORMATS, None to find out. `types` say of attributes what types they are.

    `keys_only`: the rows are to be deleted. `keep_empty`: an empty cell of CSV is an empty string. `drop_nulls`: a null
    is an absent attribute. `sql_table` and `sheet` say which table of a database, which sheet of a workbook. Of CSV:
    `encoding` is a name that Python knows, `columns` name those of files without a header, `nulls` are the texts of
    cells that are no value; `strict_types`: a cell that does not fit what its column was taken for is rejected.
    `table` is the name that the rows' table has in the input.
    `deletes`: rows may be deletes. `partitions`: the names of folders (``dt=2026-01-01``) are attributes.
    """

    format: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    keys_only: bool = False
    keep_empty: bool = False
    shard: Shard | None = None
    drop_nulls: bool = False
    sql_table: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    columns: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    strict_types: bool = False
    table: str = ""
    deletes: bool = True
    partitions: bool = False
    rejects: bool = False
    """The inputs are rejects files of earlier loads, whose rows are loaded again."""
    named_only: bool = False
    """Only rows for which the input names `table` are read; "": those of all tables, to find out which there are."""
    unnamed: bool = False
    """With `named_only`: what names no table is rejected in this load."""
    mode: str = "put"
    """What is done with the rows: that of the load that rejected them."""


@dataclass(frozen=True)
class Prepared:
    """A source with its plan. `fingerprint` changes when either does; `names` are the inputs'."""

    source: FileSource
    plan: ParseOptions
    fingerprint: str
    names: tuple[str, ...]
    repeatable: bool
    """Whether it can be read again, as --resume has to."""
    tables: Mapping[str, str] = field(default_factory=dict)
    """With `named_only`: of which table all of an input is, by the input's name, where what is beside it says so."""
    notes: tuple[LoadNote, ...] = ()
    """What a user should know before the load: guesses, what is left out, what is not compared."""


def prepare(arguments: Sequence[str], keys: Keys, aws: Callable[[], Aws], options: ReadOptions) -> Prepared:
    """Detect all inputs. Raises DynaopsError if one cannot be read, or lacks a column for a key."""
    _check_types(options, keys)
    columns = CsvColumns()
    expanded = expand(arguments, aws, None if options.named_only else options.table, options.partitions)
    inputs = [
        source
        for source in expanded.inputs
        if not options.table or expanded.tables.get(source.name, options.table) == options.table
    ]
    detected = _detect_all(inputs, options, columns)
    check_applicable(_given_options(options), detected)
    _check_columns(detected, keys, options)
    guess = columns.guess({**keys.index_keys, **keys.types, **options.types})
    source = FileSource(detected, faults=expanded.faults)
    plan = ParseOptions(
        keys=keys,
        layouts={entry.source.name: entry.layout for entry in detected},
        types=dict(options.types),
        columns=guess.types,
        typed=options.format == "dynamodb",
        keys_only=options.keys_only,
        keep_empty=options.keep_empty,
        floats=guess.floats,
        strict_types=options.strict_types,
        nulls=options.nulls,
        drop_nulls=options.drop_nulls,
        shard=options.shard,
        table=options.table,
        deletes=options.deletes,
        partitions={
            entry.source.name: entry.source.partitions for entry in detected if entry.source.partitions
        },
        named_only=options.named_only,
        unnamed=options.unnamed,
        whole=frozenset(expanded.tables),
    )
    identity = f"{source.digest()} {_described(plan)}".encode()
    return Prepared(
        source,
        plan,
        hashlib.sha256(identity).hexdigest()[:32],
        tuple(entry.source.name for entry in detected),
        all(entry.source.size is not None for entry in detected),
        expanded.tables,
        notes=(
            *expanded.notes,
            *(
                EXTENDED_NOTE
                for entry in detected[:1]
                if any(name in entry.sample for name in EXTENDED_NAMES)
            ),
            *dict.fromkeys(note for entry in detected for note in entry.notes),
            *guess.notes,
        ),
    )


def _described(plan: ParseOptions) -> str:
    """A plan as text that is the same in each process, which the order of a set's members is not."""
    members = ((entry.name, getattr(plan, entry.name)) for entry in fields(plan))
    return repr([(name, sorted(value) if isinstance(value, frozenset) else value) for name, value in members])


def parsed_types(given: str) -> dict[str, str]:
    """``name=N,tags=SS`` as a map. Raises DynaopsError."""
    types = {}
    for pair in filter(None, (part.strip() for part in given.split(","))):
        name, equals, kind = pair.rpartition("=")
        if not equals or not name or kind.upper() not in TYPES:
            known = ", ".join(sorted(TYPES))
            raise DynaopsError(f"--types: {pair!r} is not NAME=TYPE", f"Types are {known}.")
        types[name] = kind.upper()
    return types


def parsed_columns(given: str) -> tuple[str, ...]:
    """``id,name,age`` as names. Raises DynaopsError."""
    names = tuple(name.strip() for name in next(csv.reader([given]), []))
    if not names or not all(names) or len(set(names)) < len(names):
        raise DynaopsError(
            f"--columns: {given!r} is not a list of different names", "Such as --columns id,name,age."
        )
    return names


def parsed_shard(given: str) -> Shard:
    """``2/3`` as the second of three shares. Raises DynaopsError."""
    part, _, parts = given.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise DynaopsError(f"--shard: {given!r} is not I/N", "The first of four hosts takes --shard 1/4.")
    return Shard(int(part) - 1, int(parts))


def _detect_all(inputs: Sequence[Input], options: ReadOptions, columns: CsvColumns) -> list[Detected]:
    """What all inputs are; the first cells of CSV are gathered in `columns`."""
    detected: list[Detected] = []
    csv_options = CsvOptions(
        options.delimiter, options.columns, options.format == "copy", options.format == "csv", options.nulls
    )
    encoding = checked(options.encoding) if options.encoding else None
    for input in inputs:
        if options.rejects:
            detected.append(rejected_rows(input, options.mode))
            continue
        known = like(input, detected[-1]) if detected else None
        if known is not None:
            detected.append(known)
            continue
        head = input.head()
        if is_zip(head) and not is_workbook(input):
            detected += _detect_all(members(input), options, columns)
            continue
        details = detect(input, options.format, csv_options, encoding, options.sql_table, options.sheet, head)
        if details.csv is not None:
            columns.add(details.csv, input.name)
            details = details._replace(csv=details.csv._replace(cells={}))
        detected.append(details)
    return detected


def _given_options(options: ReadOptions) -> list[str]:
    """The options that apply to some kinds of input only, as far as they are given."""
    given = {
        "--delimiter": options.delimiter,
        "--columns": options.columns,
        "--encoding": options.encoding,
        "--null": options.nulls,
        "--strict-types": options.strict_types,
        "--keep-empty": options.keep_empty,
        "--nulls": options.drop_nulls,
        "--sql-table": options.sql_table,
        "--sheet": options.sheet,
    }
    return [option for option, value in given.items() if value]


def _check_columns(detected: Sequence[Detected], keys: Keys, options: ReadOptions) -> None:
    """Raises DynaopsError where a file has no column for a key, or --types names a column that is not there."""
    known: dict[str, None] = {}
    for entry in detected:
        if options.named_only and entry.layout.container not in (Container.LINES, Container.STREAM):
            raise DynaopsError(
                f"{entry.source.name} has columns, and names no table",
                f"Load it into its table: load-data TABLE {entry.source.name}",
            )
        if entry.csv is not None:
            columns = entry.csv.names
        elif entry.part is not None:
            columns = tuple(tabular.columns(entry.source, entry.packing, entry.part))
        else:
            continue
        known.update(dict.fromkeys(columns))
        folders = dict(entry.source.partitions)
        known.update(dict.fromkeys(folders))
        for name in filter(None, (keys.hash_key, keys.range_key)):
            if name not in columns and name not in folders:
                raise DynaopsError(
                    f"{entry.source.name} has no column {name!r}, a key of the table",
                    f"Its columns are: {', '.join(columns)}. "
                    "For CSV without a header name them with --columns.",
                )
    unknown = options.types.keys() - known.keys()
    if unknown and known and all(entry.layout.container is Container.CSV for entry in detected):
        raise DynaopsError(
            f"--types: there is no column {min(unknown)!r}", f"Columns are: {', '.join(known)}."
        )


def _check_types(options: ReadOptions, keys: Keys) -> None:
    if options.format is not None and options.format not in FORMATS:
        raise DynaopsError(f"--format: there is no {options.format!r}", f"Formats are {', '.join(FORMATS)}.")
    if options.encoding is not None:
        checked(options.encoding)
    if options.delimiter is not None and len(options.delimiter.encode()) != 1:
        raise DynaopsError("--delimiter is one character of ASCII")
    for name, kind in {**keys.index_keys, **keys.types}.items():
        if options.types.get(name, kind) != kind:
            raise DynaopsError(f"--types: the key {name!r} is of type {kind}, as the table was made")
