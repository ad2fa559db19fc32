"""The three-way diff: one generic comparison of desired, recorded and live for every kind.

Ownership decides what an absent key means: what the state owns and the spec no longer names is taken back;
what neither names is left alone and reported as unmanaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dynaops.kinds.kind import Policy
from dynaops.model.change import Difference
from dynaops.model.resource import Properties

_MISSING = object()


@dataclass(frozen=True)
class Comparison:
    """What a comparison found: `changes` to make, `drift` since the last apply, `unmanaged` live values by path."""

    changes: tuple[Difference, ...]
    drift: tuple[Difference, ...]
    unmanaged: dict[str, Any]


def compare(
    desired: Properties,
    recorded: Properties,
    live: Properties,
    policy: Policy,
    ignored: tuple[str, ...] = (),
) -> Comparison:
    """Compare the three sides of one resource."""
    wanted, was, now = (_flat(side, policy.keyed) for side in (desired, recorded, live))
    changes = tuple(_changes(wanted, was, now, policy, ignored))
    drift = tuple(_drift(was, now, policy, ignored))
    unmanaged = {
        path: value
        for path, value in now.items()
        if path not in wanted
        and path not in was
        and path.partition(".")[0] not in policy.silent
        and not _is_ignored(path, ignored)
    }
    return Comparison(changes, drift, unmanaged)


def _changes(
    wanted: Properties, was: Properties, now: Properties, policy: Policy, ignored: tuple[str, ...]
) -> Iterator[Difference]:
    for path in sorted({*wanted, *was}):
        if _is_ignored(path, ignored):
            continue
        if path in wanted:
            if not _holds(path, wanted[path], now.get(path, _MISSING), policy):
                yield _difference(path, now.get(path), wanted[path], policy)
        elif path in now and path.partition(".")[0] not in policy.kept:
            yield _difference(path, now[path], None, policy)


def _drift(
    was: Properties, now: Properties, policy: Policy, ignored: tuple[str, ...]
) -> Iterator[Difference]:
    for path in sorted(was):
        if not _is_ignored(path, ignored) and not _holds(path, was[path], now.get(path, _MISSING), policy):
            yield _difference(path, was[path], now.get(path), policy)


def _difference(path: str, before: Any, after: Any, policy: Policy) -> Difference:
    head = path.partition(".")[0]
    return Difference(
        path=path,
        before=before,
        after=after,
        forces_replacement=head in policy.immutable,
        note=policy.notes.get(head) if before is not None else None,
    )


def _holds(path: str, wanted: Any, now: Any, policy: Policy) -> bool:
    if now is _MISSING:
        return False
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
