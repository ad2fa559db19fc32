"""How the text of a CSV file is written: its delimiter, how quotes and line ends stand within cells, what is null.

Three styles cover what programs write:

- QUOTED: RFC 4180. A cell with a delimiter, quote or line end in it is in quotes, a quote in it is doubled.
- BACKSLASH: the same, but a backslash stands before a quote within a quoted cell (MySQL with ENCLOSED BY, pandas with
  escapechar). A backslash before anything else is a backslash.
- COPY: no quotes; backslash escapes (PostgreSQL's COPY in text format, MySQL's SELECT INTO OUTFILE, mysqldump --tab and
  mysql --batch).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

MOST_CELL = 1 << 30
"""Characters in a cell beyond which the standard library's reader gives up, and takes the next line for a new record.

More than a block ever has, so that a line within a long cell is never taken for a row.
"""


class QuoteStyle(StrEnum):
    """How cells are delimited."""

    QUOTED = "quoted"
    BACKSLASH = "backslash"
    COPY = "copy"


class Dialect(NamedTuple):
    """How one file is written. `nulls` are the texts that are null in it, `encoding` what its bytes were read as.

    `spaced`: a blank after a delimiter is no part of the cell.
    """

    delimiter: str = ","
    style: QuoteStyle = QuoteStyle.QUOTED
    spaced: bool = False
    nulls: tuple[str, ...] = ()
    encoding: str = "utf-8"
    crlf: bool = False
    """COPY: lines end with CR LF, so that a CR before an LF is no part of a cell."""


# Stand-ins for escaped characters while a text is split. Lone surrogates that decoding never makes: bytes that are not
# UTF-8 become U+DC80 to U+DCFF ("surrogateescape"), and in a text of bytes (Latin-1) there are none at all.
_QUOTE, _BACKSLASH, _LF, _CR, _DELIMITER, _UNKNOWN = map(chr, range(0xD800, 0xD806))
_LF_ITSELF, _CR_ITSELF = "\ud806", "\ud807"
"""A backslash before a line end, as MySQL writes it: the line goes on."""
NULL, END = "\ud808", "\ud809"
"""A cell that is ``\\N``; a line that is ``\\.``, the end of the rows of PostgreSQL's COPY."""
_STAND_INS = re.compile("[\ud800-\ud809]")
_LINE_ENDS = {"\n": _LF_ITSELF, "\r": _CR_ITSELF}
_QUOTED_ESCAPES = {'"': _QUOTE, "\\": _BACKSLASH, **_LINE_ENDS}
_COPY_ESCAPES = {
    "\\": _BACKSLASH,
    "n": _LF,
    "r": _CR,
    "N": NULL,
    ".": END,
    "\n": _LF_ITSELF,
    "\r": _CR,
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "t": "\t",
    "0": "\0",
    **dict.fromkeys("1234567xZ", _UNKNOWN),
}
"""PostgreSQL's documentation of COPY and MySQL's of LOAD DATA. Where these two differ (octal and hexadecimal digits,
``\\Z``), and neither of them writes such escapes, the meaning is not known."""
_WRITTEN = {
    _LF: "\\n",
    _CR: "\\r",
    _BACKSLASH: "\\\\",
    _LF_ITSELF: "\\\n",
    _CR_ITSELF: "\\\r",
    NULL: "\\N",
    END: "\\.",
}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
NULL_MARK = "\\N"
"""Null as PostgreSQL and MySQL write it."""


class UnknownEscape(ValueError):
    """A cell has an escape that PostgreSQL and MySQL take differently."""


def lines_of(text: str, dialect: Dialect) -> list[str]:
    """The lines of a text, with their ends: LF, CRLF or CR; in the style COPY only LF (MySQL leaves a CR as it is)."""
    return io.StringIO(text, newline="\n" if dialect.style is QuoteStyle.COPY else "").readlines()


def count_of_lines(data: bytes, dialect: Dialect) -> int:
    """How many line ends there are."""
    count = data.count(b"\n")
    if dialect.style is not QuoteStyle.COPY and b"\r" in data:
        count += data.count(b"\r") - data.count(b"\r\n")
    return count


def without_escapes(text: str, dialect: Dialect) -> str:
    """A text with a stand-in for each escape, so that delimiters, quotes and line ends are what they seem."""
    if dialect.style is QuoteStyle.QUOTED or "\\" not in text:
        return text
    if dialect.style is QuoteStyle.BACKSLASH:
        return _ESCAPE.sub(lambda match: _QUOTED_ESCAPES.get(match[1], match[0]), text)
    # Only a delimiter that is a tab may be written as its letter.
    tab = _DELIMITER if dialect.delimiter == "\t" else "\t"
    known = {**_COPY_ESCAPES, dialect.delimiter: _DELIMITER, "t": tab}
    return _ESCAPE.sub(lambda match: known.get(match[1], match[1]), text)


def unescaped(cell: str, dialect: Dialect) -> str:
    """A cell with the characters that its stand-ins stand for. Raises UnknownEscape."""
    if _UNKNOWN in cell:
        raise UnknownEscape
    meant = {
        _QUOTE: '"',
        _BACKSLASH: "\\",
        _LF: "\n",
        _CR: "\r",
        _LF_ITSELF: "\n",
        _CR_ITSELF: "\r",
        _DELIMITER: dialect.delimiter,
        NULL: "N",
        END: ".",
    }
    return _STAND_INS.sub(lambda match: meant[match[0]], cell)


def as_written(text: str, dialect: Dialect) -> str:
    """A text with escapes instead of stand-ins: as the file has it, or another notation of the same."""
    known = {**_WRITTEN, _QUOTE: '\\"', _DELIMITER: f"\\{dialect.delimiter}", _UNKNOWN: "\\"}
    return _STAND_INS.sub(lambda match: known[match[0]], text)


def stand_ins(text: str) -> int:
    """How many escapes of two characters are one in a text without escapes."""
    return 0 if text.isascii() else len(_STAND_INS.findall(text))


def escaped_line_ends(text: str) -> int:
    """How many escaped line ends a text without escapes has: lines of the file that are none of the text's."""
    return text.count(_LF_ITSELF) + text.count(_CR_ITSELF) - text.count(_CR_ITSELF + "\n")


class CsvReader(Protocol):
    """Reads records of lines. `line_num` is how many lines were taken."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


class _CopyReader:
    """Lines without quotes."""

    def __init__(self, lines: Iterator[str], dialect: Dialect) -> None:
        self._lines = lines
        self._delimiter = dialect.delimiter
        self._end = "\r\n" if dialect.crlf else "\n"
        self.line_num = 0

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        line = next(self._lines)
        self.line_num += 1
        line = line.removesuffix(self._end)
        return [] if line in ("", END) else line.split(self._delimiter)


def reader_of(lines: Iterator[str], dialect: Dialect) -> CsvReader:
    """A reader of lines without escapes. It raises csv.Error for what is not CSV."""
    if dialect.style is QuoteStyle.COPY:
        return _CopyReader(lines, dialect)
    csv.field_size_limit(MOST_CELL)
    reader: Any = csv.reader(lines, delimiter=dialect.delimiter, strict=True, skipinitialspace=dialect.spaced)
    return reader  # type: ignore[no-any-return]
