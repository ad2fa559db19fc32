"""Values of specs and AWS in one line: short, unambiguous, and never shortened in the middle of a name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dynaops.model.change import Difference
from dynaops.views.page import ARROW, Line, StyledText, TextStyle, faint, line

_BARE = re.compile(r"(?:[^\W\d]|[_$./@:*-])[\w.:/@*+$-]*\Z")
_SPECIAL = {"true", "false", "null", "none", "yes", "no", "on", "off", "~", "-"}
_REFERENCE = re.compile(r"\$(\$\{ref:)|\$\{ref:[^}]+\}")
"""A value that is known only after a resource is created (`model.late_values`), or the plain text ``${ref:``."""
_LATE = "(known after apply)"
LONGEST = 400
"""The most characters of one value; longer values (policy documents) are complete in ``plan --json``."""


def compact(value: Any, longest: int = LONGEST) -> str:
    """The value in one line, similar to YAML's flow style, of at most `longest` characters."""
    text = _flow(value)
    if len(text) <= longest:
        return text
    return f"{text[:longest].rstrip()} ... ({len(text):,} characters)"


def absent(value: Any) -> bool:
    """Whether a property has no content, so that it needs no line."""
    return value is None or value in ("", [], {}, ())


def before_and_after(difference: Difference) -> Line:
    """One property as ``before → after``; an absent side is left out."""
    if absent(difference.before):
        return line(StyledText(compact(difference.after), TextStyle.CREATE))
    if absent(difference.after):
        return line(StyledText(compact(difference.before), TextStyle.DELETE), ARROW, faint("(none)"))
    return line(
        StyledText(compact(difference.before), TextStyle.DELETE),
        ARROW,
        StyledText(compact(difference.after), TextStyle.CREATE),
    )


def unfolded(difference: Difference) -> Iterator[Difference]:
    """A difference of two maps as the differences of their members, so that equal members are not shown."""
    before, after = difference.before, difference.after
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield difference
        return
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            member = Difference(
                path=f"{difference.path}.{name}",
                before=before.get(name),
                after=after.get(name),
                forces_replacement=difference.forces_replacement,
            )
            yield from unfolded(member)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(name)}: {_flow(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(member) for member in value) + "]"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value, default=str)


def _text(text: str) -> str:
    """A string, with late values described in words and the plain text ``${ref:`` unescaped."""
    if "${ref:" in text:
        if _REFERENCE.fullmatch(text):
            return _LATE
        text = _REFERENCE.sub(lambda match: match[1] or _LATE, text)
    return text if _is_bare(text) else json.dumps(text, ensure_ascii=False)


def _is_bare(text: str) -> bool:
    """Whether a string without quotation marks is still unambiguous."""
    return _BARE.match(text) is not None and text.lower() not in _SPECIAL
