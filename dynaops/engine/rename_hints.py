"""Warn about renames that AWS cannot do: a resource is deleted and a similar one is created under another name.

AWS cannot rename tables, indexes or IAM policies. If a name in a spec is changed, the plan deletes the old resource and
creates a new one, which is seldom intended. A warning is given only for a likely rename: two small tables with the same
common key are not one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from dynaops.engine.addresses import table_of
from dynaops.kinds.kind import AddressDiff
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN125, PLAN126, PLAN127
from dynaops.model.findings.rule import make_finding

_ALIKE = 0.75
"""The least ratio of common characters of similar words: order and orders are similar, orders and users are not."""
_KEYS = ("hash_key", "range_key", "attributes", "local_secondary_indexes")


def hints(tables: Mapping[str, Mapping[str, AddressDiff]]) -> Iterator[Finding]:
    """Warnings about what looks like a rename; `tables` are the entries of each table of a plan."""
    yield from _tables(tables)
    for entries in tables.values():
        yield from _parts(entries.values())


def _tables(tables: Mapping[str, Mapping[str, AddressDiff]]) -> Iterator[Finding]:
    own = [entries[table] for table, entries in tables.items() if table in entries]
    created_entries = [entry for entry in own if entry.action is Action.CREATE and entry.record is None]
    for old in own:
        if old.action is not Action.DELETE:
            continue
        likely = [new for new in created_entries if _is_renamed(old, new, tables, own)]
        if not likely:
            continue
        new = max(likely, key=lambda entry: _likeness(old.address, entry.address))
        created_entries.remove(new)
        yield make_finding(
            PLAN125,
            f"{old.address} is deleted, and {new.address} is created with the same keys and indexes: AWS "
            f"cannot rename a table, and the items of {old.address} would be lost",
            f"If it is a rename, leave the spec of {old.address} in place, make the new table of it (`dynaops "
            f"backup restore {old.address} {new.address} --latest`), and take the old one out when nothing uses it any "
            "more: docs/refactoring.md.",
            address=old.address,
        )


def _is_renamed(
    old: AddressDiff,
    new: AddressDiff,
    tables: Mapping[str, Mapping[str, AddressDiff]],
    own: Iterable[AddressDiff],
) -> bool:
    """Whether both tables have the same definition, and similar names or a definition that is unique in the plan."""
    definition = _definition(old, tables[old.address])
    if definition != _definition(new, tables[new.address]):
        return False
    if _are_alike(old.address, new.address) or _share_most_words(old.address, new.address):
        return True
    is_simple = "range_key" not in definition["keys"] and not definition["indexes"]
    others = (entry for entry in own if entry not in (old, new))
    return not is_simple and all(_definition(entry, tables[entry.address]) != definition for entry in others)


def _definition(table: AddressDiff, entries: Mapping[str, AddressDiff]) -> dict[str, Any]:
    """Keys and indexes of a table: recorded if it is deleted, desired if it is created."""
    return {
        "keys": {name: value for name, value in _properties(table).items() if name in _KEYS},
        "indexes": {
            entry.name: {name: value for name, value in _properties(entry).items() if name in _KEYS}
            for entry in entries.values()
            if entry.kind == "gsi" and table_of(entry.address) == table.address and _properties(entry)
        },
    }


def _properties(entry: AddressDiff) -> dict[str, Any]:
    if entry.action is Action.CREATE:
        return entry.desired.properties if entry.desired else {}
    return entry.record.properties if entry.record else {}


def _parts(entries: Iterable[AddressDiff]) -> Iterator[Finding]:
    """Indexes and policies of one table."""
    everything = list(entries)
    created_entries = [
        entry for entry in everything if entry.action is Action.CREATE and entry.record is None
    ]
    for old in everything:
        if old.action is not Action.DELETE or old.record is None or old.kind not in ("gsi", "policy"):
            continue
        before = _compared(old.record.properties)
        new = next(
            (
                entry
                for entry in created_entries
                if entry.kind == old.kind
                and entry.desired is not None
                and _compared(entry.desired.properties) == before
                and old.name not in entry.desired.options.values()
            ),
            None,
        )
        if new is None:
            continue
        created_entries.remove(new)
        if old.kind == "gsi":
            yield make_finding(
                PLAN126,
                f"{old.address} is deleted, and {new.address} is built with the same keys: AWS cannot rename "
                "an index, and neither can be queried until the new one is built",
                f"`replaces: {old.name}` on {new.name} keeps the old index until the new one is ACTIVE.",
                address=old.address,
            )
        else:
            yield make_finding(
                PLAN127,
                f"{old.address} is deleted, and {new.address} is created with the same text: IAM cannot "
                "rename a policy",
                address=old.address,
            )


def _compared(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties by which two parts are compared: without the name, and without the roles of a policy."""
    return {name: value for name, value in properties.items() if name not in ("name", "roles")}


def _are_alike(first: str, second: str) -> bool:
    """Whether the words of one name are all in the other, or those that differ share most of their characters."""
    words, others = (re.findall(r"[a-z0-9]+", name.lower()) for name in (first, second))
    left = "".join(word for word in words if word not in others)
    right = "".join(word for word in others if word not in words)
    return not left or not right or _likeness(left, right) >= _ALIKE


def _share_most_words(first: str, second: str) -> bool:
    """Whether more than half of the words of each name are in the other: dev-orders-recent and dev-orders-archive."""
    words, others = (set(re.findall(r"[a-z0-9]+", name.lower())) for name in (first, second))
    return 2 * len(words & others) > max(len(words), len(others))


def _likeness(first: str, second: str) -> float:
    return SequenceMatcher(None, first.lower(), second.lower()).ratio()
