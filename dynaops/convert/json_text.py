"""Decodes untrusted JSON within limits; refuses it with a message and the position."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dynaops.model.json_text import TOKEN, repeated_key

MAX_DEPTH = 60
"""The deepest nesting of lists and maps: as deep as the documents of a spec may be."""
MAX_VALUES = 2_000_000
"""The most values of a text; a Terraform state of 64 MiB has about as many."""
MAX_DIGITS = 400
_SPACE = re.compile(r"\s*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class NotJson(ValueError):
    """The text is not JSON, or exceeds a limit. `at`: the index of the character."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class _Repeated(Exception):
    """A map has a key twice."""


def decoded(text: str) -> Any:
    """The value of a text that is one JSON document. Raises NotJson."""
    documents_ = documents(text)
    if len(documents_) != 1:
        raise NotJson("one JSON document is expected", 0)
    return documents_[0]


def documents(text: str) -> list[Any]:
    """The JSON documents of a text that has one or several after each other. Raises NotJson."""
    _measure(text)
    try:
        documents_ = list(_documents(text))
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, error.pos) from None
    except _Repeated as error:
        repeated = repeated_key(text)
        raise NotJson(f"the key {error} stands twice", repeated[2] if repeated else 0) from None
    if _SURROGATE_ESCAPE.search(text):
        _refuse_halves(text)
    return documents_


def _measure(text: str) -> None:
    """Refuse a text that is too deep or has too many values, before it is decoded. Raises NotJson."""
    depth = values = 0
    for token in TOKEN.finditer(text):
        sign = text[token.start()]
        if sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotJson(f"it is nested more than {MAX_DEPTH} deep", token.start())
        elif sign in "]}":
            depth -= 1
        if sign in "[{,":
            values += 1
            if values > MAX_VALUES:
                raise NotJson(f"it has more than {MAX_VALUES:,} values", token.start())


def _documents(text: str) -> Iterator[Any]:
    def integer(digits: str) -> int:
        if len(digits) > MAX_DIGITS:
            raise NotJson(f"a number has more than {MAX_DIGITS} digits", _bare(text, digits))
        return int(digits)

    def constant(name: str) -> Any:
        raise NotJson(f"{name} is no JSON value", _bare(text, name))

    decoder = json.JSONDecoder(object_pairs_hook=_map, parse_int=integer, parse_constant=constant)
    at = _after_space(text, 0)
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        yield document
        at = _after_space(text, at)


def _map(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _Repeated(name[:60])
            seen.add(name)
    return members


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _bare(text: str, word: str) -> int:
    """The index of a word outside of strings."""
    without = TOKEN.sub(lambda token: " " * len(token.group()), text)
    return max(without.find(word), 0)


def _refuse_halves(text: str) -> None:
    """Refuse a lone surrogate such as ``\\ud800``: it is not a character, and no file can hold it. Raises NotJson."""
    for token in TOKEN.finditer(text):
        if token.group()[0] == '"' and _SURROGATE.search(json.loads(token.group(), strict=False)):
            raise NotJson("a string holds half a character (a lone surrogate)", token.start())
