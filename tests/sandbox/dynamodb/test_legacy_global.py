"""Global tables of 2017.11.29 are dead (DDB-GLOBALTABLE-002, 004)."""

import pytest

from tests.sandbox.dynamodb.desk import INVALID, Body, Desk

GONE = "Global table with name: 'orders' does not exist."
DEAD = f"{INVALID}DynamoDB global tables version 2017.11.29 is not supported."


@pytest.mark.parametrize(
    ("operation", "body", "code", "text"),
    [
        (
            "CreateGlobalTable",
            {"ReplicationGroup": [{"RegionName": "us-east-1"}]},
            "ValidationException",
            DEAD,
        ),
        (
            "UpdateGlobalTable",
            {"ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}]},
            "ValidationException",
            DEAD,
        ),
        (
            "UpdateGlobalTable",
            {"ReplicaUpdates": [{"Delete": {"RegionName": "eu-west-1"}}]},
            "GlobalTableNotFoundException",
            f"Global table not found: {GONE}",
        ),
        ("DescribeGlobalTable", {}, "GlobalTableNotFoundException", f"Global table not found: {GONE}"),
        ("DescribeGlobalTableSettings", {}, "GlobalTableNotFoundException", GONE),
        ("UpdateGlobalTableSettings", {}, "GlobalTableNotFoundException", GONE),
        (
            "CreateGlobalTable",
            {},
            "ValidationException",
            "1 validation error detected: Value null at 'replicationGroup'",
        ),
    ],
)
def test_refused(desk: Desk, operation: str, body: Body, code: str, text: str) -> None:
    desk.create()
    desk.refused(operation, code, text, GlobalTableName="orders", **body)


def test_there_are_none(desk: Desk) -> None:
    assert desk.call("ListGlobalTables") == {"GlobalTables": []}
