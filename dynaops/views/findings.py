"""Findings for people: where, how bad, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynaops.model.finding import Finding, Severity
from dynaops.views import wording
from dynaops.views.page import DOT, Line, Node, Page, Section, Span, Style, faint, joined, line, strong

_STYLES = {Severity.ERROR: Style.ERROR, Severity.WARNING: Style.WARNING, Severity.INFO: Style.FAINT}
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def report_page(findings: Sequence[Finding], tables: int) -> Page:
    """All findings, and one line that sums them up. `tables`: how many specs were checked."""
    return Page((*findings_page(findings).sections, Section((Node(_summary(findings, tables)),))))


def findings_page(findings: Sequence[Finding]) -> Page:
    """All findings, a section a file."""
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.place.file if finding.place else finding.address or "", []).append(finding)
    return Page(
        tuple(
            Section(tuple(_node(finding) for finding in _sorted(found)), line(strong(name)) if name else ())
            for name, found in files.items()
        )
    )


def warning_nodes(findings: Iterable[Finding]) -> tuple[Node, ...]:
    """Findings that stand in a page of something else."""
    return tuple(_node(finding, subject=True) for finding in findings)


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    """In the order of the file: it is read from top to bottom."""
    return sorted(findings, key=lambda one: (one.place.line, one.place.column) if one.place else (0, 0))


def _node(finding: Finding, subject: bool = False) -> Node:
    below = [Node(_where(finding))]
    if finding.hint:
        below.append(Node(line(strong("hint: "), finding.hint)))
    head: Line = (Span(finding.severity.value, _STYLES[finding.severity]), Span(": "))
    about = (Span(f"{finding.address}: "),) if subject and finding.address else ()
    return Node((*head, *about, Span(finding.message)), children=tuple(below))


def _where(finding: Finding) -> Line:
    place = line(str(finding.place)) if finding.place else ()
    path = line(faint(finding.path)) if finding.path else ()
    return joined([place, path, line(faint(finding.code))])


def _summary(findings: Sequence[Finding], tables: int) -> Line:
    counts = {severity: sum(one.severity is severity for one in findings) for severity in _ORDER}
    errors, warnings, notes = (counts[severity] for severity in _ORDER)
    verdict = Span("Invalid", Style.ERROR) if errors else Span("Valid", Style.GOOD)
    parts = [
        wording.count(tables, "table"),
        wording.count(errors, "error"),
        wording.count(warnings, "warning"),
        *([wording.count(notes, "remark")] if notes else []),
    ]
    return joined([line(verdict), *(line(part) for part in parts)], DOT)
