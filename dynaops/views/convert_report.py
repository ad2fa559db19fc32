"""A conversion for people: the specs, and everything that is not in them, by file."""

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
"""Place, what stands there, and why it is not carried over or what is to be known."""


class ConvertReport(NamedTuple):
    """A conversion: tables with their source, file and errors; what was lost; and remarks."""

    specs: Sequence[tuple[str, str, str | None, Sequence[Finding]]]
    lost: Sequence[Said]
    remarks: Sequence[Said]


def converted_page(told: ConvertReport) -> Page:
    """What came of it, with what matters most last."""
    sections = [
        _listed("Worth knowing", told.remarks, TextStyle.FAINT),
        _listed("Not carried over", told.lost, TextStyle.WARNING),
        Section(tuple(_spec(*spec) for spec in told.specs)),
        Section((PageNode(_summary(told)),)),
    ]
    return Page(tuple(section for section in sections if section.nodes))


def _listed(title: str, said: Sequence[Said], style: TextStyle) -> Section:
    nodes = tuple(
        PageNode(line(strong(what)), notes=(line(why), line(faint(place)))) for place, what, why in said
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


def _summary(told: ConvertReport) -> Line:
    wrong = sum(bool(findings) for *_, findings in told.specs)
    good = len(told.specs) - wrong
    verdict = (
        StyledText("Converted", TextStyle.GOOD)
        if good and not wrong
        else StyledText("Not all converted", TextStyle.ERROR)
    )
    parts = [
        line(verdict),
        line(wording.count(good, "table")),
        *([line(f"{wrong} not valid")] if wrong else []),
        line(f"{len(told.lost)} not carried over"),
        *([line(wording.count(len(told.remarks), "remark"))] if told.remarks else []),
    ]
    return joined(parts)
