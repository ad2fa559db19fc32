"""Reading JSON that people, merges and editors may have touched: whatever is wrong is named with its line and column.

Python's and orjson's readers keep the last of two equal keys. In a file that was merged that drops a part of it in
silence, so here it is an error (RFC 8259, section 4: names should be unique).
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

import orjson

_CONFLICT = re.compile(rb"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?\r?$", re.MULTILINE)
_BEGIN = b"<<<<<<<"
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},]', re.DOTALL)
"""A string (also one that does not end), or a sign of structure. Each character is looked at once."""
_KEY_END = re.compile(r"\s*:")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONFLICT_HINT = "Choose one side, or run `git checkout --ours FILE` (or --theirs)."


class JsonFault(ValueError):
    """Text that is not the JSON it should be. `line` and `column` count from 1; `hint` says what to do, if anything."""

    def __init__(self, message: str, line: int, column: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint


def parse(raw: bytes) -> Any:
    """The JSON value in `raw` (UTF-8). Raises JsonFault, for two equal keys of one object too.

    Integers beyond 64 bits may come as floats: this is for looking into a text, a model reads the values.
    """
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _fault(raw, error) from error
    if not _is_canonical(data, raw):
        _refuse_equal_keys(raw)
    return data


def _fault(raw: bytes, error: orjson.JSONDecodeError) -> JsonFault:
    """The reason why `raw` cannot be read, in words that name the cause where it is a known one."""
    if raw.startswith(codecs.BOM_UTF8):
        return JsonFault("it begins with a byte order mark", 1, 1, "Save it as UTF-8 without one.")
    if raw.startswith(_WIDE) or b"\0" in raw[:4]:
        return JsonFault("it is UTF-16, not UTF-8", 1, 1, "Save it as UTF-8.")
    if _BEGIN in raw and (marks := list(_CONFLICT.finditer(raw))):
        first, last = (raw.count(b"\n", 0, mark.start()) + 1 for mark in (marks[0], marks[-1]))
        return JsonFault(
            f"it has the markers of a merge conflict, lines {first} to {last}", first, 1, _CONFLICT_HINT
        )
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        line, column = position(raw, wrong.start)
        return JsonFault("it is not UTF-8", line, column, "Save it as UTF-8.")
    return JsonFault(error.msg, error.lineno, error.colno)


def position(raw: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte."""
    return raw.count(b"\n", 0, offset) + 1, offset - raw.rfind(b"\n", 0, offset)


def _is_canonical(data: Any, raw: bytes) -> bool:
    """Whether `raw` is just how `data` is written here: then nothing of it was dropped. The usual case, and fast."""
    try:
        return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) == raw.rstrip()
    except TypeError:
        return False


class _EqualKeys(Exception):
    """An object has two equal keys."""


def _refuse_equal_keys(raw: bytes) -> None:
    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            raise _EqualKeys
        return result

    text = raw.decode()
    try:
        json.loads(text, object_pairs_hook=checked)
    except _EqualKeys:
        raise _equal_keys(text) from None
    except (
        RecursionError,
        ValueError,
    ) as error:  # deeper, or longer numbers, than the standard library reads
        raise JsonFault("it is nested too deep, or a number is too long", 1, 1) from error


def _equal_keys(text: str) -> JsonFault:
    """Where the first key is that its object has already."""
    repeated = repeated_key(text)
    if repeated is None:
        return JsonFault("a key is given twice", 1, 1)
    key, first, second = repeated
    column = second - text.rfind("\n", 0, second)
    return _twice(key, text.count("\n", 0, first) + 1, text.count("\n", 0, second) + 1, column)


def repeated_key(text: str) -> tuple[str, int, int] | None:
    """The first key that its object has had before, and the indexes of its two places; what follows may be no JSON."""
    objects: list[dict[str, int]] = []
    for token in TOKEN.finditer(text):
        sign = token[0][0]
        if sign in "[{":
            objects.append({})
        elif sign in "]}" and objects:
            objects.pop()
        elif sign == '"' and objects and _KEY_END.match(text, token.end()):
            key = json.loads(token[0], strict=False)
            if key in objects[-1]:
                return key, objects[-1][key], token.start()
            objects[-1][key] = token.start()
    return None


def _twice(key: str, before: int, line: int, column: int) -> JsonFault:
    lines = f"in lines {before} and {line}" if before != line else f"in line {line}"
    return JsonFault(
        f"the key {json.dumps(key, ensure_ascii=False)} is given twice, {lines}: only one of them could be read",
        line,
        column,
        "A merge has kept both sides, as a rule: keep one of the two.",
    )
