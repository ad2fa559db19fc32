"""A replica's own settings: recovery, tags, key, class, protection, by calls in its region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.recovery import given_up
from dynaops.kinds.steps import step
from dynaops.kinds.table.mapping import tags as tag_list
from dynaops.kinds.table.waits import IDLE
from dynaops.model.change import Action
from dynaops.model.jmespath import literal
from dynaops.model.late_values import reference
from dynaops.model.operation import Danger, Wait

_WINDOW = "ContinuousBackupsDescription.PointInTimeRecoveryDescription"
_OFF = {"PointInTimeRecoveryEnabled": False}


def born(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    """What a new replica cannot be made with."""
    assert entry.desired is not None, "only a declared replica is made"
    wanted = entry.desired.properties
    if "point_in_time_recovery" in wanted:
        yield _recovery(work, entry, wanted["point_in_time_recovery"])
    if wanted.get("tags"):
        yield _tag(work, entry, wanted["tags"])
    if wanted.get("deletion_protection"):
        yield protection(work, entry, True, Rank.PROTECT)


def changed(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    """One call for each setting that differs."""
    table_class = entry.difference("table_class")
    if table_class is not None:
        yield _class(work, entry, table_class.after)
    key = entry.difference("kms_key_arn")
    if key is not None:
        yield _key(work, entry, key.after)
    recovery = entry.differences("point_in_time_recovery")
    if recovery:
        wanted = entry.desired.properties if entry.desired else {}
        yield _recovery(work, entry, wanted.get("point_in_time_recovery"))
    tags = {difference.path.partition(".")[2]: difference.after for difference in entry.differences("tags")}
    added = {key: value for key, value in tags.items() if value is not None}
    if added:
        yield _tag(work, entry, added)
    if len(added) < len(tags):
        yield _untag(work, entry, sorted(key for key, value in tags.items() if value is None))
    guarded = entry.difference("deletion_protection")
    if guarded is not None:
        yield protection(work, entry, bool(guarded.after), Rank.PROTECT)


def protection(work: TableChanges, entry: AddressDiff, on: bool, rank: Rank) -> Step:
    """Deletion protection of the replica; lifting it needs consent."""
    name = work.scope.table_name
    return _step(
        work,
        entry,
        "UpdateTable",
        f"{'protect' if on else 'lift deletion protection of'} the replica of {name} in {entry.region}",
        {"TableName": name, "DeletionProtectionEnabled": on},
        rank=rank,
        wait=_wait(
            work,
            entry,
            "its protection is as asked",
            f"Table.DeletionProtectionEnabled==`{str(on).lower()}`",
            36,
        ),
        danger=None if on else Danger.UNPROTECT,
        **({"set": {"deletion_protection": True}} if on else {"unset": ("deletion_protection",)}),
    )


def _recovery(work: TableChanges, entry: AddressDiff, wanted: dict[str, Any] | None) -> Step:
    name = work.scope.table_name
    live = entry.live.properties.get("point_in_time_recovery") if entry.live else None
    lost = given_up(live, wanted) if entry.action in (Action.UPDATE, Action.ADOPT) else None
    specification: dict[str, Any] = _OFF
    done = f"{_WINDOW}.PointInTimeRecoveryStatus=='DISABLED'"
    if wanted:
        days = wanted["recovery_period_days"]
        specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
        done = f"{_WINDOW}.PointInTimeRecoveryStatus=='ENABLED' && {_WINDOW}.RecoveryPeriodInDays==`{days}`"
    return _step(
        work,
        entry,
        "UpdateContinuousBackups",
        f"turn {'on' if wanted else 'off'} point-in-time recovery of the replica of {name} in {entry.region}",
        {"TableName": name, "PointInTimeRecoverySpecification": specification},
        wait=Wait(
            title="its recovery is as asked",
            api="DescribeContinuousBackups",
            parameters={"TableName": name},
            until=done,
            expected=5,
            timeout=600,
        ),
        danger=Danger.RECOVERY if lost else None,
        loses=lost,
        **({"set": {"point_in_time_recovery": wanted}} if wanted else {"unset": ("point_in_time_recovery",)}),
    )


def _tag(work: TableChanges, entry: AddressDiff, tags: dict[str, str]) -> Step:
    arn = _arn(entry)
    shown = " && ".join(
        f"length(Tags[?Key=={literal(key)} && Value=={literal(value)}])==`1`"
        for key, value in sorted(tags.items())
    )
    return _step(
        work,
        entry,
        "TagResource",
        f"tag the replica in {entry.region}: {', '.join(sorted(tags))}",
        {"ResourceArn": arn, "Tags": tag_list(tags)},
        wait=_tagged(arn, shown),
        set={f"tags.{key}": value for key, value in tags.items()},
    )


def _untag(work: TableChanges, entry: AddressDiff, keys: list[str]) -> Step:
    arn = _arn(entry)
    return _step(
        work,
        entry,
        "UntagResource",
        f"untag the replica in {entry.region}: {', '.join(keys)}",
        {"ResourceArn": arn, "TagKeys": keys},
        wait=_tagged(arn, " && ".join(f"length(Tags[?Key=={literal(key)}])==`0`" for key in keys)),
        unset=tuple(f"tags.{key}" for key in keys),
    )


def _tagged(arn: str, until: str) -> Wait:
    return Wait(
        title="its tags are as wanted",
        api="ListTagsOfResource",
        parameters={"ResourceArn": arn},
        until=until,
        expected=3,
        timeout=120,
    )


def _class(work: TableChanges, entry: AddressDiff, wanted: str | None) -> Step:
    """An override that equals the table's own class is none (DDB-TABLE-250)."""
    name = work.scope.table_name
    table = work.table.desired.properties if work.table.desired else {}
    base = str(table.get("table_class", "STANDARD"))
    shown = (
        f"Table.Replicas[?RegionName=='{entry.region}'] | [0].ReplicaTableClassSummary.TableClass || '{base}'"
    )
    return _step(
        work,
        entry,
        "UpdateTable",
        f"change the table class of the replica in {entry.region} to {wanted or base}",
        {
            "TableName": name,
            "ReplicaUpdates": [
                {"Update": {"RegionName": entry.region, "TableClassOverride": wanted or base}}
            ],
        },
        wait=Wait(
            title=f"the replica in {entry.region} is of class {wanted or base}",
            parameters={"TableName": name},
            until=f"{IDLE} && ({shown})=='{wanted or base}'"
            " && length(Table.Replicas[?ReplicaStatus!='ACTIVE'] || `[]`)==`0`",
            expected=36,
            timeout=3600,
        ),
        needs_idle=True,
        region=work.scope.region,
        **({"set": {"table_class": wanted}} if wanted else {"unset": ("table_class",)}),
    )


def _key(work: TableChanges, entry: AddressDiff, key: str | None) -> Step:
    """A replica's key is changed in its region; ReplicaUpdates refuses it (DDB-TABLE-309)."""
    name = work.scope.table_name
    specification: dict[str, Any] = {"Enabled": True}
    done = "Table.SSEDescription.Status=='ENABLED'"
    if key:
        specification |= {"SSEType": "KMS", "KMSMasterKeyId": key}
        done = f"Table.SSEDescription.KMSMasterKeyArn=={literal(key)} && {done}"
    return _step(
        work,
        entry,
        "UpdateTable",
        f"encrypt the replica of {name} in {entry.region} with {key or 'the AWS managed KMS key'}",
        {"TableName": name, "SSESpecification": specification},
        wait=_wait(work, entry, "it is encrypted anew", done, 22),
        **({"set": {"kms_key_arn": key}} if key else {"unset": ("kms_key_arn",)}),
    )


def _arn(entry: AddressDiff) -> str:
    known = entry.live.outputs.get("arn") if entry.live else None
    known = known or (entry.desired.options.get("arn") if entry.desired else None)
    return str(known or reference(entry.address, "arn"))


def _wait(work: TableChanges, entry: AddressDiff, title: str, until: str, expected: float) -> Wait:
    """On the table in the replica's region."""
    return Wait(
        title=f"{title} in {entry.region}",
        parameters={"TableName": work.scope.table_name},
        until=f"Table.TableStatus=='ACTIVE' && {until}",
        expected=expected,
        timeout=3600,
    )


def _step(
    work: TableChanges, entry: AddressDiff, api: str, title: str, parameters: dict[str, Any], **more: Any
) -> Step:
    """One call in the replica's region, or in that of `more`."""
    rank = more.pop("rank", Rank.REGIONAL)
    more["depends_on"] = (work.scope.address,)
    return step(entry, rank, api, title, parameters, apart=True, **more)
