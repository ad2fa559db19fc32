"""Guesses the types of CSV columns.

CSV has no types, so they are guessed by the first cells of all files of a load. A guess must change nothing: a column
is one of numbers only if each number, written as DynamoDB gives it back, is the text of its cell again. So 007, +1, 1E5
and 2.50 are text. One other notation is known to be of numbers: that of floats (2.0, 1e-07), if a whole column has it,
as pandas and other programs write columns of floats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from dynaops.data.notes import LoadNote
from dynaops.values import limits, numbers

_BOOLS = ("true", "false")
_FLOAT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?").fullmatch
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+").fullmatch
_NULL_LIKE = ("NULL", "\\N")
_FEW = 10
"""One float in scientific notation among so many plain numbers does not make text of their column."""


class CellForm(StrEnum):
    """The notation of a cell."""

    PLAIN = "plain number"
    """A number in the notation that DynamoDB returns."""
    FRACTION = "plain number with a fraction"
    """A number in DynamoDB's notation that is also the notation of floats: 0.5."""
    FLOAT = "float"
    """A number in the notation of floats, but not in DynamoDB's: 2.0, 1e-07."""
    NUMBER = "other number"
    """A number that DynamoDB would return in another notation: 007, 2.50, 1E5."""
    COMMA = "decimal comma"
    BOOL = "true or false"
    TEXT = "text"


_PLAIN = frozenset((CellForm.PLAIN, CellForm.FRACTION))
_FLOATS = frozenset((CellForm.FRACTION, CellForm.FLOAT))


class ExampleCell(NamedTuple):
    """A cell and its position, as ``file:line``."""

    cell: str
    where: str


@dataclass
class Evidence:
    """The cells of a column: the number of each form, and the first example of each."""

    counts: dict[CellForm, int] = field(default_factory=dict)
    first: dict[CellForm, ExampleCell] = field(default_factory=dict)

    def add(self, cell: str, name: str, line: int) -> None:
        """Count a cell. Empty cells and texts that often mean null are ignored."""
        if not cell or cell in _NULL_LIKE:
            return
        form = form_of(cell)
        if form not in self.counts:
            self.counts[form] = 0
            self.first[form] = ExampleCell(cell, f"{name}:{line}")
        self.counts[form] += 1

    @property
    def forms(self) -> frozenset[CellForm]:
        """The forms that occur."""
        return frozenset(self.counts)


@dataclass(frozen=True)
class Guess:
    """The guessed types of columns by name, the columns in the notation of floats, and notes for the user."""

    types: Mapping[str, str]
    floats: frozenset[str] = frozenset()
    notes: tuple[LoadNote, ...] = ()


def fits(cell: str, kind: str, floats: bool) -> bool:
    """Whether a cell has a form on which the guess of its column's type is based."""
    if kind == "N":
        return numbers.extra_bytes(cell) is not None or (floats and _is_float(cell))
    return kind != "BOOL" or cell.lower() in _BOOLS


def form_of(cell: str) -> CellForm:
    """The form of a cell."""
    if numbers.extra_bytes(cell) is not None:
        return CellForm.FRACTION if _is_float(cell) else CellForm.PLAIN
    if cell.lower() in _BOOLS:
        return CellForm.BOOL
    if _is_float(cell):
        return CellForm.FLOAT
    if _NUMBER(cell):
        return CellForm.NUMBER
    return CellForm.COMMA if _DECIMAL_COMMA(cell) else CellForm.TEXT


def guess(columns: Mapping[str, Evidence], decided: Iterable[str]) -> Guess:
    """The types of columns by their evidence; `decided` are columns whose type is given, which get no notes."""
    types: dict[str, str] = {}
    floats: set[str] = set()
    notes: list[LoadNote] = []
    known = frozenset(decided)
    for name, evidence in columns.items():
        types[name] = _type(evidence)
        if CellForm.FLOAT in evidence.forms <= _FLOATS:
            floats.add(name)
        if types[name] == "S" and name not in known and (note := _note(name, evidence)):
            notes.append(note)
    return Guess(types, frozenset(floats), tuple(notes))


def _type(evidence: Evidence) -> str:
    forms = evidence.forms
    if not forms:
        return "S"
    if forms == {CellForm.BOOL}:
        return "BOOL"
    return "N" if forms <= _PLAIN or forms <= _FLOATS or _has_few_floats(evidence) else "S"


def _has_few_floats(evidence: Evidence) -> bool:
    """Whether a column has plain numbers, and only a few numbers in scientific notation."""
    if not evidence.forms <= _PLAIN | _FLOATS or "e" not in evidence.first[CellForm.FLOAT].cell:
        return False
    return evidence.counts[CellForm.FLOAT] * _FEW <= sum(evidence.counts.values())


def _note(name: str, evidence: Evidence) -> LoadNote | None:
    """The note why a column that has numbers is loaded as text; None if there is nothing to say."""
    forms = evidence.forms
    if CellForm.COMMA in forms <= {CellForm.COMMA, CellForm.PLAIN}:
        seen = evidence.first[CellForm.COMMA]
        text = f"{name} is taken for text (S): {seen.cell} ({seen.where}) has a decimal comma, which is not guessed"
        return LoadNote("decimal-comma", name, text)
    numeric = sum(evidence.counts.get(form, 0) for form in (*_PLAIN, CellForm.FLOAT))
    if not numeric and CellForm.NUMBER not in forms:
        return None
    odd = next(
        form
        for form in (CellForm.TEXT, CellForm.BOOL, CellForm.COMMA, CellForm.NUMBER, CellForm.FLOAT)
        if form in forms
    )
    seen = evidence.first[odd]
    if odd in (CellForm.TEXT, CellForm.BOOL, CellForm.COMMA):
        if numeric * 2 < sum(evidence.counts.values()):
            return None
        text = (
            f"{name} is taken for text (S): it has numbers, but also {_shortened(seen.cell)} ({seen.where})"
        )
        return LoadNote("taken-for-text", name, text)
    text = f"{name} is taken for text (S): {seen.cell} ({seen.where}) as a number would not come back as it is written"
    return LoadNote("taken-for-text", name, f"{text}; --types {name}=N makes numbers of it")


def _is_float(cell: str) -> bool:
    if ("." not in cell and "e" not in cell) or not _FLOAT(cell):
        return False
    value = float(cell)
    return repr(value) == cell and (value == 0 or limits.SMALLEST <= abs(value) < limits.LARGEST)


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 30 else f"{text[:27]}...")
