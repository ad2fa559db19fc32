"""The health of tables for programs: JSON, and JUnit XML for pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from dynaops.model.finding import Finding, Severity
from dynaops.model.health import Report, Result, Status
from dynaops.views.page import clean


def document(reports: Sequence[Report], findings: Sequence[Finding]) -> dict[str, Any]:
    """``{"valid", "tables", "findings", "reports"}`` for ``--json``. Public interface, version 1."""
    wrong = any(one.severity is Severity.ERROR for one in findings)
    return {
        "valid": not wrong and not any(one.count(Status.FAIL) for one in reports),
        "tables": len(reports),
        "findings": [one.model_dump(mode="json", exclude_none=True) for one in findings],
        "reports": [one.model_dump(mode="json") for one in reports],
    }


def junit(reports: Sequence[Report], findings: Sequence[Finding], strict: bool) -> str:
    """A test suite a table, a test case a check. Warnings are failures only where they are for the exit code."""
    suites = Xml.Element("testsuites", name="dynaops validate")
    if findings:
        _suite(suites, "specs", (_finding_case(one, strict) for one in findings))
    for report in reports:
        cases = (_case(one, report, strict) for one in report.results)
        _suite(suites, f"{report.table} ({report.region})", cases)
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def _suite(suites: Xml.Element, name: str, cases: Iterable[Xml.Element]) -> None:
    listed = list(cases)
    counts = {kind: sum(one.find(kind) is not None for one in listed) for kind in ("failure", "skipped")}
    suite = Xml.SubElement(
        suites,
        "testsuite",
        name=clean(name),
        tests=str(len(listed)),
        failures=str(counts["failure"]),
        skipped=str(counts["skipped"]),
        errors="0",
    )
    suite.extend(listed)


def _case(one: Result, report: Report, strict: bool) -> Xml.Element:
    case = Xml.Element("testcase", classname=f"dynaops.{report.table}", name=f"{one.code} {one.title}")
    told = clean(f"{one.evidence}. {one.remedy}" if one.remedy else one.evidence)
    if one.status is Status.FAIL or (strict and one.status is Status.WARN):
        Xml.SubElement(case, "failure", type=one.code, message=clean(one.evidence)).text = told
    elif one.status is Status.SUPPRESSED:
        Xml.SubElement(case, "skipped", message=clean(f"suppressed: {one.reason}"))
    elif one.status is Status.UNKNOWN:
        Xml.SubElement(case, "skipped", message=clean(f"not checked: {one.evidence}"))
    else:
        Xml.SubElement(case, "system-out").text = f"{one.status.value}: {told}"
    return case


def _finding_case(one: Finding, strict: bool) -> Xml.Element:
    where = str(one.place or one.address or "")
    case = Xml.Element("testcase", classname="dynaops.specs", name=clean(f"{one.code} {where}"))
    if one.severity is Severity.ERROR or (strict and one.severity is Severity.WARNING):
        Xml.SubElement(case, "failure", type=one.code, message=clean(one.message)).text = clean(
            one.hint or one.message
        )
    else:
        Xml.SubElement(case, "system-out").text = clean(one.message)
    return case
