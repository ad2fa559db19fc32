"""Page of findings: place, severity, message and hint of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynaops.model.finding import Finding, Severity
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

_STYLES = {
    Severity.ERROR: TextStyle.ERROR,
    Severity.WARNING: TextStyle.WARNING,
    Severity.INFO: TextStyle.FAINT,
}
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def report_page(findings: Sequence[Finding], tables: int) -> Page:
    """All findings, and a summary line. `tables`: the number of checked specs."""
    return Page((*findings_page(findings).sections, Section((PageNode(_summary(findings, tables)),))))


def findings_page(findings: Sequence[Finding]) -> Page:
    """All findings, with a section for each file."""
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.place.file if finding.place else finding.address or "", []).append(finding)
    return Page(tuple(Section(finding_nodes(_sorted(of_file))) for of_file in files.values()))


def finding_nodes(findings: Iterable[Finding]) -> tuple[PageNode, ...]:
    """Findings as nodes for another page."""
    return tuple(_node(finding) for finding in findings)


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in the order of their places."""
    return sorted(
        findings, key=lambda finding: (finding.place.line, finding.place.column) if finding.place else (0, 0)
    )


def _node(finding: Finding) -> PageNode:
    """A finding as ``file:line:column: error: message``, a form that editors and CI systems can parse."""
    where = finding.place or finding.address
    head = (
        *((strong(str(where)), StyledText(": ")) if where else ()),
        StyledText(finding.severity.value, _STYLES[finding.severity]),
        StyledText(f": {finding.message}"),
    )
    path = line(faint(finding.path)) if finding.path else ()
    hint = (line("hint: ", finding.hint),) if finding.hint else ()
    excerpt = tuple(line(faint(text)) for text in (finding.excerpt or "").splitlines())
    return PageNode(head, notes=(*excerpt, joined([path, line(faint(finding.code))]), *hint))


def _summary(findings: Sequence[Finding], tables: int) -> Line:
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in _ORDER}
    errors, warnings, notes = (counts[severity] for severity in _ORDER)
    verdict = StyledText("Invalid", TextStyle.ERROR) if errors else StyledText("Valid", TextStyle.GOOD)
    parts = [
        *([wording.count(tables, "table")] if tables else []),
        wording.count(errors, "error"),
        wording.count(warnings, "warning"),
        *([wording.count(notes, "remark")] if notes else []),
    ]
    return joined([line(verdict), *(line(part) for part in parts)])
