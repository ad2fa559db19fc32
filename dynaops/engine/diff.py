"""The three-way diff: one generic comparison of desired, recorded and live for every kind.

Ownership decides what an absent key means: what the state owns and the spec no longer names is taken back;
what neither names is left alone and reported as unmanaged.
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
    """What a comparison found: `changes` to make, `drift` since the last apply, `unmanaged` live values by path.

    `compared` is what it looked at of the live values, by path, with what satisfies the other side read as that side:
    while it stays the same, so do the changes.
    """

    changes: tuple[Difference, ...]
    drift: tuple[Difference, ...]
    unmanaged: dict[str, Any]
    compared: dict[str, Any]


def compare(
    desired: Properties,
    recorded: Properties,
    live: Properties,
    policy: PropertyRules,
    ignored: tuple[str, ...] = (),
    moving: tuple[str, ...] = (),
) -> ThreeWayDiff:
    """Compare the three sides of one resource. Paths that are `ignored` are not set, those `moving` are no drift."""
    wanted, was, now = (_flat(side, policy.keyed) for side in (desired, recorded, live))
    now |= {path: value for path, value in was.items() if path.partition(".")[0] in policy.remembered}
    as_wanted, as_was = (_satisfying(side, now, policy) for side in (wanted, was))
    changes = tuple(_changes(wanted, was, as_wanted, policy, ignored))
    drift = tuple(_drift(was, as_was, policy, moving))
    compared = {
        path: value
        for path, value in as_wanted.items()
        if (path in wanted or path in was) and not _is_ignored(path, ignored)
    }
    unmanaged = {
        path: value
        for path, value in now.items()
        if path not in wanted
        and path not in was
        and path.partition(".")[0] not in policy.silent
        and not _is_ignored(path, ignored)
    }
    return ThreeWayDiff(changes, drift, unmanaged, compared)


def _changes(
    wanted: Properties, was: Properties, now: Properties, policy: PropertyRules, ignored: tuple[str, ...]
) -> Iterator[Difference]:
    for path in sorted({*wanted, *was}):
        if _is_ignored(path, ignored):
            continue
        if path in wanted:
            if now.get(path, _MISSING) != wanted[path]:
                yield _difference(path, now.get(path), wanted[path], policy)
        elif path in now and path.partition(".")[0] not in policy.kept:
            yield _difference(path, now[path], None, policy)


def _drift(
    was: Properties, now: Properties, policy: PropertyRules, ignored: tuple[str, ...]
) -> Iterator[Difference]:
    for path in sorted(was):
        if not _is_ignored(path, ignored) and now.get(path, _MISSING) != was[path]:
            yield _difference(path, was[path], now.get(path), policy)


def _difference(path: str, before: Any, after: Any, policy: PropertyRules) -> Difference:
    head = path.partition(".")[0]
    return Difference(
        path=path,
        before=before,
        after=after,
        forces_replacement=head in policy.immutable,
        note=policy.notes.get(head) if before is not None else None,
    )


def _satisfying(side: Properties, now: Properties, policy: PropertyRules) -> Properties:
    """The live values, where one that satisfies `side` reads as `side` has it."""
    return {
        path: side[path] if path in side and _holds(path, side[path], value, policy) else value
        for path, value in now.items()
    }


def _holds(path: str, wanted: Any, now: Any, policy: PropertyRules) -> bool:
    head, _, member = path.partition(".")
    loose = policy.satisfied.get(f"{head}.*" if member and head in policy.keyed else path)
    return wanted == now or (loose is not None and loose(wanted, now))


def _flat(side: Properties, keyed: frozenset[str]) -> Properties:
    """The properties with the members of keyed maps as dotted paths of their own."""
    flat: Properties = {}
    for name, value in side.items():
        if name in keyed:
            flat.update({f"{name}.{member}": entry for member, entry in (value or {}).items()})
        else:
            flat[name] = value
    return flat


def _is_ignored(path: str, ignored: tuple[str, ...]) -> bool:
    return any(one == "*" or path == one or path.startswith(f"{one}.") for one in ignored)
