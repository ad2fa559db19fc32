"""UpdateTable, one concern at a time.

AWS refuses most mixtures in one call, and most second calls while the first runs. So each function here
makes the calls of one concern; `Rank` puts them in the safe order and each waits until the table is settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.steps import step
from dynaops.kinds.table import mapping
from dynaops.kinds.table.create import unprotect
from dynaops.kinds.table.mapping import Shape
from dynaops.kinds.table.waits import TABLE_OUTPUTS, settled
from dynaops.model.jmespath import literal
from dynaops.model.operation import Effect, Wait


def update(work: TableChanges) -> Iterator[Step]:
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
    work: TableChanges,
    rank: Rank,
    title: str,
    reason: str,
    parameters: Shape,
    wait: Wait,
    effects: tuple[Effect, ...],
    **more: Any,
) -> Step:
    """An UpdateTable of the work's table; `more` are further members of the operation."""
    members: dict[str, Any] = {"wait": wait, "effects": effects, "reason": reason, "needs_idle": True, **more}
    parameters = {"TableName": work.scope.table_name, **parameters}
    return step(members.pop("about", work.table), rank, "UpdateTable", title, parameters, **members)


def table_effect(work: TableChanges, **members: Any) -> Effect:
    """An effect on the table's own record."""
    return Effect(address=work.scope.address, kind="table", region=work.scope.region, **members)


def _table_class(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
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


def _on_demand(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    differences = entry.differences("on_demand_throughput")
    if not differences or entry.difference("billing_mode"):
        return
    name = work.scope.table_name
    maxima = {difference.path.partition(".")[2]: difference.after for difference in differences}
    yield table_call(
        work,
        Rank.ON_DEMAND,
        f"set the on-demand maxima of {name}",
        ", ".join(
            f"{difference.path}: {difference.before} -> {difference.after}" for difference in differences
        )
        + (" (-1 tells AWS: no maximum)" if None in maxima.values() else ""),
        {
            "OnDemandThroughput": mapping.on_demand(
                {member: mapping.NO_MAXIMUM if value is None else value for member, value in maxima.items()}
            )
        },
        settled(name, f"the maxima of {name} are in force", None, 2),
        (
            table_effect(
                work,
                set={
                    difference.path: difference.after
                    for difference in differences
                    if difference.after is not None
                },
                unset=tuple(difference.path for difference in differences if difference.after is None),
            ),
        ),
    )


def _stream(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
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


def _encryption(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
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
        {"SSESpecification": mapping.encryption(wanted)},
        settled(name, f"{name} is encrypted with {title}", done, 22),
        (table_effect(work, set={"encryption": wanted}, outputs=TABLE_OUTPUTS, stamp="encryption"),),
    )


def _warm(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    differences = entry.differences("warm_throughput")
    if not differences:
        return
    name = work.scope.table_name
    units = {difference.path.partition(".")[2]: difference.after for difference in differences}
    yield table_call(
        work,
        Rank.WARM,
        f"raise the warm throughput of {name}",
        ", ".join(
            f"{difference.path}: {difference.before} -> {difference.after}" for difference in differences
        ),
        {"WarmThroughput": mapping.warm(units)},
        settled(name, f"{name} is warm", warm_reached("Table.WarmThroughput", units), 400),
        (table_effect(work, set={difference.path: difference.after for difference in differences}),),
        slow=True,
    )


def warm_reached(where: str, units: dict[str, int]) -> str:
    """JMESPath: the warm throughput at `where` is at least `units`."""
    return " && ".join(
        f"{where}.{member} >= `{value}`" for member, value in sorted(mapping.warm(units).items())
    )


def _protection(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    difference = entry.difference("deletion_protection")
    if difference is None:
        return
    name = work.scope.table_name
    if not difference.after:
        yield unprotect(
            work, "the spec says deletion_protection: false (its default where absent)", Rank.PROTECT
        )
        return
    yield table_call(
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
        needs_idle=False,
    )
