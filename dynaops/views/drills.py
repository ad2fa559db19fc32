"""Pages about restore drills of several tables: the chosen tables with the reasons, and the results."""

from __future__ import annotations

from collections.abc import Sequence

from dynaops.model.backup import DrillCandidate, DrillEnd, DrillResult
from dynaops.views import wording
from dynaops.views.page import Page, PageNode, Section, StyledText, TextStyle, faint, line, strong

_ENDS = {
    DrillEnd.IDENTICAL: ("identical", TextStyle.GOOD),
    DrillEnd.DIFFERS: ("differs", TextStyle.ERROR),
    DrillEnd.FAILED: ("failed", TextStyle.ERROR),
    DrillEnd.NO_BACKUP: ("nothing to restore", TextStyle.ERROR),
    DrillEnd.INTERRUPTED: ("interrupted", TextStyle.ERROR),
    DrillEnd.NOT_RUN: ("not run", TextStyle.WARNING),
}


def reason(candidate: DrillCandidate) -> str:
    """Why a table is chosen: the time of its last successful drill."""
    at = candidate.succeeded_at
    return "never verified" if at is None else f"last verified {wording.moment(at)}"


def candidates_page(
    chosen: Sequence[DrillCandidate], without: Sequence[DrillCandidate], number: int, gaps: Sequence[str]
) -> Page:
    """The chosen tables of `number` in the state, tables without a backup, and the `gaps` in what was read."""
    title = f"Verify {len(chosen)} of {wording.count(number, 'table')}"
    sections = [Section(_rows(chosen), line(strong(title)))] if chosen else []
    if without:
        sections.append(Section(_rows(without), line(StyledText("Nothing to restore", TextStyle.ERROR))))
    if gaps:
        nodes = tuple(PageNode(line(gap)) for gap in gaps)
        sections.append(Section(nodes, line(StyledText("Not looked at", TextStyle.WARNING))))
    return Page(tuple(sections))


def drill_heading(candidate: DrillCandidate, number: int, count: int) -> Page:
    """The heading of one drill."""
    return Page((Section((PageNode(line(strong(f"Drill {number} of {count}: {candidate.table}"))),)),))


def results_page(results: Sequence[DrillResult]) -> Page:
    """The result of each table, and the number of passed drills."""
    passed = sum(result.end is DrillEnd.IDENTICAL for result in results)
    style = TextStyle.GOOD if passed == len(results) else TextStyle.ERROR
    summary = f"{passed} of {wording.count(len(results), 'table')} verified"
    return Page(
        (
            Section(tuple(_result(result) for result in results), line(strong("Restore drills"))),
            Section((PageNode(line(StyledText(summary, style))),)),
        )
    )


def _rows(candidates: Sequence[DrillCandidate]) -> tuple[PageNode, ...]:
    return tuple(PageNode(line(candidate.table), value=line(reason(candidate))) for candidate in candidates)


def _result(result: DrillResult) -> PageNode:
    words, style = _ENDS[result.end]
    if result.verified and result.verified.method == "count":
        words += ", by the number of items"
    parts = [StyledText(words, style)]
    if result.message:
        parts.append(StyledText(f": {result.message}"))
    notes = (line(faint(result.hint)),) if result.hint else ()
    return PageNode(line(result.candidate.table), value=tuple(parts), notes=notes)
