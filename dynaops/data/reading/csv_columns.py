"""The columns of all CSV files of a load, and the guess of their types."""

from __future__ import annotations

from collections.abc import Mapping

from dynaops.data.parsing.column_types import Evidence, Guess, guess
from dynaops.data.reading.csv_file import CsvFile


class CsvColumns:
    """Collects the first cells of each column, file by file."""

    def __init__(self) -> None:
        self._evidence: dict[str, Evidence] = {}

    def add(self, file: CsvFile, name: str) -> None:
        """Add a file's first rows."""
        for column, cells in file.cells.items():
            evidence = self._evidence.setdefault(column, Evidence())
            for cell, line in cells:
                evidence.add(cell, name, line)

    def guess(self, decided: Mapping[str, str]) -> Guess:
        """The guessed types of the columns; there are no notes about columns that are `decided`."""
        return guess(self._evidence, decided)
