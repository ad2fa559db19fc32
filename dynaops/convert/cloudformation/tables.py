"""Reader of AWS::DynamoDB::Table (CloudFormation Template Reference)."""

from __future__ import annotations

from typing import Any

from dynaops.convert import shapes
from dynaops.convert.cloudformation.defaults import TABLE, default
from dynaops.convert.cloudformation.stack import Stack
from dynaops.convert.part import Open, SourceMap
from dynaops.convert.pieces import PieceKind, Spec

_SSE = "SSESpecification"
_PITR = "PointInTimeRecoverySpecification"
_DEPENDS = "whether it counts depends on BillingMode, which is not known"


def table(stack: Stack, logical: str, part: SourceMap) -> None:
    """Read a table with the settings that are declared within it."""
    name = stack.name(logical, part, "TableName")
    if name is None:
        part.skip(*part.names)
        return
    if stack.lacks_keys(part):
        return
    billing = part.open_word("BillingMode") or default(TABLE, "BillingMode")
    spec: Spec = {
        "table_name": name,
        "region": stack.region,
        **shapes.keys(part),
        "attributes": shapes.attributes(part),
        "billing_mode": billing,
        **_throughput(part, billing),
        "table_class": part.open_word("TableClass") or default(TABLE, "TableClass"),
        "deletion_protection": shapes.given(
            part.open_flag("DeletionProtectionEnabled"), default(TABLE, "DeletionProtectionEnabled")
        ),
        "encryption": encryption(part),
        "point_in_time_recovery": recovery(part),
        "stream": stream(part),
        "ttl": ttl(part),
        "global_secondary_indexes": [
            _global(stack, name, billing, part)
            for part in part.parts("GlobalSecondaryIndexes")
            if not stack.lacks_keys(part)
        ],
        "vector_indexes": [shapes.vector_index(part) for part in part.parts("VectorIndexes")],
        "local_secondary_indexes": [
            shapes.local_index(part)
            for part in part.parts("LocalSecondaryIndexes")
            if not stack.lacks_keys(part)
        ],
        "tags": shapes.tags(part),
    }
    if stack.lifecycle:
        spec["lifecycle"] = stack.lifecycle
    insights(stack, name, None, part)
    kinesis(stack, name, part)
    policy(stack, name, part)
    if "ImportSourceSpecification" in part:
        part.node("ImportSourceSpecification")
        stack.pieces.notes.lost(
            part.at("ImportSourceSpecification"),
            "a spec has no imported items: load them with `dynaops load-data`",
        )
    stack.pieces.table(spec, part.where, part.tree)


def _throughput(part: SourceMap, billing: str) -> Spec:
    """Provisioned capacity for PROVISIONED, maximum throughput for on demand, and warm throughput."""
    if isinstance(billing, Open):
        for name in ("ProvisionedThroughput", "OnDemandThroughput"):
            if part.says(name):
                part.skip(name)
                part.notes.lost(part.at(name), _DEPENDS)
        return shapes.warm(part)
    provisioned, maxima = shapes.capacity(part), shapes.on_demand(part)
    return {**(provisioned if billing == "PROVISIONED" else maxima), **shapes.warm(part)}


def _global(stack: Stack, table: str, billing: str, part: SourceMap) -> Spec:
    index = {**shapes.global_index(part), **_throughput(part, billing)}
    insights(stack, table, index["name"], part)
    return index


def encryption(part: SourceMap) -> Spec | str:
    """Encryption: without the block, or switched off, it is the key that AWS owns."""
    if part.is_open(_SSE):
        return part.opened(_SSE, sample=False)
    block = part.part(_SSE)
    on = shapes.given(block.open_flag("SSEEnabled") if block else None, default(TABLE, f"{_SSE}.SSEEnabled"))
    if block is None or on is False:
        if block is not None:
            block.skip("SSEType", "KMSMasterKeyId")
        return {"enabled": False}
    block.skip("SSEType")
    key = block.open_text("KMSMasterKeyId")
    return {"enabled": on, **({"kms_key_arn": key} if key else {})}


def recovery(part: SourceMap) -> Spec | str:
    """Point-in-time recovery: off without the block, which a spec has to say because its default is on."""
    if part.is_open(_PITR):
        return part.opened(_PITR, sample=False)
    block = part.part(_PITR)
    off = default(TABLE, f"{_PITR}.PointInTimeRecoveryEnabled")
    if block is None:
        return {"enabled": off}
    days = block.open_number("RecoveryPeriodInDays")
    on = shapes.given(block.open_flag("PointInTimeRecoveryEnabled"), off)
    if on is False:
        return {"enabled": False}
    usual = default(TABLE, f"{_PITR}.RecoveryPeriodInDays")
    return {"enabled": on, **({"recovery_period_days": days} if days and days != usual else {})}


def stream(part: SourceMap) -> Spec | None:
    block = part.part("StreamSpecification")
    if block is None:
        return None
    view = block.open_word("StreamViewType")
    own = block.node("ResourcePolicy")
    if own is not None:
        part.notes.lost(block.at("ResourcePolicy"), "a spec has no policy of the stream")
    return {"view_type": view} if view else None


def ttl(part: SourceMap) -> Spec | None:
    block = part.part("TimeToLiveSpecification")
    if block is None:
        return None
    name, on = block.open_text("AttributeName"), block.open_flag("Enabled")
    if on is None and "Enabled" not in block:
        block.skip("Enabled")
        part.notes.lost(block.where, "it does not say Enabled, which CloudFormation needs")
    if isinstance(on, Open):
        return {"attribute": name, "enabled": on} if name else None
    return {"attribute": name} if name and on else None


def insights(stack: Stack, table: str, index: str | None, part: SourceMap) -> None:
    """Contributor insights of the table, or of one of its indexes."""
    block = part.part("ContributorInsightsSpecification")
    if block is None:
        return
    mode = block.text("Mode")
    if block.flag("Enabled"):
        stack.pieces.add(PieceKind.INSIGHTS, table, {"index": index, "mode": mode}, block)


def kinesis(stack: Stack, table: str, part: SourceMap) -> None:
    block = part.part("KinesisStreamSpecification")
    if block is None:
        return
    arn, precision = block.text("StreamArn"), block.text("ApproximateCreationDateTimePrecision")
    if arn:
        data: dict[str, Any] = {"stream_arn": arn, **({"precision": precision} if precision else {})}
        stack.pieces.add(PieceKind.KINESIS, table, data, block)


def policy(stack: Stack, table: str, part: SourceMap) -> None:
    block = part.part("ResourcePolicy")
    document = block.value("PolicyDocument") if block else None
    if block is not None and isinstance(document, dict):
        stack.pieces.add(PieceKind.RESOURCE_POLICY, table, {"policy": document}, block)
