"""AWS::DynamoDB::GlobalTable: the table of the stack's region, its replicas, and capacity with its scaling."""

from __future__ import annotations

from dynaops.convert import shapes
from dynaops.convert.cloudformation import tables
from dynaops.convert.cloudformation.defaults import GLOBAL_TABLE, default
from dynaops.convert.cloudformation.stack import Stack
from dynaops.convert.part import Open, SourceMap
from dynaops.convert.pieces import PieceKind, Spec

_SCALED = {"read": "ReadCapacityAutoScalingSettings", "write": "WriteCapacityAutoScalingSettings"}


def table(stack: Stack, logical: str, part: SourceMap) -> None:
    """The table of the stack's region, with the other regions as its replicas."""
    name = stack.name(logical, part, "TableName")
    listed = part.parts("Replicas")
    replicas = {replica.text("Region"): replica for replica in listed}
    for replica in listed:
        if "Region" not in replica:
            replica.skip(*replica.names)
            stack.pieces.notes.lost(replica.where, "it does not say its Region")
    home_region = stack.region or (next(iter(replicas)) if len(replicas) == 1 else None)
    if name is None or home_region is None or home_region not in replicas:
        part.skip(*part.names)
        if name is not None:
            why = "which of its replicas is at home? Say the stack's region with --region"
            stack.pieces.notes.lost(part.where, why)
        return
    if stack.lacks_keys(part):
        return
    local = replicas.pop(home_region)
    billing = part.open_word("BillingMode") or default(GLOBAL_TABLE, "BillingMode")
    sse = tables.encryption(part)
    key = _key(local)
    spec: Spec = {
        "table_name": name,
        "region": home_region,
        **shapes.keys(part),
        "attributes": shapes.attributes(part),
        "billing_mode": billing,
        **_capacity(stack, name, None, part, local, billing),
        **shapes.warm(part),
        "table_class": _class(local),
        "deletion_protection": shapes.given(
            local.open_flag("DeletionProtectionEnabled"),
            default(GLOBAL_TABLE, "Replicas.DeletionProtectionEnabled"),
        ),
        "encryption": {**sse, "kms_key_arn": key}
        if key and isinstance(sse, dict) and sse["enabled"]
        else sse,
        "point_in_time_recovery": tables.recovery(local),
        "stream": tables.stream(part),
        "ttl": tables.ttl(part),
        "global_secondary_indexes": _indexes(stack, name, part, local, billing),
        "local_secondary_indexes": [
            shapes.local_index(replica)
            for replica in part.parts("LocalSecondaryIndexes")
            if not stack.lacks_keys(replica)
        ],
        "tags": shapes.tags(local),
        "multi_region_consistency": part.open_word("MultiRegionConsistency")
        or default(GLOBAL_TABLE, "MultiRegionConsistency"),
    }
    witnesses = [replica.text("Region") for replica in part.parts("GlobalTableWitnesses")]
    if witnesses:
        spec["witness_region"] = witnesses[0]
    if stack.lifecycle:
        spec["lifecycle"] = stack.lifecycle
    tables.insights(stack, name, None, local)
    tables.kinesis(stack, name, local)
    tables.policy(stack, name, local)
    for region, replica in replicas.items():
        if region:
            _same_capacity(local, replica)
            stack.pieces.add(PieceKind.REPLICA, name, _replica(region, replica, spec["table_class"]), replica)
    stack.pieces.table(spec, part.where, part.tree)


def _class(replica: SourceMap) -> str:
    return replica.open_word("TableClass") or str(default(GLOBAL_TABLE, "Replicas.TableClass"))


def _key(replica: SourceMap) -> str | None:
    block = replica.part("SSESpecification")
    return block.open_text("KMSMasterKeyId") if block else None


def _replica(region: str, part: SourceMap, home_class: str) -> Spec:
    """A replica. CloudFormation copies no tags to it; in a spec a replica has the table's class by default."""
    own, class_ = shapes.tags(part), _class(part)
    replica: Spec = {
        "region": region,
        "kms_key_arn": _key(part),
        "point_in_time_recovery": tables.recovery(part),
        "deletion_protection": part.open_flag("DeletionProtectionEnabled") or None,
        "table_class": None if class_ == home_class else class_,
        "propagate_tags": False,
        "tags": own or None,
    }
    return {name: value for name, value in replica.items() if value is not None}


def _same_capacity(local: SourceMap, replica: SourceMap) -> None:
    """Carry over the capacity and indexes of a replica if they equal those of the table in the stack's region.

    A block that only one of the two has counts as different capacity.
    """
    for name in (
        "ReadProvisionedThroughputSettings",
        "ReadOnDemandThroughputSettings",
        "GlobalSecondaryIndexes",
    ):
        mine, local_node = replica.node(name), local.tree.value.get(name)
        if (mine and mine.plain()) == (local_node and local_node.plain()):
            continue
        where = replica.at(name) if mine else replica.where.below(name)
        replica.notes.lost(where, "in a spec, a replica has the capacity of the table at home")


def _indexes(stack: Stack, table: str, part: SourceMap, local: SourceMap, billing: str) -> list[Spec]:
    regional = {part.text("IndexName"): part for part in local.parts("GlobalSecondaryIndexes")}
    indexes = []
    for child in part.parts("GlobalSecondaryIndexes"):
        if stack.lacks_keys(child):
            continue
        index = shapes.global_index(child)
        local_index = regional.get(index["name"])
        index.update(_capacity(stack, table, index["name"], child, local_index, billing))
        index.update(shapes.warm(child))
        if local_index is not None:
            tables.insights(stack, table, index["name"], local_index)
        indexes.append(index)
    return indexes


def _capacity(
    stack: Stack, table: str, index: str | None, part: SourceMap, local: SourceMap | None, billing: str
) -> Spec:
    """Capacity of a table or an index. Write capacity is declared for all regions, read capacity in each region.

    Each is provisioned (scaled or fixed), or on demand with maximum throughput.
    """
    if isinstance(billing, Open):
        return _undecided(part, local)
    if billing != "PROVISIONED":
        units: Spec = {}
        for side, holder in (("read", local), ("write", part)):
            block = holder.part(f"{side.title()}OnDemandThroughputSettings") if holder else None
            number = block.open_number(f"Max{side.title()}RequestUnits") if block else None
            if number not in (None, -1):
                units[f"max_{side}_request_units"] = number
        return {"on_demand_throughput": units} if units else {}
    capacity: Spec = {}
    for side, holder in (("read", local), ("write", part)):
        block = holder.part(f"{side.title()}ProvisionedThroughputSettings") if holder else None
        if block is None:
            continue
        number = block.open_number(f"{side.title()}CapacityUnits")
        scaled = block.part(_SCALED[side])
        if scaled is not None:
            data = {"table": table, "index": index, "side": side}
            low, high = scaled.open_number("MinCapacity"), scaled.open_number("MaxCapacity")
            number = scaled.open_number("SeedCapacity") or low
            bounds = {"min": low, "max": high, **shapes.target_tracking(scaled)}
            stack.pieces.add(PieceKind.TARGET, table, {**data, **bounds}, scaled)
        if number:
            capacity[f"{side}_capacity"] = number
    return capacity


def _undecided(part: SourceMap, local: SourceMap | None) -> Spec:
    """Note all capacity settings as lost: without the billing mode it is not known which of them count."""
    for side, holder in (("Read", local), ("Write", part)):
        for name in (f"{side}OnDemandThroughputSettings", f"{side}ProvisionedThroughputSettings"):
            if holder is not None and holder.says(name):
                holder.skip(name)
                holder.notes.lost(
                    holder.at(name), "whether it counts depends on BillingMode, which is not known"
                )
    return {}
