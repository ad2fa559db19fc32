"""How a rehearsal went: failures first, then every operation with its times, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.model.rehearsal import Rehearsal, Rehearsed
from dynaops.views import wording
from dynaops.views.page import Line, Node, Page, Section, Span, Style, faint, joined, line, strong

_WORTH_TELLING = 5.0
"""Seconds of waiting for AWS to take a call, from which that is said."""
_MARKS = {"done": Span("+", Style.GOOD), "failed": Span("x", Style.ERROR)}


def rehearsal_page(rehearsal: Rehearsal) -> Page:
    """The rehearsal for people."""
    sections = [
        *_group("Would fail", [_failure(one) for one in rehearsal.failed], Style.ERROR),
        *_group("Rehearsal", [_row(one) for one in rehearsal.operations], Style.STRONG),
        *_group("Taken for granted", [Node(line(note)) for note in rehearsal.notes], Style.STRONG),
        Section((Node(_summary(rehearsal)),)),
    ]
    return Page(tuple(sections))


def _group(title: str, nodes: list[Node], style: Style) -> Iterable[Section]:
    if nodes:
        yield Section(tuple(nodes), line(Span(title, style)))


def _failure(one: Rehearsed) -> Node:
    below = [Node(line(one.message or ""))]
    if one.hint:
        below.append(Node(line(strong("hint: "), one.hint)))
    when = f", {wording.elapsed(one.end)} after the start" if one.end is not None else ""
    return Node(line(strong(one.title), faint(when)), Span("x", Style.ERROR), children=tuple(below))


def _row(one: Rehearsed) -> Node:
    notes: tuple[Line, ...] = ()
    if one.blocked and one.blocked_for >= _WORTH_TELLING:
        notes = (line(faint(f"waits {wording.takes(one.blocked_for)} for AWS: {one.blocked}")),)
    mark = _MARKS.get(one.stage, Span("-", Style.FAINT))
    return Node(line(one.title), mark, value=line(faint(_times(one))), notes=notes)


def _times(one: Rehearsed) -> str:
    if one.start is None or one.end is None:
        return "not sent"
    return f"{wording.elapsed(one.start)} to {wording.elapsed(one.end)}"


def _summary(rehearsal: Rehearsal) -> Line:
    verdict = (
        Span("Rehearsed well", Style.GOOD) if rehearsal.passes else Span("Would not go well", Style.ERROR)
    )
    parts = [line(verdict), line(wording.count(len(rehearsal.operations), "operation"))]
    if rehearsal.failed:
        parts.append(line(Span(f"{len(rehearsal.failed)} would fail", Style.ERROR)))
    if rehearsal.skipped:
        parts.append(line(f"{len(rehearsal.skipped)} would not be sent"))
    parts.append(line(f"takes {wording.takes(rehearsal.seconds)}"))
    parts.append(line("nothing was sent to AWS"))
    return joined(parts)
