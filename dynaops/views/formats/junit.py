"""Writes JUnit XML: a test suite for each table, a test case for each entry. Well formed for any text."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from dynaops.views.formats.entry import Level, ReportEntry, RunReport
from dynaops.views.formats.text import plain


def junit(report: RunReport) -> str:
    """The document; ends with a newline. The case of a failed entry fails; a check that was not made is skipped."""
    suites = Xml.Element("testsuites", name=plain(f"dynaops {report.command}"))
    if report.failure is not None:
        suite = Xml.SubElement(suites, "testsuite", name="dynaops")
        case = Xml.SubElement(suite, "testcase", classname="dynaops", name=plain(report.command))
        Xml.SubElement(case, "error", message=plain(report.failure)).text = plain(report.failure)
    subjects: dict[str, list[ReportEntry]] = {}
    for entry in report.entries:
        subjects.setdefault(entry.subject, []).append(entry)
    for subject, entries in subjects.items():
        suite = Xml.SubElement(suites, "testsuite", name=plain(subject))
        suite.extend(map(_case, entries))
    for suite in suites:
        _count(suite, [suite])
    _count(suites, list(suites))
    Xml.indent(suites)
    # In ASCII, because the encoding of the output is not known.
    text = Xml.tostring(suites, encoding="us-ascii", xml_declaration=False).decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _count(element: Xml.Element, suites: Sequence[Xml.Element]) -> None:
    cases = [case for suite in suites for case in suite]
    element.set("tests", str(len(cases)))
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(kind) is not None for case in cases)))


def _case(entry: ReportEntry) -> Xml.Element:
    name = plain(entry.subject.partition(" ")[0])
    case = Xml.Element(
        "testcase", classname=f"dynaops.{name}", name=plain(f"{entry.rule} {entry.title}".strip())
    )
    message = plain(entry.message)
    whole = "\n".join(
        [*([str(entry.place)] if entry.place else []), message, *([entry.hint] if entry.hint else [])]
    )
    if entry.fails:
        Xml.SubElement(case, "failure", type=plain(entry.rule), message=message).text = plain(whole)
    elif entry.level is Level.SUPPRESSED:
        Xml.SubElement(case, "skipped", message=plain(f"suppressed: {entry.reason}"))
    elif entry.level is Level.UNKNOWN:
        Xml.SubElement(case, "skipped", message=plain(f"not checked: {entry.message}"))
    else:
        Xml.SubElement(case, "system-out").text = plain(f"{entry.level.value}: {whole}")
    return case
