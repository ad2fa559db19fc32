"""Streams: DDB-TABLE-002, 029, 035, 050, 362, 367, 442."""

from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodbstreams.models import dynamodbstreams_backends

from dynaops.sandbox.dispatch import ApiCall, handler_for
from dynaops.sandbox.errors import ApiError
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


class TestReading:
    """The stream service's own calls."""

    def call(self, desk: Desk, operation: str, **body: Any) -> Body:
        desk.world.settle()
        handler = handler_for("dynamodbstreams", operation)
        assert handler is not None
        answer = handler(ApiCall(desk.world, ACCOUNT, HOME, operation, body, "request"))
        assert isinstance(answer, dict)
        return answer

    def statuses(self, desk: Desk) -> list[str]:
        arns = [each["StreamArn"] for each in self.call(desk, "ListStreams")["Streams"]]
        shown = [self.call(desk, "DescribeStream", StreamArn=arn)["StreamDescription"] for arn in arns]
        return [each["StreamStatus"] for each in shown]

    def test_a_stream_outlives_its_end_and_its_table_for_a_day(self, desk: Desk) -> None:
        """DDB-TABLE-194, 367, 378: left behind as DISABLED, readable for 24 hours."""
        desk.call("CreateTable", **on_demand(StreamSpecification=ON))
        assert self.statuses(desk) == ["ENABLED"]
        desk.pass_time(6)
        desk.put(pk={"S": "1"})
        old = desk.table()["LatestStreamArn"]
        desk.update(StreamSpecification=OFF)
        desk.pass_time(6)
        assert self.statuses(desk) == ["DISABLED"]
        desk.update(StreamSpecification=ON)
        desk.pass_time(6)
        assert self.statuses(desk) == ["DISABLED", "ENABLED"]
        desk.call("DeleteTable", TableName="orders")
        desk.pass_time(6)
        assert self.statuses(desk) == ["DISABLED", "DISABLED"]
        shard = self.call(desk, "DescribeStream", StreamArn=old)["StreamDescription"]["Shards"][0]
        iterator = self.call(
            desk,
            "GetShardIterator",
            StreamArn=old,
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        got = dynamodbstreams_backends[ACCOUNT][HOME].get_records(iterator, 10)["Records"]
        assert [record["eventName"] for record in got] == ["INSERT"]
        desk.pass_time(86_500)
        assert self.statuses(desk) == []

    def test_lists_are_paged_and_filtered(self, desk: Desk) -> None:
        for name in ("one", "two", "three"):
            desk.call("CreateTable", **on_demand(TableName=name, StreamSpecification=ON))
        first = self.call(desk, "ListStreams", Limit=2)
        rest = self.call(desk, "ListStreams", ExclusiveStartStreamArn=first["LastEvaluatedStreamArn"])
        assert [each["TableName"] for each in first["Streams"] + rest["Streams"]] == ["one", "three", "two"]
        assert "LastEvaluatedStreamArn" not in rest
        assert len(self.call(desk, "ListStreams", TableName="two")["Streams"]) == 1

    @pytest.mark.parametrize(
        ("operation", "change", "code"),
        [
            ("ListStreams", {"Limit": 0}, "ValidationException"),
            ("ListStreams", {"Limit": 101}, "ValidationException"),
            ("ListStreams", {"ExclusiveStartStreamArn": "x" * 40}, "ValidationException"),
            ("DescribeStream", {"StreamArn": "x" * 40}, "ValidationException"),
            (
                "DescribeStream",
                {"StreamArn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/no/stream/1"},
                "ResourceNotFoundException",
            ),
            (
                "GetShardIterator",
                {"ShardIteratorType": "LATEST", "ShardId": "x" * 30},
                "ResourceNotFoundException",
            ),
            ("GetShardIterator", {"ShardIteratorType": "AT_SEQUENCE_NUMBER"}, "ValidationException"),
            (
                "GetShardIterator",
                {"ShardIteratorType": "LATEST", "SequenceNumber": "1" * 22},
                "ValidationException",
            ),
            ("GetShardIterator", {"ShardIteratorType": "whatever"}, "ValidationException"),
        ],
    )
    def test_refusals(self, desk: Desk, operation: str, change: Body, code: str) -> None:
        arn = desk.create(on_demand(StreamSpecification=ON))["LatestStreamArn"]
        shard = self.call(desk, "DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        usual = {
            "ListStreams": {},
            "DescribeStream": {"StreamArn": arn},
            "GetShardIterator": {"StreamArn": arn, "ShardId": shard},
        }
        with pytest.raises(ApiError) as caught:
            self.call(desk, operation, **{**usual[operation], **change})
        assert caught.value.code == code
