"""AWS::DynamoDB::Table (CloudFormation Template Reference)."""

from __future__ import annotations

from typing import Any

from dynaops.convert import shapes
from dynaops.convert.cloudformation.stack import Stack
from dynaops.convert.part import Part
from dynaops.convert.pieces import Kind, Spec

_DEFAULT_BILLING = "PROVISIONED"


def table(stack: Stack, logical: str, part: Part) -> None:
    """The table and what is declared within it."""
    name = stack.name(logical, part, "TableName")
    if name is None:
        part.skip(*part.names)
        return
    billing = part.text("BillingMode") or _DEFAULT_BILLING
    spec: Spec = {
        "table_name": name,
        "region": stack.region,
        **shapes.keys(part),
        "attributes": shapes.attributes(part),
        "billing_mode": billing,
        **_throughput(part, billing),
        "table_class": part.text("TableClass") or "STANDARD",
        "deletion_protection": part.flag("DeletionProtectionEnabled") or False,
        "encryption": encryption(part),
        "point_in_time_recovery": recovery(part),
        "stream": stream(part),
        "ttl": ttl(part),
        "global_secondary_indexes": [
            _global(stack, name, billing, one) for one in part.parts("GlobalSecondaryIndexes")
        ],
        "vector_indexes": [shapes.vector_index(one) for one in part.parts("VectorIndexes")],
        "local_secondary_indexes": [shapes.local_index(one) for one in part.parts("LocalSecondaryIndexes")],
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
            "rows are no part of a spec: fill the table with `dynaops load-data`",
        )
    stack.pieces.table(spec, part.where)


def _throughput(part: Part, billing: str) -> Spec:
    """Capacity counts only where it is provisioned, and maxima only where it is not."""
    provisioned, maxima = shapes.capacity(part), shapes.on_demand(part)
    return {**(provisioned if billing == "PROVISIONED" else maxima), **shapes.warm(part)}


def _global(stack: Stack, table: str, billing: str, part: Part) -> Spec:
    index = {**shapes.global_index(part), **_throughput(part, billing)}
    insights(stack, table, index["name"], part)
    return index


def encryption(part: Part, enabled: str = "SSEEnabled") -> Spec:
    """Without the block, or off: the key that AWS owns."""
    block = part.part("SSESpecification")
    if block is None or not block.flag(enabled):
        if block is not None:
            block.skip("SSEType", "KMSMasterKeyId")
        return {"enabled": False}
    block.skip("SSEType")
    key = block.text("KMSMasterKeyId")
    return {"enabled": True, **({"kms_key_arn": key} if key else {})}


def recovery(part: Part) -> Spec:
    """Without the block: off, which a spec has to say."""
    block = part.part("PointInTimeRecoverySpecification")
    if block is None:
        return {"enabled": False}
    days = block.number("RecoveryPeriodInDays")
    if not block.flag("PointInTimeRecoveryEnabled"):
        return {"enabled": False}
    return {"enabled": True, **({"recovery_period_days": days} if days and days != 35 else {})}


def stream(part: Part) -> Spec | None:
    block = part.part("StreamSpecification")
    if block is None:
        return None
    view = block.text("StreamViewType")
    own = block.node("ResourcePolicy")
    if own is not None:
        part.notes.lost(block.at("ResourcePolicy"), "a spec has no policy of the stream")
    return {"view_type": view} if view else None


def ttl(part: Part) -> Spec | None:
    block = part.part("TimeToLiveSpecification")
    if block is None:
        return None
    name, on = block.text("AttributeName"), block.flag("Enabled")
    return {"attribute": name} if name and on else None


def insights(stack: Stack, table: str, index: str | None, part: Part) -> None:
    """Contributor insights of the table, or of one of its indexes."""
    block = part.part("ContributorInsightsSpecification")
    if block is None:
        return
    mode = block.text("Mode")
    if block.flag("Enabled"):
        stack.pieces.add(Kind.INSIGHTS, table, {"index": index, "mode": mode}, block)


def kinesis(stack: Stack, table: str, part: Part) -> None:
    block = part.part("KinesisStreamSpecification")
    if block is None:
        return
    arn, precision = block.text("StreamArn"), block.text("ApproximateCreationDateTimePrecision")
    if arn:
        data: dict[str, Any] = {"stream_arn": arn, **({"precision": precision} if precision else {})}
        stack.pieces.add(Kind.KINESIS, table, data, block)


def policy(stack: Stack, table: str, part: Part) -> None:
    block = part.part("ResourcePolicy")
    document = block.value("PolicyDocument") if block else None
    if block is not None and isinstance(document, dict):
        stack.pieces.add(Kind.RESOURCE_POLICY, table, {"policy": document}, block)
