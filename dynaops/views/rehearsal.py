"""Page about a rehearsal: failures first, then every operation with its times, then the assumptions."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.model.rehearsal import Rehearsal, Rehearsed
from dynaops.views import wording
from dynaops.views.page import (
    Line,
    Page,
    PageNode,
    Section,
    StyledText,
    TextStyle,
    faint,
    joined,
    line,
    strong,
)

_WORTH_TELLING = 5.0
"""Seconds; a longer wait until AWS accepts a call is shown."""
_MARKS = {"done": StyledText("+", TextStyle.GOOD), "failed": StyledText("x", TextStyle.ERROR)}


def rehearsal_page(rehearsal: Rehearsal) -> Page:
    """The page of a rehearsal."""
    sections = [
        *_group("Would fail", [_failure(rehearsed) for rehearsed in rehearsal.failed], TextStyle.ERROR),
        *_group("Rehearsal", [_row(rehearsed) for rehearsed in rehearsal.operations], TextStyle.STRONG),
        *_group("Taken for granted", [PageNode(line(note)) for note in rehearsal.notes], TextStyle.STRONG),
        Section((PageNode(_summary(rehearsal)),)),
    ]
    return Page(tuple(sections))


def _group(title: str, nodes: list[PageNode], style: TextStyle) -> Iterable[Section]:
    if nodes:
        yield Section(tuple(nodes), line(StyledText(title, style)))


def _failure(rehearsed: Rehearsed) -> PageNode:
    below = [PageNode(line(rehearsed.message or ""))]
    if rehearsed.hint:
        below.append(PageNode(line(strong("hint: "), rehearsed.hint)))
    when = f", {wording.elapsed(rehearsed.end)} after the start" if rehearsed.end is not None else ""
    return PageNode(
        line(strong(rehearsed.title), faint(when)), StyledText("x", TextStyle.ERROR), children=tuple(below)
    )


def _row(rehearsed: Rehearsed) -> PageNode:
    notes: tuple[Line, ...] = ()
    if rehearsed.blocked and rehearsed.blocked_for >= _WORTH_TELLING:
        notes = (line(faint(f"waits {wording.takes(rehearsed.blocked_for)} for AWS: {rehearsed.blocked}")),)
    mark = _MARKS.get(rehearsed.stage, StyledText("-", TextStyle.FAINT))
    return PageNode(line(rehearsed.title), mark, value=line(faint(_times(rehearsed))), notes=notes)


def _times(rehearsed: Rehearsed) -> str:
    if rehearsed.start is None or rehearsed.end is None:
        return "not sent"
    return f"{wording.elapsed(rehearsed.start)} to {wording.elapsed(rehearsed.end)}"


def _summary(rehearsal: Rehearsal) -> Line:
    verdict = (
        StyledText("Rehearsed well", TextStyle.GOOD)
        if rehearsal.passes
        else StyledText("Would not go well", TextStyle.ERROR)
    )
    parts = [line(verdict), line(wording.count(len(rehearsal.operations), "operation"))]
    if rehearsal.failed:
        parts.append(line(StyledText(f"{len(rehearsal.failed)} would fail", TextStyle.ERROR)))
    if rehearsal.skipped:
        parts.append(line(f"{len(rehearsal.skipped)} would not be sent"))
    parts.append(line(f"takes {wording.takes(rehearsal.seconds)}"))
    parts.append(line("nothing was sent to AWS"))
    return joined(parts)
