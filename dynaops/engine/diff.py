"""The three-way diff: a generic comparison of desired, recorded and live properties for every kind.

A property that the state records and the spec no longer names is removed in AWS. A live property that neither names
is left as it is and reported as unmanaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dynaops.kinds.property_rules import PropertyRules
from dynaops.model.change import Difference
from dynaops.model.resource import Properties

_MISSING = object()


@dataclass(frozen=True)
class ThreeWayDiff:
    """The result of a comparison: `changes` to make, `drift` since the last apply, `unmanaged` live values by path.

    `compared` are the live values that were compared, by path; a value that satisfies the desired one is given as the
    desired one. While `compared` stays the same, the changes stay the same.
    """

    changes: tuple[Difference, ...]
    drift: tuple[Difference, ...]
    unmanaged: dict[str, Any]
    compared: dict[str, Any]


def compare(
    desired: Properties,
    recorded: Properties,
    live: Properties,
    rules: PropertyRules,
    ignored: tuple[str, ...] = (),
    moving: tuple[str, ...] = (),
) -> ThreeWayDiff:
    """Compare the three sides of one resource. Paths in `ignored` are not set; paths in `moving` are not drift."""
    wanted, recorded_values, live_values = (_flat(side, rules.keyed) for side in (desired, recorded, live))
    live_values |= {
        path: value for path, value in recorded_values.items() if path.partition(".")[0] in rules.remembered
    }
    as_wanted, as_was = (_satisfying(side, live_values, rules) for side in (wanted, recorded_values))
    changes = tuple(_changes(wanted, recorded_values, as_wanted, rules, ignored))
    drift = tuple(_drift(recorded_values, as_was, rules, moving))
    compared = {
        path: value
        for path, value in as_wanted.items()
        if (path in wanted or path in recorded_values) and not _is_ignored(path, ignored)
    }
    unmanaged = {
        path: value
        for path, value in live_values.items()
        if path not in wanted
        and path not in recorded_values
        and path.partition(".")[0] not in rules.silent
        and not _is_ignored(path, ignored)
    }
    return ThreeWayDiff(changes, drift, unmanaged, compared)


def _changes(
    wanted: Properties,
    recorded_values: Properties,
    live_values: Properties,
    rules: PropertyRules,
    ignored: tuple[str, ...],
) -> Iterator[Difference]:
    for path in sorted({*wanted, *recorded_values}):
        if _is_ignored(path, ignored):
            continue
        if path in wanted:
            if live_values.get(path, _MISSING) != wanted[path]:
                yield _difference(path, live_values.get(path), wanted[path], rules)
        elif path in live_values and path.partition(".")[0] not in rules.kept:
            yield _difference(path, live_values[path], None, rules)


def _drift(
    recorded_values: Properties, live_values: Properties, rules: PropertyRules, ignored: tuple[str, ...]
) -> Iterator[Difference]:
    for path in sorted(recorded_values):
        if not _is_ignored(path, ignored) and live_values.get(path, _MISSING) != recorded_values[path]:
            yield _difference(path, recorded_values[path], live_values.get(path), rules)


def _difference(path: str, before: Any, after: Any, rules: PropertyRules) -> Difference:
    head = path.partition(".")[0]
    return Difference(
        path=path,
        before=before,
        after=after,
        forces_replacement=head in rules.immutable,
        note=rules.notes.get(head) if before is not None else None,
    )


def _satisfying(side: Properties, live_values: Properties, rules: PropertyRules) -> Properties:
    """The live values, with each value that satisfies the value of `side` replaced by it."""
    return {
        path: side[path] if path in side and _holds(path, side[path], value, rules) else value
        for path, value in live_values.items()
    }


def _holds(path: str, wanted: Any, live_values: Any, rules: PropertyRules) -> bool:
    head, _, member = path.partition(".")
    is_satisfied = rules.satisfied.get(f"{head}.*" if member and head in rules.keyed else path)
    return wanted == live_values or (is_satisfied is not None and is_satisfied(wanted, live_values))


def _flat(side: Properties, keyed: frozenset[str]) -> Properties:
    """The properties by path: members of keyed maps have dotted paths of their own."""
    flat: Properties = {}
    for name, value in side.items():
        if name in keyed:
            flat.update({f"{name}.{member}": entry for member, entry in (value or {}).items()})
        else:
            flat[name] = value
    return flat


def _is_ignored(path: str, ignored: tuple[str, ...]) -> bool:
    return any(pattern == "*" or path == pattern or path.startswith(f"{pattern}.") for pattern in ignored)
