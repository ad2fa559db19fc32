"""Who is in the group: ReplicaUpdates in the home region, one at a time (DDB-TABLE-265), a strong group at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.replica import regional
from dynaops.kinds.steps import Members, effect_on, step
from dynaops.kinds.table.waits import IDLE, settled
from dynaops.model.change import Action
from dynaops.model.operation import Danger, Effect, Tolerance, Wait

_JOIN_SECONDS, _LEAVE_SECONDS = 300.0, 150.0
"""14-49 s for an empty replica, ten minutes and more with items; 88-244 s to leave (DDB-TABLE-204, 306)."""
_TIMEOUT = 6 * 3600.0
_FAILED = "contains(['INACCESSIBLE_ENCRYPTION_CREDENTIALS', 'REPLICATION_NOT_AUTHORIZED'], Table.TableStatus)"
_LOST = (Action.DELETE, Action.REPLACE)
_MADE = (Action.CREATE, Action.REPLACE)


def leave(work: TableChanges) -> Iterator[Step]:
    """The removal of replicas, protection lifted first; of a strong group all members and the witness in one call."""
    going = [entry for entry in work.of_kind("replica") if entry.action in _LOST and entry.live]
    for entry in going:
        if entry.live and entry.live.properties.get("deletion_protection"):
            yield regional.protection(work, entry, False, Rank.RELEASE_REPLICAS)
    if going and _is_strong(work):
        yield _dissolve(work, going)
        return
    for entry in going:
        yield _remove(work, entry)


def join(work: TableChanges) -> Iterator[Step]:
    """The making of replicas."""
    coming = [entry for entry in work.of_kind("replica") if entry.action in _MADE]
    together = work.entries.get(work.scope.below("global_table"))
    wanted = together.desired.properties if together and together.desired else {}
    if coming and together and wanted.get("consistency") == "STRONG":
        yield _found(work, together, coming)
        return
    for entry in coming:
        yield _add(work, entry)


def settings(work: TableChanges) -> Iterator[Step]:
    """Whether settings are copied to replicas in other accounts, alone in its call."""
    entry = work.entries.get(work.scope.below("global_table"))
    if entry is None or entry.desired is None:
        return
    wanted = entry.desired.properties
    live = entry.live.properties if entry.live else {}
    name = work.scope.table_name
    mode = wanted.get("settings_replication")
    if (
        mode
        and mode != "ENABLED_WITH_OVERRIDES"
        and live.get("settings_replication")
        not in (
            mode,
            "ENABLED_WITH_OVERRIDES",
        )
    ):
        done = f"Table.GlobalTableSettingsReplicationMode=='{mode}'"
        title = f"set the replication of settings of {name} to {mode}"
        yield _setting(
            work, entry, title, "GlobalTableSettingsReplicationMode", mode, done, "settings_replication"
        )


def protection(work: TableChanges) -> Iterator[Step]:
    """The protection against disassociation, which only members of a group have: it comes after the joining."""
    entry = work.entries.get(work.scope.below("global_table"))
    if entry is None or entry.desired is None:
        return
    live = entry.live.properties if entry.live else {}
    name = work.scope.table_name
    protect = entry.desired.properties.get("disassociation_protection")
    if protect is not None and protect != live.get("disassociation_protection"):
        done = f"Table.DisassociationProtectionEnabled==`{'true' if protect else 'false'}`"
        title = f"{'protect' if protect else 'stop protecting'} {name} from leaving its global table"
        member = "DisassociationProtectionEnabled"
        yield _setting(work, entry, title, member, protect, done, "disassociation_protection")


def _is_strong(work: TableChanges) -> bool:
    live = work.table.live
    return bool(live and live.raw.get("MultiRegionConsistency") == "STRONG")


def _add(work: TableChanges, entry: AddressDiff) -> Step:
    name = work.scope.table_name
    return _step(
        work,
        entry,
        f"add a replica of {name} in {entry.region}",
        {"ReplicaUpdates": [{"Create": _member(entry)}]},
        rank=Rank.REPLICA,
        before=_before(work, entry),
        wait=Wait(
            title=f"the replica of {name} in {entry.region} is ACTIVE",
            parameters={"TableName": name},
            region=entry.region,
            until="Table.TableStatus=='ACTIVE'",
            failed=_FAILED,
            expected=_JOIN_SECONDS if _has_items(work) else 40,
            timeout=_TIMEOUT,
        ),
        tolerate=(
            Tolerance(
                code="ValidationException",
                prefix="Failed to create a the new replica of table",
                retried=True,
            ),
        ),
        effects=(_made(work, entry), *_group_made(work)),
        slow=True,
    )


def _found(work: TableChanges, together: AddressDiff, coming: list[AddressDiff]) -> Step:
    """Make a strong group: all replicas and the witness in one call (DDB-TABLE-257)."""
    assert together.desired is not None, "only a declared group is made"
    name, wanted = work.scope.table_name, together.desired.properties
    witness = wanted.get("witness_region")
    parameters: dict[str, Any] = {
        "ReplicaUpdates": [{"Create": _member(entry)} for entry in coming],
        "MultiRegionConsistency": "STRONG",
    }
    done = " && ".join(
        f"length(Table.Replicas[?RegionName=='{element.region}' && ReplicaStatus=='ACTIVE'] || `[]`)==`1`"
        for element in coming
    )
    if witness:
        parameters["GlobalTableWitnessUpdates"] = [{"Create": {"RegionName": witness}}]
        element = f"[?RegionName=='{witness}' && WitnessStatus=='ACTIVE']"
        done += f" && length(Table.GlobalTableWitnesses{element} || `[]`)==`1`"
    regions = ", ".join(element.region for element in coming) + (
        f" and a witness in {witness}" if witness else ""
    )
    kept = {key: value for key, value in wanted.items() if key in ("consistency", "witness_region")}
    return _step(
        work,
        together,
        f"make {name} a strongly consistent global table with {regions}",
        parameters,
        rank=Rank.REPLICA,
        wait=settled(name, f"all members of {name} are ACTIVE", done, 70, _TIMEOUT),
        set=kept,
        effects=tuple(_made(work, element) for element in coming),
        slow=True,
    )


def _dissolve(work: TableChanges, going: list[AddressDiff]) -> Step:
    """Only one call that names all replicas and the witness ends a strong group (DDB-TABLE-260)."""
    name = work.scope.table_name
    raw = work.table.live.raw if work.table.live else {}
    witnesses = [element["RegionName"] for element in raw.get("GlobalTableWitnesses", ())]
    parameters: dict[str, Any] = {
        "ReplicaUpdates": [{"Delete": {"RegionName": entry.region}} for entry in going],
    }
    if witnesses:
        parameters["GlobalTableWitnessUpdates"] = [
            {"Delete": {"RegionName": element}} for element in witnesses
        ]
    together = work.scope.below("global_table")
    return _step(
        work,
        going[0],
        f"remove all other members of the global table {name}: {', '.join(element.region for element in going)}",
        parameters,
        rank=Rank.RELEASE_REPLICAS,
        wait=settled(
            name, f"{name} is alone", "length(Table.Replicas || `[]`)==`0`", _LEAVE_SECONDS, _TIMEOUT
        ),
        removes=", ".join([*map(_arn, going), *(f"the witness in {element}" for element in witnesses)]),
        effects=(
            *(effect_on(element, forget=True) for element in going),
            Effect(address=together, kind="global_table", region=work.scope.region, forget=True),
        ),
        danger=_danger(work, going[0]),
    )


def _remove(work: TableChanges, entry: AddressDiff) -> Step:
    name = work.scope.table_name
    return _step(
        work,
        entry,
        f"remove the replica of {name} in {entry.region}",
        {"ReplicaUpdates": [{"Delete": {"RegionName": entry.region}}]},
        rank=Rank.RELEASE_REPLICAS,
        before=_idle(work),
        wait=Wait(
            title=f"the replica in {entry.region} is gone",
            parameters={"TableName": name},
            region=entry.region,
            gone=True,
            expected=_LEAVE_SECONDS,
            timeout=_TIMEOUT,
        ),
        tolerate=(
            Tolerance(
                code="ValidationException",
                prefix="Update global table operation failed because one or more replicas were not part",
                retried=True,
            ),
        ),
        forget=True,
        removes=_arn(entry),
        danger=_danger(work, entry),
    )


def _setting(
    work: TableChanges, entry: AddressDiff, title: str, member: str, value: Any, done: str, recorded: str
) -> Step:
    return _step(
        work,
        entry,
        title,
        {member: value},
        rank=Rank.REPLICA,
        wait=settled(work.scope.table_name, "the setting is in force", done, 5),
        set={recorded: value},
        depends_on=(work.scope.address,),
    )


def _member(entry: AddressDiff) -> dict[str, Any]:
    """What a replica can be made with; the rest is set in its region."""
    assert entry.desired is not None, "only a declared replica is made"
    wanted = entry.desired.properties
    result = {"RegionName": entry.region}
    if wanted.get("kms_key_arn"):
        result["KMSMasterKeyId"] = wanted["kms_key_arn"]
    if wanted.get("table_class"):
        result["TableClassOverride"] = wanted["table_class"]
    return result


def _group_made(work: TableChanges) -> tuple[Effect, ...]:
    """With the first replica the table gets the settings of a group's members, which AWS shows from then on."""
    entry = work.entries.get(work.scope.below("global_table"))
    if entry is None or entry.desired is None or entry.live is not None:
        return ()
    table = (work.scope.address,)
    return (effect_on(entry, depends_on=table),)


def _made(work: TableChanges, entry: AddressDiff) -> Effect:
    assert entry.desired is not None, "only a declared replica is made"
    wanted = entry.desired.properties
    arn = entry.desired.options.get("arn")
    return effect_on(
        entry,
        set={name: wanted[name] for name in ("kms_key_arn", "table_class") if name in wanted},
        values={"arn": arn} if arn else {},
        depends_on=(work.scope.address,),
    )


def _arn(entry: AddressDiff) -> str:
    known = entry.live.outputs.get("arn") if entry.live else None
    return str(known or f"the replica in {entry.region}")


def _before(work: TableChanges, entry: AddressDiff) -> Wait:
    """The home table idle; where an earlier replica is still dying in the region, that it is gone."""
    there = entry.desired.options.get("there") if entry.desired else None
    if there == "DELETING":
        return Wait(
            title=f"the old {work.scope.table_name} in {entry.region} is gone",
            parameters={"TableName": work.scope.table_name},
            region=entry.region,
            gone=True,
            expected=60,
            timeout=_TIMEOUT,
        )
    return _idle(work)


def _idle(work: TableChanges) -> Wait:
    """No other member is on its way in or out."""
    name = work.scope.table_name
    calm = "length(Table.Replicas[?ReplicaStatus!='ACTIVE'] || `[]`)==`0`"
    return Wait(
        title=f"{name} and its replicas are settled",
        parameters={"TableName": name},
        until=f"{IDLE} && {calm}",
        expected=0,
        timeout=_TIMEOUT,
    )


def _has_items(work: TableChanges) -> bool:
    return bool(work.table.live and work.table.live.raw.get("ItemCount"))


def _danger(work: TableChanges, entry: AddressDiff) -> Danger:
    return Danger.REPLACE if Action.REPLACE in (entry.action, work.table.action) else Danger.DESTROY


def _step(
    work: TableChanges,
    entry: AddressDiff,
    title: str,
    parameters: dict[str, Any],
    rank: Rank,
    **members: Unpack[Members],
) -> Step:
    """An UpdateTable in the home region."""
    parameters = {"TableName": work.scope.table_name, **parameters}
    members |= {"region": work.scope.region, "needs_idle": True}
    return step(entry, rank, "UpdateTable", title, parameters, **members)
