"""Billing mode and provisioned units: of the table and all of its indexes, in one call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.steps import effect_on
from dynaops.kinds.table import mapping
from dynaops.kinds.table.budgets import decreases_left
from dynaops.kinds.table.declare import CAPACITIES
from dynaops.kinds.table.indexes import dropped_first
from dynaops.kinds.table.mapping import Shape
from dynaops.kinds.table.update import table_call, table_effect
from dynaops.kinds.table.waits import settled
from dynaops.model.jmespath import literal
from dynaops.model.operation import Cooldown, Effect

_DAY = 24 * 3600.0
_UNITS = {"read_capacity": "ReadCapacityUnits", "write_capacity": "WriteCapacityUnits"}


def change(work: TableChanges) -> Iterator[Step]:
    """Billing mode and provisioned units of the table and its indexes.

    A switch to PROVISIONED must carry the throughput of the table and of every index in the one call; a switch to
    PAY_PER_REQUEST none, but may carry on-demand maxima (UpdateTable, AWS API reference).
    """
    entry = work.table
    switch = entry.difference("billing_mode")
    if switch is not None and switch.after == "PAY_PER_REQUEST":
        yield _to_on_demand(work, entry)
    elif switch is not None:
        yield _to_provisioned(work, entry)
    else:
        yield from _units(work, entry)


def _to_on_demand(work: TableChanges, entry: AddressDiff) -> Step:
    assert entry.desired is not None, "only a declared table changes its billing mode"
    name = work.scope.table_name
    maxima = entry.desired.properties.get("on_demand_throughput") or {}
    parameters: Shape = {"BillingMode": "PAY_PER_REQUEST"}
    effect: dict[str, Any] = {"set": {"billing_mode": "PAY_PER_REQUEST"}, "unset": CAPACITIES}
    if maxima:
        parameters["OnDemandThroughput"] = mapping.on_demand(maxima)
        effect["set"]["on_demand_throughput"] = maxima
    indexes = tuple(effect_on(entry, unset=CAPACITIES) for entry in _standing(work) if entry.record)
    return table_call(
        work,
        Rank.CAPACITY,
        f"switch {name} to PAY_PER_REQUEST",
        "billing mode PROVISIONED -> PAY_PER_REQUEST (AWS may refuse the way back and forth more than once a day)",
        parameters,
        settled(
            name,
            f"{name} is billed on demand",
            "Table.BillingModeSummary.BillingMode=='PAY_PER_REQUEST'",
            90,
        ),
        (table_effect(work, **effect), *indexes),
    )


def _to_provisioned(work: TableChanges, entry: AddressDiff) -> Step:
    assert entry.desired is not None, "only a declared table changes its billing mode"
    name, wanted = work.scope.table_name, entry.desired.properties
    units = {member: wanted[member] for member in CAPACITIES}
    parameters: Shape = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": mapping.provisioned(wanted)}
    effects = [
        table_effect(work, set={"billing_mode": "PROVISIONED", **units}, unset=("on_demand_throughput",))
    ]
    updates = []
    for element in _standing(work):
        source = (
            element.desired.properties
            if element.desired and "read_capacity" in element.desired.properties
            else wanted
        )
        updates.append(_index_units(element.name, source))
        if element.record:
            effects.append(
                effect_on(
                    element,
                    set={member: source[member] for member in CAPACITIES},
                    unset=("on_demand_throughput",),
                )
            )
    if updates:
        parameters["GlobalSecondaryIndexUpdates"] = updates
    carried = f" and of its {len(updates)} index{'es' if len(updates) != 1 else ''}" if updates else ""
    return table_call(
        work,
        Rank.CAPACITY,
        f"switch {name} to PROVISIONED",
        f"billing mode PAY_PER_REQUEST -> PROVISIONED, with the throughput of the table{carried} in one call",
        parameters,
        settled(name, f"{name} is provisioned", _units_are("Table.ProvisionedThroughput", wanted), 90),
        tuple(effects),
    )


def _units(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    name = work.scope.table_name
    own = [element for member in CAPACITIES for element in entry.differences(member)]
    indexes = [
        element
        for element in _standing(work)
        if element.desired and any(element.difference(member) for member in CAPACITIES)
    ]
    if not own and not indexes:
        return
    parameters: Shape = {}
    effects: list[Effect] = []
    conditions: list[str] = []
    carried: list[str] = []
    reasons: list[str] = []
    if own and entry.desired:
        changed = {element.path: element.after for element in own}
        parameters["ProvisionedThroughput"] = mapping.provisioned({**_live(entry, CAPACITIES), **changed})
        carried += [
            f"ProvisionedThroughput/{_UNITS[member]}" for member in CAPACITIES if member not in changed
        ]
        effects.append(table_effect(work, set=changed))
        conditions.append(_units_are("Table.ProvisionedThroughput", changed))
        reasons += [f"{element.path}: {element.before} -> {element.after}" for element in own]
    updates = []
    for number, index in enumerate(indexes):
        differences = [element for member in CAPACITIES for element in index.differences(member)]
        changed = {element.path: element.after for element in differences}
        updates.append(_index_units(index.name, {**_live(index, CAPACITIES), **changed}))
        carried += [
            f"GlobalSecondaryIndexUpdates/{number}/Update/ProvisionedThroughput/{_UNITS[member]}"
            for member in CAPACITIES
            if member not in changed
        ]
        effects.append(effect_on(index, set=changed))
        where = (
            f"(Table.GlobalSecondaryIndexes[?IndexName=={literal(index.name)}] | [0]).ProvisionedThroughput"
        )
        conditions.append(_units_are(where, changed))
        reasons += [
            f"{index.name}.{element.path}: {element.before} -> {element.after}" for element in differences
        ]
    if updates:
        parameters["GlobalSecondaryIndexUpdates"] = updates
    yield table_call(
        work,
        Rank.CAPACITY,
        f"set the provisioned throughput of {name}"
        + (f" and {len(updates)} index{'es' if len(updates) != 1 else ''}" if updates and own else "")
        + (f" ({', '.join(index.name for index in indexes)})" if updates and not own else ""),
        ", ".join(reasons),
        parameters,
        settled(name, f"the throughput of {name} is in force", " && ".join(conditions), 3),
        tuple(effects),
        cooldown=_decrease_cooldown(work, own, indexes),
        carried=tuple(carried),
    )


def _decrease_cooldown(work: TableChanges, own: list[Any], indexes: list[AddressDiff]) -> Cooldown | None:
    """Patience with AWS's budget of decreases, where this call lowers anything and today's is spent."""
    lowered = [element for element in own if element.before and element.after < element.before]
    for index in indexes:
        lowered += [
            element
            for m in CAPACITIES
            for element in index.differences(m)
            if element.before and element.after < element.before
        ]
    if not lowered or decreases_left(work):
        return None
    return Cooldown(
        title=f"AWS allows another decrease of {work.scope.table_name}",
        prefix="Subscriber limit exceeded: Provisioned throughput decreases are limited",
        expected=3600,
        timeout=_DAY,
    )


def _live(entry: AddressDiff, members: tuple[str, ...]) -> Shape:
    live = entry.live.properties if entry.live else {}
    return {member: live[member] for member in members if member in live}


def _standing(work: TableChanges) -> list[AddressDiff]:
    """The indexes that stand when capacity is changed: live, and not deleted before (managed or not)."""
    dropped = {entry.address for entry in dropped_first(work)}
    return [entry for entry in work.of_kind("gsi") if entry.live and entry.address not in dropped]


def _index_units(name: str, units: Shape) -> Shape:
    return {"Update": {"IndexName": name, "ProvisionedThroughput": mapping.provisioned(units)}}


def _units_are(where: str, units: Shape) -> str:
    """JMESPath: these units are in force. One that is not named may move meanwhile (autoscaling)."""
    return " && ".join(
        f"{where}.{_UNITS[member]}==`{units[member]}`" for member in CAPACITIES if member in units
    )
