"""Streams: DDB-TABLE-002, 029, 035, 050, 362, 367, 442."""

import pytest
from moto.dynamodb.models import dynamodb_backends

from tests.sandbox.dynamodb.desk import ACCOUNT, HOME, INVALID, Body, Desk, on_demand

ON = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
OFF = {"StreamEnabled": False}


def records(desk: Desk) -> list[str]:
    shard = dynamodb_backends[ACCOUNT][HOME].tables["orders"].stream_shard
    return [each.to_json()["eventName"] for each in shard.items] if shard else []


def test_each_stream_has_an_arn_of_its_own_that_lingers(desk: Desk) -> None:
    """DDB-TABLE-029, 035, 367."""
    table = desk.create(on_demand(StreamSpecification=ON))
    first = table["LatestStreamArn"]
    assert first == f"{table['TableArn']}/stream/{table['LatestStreamLabel']}"
    answer = desk.update(StreamSpecification=OFF)
    assert answer["TableStatus"] == "UPDATING"
    desk.pass_time(6)
    table = desk.table()
    assert "StreamSpecification" not in table
    assert (table["TableStatus"], table["LatestStreamArn"]) == ("ACTIVE", first)
    desk.update(StreamSpecification=ON)
    desk.pass_time(6)
    table = desk.table()
    assert table["StreamSpecification"] == ON
    assert table["LatestStreamArn"] != first


def test_items_go_to_the_stream_that_is_on(desk: Desk) -> None:
    """Switching off and on again must not lose writes, nor show the old stream's."""
    desk.create()
    desk.put(pk={"S": "1"})
    desk.update(StreamSpecification=ON)
    desk.pass_time(6)
    desk.put(pk={"S": "2"})
    desk.put(pk={"S": "2"}, more={"S": "x"})
    assert records(desk) == ["INSERT", "MODIFY"]
    desk.update(StreamSpecification=OFF)
    desk.pass_time(6)
    desk.put(pk={"S": "3"})
    desk.update(StreamSpecification=ON)
    desk.pass_time(6)
    desk.put(pk={"S": "4"})
    assert records(desk) == ["INSERT"]
    assert len(desk.rows()) == 4


@pytest.mark.parametrize(
    ("present", "given", "text"),
    [
        (True, ON, "Table already has an enabled stream: TableName: orders"),
        (
            True,
            {**ON, "StreamViewType": "KEYS_ONLY"},
            "Table already has an enabled stream: TableName: orders",
        ),
        (False, OFF, "Table has no stream to disable: TableName: orders"),
        (
            False,
            {"StreamEnabled": True},
            f"{INVALID}If stream is being enabled then UpdateViewType is required",
        ),
        (
            True,
            {**OFF, "StreamViewType": "KEYS_ONLY"},
            f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified",
        ),
    ],
)
def test_refusals(desk: Desk, present: bool, given: Body, text: str) -> None:
    desk.create(on_demand(StreamSpecification=ON) if present else None)
    desk.refused("UpdateTable", "ValidationException", text, TableName="orders", StreamSpecification=given)
