"""Finds the members of a JSON object, or the elements of an array, in a text that may be cut off."""

from __future__ import annotations

import re
from typing import NamedTuple

import orjson

# Possessive quantifiers: no backtracking, so that millions of escapes in a string need no memory for it.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)


class TextSpan(NamedTuple):
    """A value in a text, from `start` to before `end`; `name` is the member's name. `whole`: it is complete."""

    name: str
    start: int
    end: int
    whole: bool = True


class Spans(NamedTuple):
    """The values in an object or array. `end` is after its closing bracket; `closed`: the bracket exists."""

    values: list[TextSpan]
    end: int
    closed: bool


def spans(text: bytes, at: int, until: int | None = None) -> Spans:
    """The values of the object or array whose opening bracket is at `at`."""
    stop = len(text) if until is None else until
    depth = 0
    in_object = text[at : at + 1] == b"{"
    name: bytes | None = None
    start = end = -1
    values: list[TextSpan] = []
    for token in _TOKEN.finditer(text, at, stop):
        token_text = token[0]
        if token_text in (b"{", b"["):
            depth += 1
            if depth == 2 and start < 0:
                start = token.start()
        elif token_text in (b"}", b"]"):
            depth -= 1
            if depth == 1:
                end = token.end()
            elif not depth:
                if start >= 0:
                    values.append(TextSpan(_name(name), start, end))
                return Spans(values, token.end(), True)
        elif depth == 1:
            if token_text == b",":
                if start >= 0:
                    values.append(TextSpan(_name(name), start, end))
                name, start = None, -1
            elif in_object and name is None:
                name = token_text
            elif token_text != b":" or not in_object:
                start, end = (token.start() if start < 0 else start), token.end()
    if start >= 0:
        whole = depth == 1 and text[start : start + 1] in (b"{", b"[", b'"') and text[end - 1 : end] in b'}]"'
        values.append(TextSpan(_name(name), start, end if whole else stop, whole))
    return Spans(values, stop, False)


def _name(text: bytes | None) -> str:
    try:
        return str(orjson.loads(text)) if text is not None else ""
    except ValueError:
        return ""
