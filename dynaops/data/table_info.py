"""The table that is loaded or exported, as DescribeTable describes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dynaops.aws.session import Aws
from dynaops.data.rows import Keys
from dynaops.model.errors import DynaopsError

_READY = ("ACTIVE", "UPDATING", "ARCHIVING")


@dataclass(frozen=True)
class TableInfo:
    """A table.

    Capacities are in units a second; `indexes` is the number of secondary indexes that a write may update.
    """

    name: str
    region: str
    keys: Keys
    indexes: int
    write_capacity: float | None
    read_capacity: float | None
    items: int
    size: int
    """Items and bytes as AWS counted them last (about every six hours)."""
    identity: str
    arn: str


def describe(aws: Aws, table: str, region: str) -> TableInfo:
    """The table's description. Raises DynaopsError if the table does not exist or is not ready."""
    response = aws.read("dynamodb", "DescribeTable", region, {"TableName": table})
    if response is None:
        raise DynaopsError(
            f"There is no table {table!r} in {region}",
            "Check the name and --region, or make it with `dynaops apply`.",
        )
    description = response["Table"]
    if description["TableStatus"] not in _READY:
        raise DynaopsError(
            f"The table {table!r} is {description['TableStatus']}", "Try again when it is ACTIVE."
        )
    indexes = [*description.get("GlobalSecondaryIndexes", ()), *description.get("LocalSecondaryIndexes", ())]
    return TableInfo(
        name=str(description["TableName"]),
        region=region,
        keys=keys_of(description),
        indexes=len(indexes),
        write_capacity=_capacity(description, "WriteCapacityUnits", "WriteUnitsPerSecond"),
        read_capacity=_capacity(description, "ReadCapacityUnits", "ReadUnitsPerSecond"),
        items=int(description.get("ItemCount", 0)),
        size=int(description.get("TableSizeBytes", 0)),
        identity=str(description.get("TableId", "")),
        arn=str(description.get("TableArn", "")),
    )


def ttl_attribute(aws: Aws, table: str, region: str) -> tuple[str | None, str]:
    """The table's TTL attribute, None if it has none; and the reason if that is not known, else ""."""
    try:
        response = aws.read("dynamodb", "DescribeTimeToLive", region, {"TableName": table})
    except DynaopsError as error:
        return None, error.message
    description = (response or {}).get("TimeToLiveDescription", {})
    enabled = description.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return (
        (str(description["AttributeName"]), "") if enabled and "AttributeName" in description else (None, "")
    )


def file_stem(reference: str) -> str:
    """The table's name from a name or an ARN, in a form that can begin a file name."""
    name = reference.partition(":table/")[2].partition("/")[0] if reference.startswith("arn:") else reference
    return re.sub(r"[^a-zA-Z0-9_.-]", "_", name or reference)


def keys_of(description: dict[str, Any]) -> Keys:
    """The keys of a table, from a description (DescribeTable) or from the parameters of CreateTable."""
    indexes = [*description.get("GlobalSecondaryIndexes", ()), *description.get("LocalSecondaryIndexes", ())]
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in description["AttributeDefinitions"]}
    key_names = {entry["KeyType"]: entry["AttributeName"] for entry in description["KeySchema"]}
    of_indexes = {key["AttributeName"] for index in indexes for key in index["KeySchema"]}
    return Keys(
        key_names["HASH"],
        key_names.get("RANGE"),
        {name: types[name] for name in key_names.values()},
        {name: types[name] for name in sorted(of_indexes - set(key_names.values())) if name in types},
    )


def _capacity(description: dict[str, Any], provisioned: str, warm: str) -> float | None:
    """The table's capacity in units a second: the provisioned one, else its warm throughput."""
    units = description.get("ProvisionedThroughput", {}).get(provisioned) or description.get(
        "WarmThroughput", {}
    ).get(warm)
    return float(units) if units else None
