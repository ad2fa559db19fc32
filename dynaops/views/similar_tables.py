"""Many new tables in few lines: those that are created alike are shown once, with the names of the others.

A first plan of an estate is read by a person: what is the same in forty tables is said once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from dynaops.model.change import Action, Change
from dynaops.views import wording
from dynaops.views.page import Line, PageNode, Section, StyledText, TextStyle, faint, line, strong

MANY = 8
"""New tables up to this number are all shown in full."""
_LINES = 80
"""Lines that new tables shown in full may take together, where there are many."""
_NAMELESS = "\0"
_NAMES = ("table_name", "name")

Tables = Mapping[str, Sequence[Change]]
Drawn = Callable[[str, Sequence[Change]], PageNode]


def created_in_short(tables: Tables, drawn: Drawn) -> tuple[list[Section], set[str]]:
    """The sections of new tables where there are many, and the names of the tables that these are about.

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
    """Whether the table is new, and nothing around it is changed or removed."""
    actions = {change.action for change in changes}
    return actions == {Action.CREATE} and any(change.address == name for change in changes)


def _alike(created: Tables) -> Iterable[list[str]]:
    """The names of tables that are the same but for their names, those of the first first."""
    groups: dict[str, list[str]] = {}
    for name, changes in created.items():
        said = [
            (change.address.removeprefix(name), change.kind, change.region, _nameless(change.after, name))
            for change in changes
        ]
        groups.setdefault(json.dumps(said, sort_keys=True, default=str), []).append(name)
    return groups.values()


def _nameless(value: Any, name: str, key: str = "") -> Any:
    """`value` without the table's name in names, ARNs and the like. What only happens to read as the name stays."""
    if isinstance(value, dict):
        return {member: _nameless(one, name, member) for member, one in value.items()}
    if isinstance(value, list):
        return [_nameless(one, name) for one in value]
    if isinstance(value, str) and (value != name or key in _NAMES):
        return value.replace(name, _NAMELESS)
    return value


def _others(first: str, names: Sequence[str]) -> Iterator[PageNode]:
    if names:
        text = f"{len(names):,} more as {first}: {', '.join(names)}"
        yield PageNode(line(text), StyledText(wording.MARKS[Action.CREATE], TextStyle.CREATE))


def _brief(names: Sequence[str], changes: Sequence[Change]) -> PageNode:
    """Tables that are alike in one line, with what they consist of."""
    first = names[0]
    parts = [change.address.removeprefix(f"{first}/") for change in changes if change.address != first]
    title: Line = line(strong(first))
    if len(names) > 1:
        title = line(*title, f" and {len(names) - 1:,} more alike: {', '.join(names[1:])}")
    value = line(faint(changes[0].region), faint(f"  with {', '.join(parts)}" if parts else ""))
    return PageNode(title, StyledText(wording.MARKS[Action.CREATE], TextStyle.CREATE), value)


def _height(node: PageNode) -> int:
    return 1 + len(node.notes) + sum(map(_height, node.children))
