"""Comments that GitHub takes whole: parts are cut between their rows, and it is said what is missing.

A part keeps its opening and closing lines however much is cut, so no fence, table or ``<details>`` is left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dynaops.views.page import clean

LONGEST = 60_000
"""Characters of a comment. GitHub takes 65,536; the rest is for what a workflow puts around it."""
LIST = 10_000
"""Characters of a list that is never folded away."""
_RESERVED = 2_500
"""Characters for saying what is missing."""
_SMALLEST = 1_000
"""Characters of rows below which a part is rather left out than cut."""
_NAMED = 20
_LONGEST_NAME = 40


class CommentPart(NamedTuple):
    """A part of a comment: `rows` between two lines that belong together. `name` is told, escaped, where it is missing.

    `more` is the row that stands for those that are cut, with ``{}`` for their number.
    """

    name: str
    rows: tuple[str, ...]
    opening: str = ""
    closing: str = ""
    more: str = "{} more"

    def text(self) -> str:
        return "\n".join([*filter(None, [self.opening]), *self.rows, *filter(None, [self.closing])])


def bounded(
    head: Iterable[str], lists: Iterable[CommentPart], parts: Sequence[CommentPart], whole: str, marker: str
) -> str:
    """A comment of at most LONGEST characters that ends with `marker` and a newline.

    `head` is short, and stands first; of each of `lists` at most LIST characters; then as much of `parts` as there is
    room for. `whole` says where all of it can be found.
    """
    listed = list(lists)
    top = [*head, *(cut(part, LIST) for part in listed)]
    handler = LONGEST - len(marker) - _RESERVED - sum(len(text) + 2 for text in top)
    shown: list[str] = []
    missing: list[str] = []
    shortened = sum(len(part.text()) > LIST for part in listed)
    fits = sum(len(part.text()) + 2 for part in parts) <= handler
    for part in parts:
        # A part may take half of the handler that is left: a huge one leaves some to those after it.
        limit = (handler if fits else handler // 2) - 2
        text = part.text()
        if len(text) > limit:
            if limit < _SMALLEST + len(part._replace(rows=()).text()):
                missing.append(part.name)
                continue
            text = cut(part, limit)
            shortened += 1
        shown.append(text)
        handler -= len(text) + 2
    note = _note(missing, shortened, len(listed) + len(parts), whole)
    return "\n\n".join([*top, *note, *shown, marker]) + "\n"


def cut(part: CommentPart, limit: int) -> str:
    """A part's text of at most `limit` characters, rows left out from its end."""
    text = part.text()
    if len(text) <= limit:
        return text
    # The row that counts is never longer than with all rows counted.
    handler = limit - len(part._replace(rows=(part.more.format(f"{len(part.rows):,}"),)).text())
    kept = 0
    for row in part.rows:
        handler -= len(row) + 1
        if handler < 0:
            break
        kept += 1
    more = part.more.format(f"{len(part.rows) - kept:,}")
    return part._replace(rows=(*part.rows[:kept], more)).text()


def marker(command: str, environment: str | None) -> str:
    """The last line of a comment, by which a workflow finds it again; nothing in it can end the HTML comment."""
    name = re.sub(r"[^A-Za-z0-9_.]+", "-", clean(environment or "default"))[:_LONGEST_NAME]
    return f"<!-- dynaops {command} {name} -->"


def _note(missing: Sequence[str], shortened: int, parts: int, whole: str) -> list[str]:
    if not missing and not shortened:
        return []
    told = []
    if missing:
        names = ", ".join(missing[:_NAMED])
        rest = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        told.append(f"left out: {names}{rest}")
    if shortened:
        told.append(f"shortened: {shortened:,}")
    return [f"> [!NOTE]\n> Of {parts:,} parts not all fit here ({'; '.join(told)}). All of it: {whole}."]
