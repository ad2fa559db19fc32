"""The calls that make, change, tag and delete alarms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from dynaops.kinds.alarm import mapping
from dynaops.kinds.alarm.mapping import place_of
from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.steps import Members, step
from dynaops.kinds.table.mapping import tags as tag_list
from dynaops.model.change import Action
from dynaops.model.late_values import reference
from dynaops.model.operation import Tolerance, Wait


def change(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    """What differs: the alarm itself in one call, its tags in calls of their own."""
    tagged = entry.differences("tags")
    if len(tagged) < len(entry.change.differences if entry.change else ()):
        yield put(work, entry)
    wanted = {
        difference.path.partition(".")[2]: difference.after
        for difference in tagged
        if difference.after is not None
    }
    if wanted:
        yield _tag(entry, wanted)
    dropped = sorted(difference.path.partition(".")[2] for difference in tagged if difference.after is None)
    if dropped:
        yield _untag(entry, dropped)


def put(work: TableChanges, entry: AddressDiff) -> Step:
    """PutMetricAlarm makes an alarm or replaces it whole, keeping its state; it takes tags of a new one only."""
    assert entry.desired is not None, "only a declared alarm is made or changed"
    wanted = entry.desired.properties
    verb = "create" if entry.action is Action.CREATE else "change"
    rest = place_of(work.scope, entry.address).rest
    name = mapping.alarm_name(work.scope.table_name, rest)
    parameters = mapping.parameters(work.scope.table_name, rest, wanted)
    made = dict(wanted)
    if entry.action is not Action.CREATE:
        made.pop("tags", None)
    elif "tags" in wanted:
        parameters["Tags"] = tag_list(wanted["tags"])
    return _step(
        entry,
        "PutMetricAlarm",
        f"{verb} alarm {name}",
        parameters,
        Rank.ALARM,
        set=made,
        outputs={"name": "MetricAlarms[0].AlarmName", "arn": "MetricAlarms[0].AlarmArn"},
        wait=Wait(
            title=f"alarm {name} is there",
            service="cloudwatch",
            api="DescribeAlarms",
            parameters={"AlarmNames": [name], "AlarmTypes": ["MetricAlarm"]},
            until="length(MetricAlarms)==`1`",
            expected=1,
            timeout=60,
        ),
    )


def _tag(entry: AddressDiff, tags: dict[str, str]) -> Step:
    return _step(
        entry,
        "TagResource",
        f"tag alarm {entry.address}: {', '.join(sorted(tags))}",
        {"ResourceARN": _arn(entry), "Tags": tag_list(tags)},
        Rank.ALARM,
        set={f"tags.{key}": value for key, value in tags.items()},
    )


def _untag(entry: AddressDiff, keys: list[str]) -> Step:
    return _step(
        entry,
        "UntagResource",
        f"untag alarm {entry.address}: {', '.join(keys)}",
        {"ResourceARN": _arn(entry), "TagKeys": keys},
        Rank.ALARM,
        unset=tuple(f"tags.{key}" for key in keys),
    )


def _arn(entry: AddressDiff) -> str:
    return str((entry.live.outputs.get("arn") if entry.live else None) or reference(entry.address, "arn"))


def delete(work: TableChanges, entry: AddressDiff) -> Step:
    """DeleteAlarms; what it watched may be gone long since."""
    name = mapping.alarm_name(work.scope.table_name, place_of(work.scope, entry.address).rest)
    return _step(
        entry,
        "DeleteAlarms",
        f"delete alarm {name}",
        {"AlarmNames": [name]},
        Rank.CLEAN_UP,
        forget=True,
        tolerate=(Tolerance(code="ResourceNotFound"), Tolerance(code="ResourceNotFoundException")),
        removes=str((entry.live.outputs.get("arn") if entry.live else None) or f"alarm {name}"),
    )


def _step(
    entry: AddressDiff,
    api: str,
    title: str,
    parameters: dict[str, Any],
    rank: Rank,
    **members: Unpack[Members],
) -> Step:
    """One call of CloudWatch."""
    title = f"{title} in {entry.region}" if "/replica/" in entry.address else title
    members["service"] = "cloudwatch"
    return step(entry, rank, api, title, parameters, **members)
