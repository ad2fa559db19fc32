"""References to values of resources: the form that they have while a plan is made, and the form that apply fills in.

While a plan is made, a reference is ``${dynaops-ref:ADDRESS/OUTPUT}`` within any string, and ``${ref:`` is plain text.
In operations and changes, a value that is still unknown is ``${ref:ADDRESS/OUTPUT}``, and ``$${ref:`` is the plain text
``${ref:`` (`as_planned` makes the one of the other).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

_MARK = "${dynaops-ref:"
_REFERENCE = re.compile(r"\$\{dynaops-ref:([^}]+)/([^/}]+)\}")
_PLANNED = re.compile(r"\$(\$\{ref:)|\$\{ref:([^}]+)/([^/}]+)\}")


def reference(address: str, output: str) -> str:
    """The value that AWS mints for `output` of what is at `address`, filled in when it was made."""
    return f"{_MARK}{address}/{output}}}"


def references_in(value: Any) -> Iterator[tuple[str, str]]:
    """Address and output of the references in a value's strings, while a plan is made."""
    for text in _strings(value):
        if _MARK in text:
            yield from _REFERENCE.findall(text)


def planned_references(value: Any) -> Iterator[tuple[str, str]]:
    """Address and output of the references in a finished operation's or change's strings."""
    for text in _strings(value):
        if "${ref:" in text:
            yield from ((match[2], match[3]) for match in _PLANNED.finditer(text) if not match[1])


def with_known(value: Any, known: Callable[[str, str], str | None]) -> Any:
    """The value with those references filled in that `known` (of address and output) answers."""
    return _mapped(
        value, lambda text: _REFERENCE.sub(lambda result: known(*result.groups()) or result[0], text)
    )


def as_planned(value: Any) -> Any:
    """The value as operations and changes have it: with references as ``${ref:…}``, and other text escaped."""
    return _mapped(value, lambda text: text.replace("${ref:", "$${ref:").replace(_MARK, "${ref:"))


def as_written(text: str) -> str:
    """An escaped text with its references as specs have them."""
    return text.replace(f"${_MARK}", "${ref:")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from _strings(name)
            yield from _strings(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _strings(child)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value) if "${" in value else value
    if isinstance(value, dict):
        return {name: _mapped(child, change) for name, child in value.items()}
    if isinstance(value, list):
        return [_mapped(child, change) for child in value]
    return tuple(_mapped(child, change) for child in value) if isinstance(value, tuple) else value
