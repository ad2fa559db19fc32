"""A live table and its indexes in normal form, from DescribeTable and its tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dynaops.kinds.kind import AwsReader
from dynaops.kinds.table.mapping import (
    Shape,
    attribute_names,
    capacity_of,
    keys_of,
    on_demand_of,
    projection_of,
    vector_index_of,
    warm_of,
)
from dynaops.kinds.tags import tags_of
from dynaops.model.resource import Observed, Scope

_WORKING = {
    "CREATING": "is being created",
    "UPDATING": "is being updated",
    "DELETING": "is being deleted",
}


def describe(read: AwsReader, scope: Scope) -> Iterator[Observed]:
    """The table, its global secondary indexes and vector indexes; nothing where there is no table."""
    answer = read.read("dynamodb", "DescribeTable", scope.region, {"TableName": scope.table_name})
    if answer is None:
        return
    table = answer["Table"]
    yield _table(scope, table)
    for index in table.get("GlobalSecondaryIndexes", ()):
        yield _index(scope, table, index, "gsi", "gsi", _global_index(table, index))
    for index in table.get("VectorIndexes", ()):
        yield _index(scope, table, index, "vector", "vector_index", vector_index_of(index))


def with_tags(read: AwsReader, scope: Scope, table: Observed) -> Observed:
    """The table with its tags, but for those that AWS itself puts (``aws:``)."""
    arn = {"ResourceArn": table.outputs["arn"]}
    result = read.read_all("dynamodb", "ListTagsOfResource", scope.region, arn, "Tags") or []
    tags = tags_of(result)
    properties = {**table.properties, "tags": tags} if tags else table.properties
    return replace(table, properties=properties, tags=tags)


def _table(scope: Scope, table: Shape) -> Observed:
    result = {"table_name": table["TableName"], **keys_of(table["KeySchema"])}
    types = types_of(table)
    local = {index["IndexName"]: _local_index(index) for index in table.get("LocalSecondaryIndexes", ())}
    keys = attribute_names(result) + [entry["range_key"] for entry in local.values()]
    result["attributes"] = {name: types[name] for name in dict.fromkeys(keys)}
    if local:
        result["local_secondary_indexes"] = local
    result["billing_mode"] = billing_mode(table)
    if result["billing_mode"] == "PROVISIONED":
        result.update(capacity_of(table.get("ProvisionedThroughput")))
    _add_throughput(result, table)
    result["table_class"] = table.get("TableClassSummary", {}).get("TableClass", "STANDARD")
    result["deletion_protection"] = bool(table.get("DeletionProtectionEnabled"))
    result["encryption"] = _encryption(table.get("SSEDescription"))
    stream = table.get("StreamSpecification", {})
    if stream.get("StreamEnabled"):
        result["stream"] = {"view_type": stream["StreamViewType"]}
    return Observed(
        address=scope.address,
        kind="table",
        region=scope.region,
        properties=result,
        outputs=_outputs(table),
        busy=busy(table),
        raw=table,
        being_deleted=table.get("TableStatus") == "DELETING",
    )


def _index(scope: Scope, table: Shape, index: Shape, segment: str, kind: str, properties: Shape) -> Observed:
    status = index.get("IndexStatus", "ACTIVE")
    what = "index" if kind == "gsi" else "vector index"
    return Observed(
        address=scope.below(segment, index["IndexName"]),
        kind=kind,
        region=scope.region,
        properties=properties,
        outputs={"arn": index["IndexArn"]} if "IndexArn" in index else {},
        owner=scope.address,
        busy=f"{what} {index['IndexName']} {_working(status, index)}" if status != "ACTIVE" else None,
        raw={**index, "TableId": table.get("TableId")},
    )


def _working(status: str, index: Shape) -> str:
    if status == "CREATING" and index.get("Backfilling"):
        return "is being filled from the table"
    return _WORKING.get(status, f"is {status}")


def _local_index(index: Shape) -> Shape:
    return {
        "range_key": keys_of(index["KeySchema"])["range_key"],
        "projection": projection_of(index.get("Projection", {})),
    }


def _global_index(table: Shape, index: Shape) -> Shape:
    result = keys_of(index["KeySchema"])
    types = types_of(table)
    result["attributes"] = {name: types.get(name, "?") for name in attribute_names(result)}
    result["projection"] = projection_of(index.get("Projection", {}))
    if billing_mode(table) == "PROVISIONED":
        result.update(capacity_of(index.get("ProvisionedThroughput")))
    _add_throughput(result, index)
    return result


def _add_throughput(result: Shape, shape: Shape) -> None:
    maxima = on_demand_of(shape.get("OnDemandThroughput"))
    if maxima:
        result["on_demand_throughput"] = maxima
    units = warm_of(shape.get("WarmThroughput"))
    if units:
        result["warm_throughput"] = units


def types_of(table: Shape) -> dict[str, str]:
    """The types of the key attributes of a described table and its indexes."""
    return {entry["AttributeName"]: entry["AttributeType"] for entry in table["AttributeDefinitions"]}


def billing_mode(table: Shape) -> str:
    """The billing mode of a described table.

    BillingModeSummary is absent on tables born PROVISIONED, and has been seen to vanish; capacity of 0/0 then tells.
    """
    mode = table.get("BillingModeSummary", {}).get("BillingMode")
    if mode:
        return str(mode)
    units = table.get("ProvisionedThroughput", {}).get("ReadCapacityUnits", 0)
    return "PROVISIONED" if units else "PAY_PER_REQUEST"


def _encryption(description: Shape | None) -> Shape:
    if not description or description.get("Status") in ("DISABLED", "DISABLING"):
        return {"enabled": False}
    return {"enabled": True, "kms_key_arn": description.get("KMSMasterKeyArn")}


def busy(table: Shape) -> str | None:
    """What AWS is still doing with a described table, in words; None when it is settled.

    TableStatus ACTIVE is not idle: encryption, warm throughput and index backfill run under ACTIVE.
    """
    name = table["TableName"]
    status = table.get("TableStatus", "ACTIVE")
    for index in [*table.get("GlobalSecondaryIndexes", ()), *table.get("VectorIndexes", ())]:
        if index.get("IndexStatus", "ACTIVE") != "ACTIVE":
            return f"index {index['IndexName']} of {name} {_working(index['IndexStatus'], index)}"
        if index.get("WarmThroughput", {}).get("Status") == "UPDATING":
            return f"warm throughput of index {index['IndexName']} of {name} is being raised"
    if status in _WORKING:
        return f"table {name} {_WORKING[status]}"
    if table.get("SSEDescription", {}).get("Status") in ("UPDATING", "ENABLING", "DISABLING"):
        return f"encryption of {name} is being changed"
    if table.get("WarmThroughput", {}).get("Status") == "UPDATING":
        return f"warm throughput of {name} is being raised"
    return None


def _outputs(table: Shape) -> dict[str, Any]:
    streaming = table.get("StreamSpecification", {}).get("StreamEnabled")
    result = {
        "arn": table.get("TableArn"),
        "id": table.get("TableId"),
        "stream_arn": table.get("LatestStreamArn") if streaming else None,
        "stream_label": table.get("LatestStreamLabel") if streaming else None,
        "kms_key_arn": table.get("SSEDescription", {}).get("KMSMasterKeyArn"),
    }
    return {name: value for name, value in result.items() if value is not None}
