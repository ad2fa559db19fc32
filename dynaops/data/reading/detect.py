"""Detects the compression and the format of an input, by its content, and by its name if that is not enough."""

from __future__ import annotations

import re
from typing import NamedTuple

import orjson

from dynaops.data.notes import LoadNote
from dynaops.data.parsing.parse_options import Container, InputLayout
from dynaops.data.reading import tabular
from dynaops.data.reading.archives import is_zip
from dynaops.data.reading.binary import READ, check_readable, kind_of
from dynaops.data.reading.chunking import Opening
from dynaops.data.reading.csv_file import CsvFile, CsvOptions, csv_file
from dynaops.data.reading.decompress import Packing, packing_of, unpacked
from dynaops.data.reading.inputs import Input
from dynaops.data.reading.json_documents import Inside, inside_of
from dynaops.data.reading.seekable import Unpacked, beginning
from dynaops.data.reading.tabular import TablePart
from dynaops.data.reading.text_encoding import BOM, UTF8, text_of
from dynaops.model.errors import DynaopsError

FORMATS = ("json", "jsonl", "csv", "copy", "dynamodb", "parquet", "arrow", "orc", "sqlite", "xlsx")
"""What --format takes. `copy` is text as PostgreSQL's COPY and MySQL write it. `dynamodb` says what items look like;
lines or array is seen in the content."""
_ARRAY = re.compile(
    rb'\s*(?:\[|\{\s*"Items"\s*:\s*\[|\{\s*"[^"\\]+"\s*:\s*\[(?=\s*\{\s*"(?:Put|Delete)Request"))'
)
"""An array; the answer of a Scan or Query; a request for BatchWriteItem."""
_LINE_NAMES = (".jsonl", ".ndjson", ".jsonlines")
_CSV_NAMES = (".csv", ".tsv", ".tab", ".txt")


class Detected(NamedTuple):
    """What an input is. `sample` are its first bytes, unpacked, in UTF-8; `notes` are about what was guessed of it.

    `part` is the table of a file that has columns.
    """

    source: Input
    packing: Packing
    layout: InputLayout
    opening: Opening
    sample: bytes
    inside: Inside = Inside()
    """What is open where rows begin, of JSON."""
    part: TablePart | None = None
    encoding: str = UTF8
    csv: CsvFile | None = None
    notes: tuple[LoadNote, ...] = ()


def detect(
    source: Input,
    wanted: str | None = None,
    csv_options: CsvOptions = CsvOptions(),  # noqa: B008 (immutable)
    encoding: str | None = None,
    sql_table: str | None = None,
    sheet: str | None = None,
    head: bytes | None = None,
) -> Detected:
    """What `source` is; `wanted` is the --format and `encoding` the --encoding that somebody asks for.

    Raises DynaopsError.
    """
    head = source.head() if head is None else head
    packing = packing_of(head)
    raw = unpacked(head, packing, source.name)
    if packing is Packing.BZIP2 and not raw:
        raw = beginning(source, packing)
        if source.size is None:
            source, packing = Unpacked(source, packing), Packing.NONE
    kind = kind_of(raw) or ("xlsx" if is_zip(raw) else None)
    if kind is None and wanted in READ.values():
        kind = wanted
    if kind is not None:
        part, notes = tabular.part_of(source, packing, kind, sql_table, sheet)
        layout = InputLayout(tabular.container_of(kind))
        return Detected(source, packing, layout, Opening(0, 1), raw, part=part, notes=notes)
    text = text_of(raw, encoding, source.name)
    if wanted not in ("csv", "copy"):
        check_readable(text.sample, source.name)
    sample = text.sample
    container = _container(sample, _bare_name(source.name), wanted, source.name)
    start = len(BOM) if sample.startswith(BOM) else 0
    if container is Container.CSV:
        text = text.guessed(raw)
        csv = csv_file(text.sample[start:], source.name, text.encoding, csv_options)
        layout, opening = (
            InputLayout(container, csv.dialect),
            Opening(start + csv.offset, csv.line, csv.header),
        )
        notes = (*text.notes, *csv.notes)
        return Detected(source, packing, layout, opening, b"", encoding=text.encoding, csv=csv, notes=notes)
    if container is Container.STREAM and (array := _ARRAY.match(sample, start)):
        opening = Opening(array.end(), 1 + sample.count(b"\n", 0, array.end()))
        inside = inside_of(array[0])
        return Detected(
            source, packing, InputLayout(container), opening, sample, inside, encoding=text.encoding
        )
    return Detected(
        source, packing, InputLayout(container), Opening(start, 1), sample, encoding=text.encoding
    )


def like(source: Input, first: Detected) -> Detected | None:
    """The detection of a data file that is surely like `first`, without reading it; None if it must be read."""
    if not (source.alike and first.source.alike) or first.layout.container is not Container.LINES:
        return None
    return first._replace(source=source, sample=b"")


def _container(sample: bytes, name: str, wanted: str | None, shown: str) -> Container:
    if wanted in ("csv", "copy"):
        return Container.CSV
    if wanted == "jsonl":
        return Container.LINES
    text = sample.removeprefix(BOM).lstrip()
    if wanted == "json" and not _ARRAY.match(text) and name.endswith(_LINE_NAMES):
        return Container.LINES
    if wanted in ("json", "dynamodb"):
        return Container.LINES if _has_rows_in_lines(text) else Container.STREAM
    if name.endswith(_LINE_NAMES) or not text:
        return Container.LINES
    if name.endswith(_CSV_NAMES) and text[:1] not in (b"{", b"["):
        return Container.CSV
    if text[:1] in (b"{", b"["):
        return Container.LINES if _has_rows_in_lines(text) else Container.STREAM
    if name.endswith(".json"):
        return Container.LINES
    if any(mark in text.partition(b"\n")[0] for mark in (b",", b";", b"\t")):
        return Container.CSV
    raise DynaopsError(f"Cannot tell what {shown} is", f"Say it with --format: {', '.join(FORMATS)}.")


def _has_rows_in_lines(text: bytes) -> bool:
    """Whether a line is a complete object. In objects over several lines, such lines are indented."""
    if _ARRAY.match(text):
        return False
    return any(line[:1] == b"{" and _is_object(line) for line in text.split(b"\n")[:50])


def _is_object(line: bytes) -> bool:
    try:
        return type(orjson.loads(line)) is dict
    except ValueError:
        return False


def _bare_name(name: str) -> str:
    lowered = name.lower()
    for ending in (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz"):
        lowered = lowered.removesuffix(ending)
    return lowered
