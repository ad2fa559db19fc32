"""Pages about one record of the state, and about the caller's identity."""

from __future__ import annotations

from typing import Any

from dynaops.model.state import Record
from dynaops.views.page import Page, PageNode, Section, faint, line, strong
from dynaops.views.values import absent, compact


def record_page(address: str, record: Record) -> Page:
    """The values that were last applied at an address."""
    facts = {
        "kind": record.kind,
        "region": record.region,
        "arn": record.arn,
        "id": record.id,
        "applied at": record.applied_at,
        "from": record.source,
        "depends on": list(record.depends_on),
    }
    sections = [Section(rows(facts, bare=True), line(strong(address)))]
    for title, values in (("Applied", record.properties), ("Outputs", record.outputs)):
        if any(not absent(value) for value in values.values()):
            sections.append(Section(rows(values), line(strong(title))))
    return Page(tuple(sections))


def caller_page(caller: dict[str, Any]) -> Page:
    """The identity of the credentials, and the account and region of their use."""
    return Page((Section(rows(caller, bare=True)),))


def rows(values: dict[str, Any], bare: bool = False) -> tuple[PageNode, ...]:
    """A line for each value that is not None; `bare`: texts without quotes."""
    return tuple(
        PageNode(line(faint(name)), value=line(value if bare and isinstance(value, str) else compact(value)))
        for name, value in values.items()
        if not absent(value)
    )
