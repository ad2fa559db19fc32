"""Shortens plans with many new tables: tables that are created alike are shown once, with the names of the others.

The first plan of a large project must stay readable, so text that is the same for forty tables is shown once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from dynaops.model.change import Action, Change
from dynaops.views import wording
from dynaops.views.page import Line, PageNode, Section, StyledText, TextStyle, faint, line, strong

MANY = 8
"""Up to this number, all new tables are shown in full."""
_LINES = 80
"""The most lines for new tables in full, if there are more than MANY tables."""
_NAMELESS = "\0"
_NAMES = ("table_name", "name")

Tables = Mapping[str, Sequence[Change]]
Drawn = Callable[[str, Sequence[Change]], PageNode]


def created_in_short(tables: Tables, drawn: Drawn) -> tuple[list[Section], set[str]]:
    """The sections for new tables if there are many, and the names of the tables in these sections.

    `drawn` draws a table in full. Tables that are changed, replaced or deleted are never shortened.
    """
    created = {name: changes for name, changes in tables.items() if _is_created(name, changes)}
    if len(created) <= MANY:
        return [], set()
    sections = []
    left = _LINES
    short: list[PageNode] = []
    for names in _alike(created):
        first = names[0]
        whole = drawn(first, created[first])
        if _height(whole) <= left:
            left -= _height(whole)
            sections.append(Section((whole, *_others(first, names[1:])), tree=True))
        else:
            short.append(_brief(names, created[first]))
    if short:
        sections.append(Section(tuple(short)))
    sections.append(Section((PageNode(line(faint(_WHOLE))),)))
    return sections, set(created)


_WHOLE = "What is alike is shown once. Each table in full: --operations, --markdown FILE or --html FILE."


def _is_created(name: str, changes: Sequence[Change]) -> bool:
    """Whether the table is new, and no resource around it is changed or removed."""
    actions = {change.action for change in changes}
    return actions == {Action.CREATE} and any(change.address == name for change in changes)


def _alike(created: Tables) -> Iterable[list[str]]:
    """Groups of names of tables that differ only in their names, in the order of the first table of each."""
    groups: dict[str, list[str]] = {}
    for name, changes in created.items():
        differences = [
            (change.address.removeprefix(name), change.kind, change.region, _nameless(change.after, name))
            for change in changes
        ]
        groups.setdefault(json.dumps(differences, sort_keys=True, default=str), []).append(name)
    return groups.values()


def _nameless(value: Any, name: str, key: str = "") -> Any:
    """`value` without the table's name in names and ARNs. Other text that equals the name is not changed."""
    if isinstance(value, dict):
        return {member: _nameless(child, name, member) for member, child in value.items()}
    if isinstance(value, list):
        return [_nameless(child, name) for child in value]
    if isinstance(value, str) and (value != name or key in _NAMES):
        return value.replace(name, _NAMELESS)
    return value


def _others(first: str, names: Sequence[str]) -> Iterator[PageNode]:
    if names:
        text = f"{len(names):,} more as {first}: {', '.join(names)}"
        yield PageNode(line(text), StyledText(wording.MARKS[Action.CREATE], TextStyle.CREATE))


def _brief(names: Sequence[str], changes: Sequence[Change]) -> PageNode:
    """Tables that are alike, in one line with their resources."""
    first = names[0]
    parts = [change.address.removeprefix(f"{first}/") for change in changes if change.address != first]
    title: Line = line(strong(first))
    if len(names) > 1:
        title = line(*title, f" and {len(names) - 1:,} more alike: {', '.join(names[1:])}")
    value = line(faint(changes[0].region), faint(f"  with {', '.join(parts)}" if parts else ""))
    return PageNode(title, StyledText(wording.MARKS[Action.CREATE], TextStyle.CREATE), value)


def _height(node: PageNode) -> int:
    return 1 + len(node.notes) + sum(map(_height, node.children))
