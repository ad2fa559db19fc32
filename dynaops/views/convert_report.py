"""Page about a conversion: the specs, and everything that was not carried over, by file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dynaops.model.finding import Finding
from dynaops.views import wording
from dynaops.views.findings import finding_nodes
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

Said = tuple[str, str, str]
"""The place, the name of the resource or setting, and the reason or remark."""


class ConvertReport(NamedTuple):
    """A conversion: tables with their source, file and errors; what was lost; and remarks."""

    specs: Sequence[tuple[str, str, str | None, Sequence[Finding]]]
    lost: Sequence[Said]
    remarks: Sequence[Said]


def converted_page(report: ConvertReport) -> Page:
    """The result of a conversion, with the most important part last."""
    sections = [
        _listed("Worth knowing", report.remarks, TextStyle.FAINT),
        _listed("Not carried over", report.lost, TextStyle.WARNING),
        Section(tuple(_spec(*spec) for spec in report.specs)),
        Section((PageNode(_summary(report)),)),
    ]
    return Page(tuple(section for section in sections if section.nodes))


def _listed(title: str, entries: Sequence[Said], style: TextStyle) -> Section:
    nodes = tuple(
        PageNode(line(strong(name)), notes=(line(why), line(faint(place)))) for place, name, why in entries
    )
    return Section(nodes, line(StyledText(title, style)))


def _spec(table: str, source: str, file: str | None, findings: Sequence[Finding]) -> PageNode:
    if findings:
        return PageNode(
            line(strong(table), " is not valid: comments in it say what is wrong"),
            mark=StyledText("!", TextStyle.ERROR),
            value=line(file) if file else (),
            notes=(line(faint(source)),),
            children=finding_nodes(findings),
        )
    return PageNode(
        line(strong(table)),
        mark=StyledText("+", TextStyle.CREATE),
        value=line(file) if file else (),
        notes=(line(faint(source)),),
    )


def _summary(report: ConvertReport) -> Line:
    wrong = sum(bool(findings) for *_, findings in report.specs)
    good = len(report.specs) - wrong
    verdict = (
        StyledText("Converted", TextStyle.GOOD)
        if good and not wrong
        else StyledText("Not all converted", TextStyle.ERROR)
    )
    parts = [
        line(verdict),
        line(wording.count(good, "table")),
        *([line(f"{wrong} not valid")] if wrong else []),
        line(f"{len(report.lost)} not carried over"),
        *([line(wording.count(len(report.remarks), "remark"))] if report.remarks else []),
    ]
    return joined(parts)
