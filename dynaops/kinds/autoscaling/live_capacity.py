"""Provisioned capacity that scalable targets move: no drift while it moves, and not set back for a target of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dynaops.aws.errors import AccessDenied, AwsRefusal
from dynaops.kinds.autoscaling import SIDES
from dynaops.kinds.autoscaling.mapping import Dimension, dimension_at
from dynaops.kinds.autoscaling.observe import observe_targets
from dynaops.kinds.kind import AddressDiff, AwsReader, TableChanges
from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB404, DDB405
from dynaops.model.findings.rule import make_finding
from dynaops.model.resource import Observed, Scope

KIND = "autoscaling"
_HOLDERS = ("table", "gsi")
"""The kinds that have provisioned capacity."""


def moved(read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]) -> dict[str, AddressDiff]:
    """The table and its indexes with the capacities that scalable targets move (`Entry.moving`, `Entry.left_alone`).

    Where a capacity differs that neither spec nor state scales, it is asked whether a target of others does; such a
    target is an entry of its own then, live only. `read` None: nothing is asked.
    """
    by_address = {entry.address: entry for entry in entries}
    holders = [entry for entry in entries if entry.kind in _HOLDERS and entry.live is not None]
    provisioned = [entry for entry in holders if _is_provisioned(entry)]
    differing = [entry for entry in provisioned if _unexplained(scope, entry, by_address)]
    foreign, denied = _foreign(read, scope, differing, by_address) if read is not None else ({}, None)
    result: dict[str, AddressDiff] = {
        address: AddressDiff(address, KIND, scope.region, live=target)
        for address, target in foreign.items()
        if address not in by_address
    }
    for holder in holders:
        moving = {path for path, address in _sides(scope, holder) if _is_scaled(address, by_address, foreign)}
        left = {path for path, address in _sides(scope, holder) if _is_foreign(address, by_address, foreign)}
        if moving or left:
            result[holder.address] = replace(
                holder, moving=holder.moving | moving, left_alone=holder.left_alone | left
            )
    if denied is not None:
        for holder in differing:
            result[holder.address] = replace(result.get(holder.address, holder), not_allowed=denied)
    return result


def unread_findings(work: TableChanges) -> Iterator[Finding]:
    """A capacity that is set though it is not known whether a scalable target of others moves it."""
    for entry in work.entries.values():
        paths = [f"{side}_capacity" for side in SIDES if entry.difference(f"{side}_capacity")]
        if entry.not_allowed is None or not paths:
            continue
        titles = " and ".join(_dimension(work.scope, entry, path).title for path in paths)
        yield make_finding(
            DDB405,
            f"it is not known whether a scalable target that dynaops does not manage moves the {titles}: "
            f"{entry.not_allowed}",
            address=entry.address,
        )


def foreign_findings(work: TableChanges) -> Iterator[Finding]:
    """A capacity of the spec that is not set, since a scalable target of others moves it."""
    for entry in work.of_kind(KIND):
        if entry.desired is not None or entry.record is not None or entry.live is None:
            continue
        dimension = dimension_at(work.scope, entry.address)
        address = work.scope.below("gsi", dimension.index) if dimension.index else work.scope.address
        holder, path = work.entries.get(address), f"{dimension.side}_capacity"
        if holder is None or path not in holder.left_alone or holder.desired is None or holder.live is None:
            continue
        wanted, now = holder.desired.properties.get(path), holder.live.properties.get(path)
        if wanted is None or wanted == now:
            continue
        bounds = f"{entry.live.properties['min']} to {entry.live.properties['max']}"
        yield make_finding(
            DDB404,
            f"the {dimension.title} stays at {now}, and is not set to {wanted}: a scalable target that dynaops "
            f"does not manage moves it ({bounds})",
            address=holder.address,
        )


def _foreign(
    read: AwsReader, scope: Scope, holders: Sequence[AddressDiff], entries: Mapping[str, AddressDiff]
) -> tuple[dict[str, Observed], str | None]:
    """The live targets of unexplained capacities by their addresses; and AWS's words where it does not tell."""
    asked = sorted(
        {
            _dimension(scope, holder, path).resource_id
            for holder in holders
            for path in _unexplained(scope, holder, entries)
        }
    )
    if not asked:
        return {}, None
    try:
        return {
            observe_target.address: observe_target
            for observe_target in observe_targets(read, scope, scope.region, asked)
        }, None
    except AccessDenied as error:
        return {}, error.message
    except AwsRefusal:  # an emulator that has no Application Auto Scaling
        return {}, None


def _unexplained(scope: Scope, holder: AddressDiff, entries: Mapping[str, AddressDiff]) -> list[str]:
    """The capacities of a table or an index that differ, and that no entry scales."""
    return [
        path for path, address in _sides(scope, holder) if address not in entries and _differs(holder, path)
    ]


def _is_provisioned(entry: AddressDiff) -> bool:
    return entry.live is not None and "read_capacity" in entry.live.properties


def _sides(scope: Scope, holder: AddressDiff) -> Iterable[tuple[str, str]]:
    """The capacities of a table or an index, each with the address of what would scale it."""
    for side in SIDES:
        path = f"{side}_capacity"
        yield path, _dimension(scope, holder, path).address(scope)


def _dimension(scope: Scope, holder: AddressDiff, path: str) -> Dimension:
    index = holder.name if holder.kind == "gsi" else None
    return Dimension(scope.table_name, path.partition("_")[0], scope.region, index)


def _differs(holder: AddressDiff, path: str) -> bool:
    assert holder.live is not None, "only what is live has a capacity"
    now = holder.live.properties.get(path)
    sides = (
        holder.desired.properties if holder.desired and path not in holder.desired.ignored else {},
        holder.record.properties if holder.record else {},
    )
    return any(side.get(path, now) != now for side in sides)


def _is_scaled(address: str, entries: Mapping[str, AddressDiff], foreign: Mapping[str, Observed]) -> bool:
    entry = entries.get(address)
    return address in foreign or (entry is not None and (entry.record is not None or entry.live is not None))


def _is_foreign(address: str, entries: Mapping[str, AddressDiff], foreign: Mapping[str, Observed]) -> bool:
    entry = entries.get(address)
    if entry is None:
        return address in foreign
    return entry.live is not None and entry.desired is None and entry.record is None
