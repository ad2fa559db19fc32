"""Restore drills of several tables for people: which tables are chosen and why, and what each drill came to."""

from __future__ import annotations

from collections.abc import Sequence

from dynaops.model.backup import DrillCandidate, DrillEnd, DrillResult
from dynaops.views import wording
from dynaops.views.page import Node, Page, Section, Span, Style, faint, line, strong

_ENDS = {
    DrillEnd.IDENTICAL: ("identical", Style.GOOD),
    DrillEnd.DIFFERS: ("differs", Style.ERROR),
    DrillEnd.FAILED: ("failed", Style.ERROR),
    DrillEnd.NO_BACKUP: ("nothing to restore", Style.ERROR),
    DrillEnd.INTERRUPTED: ("interrupted", Style.ERROR),
    DrillEnd.NOT_RUN: ("not run", Style.WARNING),
}


def reason(candidate: DrillCandidate) -> str:
    """Why a table is chosen: when its last successful drill was."""
    at = candidate.succeeded_at
    return "never verified" if at is None else f"last verified {wording.moment(at)}"


def candidates_page(
    chosen: Sequence[DrillCandidate], without: Sequence[DrillCandidate], number: int, gaps: Sequence[str]
) -> Page:
    """The chosen tables of `number` in the state, those `without` anything to restore, and what was not looked at."""
    title = f"Verify {len(chosen)} of {wording.count(number, 'table')}"
    sections = [Section(_rows(chosen), line(strong(title)))] if chosen else []
    if without:
        sections.append(Section(_rows(without), line(Span("Nothing to restore", Style.ERROR))))
    if gaps:
        nodes = tuple(Node(line(gap)) for gap in gaps)
        sections.append(Section(nodes, line(Span("Not looked at", Style.WARNING))))
    return Page(tuple(sections))


def drill_heading(candidate: DrillCandidate, number: int, count: int) -> Page:
    """The heading of what is told of one drill."""
    return Page((Section((Node(line(strong(f"Drill {number} of {count}: {candidate.table}"))),)),))


def results_page(results: Sequence[DrillResult]) -> Page:
    """What became of each table, and how many passed."""
    passed = sum(result.end is DrillEnd.IDENTICAL for result in results)
    style = Style.GOOD if passed == len(results) else Style.ERROR
    summary = f"{passed} of {wording.count(len(results), 'table')} verified"
    return Page(
        (
            Section(tuple(_result(result) for result in results), line(strong("Restore drills"))),
            Section((Node(line(Span(summary, style))),)),
        )
    )


def _rows(candidates: Sequence[DrillCandidate]) -> tuple[Node, ...]:
    return tuple(Node(line(candidate.table), value=line(reason(candidate))) for candidate in candidates)


def _result(result: DrillResult) -> Node:
    words, style = _ENDS[result.end]
    if result.verified and result.verified.method == "count":
        words += ", by the number of items"
    parts = [Span(words, style)]
    if result.message:
        parts.append(Span(f": {result.message}"))
    notes = (line(faint(result.hint)),) if result.hint else ()
    return Node(line(result.candidate.table), value=tuple(parts), notes=notes)
