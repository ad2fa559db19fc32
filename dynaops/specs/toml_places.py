"""Finds the line and column of each key and value of a TOML text, which tomllib does not provide.

The text must have been parsed by tomllib before: invalid TOML is not detected here.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

Path = tuple[str | int, ...]
"""The keys from the top to a value; for arrays, the index."""

_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^"\\]++|\\[\s\S]|"(?!""))*+"{3,5}'
    r"|'''(?:[^']++|'(?!''))*+'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


class Spot(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


class Spots(NamedTuple):
    """The positions of a key and of its value."""

    key: Spot
    value: Spot


class Places:
    """The positions of the keys and values of one text, by their paths."""

    def __init__(self, text: str, spots: Mapping[Path, Spots]) -> None:
        self.lines = text.split("\n")
        self._spots = spots

    def key(self, path: Path) -> Spot:
        """The position of the key at `path`, or of the closest key around it."""
        return self._nearest(path).key

    def value(self, path: Path) -> Spot:
        """The position of the value at `path`, or of the closest value around it."""
        return self._nearest(path).value

    def _nearest(self, path: Path) -> Spots:
        while path:
            if path in self._spots:
                return self._spots[path]
            path = path[:-1]
        return Spots(Spot(1, 1), Spot(1, 1))


def places_of(text: str) -> Places:
    """The positions in a valid TOML text, whose lines end with a line feed only. Raises RecursionError."""
    return Places(text, _Scanner(text).spots())


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._spots: dict[Path, Spots] = {}
        self._lengths: dict[Path, int] = {}

    def spots(self) -> dict[Path, Spots]:
        header: Path = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text[self._at] == "[":
                header = self._header()
            else:
                self._pair(header)
        return self._spots

    def _header(self) -> Path:
        of_array = self._text.startswith("[[", self._at)
        self._at += 2 if of_array else 1
        path = self._key(())
        self._at = self._text.index("]", self._at) + (2 if of_array else 1)
        if of_array:
            index = self._lengths.get(path, 0)
            self._lengths[path] = index + 1
            return (*path, index)
        return path

    def _pair(self, around: Path) -> None:
        path = self._key(around)
        self._skip(_SPACE)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path, self._spots[path].key)

    def _key(self, around: Path) -> Path:
        """The path of a key, which may be dotted. The first occurrence of a key is its position."""
        path = around
        while True:
            self._skip(_SPACE)
            spot = self._spot()
            path = (*path, self._part())
            self._spots.setdefault(path, Spots(spot, spot))
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return path
            self._at += 1

    def _part(self) -> str:
        quoted = self._text[self._at] in "\"'"
        written = self._match(_STRING if quoted else _BARE)
        if not quoted:
            return written
        return next(iter(tomllib.loads(f"{written} = 0"))) if "\\" in written else written[1:-1]

    def _value(self, path: Path, key: Spot) -> None:
        self._spots[path] = Spots(key, self._spot())
        opening = self._text[self._at]
        if opening in "\"'":
            self._match(_STRING)
        elif opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            self._match(_SCALAR)

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._text[self._skip(_BLANK)] != "]":
            self._value((*path, index), self._spot())
            index += 1
            if self._text[self._skip(_BLANK)] == ",":
                self._at += 1
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while self._text[self._skip(_BLANK)] != "}":
            self._pair(path)
            if self._text[self._skip(_BLANK)] == ",":
                self._at += 1
        self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        """Skip text that matches the pattern, and return the position after it."""
        self._match(pattern)
        return self._at

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        assert match is not None, "the text is valid TOML"
        self._at = match.end()
        return match[0]

    def _spot(self) -> Spot:
        line = bisect_right(self._starts, self._at)
        return Spot(line, self._at - self._starts[line - 1] + 1)
