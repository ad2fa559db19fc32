"""What AWS bills per month for one table: quantities before and after its plan. What they cost is `dynaops.costs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dynaops.kinds.billing import BilledResource, Charge, TableResources
from dynaops.kinds.kind import AddressDiff, TableChanges
from dynaops.kinds.registry import HANDLERS
from dynaops.model.change import Action
from dynaops.model.cost import ByUse, Span, Usage

Key = tuple[str, str, str]
"""Address, region and item of something that is billed."""


@dataclass
class _Quantities:
    """One side of a plan: quantities by what is billed, and what is billed by use, in the handlers' order."""

    monthly: dict[Key, Span] = field(default_factory=dict)
    by_use: dict[Key, None] = field(default_factory=dict)

    def add(self, charge: Charge) -> None:
        key = (charge.address, charge.region, charge.item)
        quantity = charge.quantity
        if quantity is None:
            self.by_use[key] = None
            return
        span = quantity if isinstance(quantity, Span) else Span(low=quantity, high=quantity)
        self.monthly[key] = self.monthly.get(key, Span()) + span


def usage_of(work: TableChanges) -> tuple[tuple[Usage, ...], tuple[ByUse, ...]]:
    """What is billed for one table, before and after."""
    old, new = (_quantities(resources) for resources in (_before(work), _after(work)))
    quantities = tuple(
        Usage(
            address=address,
            region=region,
            item=item,
            before=old.monthly.get((address, region, item), Span()),
            after=new.monthly.get((address, region, item), Span()),
        )
        for address, region, item in sorted({*old.monthly, *new.monthly})
        if (address, region, item) not in new.by_use or (address, region, item) in old.monthly
    )
    by_use = tuple(
        ByUse(address=address, region=region, item=item, new=(address, region, item) not in old.by_use)
        for address, region, item in new.by_use
    )
    return quantities, by_use


def _quantities(resources: TableResources) -> _Quantities:
    quantities = _Quantities()
    for handler in HANDLERS:
        for charge in handler.billing.charges(resources):
            quantities.add(charge)
    return quantities


def _before(work: TableChanges) -> TableResources:
    """What is live."""
    live = {
        address: BilledResource(entry.kind, entry.region, entry.live.properties)
        for address, entry in work.entries.items()
        if entry.live is not None
    }
    return TableResources(work.scope, live, _description(work))


def _after(work: TableChanges) -> TableResources:
    """What will be live when the plan is carried out."""
    deleted = {address for address, entry in work.entries.items() if entry.action is Action.DELETE}
    resources = {
        address: resource
        for address, entry in work.entries.items()
        if address not in deleted and not _is_deleted_with_owner(entry, deleted, work.entries)
        if (resource := _resource_after(entry)) is not None
    }
    return TableResources(work.scope, resources, _description(work))


def _description(work: TableChanges) -> dict[str, Any]:
    return work.table.live.raw if work.table.live else {}


def _is_deleted_with_owner(entry: AddressDiff, deleted: set[str], entries: Mapping[str, AddressDiff]) -> bool:
    """Whether its owner is deleted, or the owner of that one."""
    while entry.owner is not None and entry.owner in entries:
        if entry.owner in deleted:
            return True
        entry = entries[entry.owner]
    return False


def _resource_after(entry: AddressDiff) -> BilledResource | None:
    live = entry.live.properties if entry.live else None
    if entry.action in (Action.NO_OP, Action.FORGET):
        return None if live is None else BilledResource(entry.kind, entry.region, live)
    assert entry.desired is not None, "what changes and stays is declared"
    if live is None or entry.action in (Action.CREATE, Action.REPLACE):
        return BilledResource(entry.kind, entry.region, entry.desired.properties, new=True)
    removed = _removed_properties(entry)
    kept: dict[str, Any] = {name: value for name, value in live.items() if name not in removed}
    ignored = {name: live[name] for name in entry.desired.ignored if name in live}
    return BilledResource(entry.kind, entry.region, {**kept, **entry.desired.properties, **ignored})


def _removed_properties(entry: AddressDiff) -> set[str]:
    differences = entry.change.differences if entry.change else ()
    return {difference.path for difference in differences if difference.after is None}
