"""Reads rejects files: how a reject's text is read again, and the rows of a rejects file.

The text of most rejects is JSON (from their file, or from `tables.text_of` for binary formats), and can be read without
further information. Otherwise the `reading` of the reject has:

- ``format``: "csv", with ``columns``, ``dialect`` (what differs from the default), ``types`` and ``floats`` as they
  were guessed for the whole file; "dynamodb"; or "rejects" (a line of a rejects file that could not be understood).
- ``delete``: true where the row is a delete; ``folders``: attributes that the names of the file's folders say.
- ``not_utf8``: the CRC32 of a text that is not the row's bytes, as these are no UTF-8: rejected until it is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from zlib import crc32

import orjson

from dynaops.data.parsing.block_result import BlockResult, Reader
from dynaops.data.parsing.dialect import Dialect, QuoteStyle
from dynaops.data.parsing.parse_options import Container, InputLayout, ParseOptions
from dynaops.data.rows import InputBlock, Reject

_MOST_READERS = 200
_NOT_A_REJECT = (
    "is no line of a rejects file: it needs the texts 'source', 'reason' and 'text', and a number 'line'"
)
_UNKNOWN = "the text of this row is not known: it was refused by AWS, which did not tell it"


def with_reading(rejects: list[Reject], block: InputBlock, plan: ParseOptions) -> list[Reject]:
    """The rejects of a block, with `reading` added where it is missing and needed."""
    layout = plan.layouts[block.source]
    common_reading: dict[str, Any] = {}
    if layout.container is Container.CSV:
        common_reading = _csv(block, layout.dialect, plan)
    elif plan.typed:
        common_reading["format"] = "dynamodb"
    folders = plan.partitions.get(block.source)
    if folders:
        common_reading["folders"] = folders
    if not common_reading:
        return rejects
    whole = layout.container is not Container.CSV or _is_utf8(block.data)
    return [
        reject
        if reject.reading
        else reject._replace(reading={**common_reading, **({} if whole else _as_shown(reject.text))})
        for reject in rejects
    ]


class RejectedRows:
    """Reads the lines of rejects files. Source and line of a row are those from its first rejection."""

    def __init__(self, plan: ParseOptions, make: Callable[[ParseOptions], Reader]) -> None:
        self._plan = plan
        self._make = make
        self._readers: dict[tuple[str, bytes], Reader] = {}

    def read(self, data: bytes, first_line: int, result: BlockResult) -> None:
        """Read the rows of some lines."""
        for number, line in enumerate(data.split(b"\n"), first_line):
            if not line or line.isspace():
                continue
            entry = _entry(line)
            if entry is None:
                result.reject(number, _NOT_A_REJECT, line, {"format": "rejects"})
            else:
                self._again(entry, result)

    def _again(self, entry: Reject, result: BlockResult) -> None:
        row_result = result.separate(entry.source)
        reading = entry.reading or {}
        text = entry.text
        if not text.strip():
            row_result.reject(entry.line, _UNKNOWN, text)
        elif reading.get("not_utf8") == crc32(text.encode()):
            row_result.reject(entry.line, "is not UTF-8, and its text has not been mended", text)
        else:
            try:
                self._read(entry, text, reading, row_result)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                row_result = result.separate(entry.source)
                row_result.reject(
                    entry.line, f"'reading' cannot be understood ({type(error).__name__}: {error})", text
                )
        if len(row_result.rejects) == 1 and not row_result.rows and reading.get("format") != "rejects":
            row_result.rejects[0] = row_result.rejects[0]._replace(text=text)  # with its line ends
        row_result.rejects = [
            reject if reject.reading else reject._replace(reading=entry.reading)
            for reject in row_result.rejects
        ]
        result.take(row_result)

    def _read(self, entry: Reject, text: str, reading: Mapping[str, Any], row_result: BlockResult) -> None:
        format_ = reading.get("format")
        data = text.encode()
        if format_ == "rejects":
            self.read(data.replace(b"\n", b" "), entry.line, row_result)
            return
        if format_ == "csv":
            data = orjson.dumps(reading["columns"]) + b"\n" + data + b"\n"
        else:
            data = data.replace(b"\n", b" ")  # which JSON has between its signs only
            if reading.get("delete"):
                data = b'{"DeleteRequest":{"Key":%b}}' % data
        self._reader(entry.source, reading)(
            InputBlock(0, entry.source, entry.line, data, _NOWHERE), row_result
        )

    def _reader(self, source: str, reading: Mapping[str, Any]) -> Reader:
        key = source, orjson.dumps({name: value for name, value in reading.items() if name != "not_utf8"})
        if key not in self._readers:
            if len(self._readers) >= _MOST_READERS:
                self._readers.clear()
            self._readers[key] = self._make(_plan(self._plan, source, reading))
        return self._readers[key]


_NOWHERE: Any = None


def _plan(plan: ParseOptions, source: str, reading: Mapping[str, Any]) -> ParseOptions:
    """The options for reading a reject's text."""
    layout = InputLayout(Container.LINES)
    if reading.get("format") == "csv":
        layout = InputLayout(Container.CSV, _dialect(reading.get("dialect", {})))
    folders = tuple((str(name), str(text)) for name, text in reading.get("folders", ()))
    return replace(
        plan,
        layouts={source: layout},
        columns=dict(reading.get("types", {})),
        floats=frozenset(reading.get("floats", ())),
        typed=plan.typed or reading.get("format") == "dynamodb",
        partitions={source: folders} if folders else {},
        shard=None,
        table="",
    )


def _csv(block: InputBlock, dialect: Dialect, plan: ParseOptions) -> dict[str, Any]:
    columns = orjson.loads(block.data.partition(b"\n")[0])
    default = Dialect()._asdict()
    about: dict[str, Any] = {"format": "csv", "columns": columns}
    changed = {name: value for name, value in dialect._asdict().items() if value != default[name]}
    types = {name: kind for name, kind in plan.columns.items() if kind != "S" and name in columns}
    floats = sorted(plan.floats & set(columns))
    parts = {"dialect": changed, "types": types, "floats": floats}
    return {**about, **{name: value for name, value in parts.items() if value}}


def _dialect(changed: Mapping[str, Any]) -> Dialect:
    dialect = Dialect(**changed)
    return dialect._replace(style=QuoteStyle(dialect.style), nulls=tuple(dialect.nulls))


def _entry(line: bytes) -> Reject | None:
    try:
        fields = orjson.loads(line)
        entry = Reject(
            fields["source"], fields["line"], fields["reason"], fields["text"], fields.get("reading")
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    texts = (entry.source, entry.reason, entry.text)
    has_valid_types = all(type(text) is str for text in texts) and type(entry.line) is int
    return entry if has_valid_types and isinstance(entry.reading, dict | None) else None


def _as_shown(text: str) -> dict[str, int]:
    """The mark `not_utf8` for a text in which bytes that are not UTF-8 are shown as ``\\xff``."""
    return {"not_utf8": crc32(text.encode())} if "\\x" in text else {}


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
