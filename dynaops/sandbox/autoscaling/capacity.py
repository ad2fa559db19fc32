"""Application Auto Scaling's access to DynamoDB: whether a resource exists, its capacity, and UpdateTable."""

from __future__ import annotations

from dynaops.sandbox.autoscaling.model import READS, ScalableTarget, parsed
from dynaops.sandbox.dispatch import ApiCall, handler_for
from dynaops.sandbox.dynamodb.model import SandboxTable, SandboxTables, Throughput
from dynaops.sandbox.errors import validation
from dynaops.sandbox.world import World


def table_of(world: World, account: str, region: str, resource: str) -> SandboxTable | None:
    """The table behind a resource id."""
    return world.region(account, region).holding(SandboxTables).by_name.get(parsed(resource)[0])


def check_exists(world: World, account: str, region: str, resource: str) -> None:
    """Refuse a resource that does not exist in DynamoDB, with AWS's message (DDB-TABLE-322)."""
    table = table_of(world, account, region, resource)
    index = parsed(resource)[1]
    if table is None:
        raise validation(f"DynamoDB table does not exist: {resource.partition('/index/')[0]}")
    if index is not None and index not in table.global_indexes:
        raise validation(f"DynamoDB index does not exist: {resource}")


def current(table: SandboxTable, target: ScalableTarget) -> int | None:
    """The present capacity units of the target's dimension; None if the table is on demand or does not exist."""
    held = _throughput(table, target)
    if held is None or table.on_demand_billing:
        return None
    return held.read if target.dimension.endswith(READS) else held.write


def set_capacity(world: World, table: SandboxTable, target: ScalableTarget, value: int) -> None:
    """Set the capacity of the dimension; raises ApiError as UpdateTable does."""
    held = _throughput(table, target)
    if held is None:
        return
    read, write = (value, held.write) if target.dimension.endswith(READS) else (held.read, value)
    given = {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}
    index = parsed(target.resource)[1]
    body = (
        given
        if index is None
        else {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": index, **given}}]}
    )
    update = handler_for("dynamodb", "UpdateTable")
    if update is not None:
        update(ApiCall(world, table.account, table.region, "UpdateTable", {"TableName": table.name, **body}))


def _throughput(table: SandboxTable, target: ScalableTarget) -> Throughput | None:
    index = parsed(target.resource)[1]
    if index is None:
        return table.throughput
    gsi = table.global_indexes.get(index)
    return None if gsi is None else gsi.throughput
