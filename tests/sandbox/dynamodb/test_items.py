"""What the data plane takes and refuses, in AWS's words (measured by suites that run against it, 2026)."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox
from dynaops.sandbox.dynamodb import numbers
from dynaops.sandbox.faults import FaultRule
from tests.sandbox.dynamodb.desk import INVALID

ENVELOPE = "1 validation error detected: "
NOT_VALID = "One or more parameter values are not valid. "
MISMATCH = "The provided key element does not match the schema"
ALL = {"ProjectionType": "ALL"}

Body = dict[str, Any]


def _definitions(**kinds: str) -> list[Body]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]


def _keys(*names: str) -> list[Body]:
    return [
        {"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)
    ]


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """A client that sends whatever it is given, with tables `plain` (id) and `wide` (id, at; index by owner)."""
    made = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )
    made.create_table(
        TableName="plain",
        AttributeDefinitions=_definitions(id="S"),
        KeySchema=_keys("id"),
        BillingMode="PAY_PER_REQUEST",
    )
    made.create_table(
        TableName="wide",
        AttributeDefinitions=_definitions(id="S", at="N", owner="S", mark="B"),
        KeySchema=_keys("id", "at"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {"IndexName": "by-owner", "KeySchema": _keys("owner"), "Projection": ALL},
            {
                "IndexName": "by-mark",
                "KeySchema": _keys("mark"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    )
    sandbox.advance(30)
    return made


def _refusal(call: Any, **body: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**body)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def _put(client: Any, item: Any, table: str = "plain") -> tuple[str, str]:
    return _refusal(client.put_item, TableName=table, Item=item)


def _batch(client: Any, item: Any, table: str = "plain") -> tuple[str, str]:
    return _refusal(client.batch_write_item, RequestItems={table: [{"PutRequest": {"Item": item}}]})


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("007", "7"),
        ("1.50", "1.5"),
        ("+12", "12"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1E3", "1000"),
        ("-1.25e-3", "-0.00125"),
        ("1e125", "1" + "0" * 125),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
        ("1" + "0" * 60, "1" + "0" * 60),
    ],
)
def test_numbers_are_kept_exactly_and_given_back_plainly(client: Any, sent: str, kept: str) -> None:
    assert numbers.canonical(sent) == kept
    item = {"id": {"S": "a"}, "n": {"N": sent}, "in": {"M": {"list": {"L": [{"N": sent}]}}}}
    expected = {"id": {"S": "a"}, "n": {"N": kept}, "in": {"M": {"list": {"L": [{"N": kept}]}}}}
    client.put_item(TableName="plain", Item=item)
    assert client.get_item(TableName="plain", Key={"id": {"S": "a"}})["Item"] == expected
    client.batch_write_item(RequestItems={"plain": [{"PutRequest": {"Item": {**item, "id": {"S": "b"}}}}]})
    assert client.get_item(TableName="plain", Key={"id": {"S": "b"}})["Item"]["n"] == {"N": kept}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("abc", "The parameter cannot be converted to a numeric value: abc"),
        ("1_0", "The parameter cannot be converted to a numeric value: 1_0"),
        (" 1", "The parameter cannot be converted to a numeric value:  1"),
        ("NaN", "The parameter cannot be converted to a numeric value: NaN"),
        ("1e", "The parameter cannot be converted to a numeric value: 1e"),
        ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        ("1e126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        (
            "-1e99999999999",
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            "1e-131",
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
    ],
)
def test_numbers_out_of_range_are_refused(client: Any, number: str, text: str) -> None:
    item = {"id": {"S": "a"}, "n": {"N": number}}
    assert _put(client, item) == ("ValidationException", ENVELOPE + text)
    assert _put(client, {"id": {"S": "a"}, "n": {"NS": ["1", number]}})[1] == ENVELOPE + text
    assert _batch(client, item) == ("ValidationException", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"SS": []}, f"{INVALID}An string set  may not be empty"),
        ({"NS": []}, f"{INVALID}An number set  may not be empty"),
        ({"BS": []}, f"{INVALID}Binary sets should not be empty"),
        ({"SS": ["b", "a", "b"]}, f'{INVALID}Input collection ["a", "b", "b"] contains duplicates.'),
        ({"NS": ["2", "2.0"]}, f"{INVALID}Input collection contains duplicates."),
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"L": [{}]},
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            {"S": "a", "BOOL": True},
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
            "datatypes",
        ),
    ],
)
def test_values_that_are_none_are_refused(client: Any, value: Body, text: str) -> None:
    assert _put(client, {"id": {"S": "a"}, "v": value}) == ("ValidationException", ENVELOPE + text)


def test_the_older_layer_has_other_words_for_duplicates(client: Any) -> None:
    assert _batch(client, {"id": {"S": "a"}, "v": {"SS": ["b", "a", "b"]}})[1] == (
        f"{INVALID}Input collection [b, a, b] contains duplicates."
    )
    assert _batch(client, {"id": {"S": "a"}, "v": {"NS": ["1", "1"]}})[1] == (
        "Input collection contains duplicates"
    )


def test_nulls_are_true_whatever_was_sent(client: Any) -> None:
    client.put_item(TableName="plain", Item={"id": {"S": "a"}, "v": {"NULL": False}})
    assert client.get_item(TableName="plain", Key={"id": {"S": "a"}})["Item"]["v"] == {"NULL": True}


def _nested(levels: int) -> Body:
    value: Body = {"S": "leaf"}
    for _ in range(levels):
        value = {"M": {"n": value}}
    return value


def test_nesting_ends_at_32_levels(client: Any) -> None:
    client.put_item(TableName="plain", Item={"id": {"S": "a"}, "deep": _nested(31)})
    for refusal in (_put, _batch):
        assert (
            "Nesting Levels have exceeded supported limits"
            in refusal(client, {"id": {"S": "a"}, "deep": _nested(32)})[1]
        )


def test_items_end_at_400_kilobytes(client: Any) -> None:
    most = 400 * 1024 - len("id") - len("a") - len("v")
    client.batch_write_item(
        RequestItems={"plain": [{"PutRequest": {"Item": {"id": {"S": "a"}, "v": {"S": "x" * most}}}}]}
    )
    item = {"id": {"S": "a"}, "v": {"S": "x" * (most + 1)}}
    too_large = ("ValidationException", "Item size has exceeded the maximum allowed size")
    assert _put(client, item) == too_large
    assert _batch(client, item) == too_large
    assert _put(client, {"id": {"S": "a"}, "v": {"S": "é" * (most // 2 + 1)}}) == too_large


@pytest.mark.parametrize(
    ("item", "put", "batch"),
    [
        ({"x": {"S": "a"}}, f"{INVALID}Missing the key id in the item", MISMATCH),
        ({"id": {"N": "1"}}, f"{INVALID}Type mismatch for key id expected: S actual: N", MISMATCH),
        *(
            (item, text, text)
            for item, text in (
                (
                    {"id": {"S": ""}},
                    f"{NOT_VALID}The AttributeValue for a key attribute cannot contain an empty string value. Key: id",
                ),
                (
                    {"id": {"S": "x" * 2049}},
                    f"{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes",
                ),
            )
        ),
    ],
)
def test_keys_must_fit_the_schema(client: Any, item: Body, put: str, batch: str) -> None:
    assert _put(client, item) == ("ValidationException", put)
    assert _batch(client, item) == ("ValidationException", batch)


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        (
            {"owner": {"NULL": True}},
            f"{INVALID}Type mismatch for Index Key owner Expected: S Actual: NULL IndexName: by-owner",
        ),
        (
            {"owner": {"S": ""}},
            f"{NOT_VALID}A value specified for a secondary index key is not supported. The AttributeValue for a key "
            "attribute cannot contain an empty string value. IndexName: by-owner, IndexKey: owner",
        ),
        (
            {"mark": {"B": b""}},
            f"{NOT_VALID}A value specified for a secondary index key is not supported. The AttributeValue for a key "
            "attribute cannot contain an empty binary value. IndexName: by-mark, IndexKey: mark",
        ),
    ],
)
def test_index_keys_must_fit_too(client: Any, attribute: Body, text: str) -> None:
    key = {"id": {"S": "a"}, "at": {"N": "1"}}
    for refusal in (_put, _batch):
        assert refusal(client, {**key, **attribute}, "wide") == ("ValidationException", text)
    name, value = next(iter(attribute.items()))
    code, said = _refusal(
        client.update_item,
        TableName="wide",
        Key=key,
        UpdateExpression="REMOVE gone SET x = :x, #n=:v",
        ExpressionAttributeNames={"#n": name},
        ExpressionAttributeValues={":v": value, ":x": {"S": ""}},
    )
    assert (code, said) == ("ValidationException", text) or "secondary index key" in said
    assert client.scan(TableName="wide")["Count"] == 0


def test_keys_to_read_or_delete_are_whole_keys(client: Any) -> None:
    for key in (
        {"id": {"S": "a"}},
        {"id": {"S": "a"}, "at": {"S": "1"}},
        {"id": {"S": "a"}, "at": {"N": "1"}, "x": {"S": ""}},
    ):
        for call in (client.get_item, client.delete_item, client.update_item):
            assert _refusal(call, TableName="wide", Key=key) == ("ValidationException", MISMATCH)
        assert _refusal(client.batch_get_item, RequestItems={"wide": {"Keys": [key]}})[1] == MISMATCH
        assert (
            _refusal(client.batch_write_item, RequestItems={"wide": [{"DeleteRequest": {"Key": key}}]})[1]
            == MISMATCH
        )


def _puts(*names: str) -> list[Body]:
    return [{"PutRequest": {"Item": {"id": {"S": name}}}} for name in names]


def test_a_batch_is_of_1_to_25_different_keys_of_tables_that_are_there(client: Any) -> None:
    write = client.batch_write_item
    assert (
        "less than or equal to 25" in _refusal(write, RequestItems={"plain": _puts(*map(str, range(26)))})[1]
    )
    assert "equal to 1" in _refusal(write, RequestItems={"plain": []})[1]
    assert _refusal(write, RequestItems={})[1] == "The requestItems parameter is required for BatchWriteItem"
    thirty = {
        "plain": _puts(*map(str, range(15))),
        "wide": [{"PutRequest": {"Item": {"id": {"S": "a"}, "at": {"N": str(at)}}}} for at in range(15)],
    }
    assert "Too many items requested for the BatchWriteItem call" in _refusal(write, RequestItems=thirty)[1]
    twice = {"plain": [*_puts("a"), {"DeleteRequest": {"Key": {"id": {"S": "a"}}}}]}
    duplicates = ("ValidationException", "Provided list of item keys contains duplicates")
    assert _refusal(write, RequestItems=twice) == duplicates
    same = [{"PutRequest": {"Item": {"id": {"S": "a"}, "at": {"N": text}}}} for text in ("1", "1.0")]
    assert _refusal(write, RequestItems={"wide": same}) == duplicates
    assert _refusal(write, RequestItems={"plain": _puts("a"), "gone": _puts("a")}) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    assert "exactly one of the supported datatypes" in _refusal(write, RequestItems={"plain": [{}]})[1]
    assert client.scan(TableName="plain")["Count"] == 0


def test_a_batch_writes_and_deletes_and_tells_the_stream(client: Any, sandbox: Sandbox) -> None:
    client.update_table(
        TableName="plain",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    sandbox.advance(30)
    client.batch_write_item(RequestItems={"plain": _puts("a", "b")})
    client.batch_write_item(
        RequestItems={"plain": [*_puts("b"), {"DeleteRequest": {"Key": {"id": {"S": "a"}}}}]}
    )
    streams = sandbox.client("dynamodbstreams")
    arn = client.describe_table(TableName="plain")["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [one["eventName"] for one in records] == ["INSERT", "INSERT", "MODIFY", "REMOVE"]
    assert client.scan(TableName="plain")["Items"] == [{"id": {"S": "b"}}]


def test_a_batch_reads_1_to_100_different_keys(client: Any) -> None:
    client.batch_write_item(RequestItems={"plain": _puts("a", "b")})
    read = client.batch_get_item

    def keys(*names: str) -> Body:
        return {"plain": {"Keys": [{"id": {"S": name}} for name in names]}}

    answer = read(RequestItems=keys("a", "b", "c"), ReturnConsumedCapacity="TOTAL")
    assert sorted(one["id"]["S"] for one in answer["Responses"]["plain"]) == ["a", "b"]
    assert answer["UnprocessedKeys"] == {}
    assert answer["ConsumedCapacity"] == [{"TableName": "plain", "CapacityUnits": 1.5}]
    assert "less than or equal to 100" in _refusal(read, RequestItems=keys(*map(str, range(101))))[1]
    assert "contains duplicates" in _refusal(read, RequestItems=keys("a", "a"))[1]
    assert "requestItems parameter is required" in _refusal(read, RequestItems={})[1]
    assert _refusal(read, RequestItems={"gone": keys("a")["plain"]})[0] == "ResourceNotFoundException"


def test_a_fault_leaves_a_share_of_a_batch_unprocessed(client: Any, sandbox: Sandbox) -> None:
    rule = sandbox.faults.add(FaultRule("unprocessed", resource="plain", share=0.4, seed=7, times=None))
    left = 0
    for round_ in range(20):
        asked = _puts(*(f"{round_}-{at}" for at in range(10)))
        while asked:
            try:
                answer = client.batch_write_item(RequestItems={"plain": asked})
            except client.exceptions.ProvisionedThroughputExceededException:
                continue  # all of it was left out
            asked = answer["UnprocessedItems"].get("plain", [])
            left += len(asked)
    assert 60 < left < 220
    assert rule.hit > 20
    assert client.scan(TableName="plain", Select="COUNT")["Count"] == 200
    answer = client.batch_get_item(
        RequestItems={"plain": {"Keys": [{"id": {"S": f"{at}-1"}} for at in range(20)]}}
    )
    unread = answer["UnprocessedKeys"]["plain"]["Keys"]
    assert len(unread) + len(answer["Responses"]["plain"]) == 20
    sandbox.faults.clear()
    sandbox.faults.add(FaultRule("unprocessed", share=1))
    assert _refusal(client.batch_write_item, RequestItems={"plain": _puts("a")})[0] == (
        "ProvisionedThroughputExceededException"
    )


def test_a_fault_throttles_data_calls_by_chance_and_seed(client: Any, sandbox: Sandbox) -> None:
    def throttled(seed: int) -> list[bool]:
        sandbox.faults.clear()
        sandbox.faults.add(FaultRule("throttle", operation="*Item", probability=0.3, seed=seed, times=None))
        found = []
        for _ in range(30):
            try:
                client.put_item(TableName="plain", Item={"id": {"S": "a"}})
                found.append(False)
            except client.exceptions.ProvisionedThroughputExceededException:
                found.append(True)
        return found

    assert throttled(1) == throttled(1) != throttled(2)
    assert 2 < sum(throttled(1)) < 20


def test_a_transaction_refuses_values_at_once_and_keys_by_cancelling(client: Any) -> None:
    def put(item: Body) -> Body:
        return {"Put": {"TableName": "plain", "Item": item}}

    write = client.transact_write_items
    assert _refusal(write, TransactItems=[put({"id": {"S": "a"}, "n": {"N": "x"}})]) == (
        "ValidationException",
        "The parameter cannot be converted to a numeric value: x",
    )
    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        write(TransactItems=[put({"id": {"S": "b"}}), put({"x": {"S": "a"}})])
    reasons = cancelled.value.response["CancellationReasons"]
    assert [one["Code"] for one in reasons] == ["None", "ValidationError"]
    assert reasons[1]["Message"] == f"{INVALID}Missing the key id in the item"
    assert "multiple operations" in _refusal(write, TransactItems=[put({"id": {"S": "a"}})] * 2)[1]
    assert client.scan(TableName="plain")["Count"] == 0
    answer = write(TransactItems=[put({"id": {"S": "a"}, "n": {"N": "1.0"}})], ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": "plain", "CapacityUnits": 2.0}]
    read = client.transact_get_items(
        TransactItems=[{"Get": {"TableName": "plain", "Key": {"id": {"S": "a"}}}}],
        ReturnConsumedCapacity="TOTAL",
    )
    assert read["Responses"] == [{"Item": {"id": {"S": "a"}, "n": {"N": "1"}}}]
    assert read["ConsumedCapacity"] == [{"TableName": "plain", "CapacityUnits": 2.0}]


def test_writes_consume_a_unit_a_kilobyte_of_table_and_indexes(client: Any) -> None:
    item = {"id": {"S": "a"}, "at": {"N": "1"}, "v": {"S": "x" * 3000}}

    def put(table: str = "wide", **more: Body) -> Body:
        answer = client.put_item(TableName=table, Item={**item, **more}, ReturnConsumedCapacity="INDEXES")
        found: Body = answer["ConsumedCapacity"]
        return found

    assert put() == {"TableName": "wide", "CapacityUnits": 3.0, "Table": {"CapacityUnits": 3.0}}
    first = put(owner={"S": "me"}, mark={"B": b"1"})
    assert first["CapacityUnits"] == 3 + 3 + 1
    assert first["GlobalSecondaryIndexes"] == {
        "by-owner": {"CapacityUnits": 3.0},
        "by-mark": {"CapacityUnits": 1.0},
    }
    assert put(owner={"S": "me"}, mark={"B": b"1"})["CapacityUnits"] == 3
    assert put(owner={"S": "you"}, mark={"B": b"1"})["CapacityUnits"] == 3 + 6
    key = {"id": item["id"], "at": item["at"]}
    gone = client.delete_item(TableName="wide", Key=key, ReturnConsumedCapacity="TOTAL")
    assert gone["ConsumedCapacity"] == {"TableName": "wide", "CapacityUnits": 7.0}
    answer = client.batch_write_item(
        RequestItems={"wide": [{"PutRequest": {"Item": item}}], "plain": _puts("a", "b")},
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == [
        {"TableName": "wide", "CapacityUnits": 3.0},
        {"TableName": "plain", "CapacityUnits": 2.0},
    ]
    assert "ConsumedCapacity" not in client.update_item(TableName="wide", Key=key)


def test_reads_consume_half_a_unit_for_4_kilobytes_before_any_filter(client: Any) -> None:
    for at in range(4):
        client.put_item(
            TableName="wide",
            Item={"id": {"S": "a"}, "at": {"N": str(at)}, "owner": {"S": "me"}, "v": {"S": "x" * 4000}},
        )

    def units(call: Any, **more: Any) -> Any:
        answer = call(TableName="wide", ReturnConsumedCapacity="TOTAL", **more)
        return answer["ConsumedCapacity"]["CapacityUnits"]

    nobody = {"FilterExpression": "id = :x", "ExpressionAttributeValues": {":x": {"S": "b"}}}
    assert (
        units(client.scan)
        == units(client.scan, **nobody)
        == units(client.scan, ProjectionExpression="id")
        == 2
    )
    assert units(client.scan, ConsistentRead=True) == 4
    assert units(client.scan, Limit=1) == 0.5
    by_owner = {
        "IndexName": "by-owner",
        "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": "me"}},
    }
    assert units(client.query, **by_owner) == 2
    arms = client.query(TableName="wide", ReturnConsumedCapacity="INDEXES", **by_owner)["ConsumedCapacity"]
    assert arms["GlobalSecondaryIndexes"] == {"by-owner": {"CapacityUnits": 2.0}}
    assert units(client.get_item, Key={"id": {"S": "a"}, "at": {"N": "1"}}) == 0.5
    assert "ConsumedCapacity" not in client.scan(TableName="wide")


def test_an_index_that_is_being_built_cannot_be_read(client: Any, sandbox: Sandbox) -> None:
    client.update_table(
        TableName="plain",
        AttributeDefinitions=_definitions(id="S", kind="S"),
        GlobalSecondaryIndexUpdates=[
            {"Create": {"IndexName": "by-kind", "KeySchema": _keys("kind"), "Projection": ALL}}
        ],
    )
    sandbox.advance(60)
    scan = {"TableName": "plain", "IndexName": "by-kind"}
    assert _refusal(client.scan, **scan) == (
        "ValidationException",
        "Cannot read from backfilling global secondary index: by-kind",
    )
    sandbox.advance(1200)
    assert client.scan(**scan)["Count"] == 0
    assert (
        "does not have the specified index" in _refusal(client.scan, TableName="plain", IndexName="none")[1]
    )
    assert "Consistent reads are not supported" in _refusal(client.scan, ConsistentRead=True, **scan)[1]


def test_a_table_that_is_not_there_yet_takes_no_items(client: Any) -> None:
    client.create_table(
        TableName="late",
        AttributeDefinitions=_definitions(id="S"),
        KeySchema=_keys("id"),
        BillingMode="PAY_PER_REQUEST",
    )
    missing = ("ResourceNotFoundException", "Requested resource not found")
    assert _put(client, {"id": {"S": "a"}}, "late") == missing
    assert _batch(client, {"id": {"S": "a"}}, "late") == missing
    assert _refusal(client.scan, TableName="late") == missing
