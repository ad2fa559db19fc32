"""Converts output of the AWS CLI: ``describe-table``, and the ``describe`` and ``get`` commands of related resources.

A response that does not name its table (time to live, tags) is taken for the table of the same file, or for the only
table of all files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dynaops.convert import json_text, shapes
from dynaops.convert.answers import (
    DELETED_STATES,
    MEMBERS,
    TABLE_MEMBERS,
    answers,
    no_encryption,
    region,
    tell_state,
    there,
)
from dynaops.convert.arns import table_of
from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap, tree
from dynaops.convert.pieces import PieceKind, Pieces, Spec
from dynaops.convert.scaling import dimension
from dynaops.convert.texts import SourceText

_ON = ("ENABLED", "ENABLING", "ACTIVE", "UPDATING")
_ANSWERED = (
    *(
        "TableArn",
        "TableId",
        "TableStatus",
        "CreationDateTime",
        "TableSizeBytes",
        "ItemCount",
        "LatestStreamArn",
    ),
    *("LatestStreamLabel", "GlobalTableVersion", "ArchivalSummary", "RestoreSummary", "BillingModeSummary"),
    *("TableClassSummary", "GlobalTableSettingsReplicationMode"),
)
_INDEX_ANSWERED = ("IndexStatus", "Backfilling", "IndexSizeBytes", "ItemCount", "IndexArn")
_RECOVERY = "point-in-time recovery"
_REPLICA_ANSWERED = (
    *("ReplicaStatus", "ReplicaStatusDescription", "ReplicaStatusPercentProgress", "ReplicaArn"),
    *("ReplicaInaccessibleDateTime", "GlobalTableSettingsReplicationMode", "WarmThroughput"),
)
_UNASKED = {
    _RECOVERY: ("ContinuousBackupsDescription", "describe-continuous-backups"),
    "time to live": ("TimeToLiveDescription", "describe-time-to-live"),
    "tags": ("Tags", "list-tags-of-resource"),
}


def read(texts: Sequence[SourceText], pieces: Pieces) -> None:
    """Read all responses of all files into `pieces`. Raises Unreadable for a file that is not JSON."""
    answers = [(text, _parts(text, pieces)) for text in texts]
    names = {text.path: [_name(part) for part in parts if _is_table(part)] for text, parts in answers}
    only = [name for listed in names.values() for name in listed]
    answered: dict[str, set[str]] = {name: set() for name in only if name}
    for _, parts in answers:
        for part in parts:
            if _is_table(part):
                _table(part, pieces)
    for text, parts in answers:
        table_of_file = names[text.path] if len(names[text.path]) == 1 else only
        for part in parts:
            if not _is_table(part):
                _companion(part, table_of_file[0] if len(table_of_file) == 1 else None, pieces, answered)
            part.close("it is no answer about a table that a spec could hold")
    _note_missing_responses(answered, pieces)


def _parts(text: SourceText, pieces: Pieces) -> list[SourceMap]:
    parts = []
    for document in text.json():
        for response in answers(document):
            if isinstance(response, dict):
                where = SourcePlace(_title(response), (text.path, 0, 0))
                parts.append(SourceMap(tree(response, text.path), where, pieces.notes))
            else:
                where = SourcePlace("answer", (text.path, 0, 0))
                pieces.ledger.found(where)
                pieces.notes.lost(where, "it is no answer of the AWS CLI about a table")
    return parts


def _title(response: dict[str, Any]) -> str:
    return next((name for name in response if name in MEMBERS), "answer")


def _is_table(part: SourceMap) -> bool:
    return any(name in part for name in TABLE_MEMBERS)


def _name(part: SourceMap) -> str | None:
    whole = part.part("Table") or part.part("TableDescription")
    return whole.text("TableName") if whole else None


def _table(response: SourceMap, pieces: Pieces) -> None:
    part = response.part("Table") or response.part("TableDescription")
    name = part.text("TableName") if part else None
    if part is None or name is None:
        return
    where = SourcePlace(name, response.where.spot)
    pieces.ledger.found(where)
    status = part.text("TableStatus")
    if status in DELETED_STATES:
        part.skip(*part.names)
        pieces.notes.lost(where, f"the table is {status}")
        return
    tell_state(part, where, status)
    billing = part.part("BillingModeSummary")
    class_ = part.part("TableClassSummary")
    mode = (billing.text("BillingMode") if billing else part.text("BillingMode")) or "PROVISIONED"
    if billing:
        billing.skip("LastUpdateToPayPerRequestDateTime")
    if class_:
        class_.skip("LastUpdateDateTime")
    provisioned = mode == "PROVISIONED"
    capacity = shapes.capacity(part)
    spec: Spec = {
        "table_name": name,
        "region": region(part, where),
        **shapes.keys(part),
        "attributes": shapes.attributes(part),
        "billing_mode": mode,
        **(capacity if provisioned else shapes.on_demand(part)),
        "table_class": (class_.text("TableClass") if class_ else part.text("TableClass")) or "STANDARD",
        "deletion_protection": part.flag("DeletionProtectionEnabled") or False,
        "encryption": _encryption(part),
        "stream": _stream(part),
        "global_secondary_indexes": [
            _index(child, provisioned) for child in there(part, "GlobalSecondaryIndexes", "IndexStatus")
        ],
        "vector_indexes": [_vector(child) for child in there(part, "VectorIndexes", "VectorIndexStatus")],
        "local_secondary_indexes": [_local(child) for child in part.parts("LocalSecondaryIndexes")],
        "replicas": [_replica(child) for child in there(part, "Replicas", "ReplicaStatus")],
        "multi_region_consistency": part.text("MultiRegionConsistency") or "EVENTUAL",
    }
    if part.flag("DisassociationProtectionEnabled") is False:
        spec["global_table"] = {"disassociation_protection": False}
    witnesses = [child.text("RegionName") for child in part.parts("GlobalTableWitnesses")]
    if witnesses:
        spec["witness_region"] = witnesses[0]
    # AWS raises warm throughput automatically and it cannot be lowered; `dynaops import` leaves it out too.
    part.skip("WarmThroughput", *_ANSWERED)
    tags = shapes.tags(part)
    pieces.table({**spec, **({"tags": tags} if tags else {})}, where, part.tree)


def _encryption(part: SourceMap) -> Spec | None:
    block = part.part("SSEDescription")
    requested = part.part("SSESpecification")
    if requested is not None:  # only settings that the input of create-table has
        requested.skip("SSEType")
        key = requested.text("KMSMasterKeyId")
        return {"enabled": requested.flag("Enabled") or False, **({"kms_key_arn": key} if key else {})}
    if block is None:
        return no_encryption(part)
    block.skip("SSEType", "InaccessibleEncryptionDateTime")
    if block.text("Status") not in _ON:
        return {"enabled": False}
    key = block.text("KMSMasterKeyArn")
    return {"enabled": True, **({"kms_key_arn": key} if key else {})}


def _stream(part: SourceMap) -> Spec | None:
    block = part.part("StreamSpecification")
    if block is None or not block.flag("StreamEnabled"):
        return None
    return {"view_type": block.text("StreamViewType")}


def _index(part: SourceMap, provisioned: bool) -> Spec:
    part.skip("WarmThroughput", *_INDEX_ANSWERED)
    capacity = shapes.capacity(part)
    return {**shapes.global_index(part), **(capacity if provisioned else shapes.on_demand(part))}


def _local(part: SourceMap) -> Spec:
    part.skip(*_INDEX_ANSWERED)
    return shapes.local_index(part)


def _vector(part: SourceMap) -> Spec:
    part.skip(*_INDEX_ANSWERED, "VectorIndexStatus")
    return shapes.vector_index(part)


def _replica(part: SourceMap) -> Spec:
    class_ = part.part("ReplicaTableClassSummary")
    replica = {
        "region": part.text("RegionName"),
        "kms_key_arn": part.text("KMSMasterKeyId"),
        "table_class": class_.text("TableClass") if class_ else None,
        "propagate_tags": False,
    }
    if class_:
        class_.skip("LastUpdateDateTime")
    part.skip(*_REPLICA_ANSWERED)
    for index in part.parts("GlobalSecondaryIndexes"):
        index.skip("IndexName", "WarmThroughput")
    return {name: value for name, value in replica.items() if value is not None}


def _companion(
    part: SourceMap, table_of_file: str | None, pieces: Pieces, answered: dict[str, set[str]]
) -> None:
    for member, reader in _COMPANIONS.items():
        if member in part or member in part.names:
            name = table_of(part.text("TableName") or "") or table_of_file
            if name is None and member in _NAMELESS:
                pieces.notes.lost(
                    part.where,
                    "it does not say which table it is of: put it into the file of its describe-table",
                )
                part.skip(*part.names)
                return
            answered.setdefault(name or "", set()).add(member)
            reader(part, name or "", pieces)
            return


def _ttl(part: SourceMap, table: str, pieces: Pieces) -> None:
    block = part.part("TimeToLiveDescription")
    if block is not None:
        status, attribute = block.text("TimeToLiveStatus"), block.text("AttributeName")
        if status in _ON and attribute:
            pieces.add(PieceKind.TTL, table, {"attribute": attribute}, part)


def _recovery(part: SourceMap, table: str, pieces: Pieces) -> None:
    whole = part.part("ContinuousBackupsDescription")
    block = whole.part("PointInTimeRecoveryDescription") if whole else None
    if whole is None:
        return
    whole.skip("ContinuousBackupsStatus")
    data: Spec = {"enabled": False}
    if block is not None:
        block.skip("EarliestRestorableDateTime", "LatestRestorableDateTime")
        days = block.number("RecoveryPeriodInDays")
        if block.text("PointInTimeRecoveryStatus") == "ENABLED":
            data = {"enabled": True, **({"recovery_period_days": days} if days not in (None, 35) else {})}
    pieces.add(PieceKind.RECOVERY, table, data, part)


def _tags(part: SourceMap, table: str, pieces: Pieces) -> None:
    for name, value in shapes.tags(part).items():
        pieces.add(PieceKind.TAG, table, {"key": name, "value": value}, part)


def _insights(part: SourceMap, table: str, pieces: Pieces) -> None:
    part.skip("LastUpdateDateTime", "ContributorInsightsRuleList", "FailureException")
    status, mode = part.text("ContributorInsightsStatus"), part.text("ContributorInsightsMode")
    if status in _ON:
        pieces.add(PieceKind.INSIGHTS, table, {"index": part.text("IndexName"), "mode": mode}, part)


def _kinesis(part: SourceMap, table: str, pieces: Pieces) -> None:
    for destination in part.parts("KinesisDataStreamDestinations"):
        destination.skip("DestinationStatusDescription")
        arn, precision = (
            destination.text("StreamArn"),
            destination.text("ApproximateCreationDateTimePrecision"),
        )
        if destination.text("DestinationStatus") in _ON and arn:
            data = {"stream_arn": arn, **({"precision": precision} if precision else {})}
            pieces.add(PieceKind.KINESIS, table, data, destination)


def _policy(part: SourceMap, table: str, pieces: Pieces) -> None:
    part.skip("RevisionId")
    try:
        document = json_text.decoded(part.text("Policy") or "")
    except ValueError:
        pieces.notes.lost(part.where, "it is no policy document")
        return
    pieces.add(PieceKind.RESOURCE_POLICY, table, {"policy": document}, part)


def _targets(part: SourceMap, table: str, pieces: Pieces) -> None:  # noqa: ARG001
    for target in part.parts("ScalableTargets"):
        target.skip(
            "ServiceNamespace",
            "RoleARN",
            "CreationTime",
            "SuspendedState",
            "ScalableTargetARN",
            "PredictedCapacity",
        )
        bounds = {"min": target.number("MinCapacity"), "max": target.number("MaxCapacity")}
        _scaled(PieceKind.TARGET, target, bounds, pieces)


def _scaling_policies(part: SourceMap, table: str, pieces: Pieces) -> None:  # noqa: ARG001
    for policy in part.parts("ScalingPolicies"):
        policy.skip("PolicyARN", "PolicyName", "ServiceNamespace", "PolicyType", "Alarms", "CreationTime")
        _scaled(PieceKind.POLICY, policy, shapes.target_tracking(policy), pieces)


def _schedules(part: SourceMap, table: str, pieces: Pieces) -> None:  # noqa: ARG001
    for action in part.parts("ScheduledActions"):
        action.skip("ScheduledActionARN", "ServiceNamespace", "CreationTime")
        _scaled(PieceKind.SCHEDULE, action, shapes.schedule(action), pieces)


def _scaled(kind: PieceKind, part: SourceMap, data: Spec, pieces: Pieces) -> None:
    scaled = dimension(part.text("ResourceId") or "", part.text("ScalableDimension") or "")
    if scaled is None:
        part.skip(*part.names)
        pieces.notes.lost(part.where, "it does not scale a table")
    else:
        pieces.add(kind, scaled["table"], {**scaled, **data}, part)


def _mappings(part: SourceMap, table: str, pieces: Pieces) -> None:  # noqa: ARG001
    for mapping in part.parts("EventSourceMappings"):
        source, function = mapping.text("EventSourceArn") or "", mapping.text("FunctionArn") or ""
        state = mapping.text("State")
        data = shapes.trigger(mapping, function.rpartition("function:")[2])
        mapping.skip(*mapping.names)
        if ":dynamodb:" in source:
            data["enabled"] = state not in ("Disabled", "Disabling")
            pieces.add(PieceKind.TRIGGER, table_of(source), data, mapping)
        else:
            pieces.notes.lost(mapping.where, "its source is not a table's stream")


_COMPANIONS: dict[str, Callable[[SourceMap, str, Pieces], None]] = {
    "TimeToLiveDescription": _ttl,
    "ContinuousBackupsDescription": _recovery,
    "Tags": _tags,
    "ContributorInsightsStatus": _insights,
    "KinesisDataStreamDestinations": _kinesis,
    "Policy": _policy,
    "ScalableTargets": _targets,
    "ScalingPolicies": _scaling_policies,
    "ScheduledActions": _schedules,
    "EventSourceMappings": _mappings,
}
_NAMELESS = ("TimeToLiveDescription", "ContinuousBackupsDescription", "Tags", "Policy")


def _note_missing_responses(answered: dict[str, set[str]], pieces: Pieces) -> None:
    """Note the settings that need a response of another command, because DescribeTable does not return them."""
    for name, table in pieces.tables.items():
        for setting, (member, ask) in _UNASKED.items():
            if member in answered.get(name, set()) or (setting == "tags" and "tags" in table.spec):
                continue
            where = table.where.below(setting)
            add = f"add what `aws dynamodb {ask}` answers to carry it over"
            if setting == _RECOVERY:
                pieces.notes.lost(where, f"not in the files, so a spec's default holds (on, 35 days): {add}")
            else:
                pieces.notes.remark(where, f"not in the files, so left as it is: {add}")
