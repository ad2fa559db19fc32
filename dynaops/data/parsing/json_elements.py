"""Finds where the elements of a JSON array, or of consecutive JSON objects, begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Possessive quantifiers: no backtracking, so that millions of escapes in a string need no memory for it.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]', re.DOTALL)
_LOOSE = re.compile(rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^,\s])+')
_BOM = b"\xef\xbb\xbf"
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")


class Element(NamedTuple):
    """An element in a text, from `start` to before `end`. `whole`: it is complete."""

    start: int
    end: int
    whole: bool = True


def elements(data: bytes) -> Iterator[Element]:
    """The elements of a text that begins between two elements; scalars are elements, too.

    Ends at the bracket that closes their array. The last element is not whole if the text ends within it.
    """
    depth = start = 0
    after = 0
    for token in _TOKEN.finditer(data):
        sign = token[0]
        if sign in _OPENING:
            if not depth:
                yield from _loose(data, after, token.start())
                start = token.start()
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
            if depth < 0:
                yield from _loose(data, after, token.start())
                return
            if not depth:
                after = token.end()
                yield Element(start, after)
    if depth:
        yield Element(start, len(data), whole=False)
    else:
        yield from _loose(data, after, len(data))


def closed_at(data: bytes) -> int | None:
    """The index of the bracket that closes the array of a text's elements; None if there is none."""
    depth = 0
    for token in _TOKEN.finditer(data):
        sign = token[0]
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
            if depth < 0:
                return token.start()
    return None


def _loose(data: bytes, start: int, end: int) -> Iterator[Element]:
    """The scalars between objects: each is an element, but no row."""
    for match in _LOOSE.finditer(data, start, end):
        if match[0] != _BOM:  # between files that were put together
            yield Element(match.start(), match.end())
