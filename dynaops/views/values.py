"""Values of specs and AWS in one line: short, unambiguous, never clipped in the middle of a name."""

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
"""A value that is known when something was made (`model.late_values`), or the plain text ``${ref:``."""
_LATE = "(known after apply)"
LONGEST = 400
"""Characters of one value; what is longer (a policy document) is in ``plan --json`` in full."""


def compact(value: Any, longest: int = LONGEST) -> str:
    """The value in one line, much as YAML's flow style would have it; `longest` in characters."""
    text = _flow(value)
    if len(text) <= longest:
        return text
    return f"{text[:longest].rstrip()} ... ({len(text):,} characters)"


def absent(value: Any) -> bool:
    """Whether a property says nothing: not worth a line of its own."""
    return value is None or value in ("", [], {}, ())


def before_and_after(difference: Difference) -> Line:
    """``before → after`` of one property; a side that is absent is left out."""
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
    """A difference of two maps as the differences of their members, so that only those are shown."""
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
        return "{" + ", ".join(f"{_flow(name)}: {_flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value, default=str)


def _text(text: str) -> str:
    """A string, with late values as what they are and the plain text ``${ref:`` as it is meant."""
    if "${ref:" in text:
        if _REFERENCE.fullmatch(text):
            return _LATE
        text = _REFERENCE.sub(lambda found: found[1] or _LATE, text)
    return text if _is_bare(text) else json.dumps(text, ensure_ascii=False)


def _is_bare(text: str) -> bool:
    """Whether a string can stand without quotation marks and still be told from everything else."""
    return _BARE.match(text) is not None and text.lower() not in _SPECIAL
