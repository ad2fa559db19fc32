"""UpdateTable, one concern at a time.

AWS refuses most mixtures in one call, and most second calls while the first runs. So each function here
makes the calls of one concern; `Rank` puts them in the safe order and each waits until the table is settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.kinds.kind import Entry, Rank, Step, Work
from dynaops.kinds.table import shape
from dynaops.kinds.table.create import unprotect
from dynaops.kinds.table.declare import CAPACITIES
from dynaops.kinds.table.shape import Shape
from dynaops.kinds.table.waits import TABLE_OUTPUTS, literal, settled
from dynaops.model.operation import Cooldown, Effect, Operation, Wait

_DAY = 24 * 3600.0
CLASS_BUDGET = (2, 30 * _DAY)
ENCRYPTION_BUDGET = (4, _DAY)


def update(work: Work) -> Iterator[Step]:
    """The calls that bring the table's own settings (not its indexes or capacity) to what is desired."""
    entry = work.table
    if entry.desired is None or not entry.change:
        return
    yield from _table_class(work, entry)
    yield from _on_demand(work, entry)
    yield from _stream(work, entry)
    yield from _encryption(work, entry)
    yield from _warm(work, entry)
    yield from _protection(work, entry)


def table_call(
    work: Work,
    rank: Rank,
    title: str,
    reason: str,
    parameters: Shape,
    wait: Wait,
    effects: tuple[Effect, ...],
    **more: Any,
) -> Step:
    """An UpdateTable of the work's table; `more` are further members of the operation."""
    operation = Operation(
        id="",
        address=more.pop("address", work.scope.address),
        kind=more.pop("kind", "table"),
        title=title,
        reason=reason,
        service="dynamodb",
        api="UpdateTable",
        region=work.scope.region,
        parameters={"TableName": work.scope.table_name, **parameters},
        wait=wait,
        effects=effects,
        needs_idle=True,
        **more,
    )
    return Step(operation, rank)


def table_effect(work: Work, **members: Any) -> Effect:
    """An effect on the table's own record."""
    return Effect(address=work.scope.address, kind="table", region=work.scope.region, **members)


def _table_class(work: Work, entry: Entry) -> Iterator[Step]:
    difference = entry.difference("table_class")
    if difference is None:
        return
    wanted, name = difference.after, work.scope.table_name
    current = f"(Table.TableClassSummary.TableClass || 'STANDARD')=='{wanted}'"
    yield table_call(
        work,
        Rank.CLASS,
        f"change the table class of {name} to {wanted}",
        f"{difference.before} -> {wanted}; AWS allows 2 table class changes in 30 days",
        {"TableClass": wanted},
        settled(name, f"{name} is of class {wanted}", current, 6),
        (table_effect(work, set={"table_class": wanted}, stamp="table_class"),),
    )


def _on_demand(work: Work, entry: Entry) -> Iterator[Step]:
    differences = entry.differences("on_demand_throughput")
    if not differences or entry.difference("billing_mode"):
        return
    name = work.scope.table_name
    maxima = {one.path.partition(".")[2]: one.after for one in differences}
    yield table_call(
        work,
        Rank.ON_DEMAND,
        f"set the on-demand maxima of {name}",
        ", ".join(f"{one.path}: {one.before} -> {one.after}" for one in differences)
        + (" (-1 tells AWS: no maximum)" if None in maxima.values() else ""),
        {
            "OnDemandThroughput": shape.on_demand(
                {member: shape.NO_MAXIMUM if value is None else value for member, value in maxima.items()}
            )
        },
        settled(name, f"the maxima of {name} are in force", None, 2),
        (
            table_effect(
                work,
                set={one.path: one.after for one in differences if one.after is not None},
                unset=tuple(one.path for one in differences if one.after is None),
            ),
        ),
    )


def _stream(work: Work, entry: Entry) -> Iterator[Step]:
    difference = entry.difference("stream")
    if difference is None:
        return
    name = work.scope.table_name
    if difference.before is not None:
        again = difference.after is not None
        yield table_call(
            work,
            Rank.STREAM,
            f"turn off the stream of {name}" + (" (to turn it on with another view type)" if again else ""),
            "a stream's view type is fixed; only a new stream, with a new ARN, has another one"
            if again
            else "the spec no longer asks for a stream",
            {"StreamSpecification": {"StreamEnabled": False}},
            settled(name, f"the stream of {name} is off", "!(Table.StreamSpecification.StreamEnabled)", 5),
            (table_effect(work, unset=("stream",), outputs=TABLE_OUTPUTS),),
        )
    if difference.after is not None:
        view = difference.after["view_type"]
        yield table_call(
            work,
            Rank.STREAM,
            f"turn on the stream of {name} with {view}",
            "consumers must follow the new stream ARN" if difference.before else "the spec asks for a stream",
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}},
            settled(
                name,
                f"the stream of {name} is on",
                f"Table.StreamSpecification.StreamViewType=='{view}' && Table.LatestStreamArn",
                5,
            ),
            (table_effect(work, set={"stream": difference.after}, outputs=TABLE_OUTPUTS),),
        )


def _encryption(work: Work, entry: Entry) -> Iterator[Step]:
    difference = entry.difference("encryption")
    if difference is None:
        return
    name, wanted = work.scope.table_name, difference.after
    if not wanted["enabled"]:
        title, done = "the AWS owned key", "(Table.SSEDescription.Status || 'DISABLED')=='DISABLED'"
    elif wanted.get("kms_key_arn"):
        title = f"the KMS key {wanted['kms_key_arn']}"
        done = f"Table.SSEDescription.KMSMasterKeyArn=={literal(wanted['kms_key_arn'])}"
    else:
        title = "the AWS managed KMS key"
        old = (difference.before or {}).get("kms_key_arn")
        moved = f" && Table.SSEDescription.KMSMasterKeyArn!={literal(old)}" if old else ""
        done = f"Table.SSEDescription.Status=='ENABLED'{moved}"
    yield table_call(
        work,
        Rank.ENCRYPTION,
        f"encrypt {name} with {title}",
        "AWS allows 4 encryption changes in 24 hours, then one in 6 hours",
        {"SSESpecification": shape.encryption(wanted)},
        settled(name, f"{name} is encrypted with {title}", done, 22),
        (table_effect(work, set={"encryption": wanted}, outputs=TABLE_OUTPUTS, stamp="encryption"),),
    )


def _warm(work: Work, entry: Entry) -> Iterator[Step]:
    differences = entry.differences("warm_throughput")
    if not differences:
        return
    name = work.scope.table_name
    units = {one.path.partition(".")[2]: one.after for one in differences}
    yield table_call(
        work,
        Rank.WARM,
        f"raise the warm throughput of {name}",
        ", ".join(f"{one.path}: {one.before} -> {one.after}" for one in differences),
        {"WarmThroughput": shape.warm(units)},
        settled(name, f"{name} is warm", warm_reached("Table.WarmThroughput", units), 400),
        (table_effect(work, set={one.path: one.after for one in differences}),),
        slow=True,
    )


def warm_reached(where: str, units: dict[str, int]) -> str:
    """JMESPath: the warm throughput at `where` is at least `units`."""
    return " && ".join(
        f"{where}.{member} >= `{value}`" for member, value in sorted(shape.warm(units).items())
    )


def _protection(work: Work, entry: Entry) -> Iterator[Step]:
    difference = entry.difference("deletion_protection")
    if difference is None:
        return
    name = work.scope.table_name
    if not difference.after:
        yield unprotect(
            work, "the spec says deletion_protection: false (its default where absent)", Rank.PROTECT
        )
        return
    step = table_call(
        work,
        Rank.PROTECT,
        f"protect {name} from deletion",
        "the spec says deletion_protection: true",
        {"DeletionProtectionEnabled": True},
        Wait(
            title=f"{name} is protected",
            parameters={"TableName": work.scope.table_name},
            until="Table.DeletionProtectionEnabled==`true`",
            expected=1,
            timeout=120,
        ),
        (table_effect(work, set={"deletion_protection": True}),),
    )
    yield Step(step.operation.model_copy(update={"needs_idle": False}), step.rank)


def capacity(work: Work) -> Iterator[Step]:
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


def _to_on_demand(work: Work, entry: Entry) -> Step:
    assert entry.desired is not None, "only a declared table changes its billing mode"
    name = work.scope.table_name
    maxima = entry.desired.properties.get("on_demand_throughput") or {}
    parameters: Shape = {"BillingMode": "PAY_PER_REQUEST"}
    effect: dict[str, Any] = {"set": {"billing_mode": "PAY_PER_REQUEST"}, "unset": CAPACITIES}
    if maxima:
        parameters["OnDemandThroughput"] = shape.on_demand(maxima)
        effect["set"]["on_demand_throughput"] = maxima
    indexes = tuple(
        Effect(address=one.address, kind="gsi", region=one.region, unset=CAPACITIES)
        for one in _standing(work)
        if one.record
    )
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


def _to_provisioned(work: Work, entry: Entry) -> Step:
    assert entry.desired is not None, "only a declared table changes its billing mode"
    name, wanted = work.scope.table_name, entry.desired.properties
    units = {member: wanted[member] for member in CAPACITIES}
    parameters: Shape = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": shape.provisioned(wanted)}
    effects = [
        table_effect(work, set={"billing_mode": "PROVISIONED", **units}, unset=("on_demand_throughput",))
    ]
    updates = []
    for one in _standing(work):
        source = (
            one.desired.properties if one.desired and "read_capacity" in one.desired.properties else wanted
        )
        updates.append(_index_units(one.name, source))
        if one.record:
            effects.append(
                Effect(
                    address=one.address,
                    kind="gsi",
                    region=one.region,
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


def _units(work: Work, entry: Entry) -> Iterator[Step]:
    name = work.scope.table_name
    own = [one for member in CAPACITIES for one in entry.differences(member)]
    indexes = [
        one for one in _standing(work) if one.desired and any(one.difference(member) for member in CAPACITIES)
    ]
    if not own and not indexes:
        return
    parameters: Shape = {}
    effects: list[Effect] = []
    conditions: list[str] = []
    reasons: list[str] = []
    if own and entry.desired:
        wanted = {**_live(entry, CAPACITIES), **{one.path: one.after for one in own}}
        parameters["ProvisionedThroughput"] = shape.provisioned(wanted)
        effects.append(table_effect(work, set={one.path: one.after for one in own}))
        conditions.append(_units_are("Table.ProvisionedThroughput", wanted))
        reasons += [f"{one.path}: {one.before} -> {one.after}" for one in own]
    updates = []
    for index in indexes:
        changed = [one for member in CAPACITIES for one in index.differences(member)]
        wanted = {**_live(index, CAPACITIES), **{one.path: one.after for one in changed}}
        updates.append(_index_units(index.name, wanted))
        effects.append(
            Effect(
                address=index.address,
                kind="gsi",
                region=index.region,
                set={one.path: one.after for one in changed},
            )
        )
        where = (
            f"(Table.GlobalSecondaryIndexes[?IndexName=={literal(index.name)}] | [0]).ProvisionedThroughput"
        )
        conditions.append(_units_are(where, wanted))
        reasons += [f"{index.name}.{one.path}: {one.before} -> {one.after}" for one in changed]
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
    )


def _decrease_cooldown(work: Work, own: list[Any], indexes: list[Entry]) -> Cooldown | None:
    """Patience with AWS's budget of decreases, where this call lowers anything and today's is spent."""
    from dynaops.kinds.table.budgets import decreases_left

    lowered = [one for one in own if one.before and one.after < one.before]
    for index in indexes:
        lowered += [
            one for m in CAPACITIES for one in index.differences(m) if one.before and one.after < one.before
        ]
    if not lowered or decreases_left(work):
        return None
    return Cooldown(
        title=f"AWS allows another decrease of {work.scope.table_name}",
        prefix="Subscriber limit exceeded: Provisioned throughput decreases are limited",
        expected=3600,
        timeout=_DAY,
    )


def _live(entry: Entry, members: tuple[str, ...]) -> Shape:
    live = entry.live.properties if entry.live else {}
    return {member: live[member] for member in members if member in live}


def _standing(work: Work) -> list[Entry]:
    """The indexes that stand when capacity is changed: live, and not deleted before (managed or not)."""
    from dynaops.kinds.table.indexes import dropped_first

    dropped = {entry.address for entry in dropped_first(work)}
    return [entry for entry in work.of_kind("gsi") if entry.live and entry.address not in dropped]


def _index_units(name: str, units: Shape) -> Shape:
    return {"Update": {"IndexName": name, "ProvisionedThroughput": shape.provisioned(units)}}


def _units_are(where: str, units: Shape) -> str:
    return (
        f"{where}.ReadCapacityUnits==`{units['read_capacity']}`"
        f" && {where}.WriteCapacityUnits==`{units['write_capacity']}`"
    )
