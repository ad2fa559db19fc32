"""Limits comments to the size that GitHub accepts: parts are shortened by whole rows, and the rest is counted.

A shortened part keeps its opening and closing lines, so no fence, table or ``<details>`` is left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dynaops.views.page import clean

LONGEST = 60_000
"""The most characters of a comment. GitHub accepts 65,536; the rest is for text that a workflow adds."""
LIST = 10_000
"""The most characters of a list that is never collapsed."""
_RESERVED = 2_500
"""Characters that are reserved for the message about missing parts."""
_SMALLEST = 1_000
"""The least characters of rows in a shortened part; with less room it is left out."""
_NAMED = 20
_LONGEST_NAME = 40


class CommentPart(NamedTuple):
    """A part of a comment: `rows` between an opening and a closing line. `name` is shown (escaped) if it is missing.

    `more` is the row that replaces missing rows, with ``{}`` for their number.
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

    `head` is short, and comes first; then at most LIST characters of each of `lists`; then as much of `parts` as there
    is room for. `whole` says where the complete text is.
    """
    listed = list(lists)
    top = [*head, *(cut(part, LIST) for part in listed)]
    remaining = LONGEST - len(marker) - _RESERVED - sum(len(text) + 2 for text in top)
    shown: list[str] = []
    missing: list[str] = []
    shortened = sum(len(part.text()) > LIST for part in listed)
    fits = sum(len(part.text()) + 2 for part in parts) <= remaining
    for part in parts:
        # A part may use half of the remaining characters, so that a huge part leaves some for the others.
        limit = (remaining if fits else remaining // 2) - 2
        text = part.text()
        if len(text) > limit:
            if limit < _SMALLEST + len(part._replace(rows=()).text()):
                missing.append(part.name)
                continue
            text = cut(part, limit)
            shortened += 1
        shown.append(text)
        remaining -= len(text) + 2
    note = _note(missing, shortened, len(listed) + len(parts), whole)
    return "\n\n".join([*top, *note, *shown, marker]) + "\n"


def cut(part: CommentPart, limit: int) -> str:
    """A part's text of at most `limit` characters, without its last rows if needed."""
    text = part.text()
    if len(text) <= limit:
        return text
    # The row with the number of missing rows is longest if all rows are missing.
    remaining = limit - len(part._replace(rows=(part.more.format(f"{len(part.rows):,}"),)).text())
    kept = 0
    for row in part.rows:
        remaining -= len(row) + 1
        if remaining < 0:
            break
        kept += 1
    more = part.more.format(f"{len(part.rows) - kept:,}")
    return part._replace(rows=(*part.rows[:kept], more)).text()


def marker(command: str, environment: str | None) -> str:
    """The last line of a comment, by which a workflow finds it; no environment name can end its HTML comment."""
    name = re.sub(r"[^A-Za-z0-9_.]+", "-", clean(environment or "default"))[:_LONGEST_NAME]
    return f"<!-- dynaops {command} {name} -->"


def _note(missing: Sequence[str], shortened: int, parts: int, whole: str) -> list[str]:
    if not missing and not shortened:
        return []
    sentences = []
    if missing:
        names = ", ".join(missing[:_NAMED])
        rest = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        sentences.append(f"left out: {names}{rest}")
    if shortened:
        sentences.append(f"shortened: {shortened:,}")
    return [f"> [!NOTE]\n> Of {parts:,} parts not all fit here ({'; '.join(sentences)}). All of it: {whole}."]
