"""DescribeTable and ListTables: what is there, and what is left out (DDB-TABLE-012, 025-035, 125, 134)."""

import re
from typing import Any

import pytest

from tests.sandbox.dynamodb.desk import Desk, defined, index, key, on_demand, provisioned

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"


def test_a_plain_on_demand_table(desk: Desk) -> None:
    table = desk.create()
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", table.pop("TableId"))
    created = table.pop("CreationDateTime")
    assert isinstance(created, float)
    assert table == {
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingModeSummary": {
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": created,
        },
        "DeletionProtectionEnabled": False,
        "ItemCount": 0,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "ProvisionedThroughput": {
            "NumberOfDecreasesToday": 0,
            "ReadCapacityUnits": 0,
            "WriteCapacityUnits": 0,
        },
        "TableArn": ARN,
        "TableName": "orders",
        "TableSizeBytes": 0,
        "TableStatus": "ACTIVE",
        "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
    }


def test_a_plain_provisioned_table(desk: Desk) -> None:
    """DDB-TABLE-025, 032: no BillingModeSummary; warm throughput as provisioned."""
    table = desk.create(provisioned(5, 6))
    assert "BillingModeSummary" not in table
    assert table["WarmThroughput"] == {
        "ReadUnitsPerSecond": 5,
        "WriteUnitsPerSecond": 6,
        "Status": "ACTIVE",
    }


def test_orders_of_lists(desk: Desk) -> None:
    """DDB-TABLE-125: definitions and projected attributes sorted, indexes as sent."""
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["zz", "aa", "mm"]}
    table = desk.create(
        on_demand(
            AttributeDefinitions=defined("z", "pk", "a"),
            GlobalSecondaryIndexes=[index("g-z", "z") | {"Projection": projection}, index("g-a", "a")],
        )
    )
    assert [each["AttributeName"] for each in table["AttributeDefinitions"]] == ["a", "pk", "z"]
    assert [each["IndexName"] for each in table["GlobalSecondaryIndexes"]] == ["g-z", "g-a"]
    shown = table["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"]
    assert shown == ["aa", "mm", "zz"]


def test_indexes_have_arns_counts_and_sizes(desk: Desk) -> None:
    """DDB-TABLE-138; sizes are counted from the items."""
    desk.create(
        on_demand(
            AttributeDefinitions=defined("pk", "sk", "a"),
            KeySchema=key("pk", "sk"),
            GlobalSecondaryIndexes=[index("by-a", "a") | {"Projection": {"ProjectionType": "KEYS_ONLY"}}],
            LocalSecondaryIndexes=[index("local", "pk", "a")],
        )
    )
    desk.put(pk={"S": "1"}, sk={"S": "1"}, a={"S": "xx"}, more={"S": "x" * 100})
    desk.put(pk={"S": "1"}, sk={"S": "2"})
    table = desk.table()
    assert table["ItemCount"] == 2
    (by_a,) = table["GlobalSecondaryIndexes"]
    assert (by_a["IndexArn"], by_a["ItemCount"]) == (f"{ARN}/index/by-a", 1)
    (local,) = table["LocalSecondaryIndexes"]
    assert (local["IndexArn"], local["ItemCount"]) == (f"{ARN}/index/local", 1)
    assert 0 < by_a["IndexSizeBytes"] < 100 < local["IndexSizeBytes"] < table["TableSizeBytes"]
    assert "IndexStatus" not in local


def test_a_table_is_found_by_name_or_arn(desk: Desk) -> None:
    """DDB-TABLE-011, 071, 072."""
    desk.create()
    assert desk.call("DescribeTable", TableName=ARN)["Table"]["TableName"] == "orders"


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        (
            "missing",
            "ResourceNotFoundException",
            "Requested resource not found: Table: missing not found",
        ),
        (ARN + "x", "ResourceNotFoundException", "Requested resource not found: Table: ordersx not found"),
        (
            ARN.replace("us-east-1", "eu-west-1"),
            "ValidationException",
            "1 validation error detected: Invalid AWS region in",
        ),
        (ARN.replace("123456789012", "999999999999"), "AccessDeniedException", "User: "),
        (
            ARN + "/index/by-a",
            "ValidationException",
            "1 validation error detected: Invalid resource type in",
        ),
    ],
)
def test_tables_that_are_not_found(desk: Desk, name: str, code: str, text: str) -> None:
    desk.create()
    desk.refused("DescribeTable", code, text, TableName=name)


def test_lists_are_in_byte_order_and_paged(desk: Desk) -> None:
    """DDB-TABLE-012, 379, 400: capitals first; a start that does not exist is fine."""
    for name in ("beta", "Zulu", "alpha"):
        desk.call("CreateTable", **on_demand(TableName=name))

    def page(**body: Any) -> Any:
        return desk.call("ListTables", **body)

    assert page() == {"TableNames": ["Zulu", "alpha", "beta"]}
    assert page(Limit=2) == {"TableNames": ["Zulu", "alpha"], "LastEvaluatedTableName": "alpha"}
    assert page(Limit=2, ExclusiveStartTableName="alpha") == {"TableNames": ["beta"]}
    assert page(ExclusiveStartTableName="aaaa") == {"TableNames": ["alpha", "beta"]}
