"""Reads sheets of Excel workbooks (.xlsx; needs the extra `xlsx`).

Lines are the sheet's rows; the first that is not empty has the names. Numbers are exact as the file has them, dates are
text in ISO 8601, formulas are the values that Excel stored for them. An empty cell is an absent attribute.
"""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from dynaops.data.parsing import times
from dynaops.data.parsing.tables import ABSENT, packed
from dynaops.data.reading.chunking import Chunk
from dynaops.data.reading.damage import DamagedInput
from dynaops.model.errors import DynaopsError
from dynaops.values.malformed import Unusable

_MOST_ROWS = 2_000
_NOT_STORED = Unusable("is a formula without a stored value: open the workbook in Excel and save it")
_CLOCK = re.compile(r'"[^"]*"|\\.|\[[^\]hms]*\]|([hHsS])')
"""What in a number format shows a time of day; text in quotes and colours do not."""
_FORMULA = b"<f"
_STORED_TEXT = "str"
"""The type of a cell whose formula has text as its value (ECMA-376, ST_CellType), which may be empty."""


def chosen(file: IO[bytes], name: str, sheet: str | None) -> tuple[str, list[str]]:
    """The sheet to load, `sheet` or the first, and the others. Raises DynaopsError."""
    with _workbook(file, name) as book:
        names = [title.title for title in book.worksheets]
    if sheet is not None and sheet not in names:
        raise DynaopsError(f"{name} has no sheet {sheet!r}", f"Its sheets are: {', '.join(names)}.")
    if not names:
        raise DynaopsError(f"{name} has no sheet with cells")
    chosen_sheet = sheet or names[0]
    return chosen_sheet, [title for title in names if title != chosen_sheet]


def column_names(file: IO[bytes], name: str, sheet: str) -> list[str]:
    """The names in the first row that is not empty. Raises DynaopsError."""
    with _workbook(file, name) as book:
        for cells in _reading(book[sheet].iter_rows(), name):
            names = _header(cells)
            if any(names):
                return [name for name in names if name]
    raise DynaopsError(f"{name}: the sheet {sheet!r} is empty")


def pieces(file: IO[bytes], name: str, sheet: str, start: int) -> Iterator[Chunk]:
    """The rows behind the sheet's row number `start`. Raises DynaopsError kinds."""
    with ExitStack() as opened:
        book = opened.enter_context(_workbook(file, name))
        other = None
        if _has_formulas(file, name):
            other = opened.enter_context(_workbook(file, name, formulas=True))[sheet].iter_rows()
        header: list[str] | None = None
        rows: list[tuple[int, list[Any]]] = []
        for at, cells in enumerate(_reading(book[sheet].iter_rows(), name), 1):
            beside = next(other, ()) if other is not None else ()
            if header is None:
                names = _header(cells)
                header = names if any(names) else None
                continue
            if at <= start:
                continue
            values = _values(cells, beside)
            if any(value is not ABSENT for value in values):
                rows.append((at, _under(header, values)))
            if len(rows) == _MOST_ROWS:
                yield _piece(header, rows)
                rows = []
        if rows and header:
            yield _piece(header, rows)


def _piece(header: list[str], rows: list[tuple[int, list[Any]]]) -> Chunk:
    last = rows[-1][0]
    return Chunk(packed([name for name in header if name], rows), rows[0][0], last, last + 1, len(rows))


def _under(header: list[str], values: list[Any]) -> list[Any]:
    """The values under the header's names; one that has no name makes the row's first value unusable."""
    values += [ABSENT] * (len(header) - len(values))
    named_values = [value for name, value in zip(header, values, strict=False) if name]
    lost = next(
        (
            at
            for at, value in enumerate(values)
            if value is not ABSENT and not (header[at : at + 1] or [""])[0]
        ),
        None,
    )
    if lost is not None:
        named_values[0] = Unusable(
            f"the row has a value in column {lost + 1}, which has no name in the header"
        )
    return named_values


def _header(cells: Any) -> list[str]:
    names = [str(value) if value is not ABSENT else "" for value in _values(cells, ())]
    while names and not names[-1]:
        names.pop()
    return names


def _values(cells: Any, formulas: Any) -> list[Any]:
    values = [_value(cell) for cell in cells]
    for at, cell in enumerate(formulas[: len(values)]):
        if values[at] is ABSENT and cell.data_type == "f" and cells[at].data_type != _STORED_TEXT:
            values[at] = _NOT_STORED
    return values


def _value(cell: Any) -> Any:
    value = cell.value
    if value is None:
        return ABSENT
    if cell.data_type == "e":
        return Unusable(f"{value} is an error of Excel's, not a value")
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time() and not any(_CLOCK.findall(cell.number_format or "")):
            return value.date().isoformat()
        return value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return times.duration(round(value / datetime.timedelta(microseconds=1)) * 1000)
    return value if isinstance(value, str | bool | int | float) else str(value)


def _reading(rows: Iterator[Any], name: str) -> Iterator[Any]:
    try:
        yield from rows
    except DynaopsError:
        raise
    except Exception as error:  # the library's readers raise what XML, zip and its own checks do
        raise _unreadable(name, error) from error


def _has_formulas(file: IO[bytes], name: str) -> bool:
    """Whether any sheet has a formula: then each cell is looked at twice."""
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.namelist():
                if member.startswith("xl/worksheets/") and member.endswith(".xml"):
                    with archive.open(member) as sheet:
                        before = b""
                        while data := sheet.read(1 << 20):
                            if _FORMULA in before + data:
                                return True
                            before = data[-1:]
    except Exception as error:
        raise _unreadable(name, error) from error
    return False


@contextmanager
def _workbook(file: IO[bytes], name: str, formulas: bool = False) -> Iterator[Any]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise DynaopsError(
            f"{name} is an Excel workbook, and the package that reads it is not installed",
            "Install it with: pip install 'dynaops[xlsx]', or save the sheet as CSV.",
        ) from None
    warnings.filterwarnings("ignore", module="openpyxl")  # about styles and the like, which are not loaded
    try:
        book = load_workbook(file, read_only=True, data_only=not formulas)
    except Exception as error:
        raise _unreadable(name, error) from error
    try:
        yield book
    finally:
        book.close()


def _unreadable(name: str, error: Exception) -> DamagedInput:
    return DamagedInput(
        f"Cannot read {name} as an Excel workbook: {error}",
        "Open it in Excel and save it again, as .xlsx or CSV.",
    )
