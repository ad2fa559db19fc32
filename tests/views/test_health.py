"""The health of many tables: problems first and in full, what is healthy in a line; nothing of it acts on a reader."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.health.checks import CHECKS
from dynaops.model.finding import Finding, Place, Severity
from dynaops.model.health import Chart, Report, Result, Status
from dynaops.views.health import MANY, health_page
from dynaops.views.health_markdown import markdown
from dynaops.views.plain import to_text
from tests.views.test_bounded import TEXTS, assert_whole

LAST = "<!-- dynaops validate default -->"


def report(name: str, problems: dict[str, Status] | None = None, text: str = "seen") -> Report:
    """A table whose checks pass, but for some."""
    results = []
    for check in CHECKS:
        status = (problems or {}).get(check.code, Status.PASS)
        remedy = "do this" if status in (Status.FAIL, Status.WARN) else None
        reason = "it is meant" if status is Status.SUPPRESSED else None
        results.append(
            Result(
                code=check.code,
                title=check.title,
                status=status,
                evidence=text,
                remedy=remedy,
                reason=reason,
            )
        )
    chart = Chart(title=f"chart of {name}", values=(1.0, None, 3.0), summary="peak 3")
    return Report(
        table=name,
        region="eu-west-1",
        at=0,
        hours=24,
        managed=True,
        results=tuple(results),
        charts=(chart,),
    )


ESTATE = [
    *(report(f"fine{number}") for number in range(46)),
    report("drilled", {"LIVE111": Status.WARN}),
    report("denied", {"LIVE201": Status.UNKNOWN}),
    report("broken", {"LIVE105": Status.FAIL, "LIVE204": Status.FAIL, "LIVE110": Status.SUPPRESSED}),
    report("quiet", {"LIVE111": Status.SUPPRESSED}),
]
FINDINGS = [
    Finding(code="DDB202", severity=Severity.INFO, message="by the way"),
    Finding(
        code="DDB201",
        severity=Severity.ERROR,
        message="wrong",
        place=Place(file="specs/a.yaml", line=3, column=5),
    ),
]


def test_a_comment_tells_problems_and_not_health() -> None:
    text = markdown(ESTATE, FINDINGS)
    assert_whole(text, LAST)
    assert len(text.splitlines()) < 45
    rows = [line for line in text.splitlines() if re.match(r"\| .*LIVE\d+", line)]
    assert [re.sub(r" \| seen.*", "", row) for row in rows] == [
        "| broken (eu-west-1) | ❌ fail | LIVE105 deletion protection",
        "| broken (eu-west-1) | ❌ fail | LIVE204 headroom",
        "| drilled (eu-west-1) | ⚠️ warn | LIVE111 restore drill",
        "| denied (eu-west-1) | ❔ not checked | LIVE201 throttling",
        "| broken (eu-west-1) | ➖ suppressed | LIVE110 drift",
        "| quiet (eu-west-1) | ➖ suppressed | LIVE111 restore drill",
    ]
    assert f"{50 * len(CHECKS) - 6:,} checks passed; no problem: fine0, fine1" in text
    assert "and 28 more" in text
    assert text.index("**error**") < text.index("**info**") < text.index("| table |")
    assert text.index("❔") < text.index("chart of denied") < text.index("accepted findings")
    assert "chart of fine0" not in text
    assert "chart of drilled" not in text


def test_where_all_is_well_there_is_one_line_of_it() -> None:
    text = markdown(ESTATE[:46], [])
    assert text.startswith("### dynaops validate: Healthy")
    assert len(text.splitlines()) == 5
    assert markdown([], []).startswith("### dynaops validate: Healthy")


def test_a_terminal_tells_all_of_few_tables_and_the_problems_of_many() -> None:
    few = to_text(health_page(ESTATE[-MANY:], []))
    assert few.count("pass ") > 40
    assert "chart of quiet" in few
    many = to_text(health_page(ESTATE, FINDINGS))
    assert len(many.splitlines()) < 40
    assert re.findall(r"^  (\w+|\?)  ? ?(.*?) +seen", many, re.MULTILINE) == [
        ("warn", "restore drill"),
        ("?", "throttling"),
        ("fail", "deletion protection"),
        ("fail", "headroom"),
    ]
    assert "no problem: fine0, fine1, fine2, fine3 and 43 more" in many
    assert "--verbose shows every check" in many
    assert "chart of" not in many
    whole = to_text(health_page(ESTATE, FINDINGS, whole=True))
    assert "chart of fine0" in whole
    assert whole.splitlines()[-1] == many.splitlines()[-1]


@settings(max_examples=8)
@given(
    tables=st.sampled_from([1, 4, 200]), text=TEXTS, status=st.sampled_from([Status.FAIL, Status.SUPPRESSED])
)
def test_health_of_any_size_is_a_comment_that_github_takes(tables: int, text: str, status: Status) -> None:
    codes = ["LIVE105", "LIVE204"] if tables == 200 else [check.code for check in CHECKS]
    reports = [
        report(f"t{number}{text[:200]}", dict.fromkeys(codes, status), text) for number in range(tables)
    ]
    findings = [Finding(code="X", severity=Severity.ERROR, message=text, hint=text)] * (tables // 4)
    assert_whole(markdown(reports, findings), LAST)


@pytest.mark.parametrize("harm", ["@team", "http://evil", "<img", "</details>", "| x |", "\x1b[2J", "\n# h"])
def test_text_from_outside_is_inert(harm: str) -> None:
    text = markdown([report("orders", {"LIVE105": Status.FAIL, "LIVE201": Status.WARN}, harm)], [])
    cells = [line for line in text.splitlines() if "LIVE105" in line]
    assert len(cells) == 1
    assert harm not in re.sub(r"\\.", "", cells[0])
