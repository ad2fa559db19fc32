"""Detects the quote style of a CSV file by comparing how its beginning is read in each style."""

from __future__ import annotations

import re
from collections import Counter

from dynaops.data.notes import LoadNote
from dynaops.data.parsing.csv_records import records
from dynaops.data.parsing.dialect import (
    NULL_MARK,
    Dialect,
    QuoteStyle,
    lines_of,
    without_escapes,
)

_WRITTEN_ESCAPES = re.compile(r"\\(?:[\\bfnrtv0N.]|\t|\n|\r)")
"""The escapes that PostgreSQL's COPY and MySQL write in files with tabs as delimiters."""
_NULL_CELL = re.compile(r"(?:^|[\t\r\n,;|])\\N(?=$|[\t\r\n,;|])")
_END_LINE = re.compile(r"^\\\.\r?$", re.MULTILINE)
_SPACED_SHARE = 0.9


def style_of(
    text: str, dialect: Dialect, name: str, copy: bool, quoted: bool
) -> tuple[Dialect, list[LoadNote]]:
    """The dialect with its style and nulls, and notes about them. `text` begins with the header.

    `copy` and `quoted`: the user chose the style.
    """
    if copy:
        return _as_copy(text, dialect), []
    notes = []
    if not quoted and _is_copy(text, dialect):
        dialect = _as_copy(text, dialect)
        notes.append(
            LoadNote(
                "dump-file",
                name,
                f"{name} is read as PostgreSQL's COPY and MySQL write text: backslashes are escapes, \\N is null, "
                "an empty cell is an empty string (--format csv: as CSV; --format copy: as here)",
            )
        )
        return dialect, notes
    if '\\"' in text and _bad(text, dialect) > _bad(text, dialect._replace(style=QuoteStyle.BACKSLASH)):
        dialect = dialect._replace(style=QuoteStyle.BACKSLASH)
        notes.append(
            LoadNote("backslash-quotes", name, f"{name}: a backslash before a quote is taken for an escape")
        )
    elif _is_spaced(text, dialect):
        dialect = dialect._replace(spaced=True)
        notes.append(
            LoadNote(
                "spaced-cells",
                name,
                f"{name}: the blank behind each delimiter is taken for no part of the cells",
            )
        )
    if not quoted and _NULL_CELL.search(text):
        dialect = dialect._replace(nulls=(NULL_MARK,))
        notes.append(LoadNote("null-mark", name, f"{name}: \\N is taken for null, as databases write it"))
    if (
        dialect.delimiter == "\t"
        and dialect.style is QuoteStyle.QUOTED
        and "\\\\" in text
        and _has_only_escapes(text)
    ):
        perhaps = (
            f"{name}: backslashes are kept as they are; if PostgreSQL or MySQL wrote it, say --format copy"
        )
        notes.append(LoadNote("perhaps-escapes", name, perhaps))
    return dialect, notes


def _as_copy(text: str, dialect: Dialect) -> Dialect:
    ends = text.count("\n")
    return dialect._replace(style=QuoteStyle.COPY, crlf=ends > 0 and text.count("\r\n") == ends)


def _is_copy(text: str, dialect: Dialect) -> bool:
    """Whether a text has marks of COPY, and nothing that COPY would not write."""
    if "\\" not in text:
        return False
    if dialect.delimiter == "\t" and not _has_only_escapes(text):
        return False
    if not _END_LINE.search(text) and not _NULL_CELL.search(text):
        return False
    copy = _as_copy(text, dialect)
    if '"' not in text:
        return dialect.delimiter == "\t" or _bad(text, copy) <= _bad(text, dialect)
    if dialect.delimiter != "\t" or _bad(text, copy):
        return False
    return bool(_bad(text, dialect)) or not _needs_quotes(text, dialect)


def _has_only_escapes(text: str) -> bool:
    """Whether each backslash belongs to an escape that PostgreSQL or MySQL writes."""
    return "\\" not in _WRITTEN_ESCAPES.sub("", text)


def _needs_quotes(text: str, dialect: Dialect) -> bool:
    """Whether quotes are used as in CSV: at least one cell needs them, or all cells have them."""
    cells = quoted = 0
    lines = lines_of(text, dialect)
    for record in records(lines, dialect, None):
        if record.error:
            continue
        written = "".join(lines[record.start : record.end]).rstrip("\r\n")
        if len(written.split(dialect.delimiter)) != len(record.cells) or '""' in written:
            return True
        for part in written.split(dialect.delimiter):
            if part != NULL_MARK:
                cells += 1
                quoted += len(part) > 1 and part[0] == part[-1] == '"'
    return cells == quoted


def _bad(text: str, dialect: Dialect) -> int:
    """The number of records that are not CSV, or do not have the most frequent number of cells."""
    bad = 0
    widths: Counter[int] = Counter()
    for record in records(lines_of(without_escapes(text, dialect), dialect), dialect, None):
        if record.error:
            bad += 1
        elif record.cells:
            widths[len(record.cells)] += 1
    return bad + widths.total() - max(widths.values(), default=0)


def _is_spaced(text: str, dialect: Dialect) -> bool:
    """Whether a blank follows every delimiter, and quotes stand behind that."""
    if f'{dialect.delimiter} "' not in text or f'{dialect.delimiter}"' in text:
        return False
    cells = blank = 0
    for record in records(lines_of(text, dialect), dialect._replace(spaced=True), None):
        cells += max(0, len(record.cells) - 1)
    blank = text.count(f"{dialect.delimiter} ")
    return blank >= cells * _SPACED_SHARE
