"""The state for people: one record, and the generations that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from dynaops.model.state import Record
from dynaops.views import wording
from dynaops.views.page import Line, Node, Page, Section, faint, joined, line, strong
from dynaops.views.values import absent, compact


class Kept(Protocol):
    """One kept state, as stores tell of it."""

    @property
    def serial(self) -> int: ...
    @property
    def saved_at(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def resources(self) -> int | None: ...
    @property
    def current(self) -> bool: ...


def record_page(address: str, record: Record) -> Page:
    """What was last applied at an address."""
    facts = {
        "kind": record.kind,
        "region": record.region,
        "arn": record.arn,
        "id": record.id,
        "applied at": record.applied_at,
        "from": record.source,
        "depends on": list(record.depends_on),
    }
    sections = [Section(_rows(facts, bare=True), line(strong(address)))]
    for title, values in (("Applied", record.properties), ("Outputs", record.outputs)):
        if any(not absent(value) for value in values.values()):
            sections.append(Section(_rows(values), line(strong(title))))
    return Page(tuple(sections))


def caller_page(caller: dict[str, Any]) -> Page:
    """Who the credentials belong to, and where they would be used."""
    return Page((Section(_rows(caller, bare=True)),))


def history_page(generations: Sequence[Kept]) -> Page:
    """Newest first."""
    if not generations:
        return Page((Section((Node(line("No state has been saved yet.")),)),))
    return Page((Section(tuple(Node(line(f"{one.serial}"), value=_told(one)) for one in generations)),))


def _told(kept: Kept) -> Line:
    count = "unreadable" if kept.resources is None else wording.count(kept.resources, "resource")
    parts = [line(kept.saved_at), line(count), line(faint(f"{kept.size:,} bytes"))]
    return joined([*parts, line(strong("present"))] if kept.current else parts)


def _rows(values: dict[str, Any], bare: bool = False) -> tuple[Node, ...]:
    return tuple(
        Node(line(faint(name)), value=line(value if bare and isinstance(value, str) else compact(value)))
        for name, value in values.items()
        if not absent(value)
    )
