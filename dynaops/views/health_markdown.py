"""The health of tables as Markdown for a comment: the problems first and in full, what is healthy in one line."""

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
            f"- **{one.severity.value}** {_of_spec(one)}"
            for severity in _ORDER
            for one in findings
            if one.severity is severity
        ]
        yield CommentPart("findings of the specs", tuple(rows), more="- *and {} more*")


def _problems(reports: Sequence[Report]) -> Iterator[CommentPart]:
    """All problems of all tables, the worst first."""
    rows = [
        _row(report, one, one.remedy or "")
        for status in PROBLEMS
        for report in reports
        for one in report.results
        if one.status is status
    ]
    if rows:
        opening = "| table | | check | evidence | remedy |\n| --- | --- | --- | --- | --- |"
        yield CommentPart("problems", tuple(rows), opening, more=_MORE)


def _healthy(reports: Sequence[Report]) -> Iterator[str]:
    """One line for all that passed."""
    passed = sum(one.count(Status.PASS) for one in reports)
    well = [report.table for report in reports if not any(map(is_problem, report.results))]
    if not reports:
        return
    tables = f"; no problem: {escaped(wording.listed(well, 20))}" if well else ""
    yield f"{wording.count(passed, 'check')} passed{tables}"


def _charts(reports: Sequence[Report]) -> Iterator[CommentPart]:
    """The metrics of the tables whose use is a problem, folded."""
    for report in reports:
        if report.charts and problems_of_use(report):
            width = max(len(one.title) for one in report.charts)
            rows = (
                f"{one.title:<{width}}  {sparkline(one.values)}  {clean(one.summary)}"
                for one in report.charts
            )
            title = f"{in_html(report.table)}, last {report.hours} h, a bar an hour"
            opening = f"<details><summary>{title}</summary>\n\n```text"
            yield CommentPart(
                f"charts of {escaped(report.table, 40)}", tuple(rows), opening, "```\n\n</details>"
            )


def _suppressed(reports: Sequence[Report]) -> Iterator[CommentPart]:
    rows = [
        _row(report, one, f"accepted: {one.reason}")
        for report in reports
        for one in report.results
        if one.status is Status.SUPPRESSED
    ]
    if rows:
        opening = (
            f"<details><summary>{wording.count(len(rows), 'accepted finding')}</summary>\n\n"
            "| table | | check | evidence | reason |\n| --- | --- | --- | --- | --- |"
        )
        yield CommentPart("accepted findings", tuple(rows), opening, "\n</details>", _MORE)


def _row(report: Report, one: Result, last: str) -> str:
    cells = (f"{one.code} {one.title}", one.evidence, last)
    table = escaped(f"{report.table} ({report.region})")
    return f"| {table} | {_SIGNS[one.status]} | {' | '.join(escaped(cell) for cell in cells)} |"


def _of_spec(one: Finding) -> str:
    hint = f" {one.hint}" if one.hint else ""
    return escaped(f"{one.place or one.address or ''}: {one.message} ({one.code}).{hint}")
