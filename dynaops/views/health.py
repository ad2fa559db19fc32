"""The health of tables for people: every check with its evidence, what to do, and small charts."""

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
"""The worst first."""
MANY = 3
"""Up to so many tables are told in full; of more, the problems are."""


def health_page(reports: Sequence[Report], findings: Sequence[Finding], whole: bool = False) -> Page:
    """What the specs' own checks found, a report a table, and one line that sums them up.

    Of many tables only the problems are told, unless all of it is asked for (`whole`).
    """
    sections = [*findings_page(findings).sections]
    if whole or len(reports) <= MANY:
        for report in reports:
            sections.extend(_sections(report))
    else:
        sections.extend(_in_short(reports))
    return Page((*sections, Section((PageNode(summary(reports, findings)),))))


def is_problem(result: Result) -> bool:
    """Whether a check found something to be looked at."""
    return result.status in PROBLEMS


def problems_of_use(report: Report) -> bool:
    """Whether something is wrong with how the table is used, which its metrics show."""
    return any(is_problem(result) and result.code.startswith("LIVE2") for result in report.results)


def _in_short(reports: Sequence[Report]) -> Iterator[Section]:
    """The problems of each table that has some, and a line for the others."""
    well = []
    for report in reports:
        problems = [one for status in PROBLEMS for one in report.results if one.status is status]
        if not problems:
            well.append(report.table)
            continue
        title = joined([line(strong(report.table)), line(faint(report.region))])
        yield Section(tuple(_result(one) for one in problems), title)
    told = (
        [PageNode(line(f"no problem: {wording.listed(well)}"), StyledText("pass", TextStyle.GOOD))]
        if well
        else []
    )
    yield Section((*told, PageNode(line(faint(_SHORT)))))


def summary(reports: Sequence[Report], findings: Sequence[Finding]) -> Line:
    """The verdict and the counts. A finding of a spec counts like a check."""
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
    """A bar a value, from nothing to the highest of them; a blank where there is no value."""
    most = max((value for value in values if value is not None), default=0) or 1
    return "".join(
        " " if value is None else _BARS[min(len(_BARS) - 1, -int(-value * (len(_BARS) - 1) // most))]
        for value in values
    )


def _sections(report: Report) -> Iterator[Section]:
    title = joined([line(strong(report.table)), line(faint(report.region))])
    yield Section(tuple(_result(one) for one in report.results), title)
    if report.charts:
        nodes = tuple(_chart(one) for one in report.charts)
        yield Section(nodes, line(strong(f"{report.table}, last {report.hours} h"), faint(", a bar an hour")))


def _result(result: Result) -> PageNode:
    mark = StyledText(_MARKS.get(result.status, result.status.value), _STYLES[result.status])
    notes: tuple[Line, ...] = ()
    if result.status is not Status.PASS:
        what = f"accepted: {result.reason}" if result.reason else result.remedy or ""
        notes = (joined([line(faint(result.code)), line(what) if what else ()]),)
    return PageNode(line(result.title), mark, line(result.evidence), notes)


def _chart(chart: Chart) -> PageNode:
    bars = StyledText(sparkline(chart.values), TextStyle.CHART)
    return PageNode(line(chart.title), value=joined([line(bars), line(chart.summary)]))
