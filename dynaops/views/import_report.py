"""An import of many tables for people: a line as each is done, and what came of all."""

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
    """Tables: with file and number of resources, with why they were passed over, with what is wrong and what to do."""

    imported: Mapping[str, tuple[str, int]]
    skipped: Mapping[str, str]
    failed: Mapping[str, tuple[str, str | None]]
    left: int
    owners: Mapping[str, str] = {}
    """Tables of other states, with the ids of these."""


def line_of(table: str, resources: int, error: DynaopsError | None, done: int, of: int) -> str:
    """What is said as a table is done."""
    what = "not imported" if error else wording.count(resources, "resource")
    return f"[{done}/{of}] {table}: {what}"


def imported_page(told: ImportReport) -> Page:
    """Files first, then what needs somebody's hand, then the sum."""
    sections = [
        Section(
            tuple(
                PageNode(
                    line(strong(table)),
                    StyledText("<-", TextStyle.ADOPT),
                    line(file, faint(f"  {wording.count(number, 'resource')}")),
                )
                for table, (file, number) in told.imported.items()
            )
        ),
        Section(
            tuple(
                PageNode(
                    line(strong(table), f": {message}"),
                    StyledText("!", TextStyle.ERROR),
                    notes=(line("hint: ", hint),) if hint else (),
                )
                for table, (message, hint) in told.failed.items()
            )
        ),
        Section(
            tuple(
                PageNode(line(strong(table), f" is left alone: the state {owner} has marked it as its own"))
                for table, owner in told.owners.items()
            )
        ),
        Section((PageNode(_summary(told)),)),
    ]
    return Page(tuple(section for section in sections if section.nodes))


def _summary(told: ImportReport) -> Line:
    whole = not told.failed and not told.left
    verdict = (
        StyledText("Imported", TextStyle.GOOD) if whole else StyledText("Not all imported", TextStyle.ERROR)
    )
    reasons = Counter(told.skipped.values())
    parts = [
        line(verdict),
        line(wording.count(len(told.imported), "table")),
        *(line(f"{number} passed over ({why})") for why, number in reasons.items()),
        *([line(f"{len(told.failed)} not imported")] if told.failed else []),
        *([line(f"{told.left} not looked at; run it again to go on")] if told.left else []),
    ]
    return joined(parts)
