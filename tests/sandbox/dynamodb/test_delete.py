"""DeleteTable: DELETING, then gone (DDB-TABLE-006, 008, 012, 076)."""

import pytest
from moto.dynamodb.exceptions import ResourceNotFoundException

from tests.sandbox.dynamodb.desk import Desk, on_demand


def test_deleting_then_gone(desk: Desk) -> None:
    desk.create()
    desk.put(pk={"S": "1"})
    answer = desk.call("DeleteTable", TableName="orders")["TableDescription"]
    assert answer["TableStatus"] == "DELETING"
    assert "KeySchema" not in answer
    table = desk.table()
    assert (table["TableStatus"], table["ItemCount"]) == ("DELETING", 1)
    assert desk.call("ListTables")["TableNames"] == ["orders"]
    with pytest.raises(ResourceNotFoundException):
        desk.put(pk={"S": "2"})
    desk.pass_time(6)
    assert desk.call("ListTables")["TableNames"] == []
    for operation in ("DescribeTable", "DeleteTable"):
        desk.refused(
            operation,
            "ResourceNotFoundException",
            "Requested resource not found: Table: orders not found",
            TableName="orders",
        )


def test_the_name_is_free_again_and_nothing_leaks(desk: Desk) -> None:
    """DDB-TABLE-009, 377."""
    desk.create(on_demand(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}))
    desk.put(pk={"S": "1"})
    desk.call("DeleteTable", TableName="orders")
    desk.pass_time(6)
    table = desk.create()
    assert table["ItemCount"] == 0
    assert "LatestStreamArn" not in table
    assert desk.rows() == []


def test_events_of_the_old_table_do_not_reach_the_new_one(desk: Desk) -> None:
    """A change that was under way when the table went belongs to its TableId."""
    desk.create()
    desk.update(OnDemandThroughput={"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": -1})
    desk.call("DeleteTable", TableName="orders")
    desk.world.clock.advance(6)
    desk.create()
    assert "OnDemandThroughput" not in desk.table()
