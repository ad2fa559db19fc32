"""The health of tables as Markdown for a comment: the problems first and in full, passed checks in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dynaops.model.finding import Finding, Severity
from dynaops.model.health import Report, Result, Status
from dynaops.views import wording
from dynaops.views.health import PROBLEMS, is_problem, problems_of_use, sparkline, summary
from dynaops.views.page import clean
from dynaops.views.plain import text_of
from dynaops.views.review.bounded import CommentPart, bounded, marker
from dynaops.views.review.escape import escaped, in_html

_SIGNS = {
    Status.WARN: "⚠️ warn",
    Status.FAIL: "❌ fail",
    Status.UNKNOWN: "❔ not checked",
    Status.SUPPRESSED: "➖ suppressed",
}
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_MORE = "| *and {} more* | | | | |"
_WHOLE = "what `dynaops validate --live` prints with `--verbose` or `--json`"


def markdown(reports: Sequence[Report], findings: Sequence[Finding], environment: str | None = None) -> str:
    """The comment, for GitHub's dialect; ends with the marker of its environment and a newline."""
    head = [f"### dynaops validate: {escaped(text_of(summary(reports, findings)))}", *_healthy(reports)]
    parts = [*_findings(findings), *_problems(reports), *_charts(reports), *_suppressed(reports)]
    return bounded(head, [], parts, _WHOLE, marker("validate", environment))


def _findings(findings: Sequence[Finding]) -> Iterator[CommentPart]:
    if findings:
        rows = [
            f"- **{finding.severity.value}** {_of_spec(finding)}"
            for severity in _ORDER
            for finding in findings
            if finding.severity is severity
        ]
        yield CommentPart("findings of the specs", tuple(rows), more="- *and {} more*")


def _problems(reports: Sequence[Report]) -> Iterator[CommentPart]:
    """All problems of all tables, the worst first."""
    rows = [
        _row(report, result, result.remedy or "")
        for status in PROBLEMS
        for report in reports
        for result in report.results
        if result.status is status
    ]
    if rows:
        opening = "| table | | check | evidence | remedy |\n| --- | --- | --- | --- | --- |"
        yield CommentPart("problems", tuple(rows), opening, more=_MORE)


def _healthy(reports: Sequence[Report]) -> Iterator[str]:
    """One line for all that passed."""
    passed = sum(report.count(Status.PASS) for report in reports)
    well = [report.table for report in reports if not any(map(is_problem, report.results))]
    if not reports:
        return
    tables = f"; no problem: {escaped(wording.listed(well, 20))}" if well else ""
    yield f"{wording.count(passed, 'check')} passed{tables}"


def _charts(reports: Sequence[Report]) -> Iterator[CommentPart]:
    """The metrics of the tables with a problem of use, in a collapsed block."""
    for report in reports:
        if report.charts and problems_of_use(report):
            width = max(len(chart.title) for chart in report.charts)
            rows = (
                f"{chart.title:<{width}}  {sparkline(chart.values)}  {clean(chart.summary)}"
                for chart in report.charts
            )
            title = f"{in_html(report.table)}, last {report.hours} h, a bar an hour"
            opening = f"<details><summary>{title}</summary>\n\n```text"
            yield CommentPart(
                f"charts of {escaped(report.table, 40)}", tuple(rows), opening, "```\n\n</details>"
            )


def _suppressed(reports: Sequence[Report]) -> Iterator[CommentPart]:
    rows = [
        _row(report, result, f"accepted: {result.reason}")
        for report in reports
        for result in report.results
        if result.status is Status.SUPPRESSED
    ]
    if rows:
        opening = (
            f"<details><summary>{wording.count(len(rows), 'accepted finding')}</summary>\n\n"
            "| table | | check | evidence | reason |\n| --- | --- | --- | --- | --- |"
        )
        yield CommentPart("accepted findings", tuple(rows), opening, "\n</details>", _MORE)


def _row(report: Report, result: Result, last: str) -> str:
    cells = (f"{result.code} {result.title}", result.evidence, last)
    table = escaped(f"{report.table} ({report.region})")
    return f"| {table} | {_SIGNS[result.status]} | {' | '.join(escaped(cell) for cell in cells)} |"


def _of_spec(finding: Finding) -> str:
    hint = f" {finding.hint}" if finding.hint else ""
    return escaped(f"{finding.place or finding.address or ''}: {finding.message} ({finding.code}).{hint}")
