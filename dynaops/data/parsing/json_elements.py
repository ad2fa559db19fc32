"""Where the elements of a JSON array, or of objects one after the other, begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Possessive: what is matched is not given back, so that millions of escapes in a string leave no trail of it.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]', re.DOTALL)
_LOOSE = re.compile(rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^,\s])+')
_BOM = b"\xef\xbb\xbf"
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")


class Element(NamedTuple):
    """A piece of a text, from `start` up to `end`. `whole`: it ends where it should."""

    start: int
    end: int
    whole: bool = True


def elements(data: bytes) -> Iterator[Element]:
    """The elements of a text that begins between two of them; what is not an object or array stands for itself.

    Ends at a bracket that closes the array around them. The last element is not whole if the text ends within it.
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
    """Where the bracket is that closes the array around the elements of a text; None if there is none."""
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
    """What stands between objects, but for commas and space: each is an element, and no row."""
    for match in _LOOSE.finditer(data, start, end):
        if match[0] != _BOM:  # between files that were put together
            yield Element(match.start(), match.end())
