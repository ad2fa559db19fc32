"""Output of an import of many tables: a line when a table is done, and a report of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from dynaops.model.errors import DynaopsError
from dynaops.views import wording
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


class ImportReport(NamedTuple):
    """The tables of an import: imported (file, number of resources), skipped (reason), and failed (error, hint)."""

    imported: Mapping[str, tuple[str, int]]
    skipped: Mapping[str, str]
    failed: Mapping[str, tuple[str, str | None]]
    left: int
    owners: Mapping[str, str] = {}
    """Tables of other states, with the ids of these states."""


def line_of(table: str, resources: int, error: DynaopsError | None, done: int, of: int) -> str:
    """The line that is printed when a table is done."""
    result = "not imported" if error else wording.count(resources, "resource")
    return f"[{done}/{of}] {table}: {result}"


def imported_page(report: ImportReport) -> Page:
    """The files first, then the tables that need an action, then the summary."""
    sections = [
        Section(
            tuple(
                PageNode(
                    line(strong(table)),
                    StyledText("<-", TextStyle.ADOPT),
                    line(file, faint(f"  {wording.count(number, 'resource')}")),
                )
                for table, (file, number) in report.imported.items()
            )
        ),
        Section(
            tuple(
                PageNode(
                    line(strong(table), f": {message}"),
                    StyledText("!", TextStyle.ERROR),
                    notes=(line("hint: ", hint),) if hint else (),
                )
                for table, (message, hint) in report.failed.items()
            )
        ),
        Section(
            tuple(
                PageNode(line(strong(table), f" is left alone: the state {owner} has marked it as its own"))
                for table, owner in report.owners.items()
            )
        ),
        Section((PageNode(_summary(report)),)),
    ]
    return Page(tuple(section for section in sections if section.nodes))


def _summary(report: ImportReport) -> Line:
    whole = not report.failed and not report.left
    verdict = (
        StyledText("Imported", TextStyle.GOOD) if whole else StyledText("Not all imported", TextStyle.ERROR)
    )
    reasons = Counter(report.skipped.values())
    parts = [
        line(verdict),
        line(wording.count(len(report.imported), "table")),
        *(line(f"{number} passed over ({why})") for why, number in reasons.items()),
        *([line(f"{len(report.failed)} not imported")] if report.failed else []),
        *([line(f"{report.left} not looked at; run it again to go on")] if report.left else []),
    ]
    return joined(parts)
