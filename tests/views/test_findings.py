"""How findings look."""

from __future__ import annotations

from pathlib import Path

from dynaops.model.finding import Finding, Place, Severity
from dynaops.views.findings import report_page
from dynaops.views.plain import to_text
from tests.views.drawing import check_snapshot, drawn

HERE = Path(__file__).parent


def finding(
    code: str, severity: Severity, message: str, file: str = "specs/orders.yaml", line: int = 3
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=message,
        hint="Did you mean hash_key?" if severity is Severity.ERROR else None,
        path="global_secondary_indexes[0].hsh_key",
        place=Place(file=file, line=line, column=5),
    )


FINDINGS = [
    finding("no-protection", Severity.WARNING, "a table named production has no deletion protection", line=9),
    finding("unknown-key", Severity.ERROR, "unknown key 'hsh_key'"),
    finding(
        "unused-attribute", Severity.ERROR, "attribute 'x' is no key of table or index", "specs/users.yaml"
    ),
    Finding(code="size", severity=Severity.INFO, message="the whole is large"),
]


def test_report() -> None:
    page = report_page(FINDINGS, 2)
    check_snapshot(HERE, "report-80", drawn(page))
    check_snapshot(HERE, "report-pipe", to_text(page))


def test_findings_come_in_the_order_of_the_file() -> None:
    text = to_text(report_page(FINDINGS, 2))
    assert text.index("unknown-key") < text.index("no-protection")


def test_clean() -> None:
    assert to_text(report_page([], 1)) == "Valid; 1 table; 0 errors; 0 warnings\n"
