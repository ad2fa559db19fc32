"""Page about the health of tables: every check with its evidence, a remedy, and small charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dynaops.model.finding import Finding, Severity
from dynaops.model.health import Chart, Report, Result, Status
from dynaops.views import wording
from dynaops.views.findings import findings_page
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
    Status.PASS: TextStyle.GOOD,
    Status.WARN: TextStyle.WARNING,
    Status.FAIL: TextStyle.ERROR,
    Status.UNKNOWN: TextStyle.WARNING,
    Status.SUPPRESSED: TextStyle.FAINT,
}
_MARKS = {Status.SUPPRESSED: "kept", Status.UNKNOWN: "?"}
_SHORT = "Only problems are shown; --verbose shows every check and chart, --json all of it."
_BARS = "▁▂▃▄▅▆▇█"


PROBLEMS = (Status.FAIL, Status.WARN, Status.UNKNOWN)
"""The statuses of problems, the worst first."""
MANY = 3
"""Up to this number of tables, all checks are shown; for more tables, only the problems."""


def health_page(reports: Sequence[Report], findings: Sequence[Finding], whole: bool = False) -> Page:
    """The findings of the specs' checks, a report for each table, and a summary line.

    For many tables only the problems are shown, unless `whole` is set.
    """
    sections = [*findings_page(findings).sections]
    if whole or len(reports) <= MANY:
        for report in reports:
            sections.extend(_sections(report))
    else:
        sections.extend(_in_short(reports))
    return Page((*sections, Section((PageNode(summary(reports, findings)),))))


def is_problem(result: Result) -> bool:
    """Whether the result of a check needs attention."""
    return result.status in PROBLEMS


def problems_of_use(report: Report) -> bool:
    """Whether there is a problem with the use of the table, so that its metrics are shown."""
    return any(is_problem(result) and result.code.startswith("LIVE2") for result in report.results)


def _in_short(reports: Sequence[Report]) -> Iterator[Section]:
    """The problems of each table that has any, and a line for the other tables."""
    well = []
    for report in reports:
        problems = [result for status in PROBLEMS for result in report.results if result.status is status]
        if not problems:
            well.append(report.table)
            continue
        title = joined([line(strong(report.table)), line(faint(report.region))])
        yield Section(tuple(_result(result) for result in problems), title)
    healthy = (
        [PageNode(line(f"no problem: {wording.listed(well)}"), StyledText("pass", TextStyle.GOOD))]
        if well
        else []
    )
    yield Section((*healthy, PageNode(line(faint(_SHORT)))))


def summary(reports: Sequence[Report], findings: Sequence[Finding]) -> Line:
    """The verdict and the counts. A finding of a spec counts as a check."""
    counts = {status: sum(report.count(status) for report in reports) for status in Status}
    failed = counts[Status.FAIL] + sum(finding.severity is Severity.ERROR for finding in findings)
    warned = counts[Status.WARN] + sum(finding.severity is Severity.WARNING for finding in findings)
    verdict = StyledText("Healthy", TextStyle.GOOD)
    if failed:
        verdict = StyledText("Unhealthy", TextStyle.ERROR)
    elif warned or counts[Status.UNKNOWN]:
        verdict = StyledText("Healthy, with warnings", TextStyle.WARNING)
    parts = [wording.count(len(reports), "table"), f"{counts[Status.PASS]} passed"]
    parts += [f"{warned} warned"] if warned else []
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{counts[Status.UNKNOWN]} not checked"] if counts[Status.UNKNOWN] else []
    parts += [f"{counts[Status.SUPPRESSED]} suppressed"] if counts[Status.SUPPRESSED] else []
    return joined([line(verdict), *(line(part) for part in parts)])


def sparkline(values: Sequence[float | None]) -> str:
    """A bar for each value, relative to the highest value; a blank for a missing value."""
    highest = max((value for value in values if value is not None), default=0) or 1
    return "".join(
        " " if value is None else _BARS[min(len(_BARS) - 1, -int(-value * (len(_BARS) - 1) // highest))]
        for value in values
    )


def _sections(report: Report) -> Iterator[Section]:
    title = joined([line(strong(report.table)), line(faint(report.region))])
    yield Section(tuple(_result(entry) for entry in report.results), title)
    if report.charts:
        nodes = tuple(_chart(entry) for entry in report.charts)
        yield Section(nodes, line(strong(f"{report.table}, last {report.hours} h"), faint(", a bar an hour")))


def _result(result: Result) -> PageNode:
    mark = StyledText(_MARKS.get(result.status, result.status.value), _STYLES[result.status])
    notes: tuple[Line, ...] = ()
    if result.status is not Status.PASS:
        remedy = f"accepted: {result.reason}" if result.reason else result.remedy or ""
        notes = (joined([line(faint(result.code)), line(remedy) if remedy else ()]),)
    return PageNode(line(result.title), mark, line(result.evidence), notes)


def _chart(chart: Chart) -> PageNode:
    bars = StyledText(sparkline(chart.values), TextStyle.CHART)
    return PageNode(line(chart.title), value=joined([line(bars), line(chart.summary)]))
