"""CreateTable: what it accepts (DDB-TABLE-024, 038-045, 123-129), its states and its answer."""

from typing import Any

import pytest
from moto.dynamodb.exceptions import ResourceNotFoundException

from tests.sandbox.dynamodb.desk import (
    ALL,
    IN_USE,
    INVALID,
    LIMIT,
    Body,
    Desk,
    capacity,
    defined,
    index,
    key,
    on_demand,
    provisioned,
)

INCLUDE = {"ProjectionType": "INCLUDE"}
RANGED = {"AttributeDefinitions": defined("pk", "sk"), "KeySchema": key("pk", "sk")}


def hashes(*names: str) -> list[Body]:
    return [{"AttributeName": name, "KeyType": "HASH"} for name in names]


def ranges(*names: str) -> list[Body]:
    return [{"AttributeName": name, "KeyType": "RANGE"} for name in names]


def gsi(keys: list[Body], projection: Any = ALL) -> Body:
    return {"IndexName": "g-a", "KeySchema": keys, "Projection": projection}


REFUSALS: list[tuple[Body, str]] = [
    # Keys and definitions (DDB-TABLE-042, 124, 127)
    (on_demand(KeySchema=ranges("pk")), "Invalid KeySchema: The first KeySchemaElement is not a HASH key"),
    (
        on_demand(**{**RANGED, "KeySchema": hashes("pk", "sk")}),
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
    ),
    (on_demand(AttributeDefinitions=[]), "Invalid KeySchema: Some index key attribute have no definition"),
    (
        on_demand(AttributeDefinitions=defined("other")),
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [pk], "
        "AttributeDefinitions: [other]",
    ),
    (
        on_demand(AttributeDefinitions=defined("pk", "extra")),
        f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined",
    ),
    (on_demand(AttributeDefinitions=defined("pk", "pk")), "Attribute Name is duplicated: pk"),
    (
        on_demand(KeySchema=key("pk", "pk")),
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    ),
    (
        on_demand(
            AttributeDefinitions=defined("pk", "a", "c"), GlobalSecondaryIndexes=[gsi(key("a"), INCLUDE)]
        ),
        f"{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [pk, a, c], keys used:",
    ),
    # Indexes (DDB-TABLE-043, 123, 126, 129)
    (on_demand(GlobalSecondaryIndexes=[]), f"{INVALID}List of GlobalSecondaryIndexes is empty"),
    (on_demand(LocalSecondaryIndexes=[]), f"{INVALID}List of LocalSecondaryIndexes is empty"),
    (
        on_demand(GlobalSecondaryIndexes=[gsi(key("pk"), INCLUDE)]),
        f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    ),
    (
        on_demand(GlobalSecondaryIndexes=[gsi(key("pk"), {**ALL, "NonKeyAttributes": ["x"]})]),
        f"{INVALID}ProjectionType is ALL, but NonKeyAttributes is specified",
    ),
    (
        on_demand(GlobalSecondaryIndexes=[gsi(key("pk"), {**INCLUDE, "NonKeyAttributes": ["x", "x"]})]),
        f"{INVALID}Duplicate element in NonKeyAttributes: x",
    ),
    (on_demand(GlobalSecondaryIndexes=[gsi(key("pk"), {})]), f"{INVALID}Unknown ProjectionType: null"),
    (
        on_demand(GlobalSecondaryIndexes=[gsi([*hashes("pk"), *ranges("pk"), *hashes("pk")])]),
        "The KeySchema contains multiple key attributes with the same name",
    ),
    (
        on_demand(
            AttributeDefinitions=defined("pk", "a", "b"),
            GlobalSecondaryIndexes=[gsi([*hashes("pk"), *ranges("a"), *hashes("b")])],
        ),
        f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema",
    ),
    (
        on_demand(
            AttributeDefinitions=defined("pk", *"abcd"), GlobalSecondaryIndexes=[gsi(hashes("pk", *"abcd"))]
        ),
        f"{INVALID}The KeySchema exceeds the maximum allowed number of HASH key attributes",
    ),
    (
        on_demand(GlobalSecondaryIndexes=[index(f"g-{number}", "pk") for number in range(21)]),
        f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20",
    ),
    (
        on_demand(**RANGED, LocalSecondaryIndexes=[index(f"l-{number}", "pk", "sk") for number in range(6)]),
        f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5",
    ),
    (
        on_demand(
            **RANGED,
            LocalSecondaryIndexes=[index("dup", "pk", "sk")],
            GlobalSecondaryIndexes=[index("dup", "sk")],
        ),
        f"{INVALID}Duplicate index name: dup",
    ),
    (
        on_demand(AttributeDefinitions=defined("pk", "sk"), LocalSecondaryIndexes=[index("l-a", "pk", "sk")]),
        f"{INVALID}Table KeySchema does not have a range key, which is required when specifying a Local",
    ),
    (
        on_demand(**RANGED, LocalSecondaryIndexes=[index("l-a", "sk", "pk")]),
        f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: "
        "l-a. index hash key: sk, table hash key: pk",
    ),
    (
        on_demand(**RANGED, LocalSecondaryIndexes=[index("l-a", "pk")]),
        f"{INVALID}Index KeySchema does not have a range key for index: l-a",
    ),
    # Capacity (DDB-TABLE-024, 038, 039, 128, 154)
    (
        {name: value for name, value in on_demand().items() if name != "BillingMode"},
        f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROV",
    ),
    (
        on_demand(ProvisionedThroughput=capacity(1, 1)),
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY",
    ),
    (
        provisioned(GlobalSecondaryIndexes=[index("g-a", "pk")]),
        f"{INVALID}ProvisionedThroughput is not specified for index: g-a",
    ),
    (
        on_demand(GlobalSecondaryIndexes=[index("g-a", "pk", ProvisionedThroughput=capacity(1, 1))]),
        f"{INVALID}ProvisionedThroughput should not be specified for index: g-a when BillingMode is PAY",
    ),
    (
        provisioned(OnDemandThroughput={"MaxReadRequestUnits": 5}),
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is",
    ),
    *(
        (
            on_demand(OnDemandThroughput={"MaxReadRequestUnits": value}),
            f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid",
        )
        for value in (0, -1, -2)
    ),
    (
        on_demand(WarmThroughput={"ReadUnitsPerSecond": 1}),
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput",
    ),
    (
        provisioned(10, 10, WarmThroughput={"WriteUnitsPerSecond": 5}),
        f"{INVALID}Requested WriteUnitsPerSecond for WarmThroughput for table is lower than WriteCapacity",
    ),
    # Streams, class, encryption (DDB-TABLE-036, 044, 442)
    (
        on_demand(StreamSpecification={"StreamEnabled": True}),
        f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required",
    ),
    (
        on_demand(StreamSpecification={"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}),
        f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified",
    ),
    (
        on_demand(TableClass="GLACIER"),
        "Invalid table-class parameter provided. Please try again with a valid table-class value: [STANDARD,",
    ),
    (
        on_demand(SSESpecification={"Enabled": False, "SSEType": "KMS"}),
        f"{INVALID}SSEType can not be specified if Enabled is false",
    ),
    (
        on_demand(SSESpecification={"Enabled": True, "SSEType": "AES256"}),
        f"{INVALID}SSEType AES256 is not supported",
    ),
    (
        on_demand(SSESpecification={"Enabled": True, "KMSMasterKeyId": "x"}),
        f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified",
    ),
    (
        on_demand(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/none"}),
        "KMS validation error: com.amazonaws.services.kms.model.NotFoundException: Alias arn:aws:kms:",
    ),
]


@pytest.mark.parametrize(("body", "text"), REFUSALS, ids=[text[-40:] for _, text in REFUSALS])
def test_refusals(desk: Desk, body: Body, text: str) -> None:
    desk.refused("CreateTable", "ValidationException", text, **body)


def test_more_capacity_than_a_table_may_have(desk: Desk) -> None:
    """DDB-TABLE-131, 171: a limit, not a validation."""
    desk.refused(
        "CreateTable",
        "LimitExceededException",
        "The requested ReadCapacityUnits, 40001, is above the per table maximum for the account in us-east-1",
        **provisioned(40_001, 1),
    )
    desk.refused(
        "CreateTable",
        "LimitExceededException",
        f"{LIMIT}Requested MaxReadRequestUnits for OnDemandThroughput for table exceeds TableMaxRead",
        **on_demand(OnDemandThroughput={"MaxReadRequestUnits": 40_001}),
    )


def test_accounts_have_a_quota_of_capacity(desk: Desk) -> None:
    """DDB-TABLE-131: 80000 units an account and region."""
    for name in ("one", "two"):
        desk.call("CreateTable", **provisioned(40_000, 1, TableName=name))
    desk.refused(
        "CreateTable",
        "LimitExceededException",
        "This request would have caused the ReadCapacityUnits limit to be exceeded for the account in",
        **provisioned(1, 1, TableName="three"),
    )
    desk.call("CreateTable", at="eu-west-1", **provisioned(1, 1, TableName="three"))


def test_creating_then_active(desk: Desk) -> None:
    """DDB-TABLE-001, 010, 033, 076."""
    answer = desk.call("CreateTable", **on_demand())["TableDescription"]
    assert answer["TableStatus"] == "CREATING"
    assert answer["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert "WarmThroughput" not in answer
    assert desk.table()["TableStatus"] == "CREATING"
    assert desk.call("ListTables")["TableNames"] == ["orders"]
    for operation, body in (
        ("CreateTable", on_demand()),
        ("DeleteTable", {"TableName": "orders"}),
        ("UpdateTable", {"TableName": "orders", "DeletionProtectionEnabled": True}),
    ):
        desk.refused(operation, "ResourceInUseException", f"{IN_USE}Table is being created: orders", **body)
    with pytest.raises(ResourceNotFoundException):
        desk.put(pk={"S": "1"})
    desk.pass_time(6)
    assert desk.table()["TableStatus"] == "ACTIVE"
    desk.put(pk={"S": "1"})
    desk.refused("CreateTable", "ResourceInUseException", "Table already exists: orders", **on_demand())


def test_table_and_indexes_turn_active_together(desk: Desk) -> None:
    """DDB-TABLE-138, 148: 14-22 s, Backfilling absent throughout."""
    body = on_demand(AttributeDefinitions=defined("pk", "a"), GlobalSecondaryIndexes=[index("by-a", "a")])
    desk.call("CreateTable", **body)
    desk.pass_time(10)
    table = desk.table()
    assert (table["TableStatus"], table["GlobalSecondaryIndexes"][0]["IndexStatus"]) == (
        "CREATING",
        "CREATING",
    )
    desk.pass_time(10)
    table = desk.table()
    assert (table["TableStatus"], table["GlobalSecondaryIndexes"][0]["IndexStatus"]) == ("ACTIVE", "ACTIVE")
    assert "Backfilling" not in table["GlobalSecondaryIndexes"][0]


def test_eight_key_attributes(desk: Desk) -> None:
    """DDB-TABLE-123: four HASH and four RANGE attributes, echoed in their order."""
    names = [*"abcd", *"wxyz"]
    keys = [*hashes(*"abcd"), *ranges(*"wxyz")]
    table = desk.create(
        on_demand(AttributeDefinitions=defined("pk", *names), GlobalSecondaryIndexes=[gsi(keys)])
    )
    assert table["GlobalSecondaryIndexes"][0]["KeySchema"] == keys


def test_a_resource_of_its_own_after_recreation(desk: Desk) -> None:
    """DDB-TABLE-009: the ARN survives, the TableId does not."""
    first = desk.create()
    desk.call("DeleteTable", TableName="orders")
    desk.pass_time(6)
    second = desk.create()
    assert first["TableArn"] == second["TableArn"]
    assert first["TableId"] != second["TableId"]
