"""Bulk puts from S3 into a standing table, by the service model's texts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox
from tests.sandbox.dynamodb.desk import on_demand

Body = dict[str, Any]


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """A client of an account with the table `orders` and the buckets `incoming` and `reports`."""
    made = sandbox.client("dynamodb")
    made.create_table(**on_demand())
    for bucket in ("incoming", "reports"):
        sandbox.client("s3").create_bucket(Bucket=bucket)
    sandbox.advance(20)
    return made


def _store(sandbox: Sandbox, *records: Any, key: str = "rows/a.json") -> int:
    text = "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in records)
    sandbox.client("s3").put_object(Bucket="incoming", Key=key, Body=text.encode())
    return len(text)


def _start(client: Any, **more: Any) -> Body:
    body: Body = {
        "TableName": "orders",
        "InputS3Configuration": {
            "S3Bucket": "incoming",
            "S3KeyPrefix": "rows",
            "InputFormat": "DYNAMODB_JSON",
        },
        "OutputS3Configuration": {
            "S3Bucket": "reports",
            "S3KeyPrefix": "out",
            "OutputType": ["ERROR", "CONDITION_CHECK_FAILURE"],
        },
        **more,
    }
    answer: Body = client.start_bulk_put_items(**body)["BulkOperationDescription"]
    return answer


def _shown(client: Any, arn: str) -> Body:
    answer: Body = client.describe_bulk_operation(BulkOperationArn=arn)["BulkOperationDescription"]
    return answer


def _refusal(call: Any, *given: Any, **body: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(*given, **body)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def _row(number: int, **more: Any) -> Body:
    return {"Item": {"pk": {"S": str(number)}, "n": {"N": "1.0"}}, **more}


def test_items_come_part_by_part(client: Any, sandbox: Sandbox) -> None:
    size = _store(sandbox, *(_row(number) for number in range(60)))
    begun = _start(client, MaxWriteRequestUnits=2048)
    assert (begun["BulkOperationStatus"], begun["PerformanceTier"]) == ("IN_PROGRESS", "STANDARD")
    assert begun["MaxWriteRequestUnits"] == 2048
    assert "TotalInputBytes" not in begun
    sandbox.advance(25)
    half = _shown(client, begun["BulkOperationArn"])
    assert (half["ProcessedItemCount"], half["TotalInputBytes"]) == (20, size)
    assert 0 < half["ProcessedInputBytes"] < size
    assert client.scan(TableName="orders", Select="COUNT")["Count"] == 20
    sandbox.advance(40)
    done = _shown(client, begun["BulkOperationArn"])
    assert (done["BulkOperationStatus"], done["ProcessedItemCount"], done["FailedItemCount"]) == (
        "COMPLETED",
        60,
        0,
    )
    assert done["ProcessedInputBytes"] == size
    assert done["BulkOperationUsage"][0]["BulkPutBytes"] > 60 * 4
    assert done["EndTime"] > done["StartTime"]
    assert client.get_item(TableName="orders", Key={"pk": {"S": "59"}})["Item"]["n"] == {"N": "1"}


def test_errors_and_unmet_conditions_are_counted_and_reported(client: Any, sandbox: Sandbox) -> None:
    client.put_item(TableName="orders", Item={"pk": {"S": "1"}, "kept": {"BOOL": True}})
    new_only = {"ConditionExpression": "attribute_not_exists(pk)"}
    _store(sandbox, _row(1, **new_only), _row(2, **new_only), {"Item": {"x": {"S": "no key"}}}, _row(3))
    begun = _start(client)
    sandbox.advance(70)
    done = _shown(client, begun["BulkOperationArn"])
    assert (done["BulkOperationStatus"], done["ProcessedItemCount"], done["FailedItemCount"]) == (
        "COMPLETED_WITH_ERRORS",
        4,
        1,
    )
    assert sorted(row["pk"]["S"] for row in client.scan(TableName="orders")["Items"]) == ["1", "2", "3"]
    assert client.get_item(TableName="orders", Key={"pk": {"S": "1"}})["Item"]["kept"] == {"BOOL": True}
    s3 = sandbox.client("s3")
    reports = {
        one["Key"]: json.loads(s3.get_object(Bucket="reports", Key=one["Key"])["Body"].read())
        for one in s3.list_objects_v2(Bucket="reports", Prefix="out/")["Contents"]
    }
    (error,) = [found for key, found in reports.items() if "errors" in key]
    (unmet,) = [found for key, found in reports.items() if "condition" in key]
    assert error["itemS3Pointer"] == {"key": "rows/a.json", "itemIndex": 2}
    assert "Missing the key pk" in error["errorMessages"][0]
    assert unmet["ExistingItem"] == {"pk": {"S": "1"}, "kept": {"BOOL": True}}


def test_a_condition_that_is_none_is_an_error(client: Any, sandbox: Sandbox) -> None:
    _store(sandbox, _row(1, ConditionExpression="nonsense("), _row(2))
    begun = _start(client)
    sandbox.advance(70)
    done = _shown(client, begun["BulkOperationArn"])
    assert (done["BulkOperationStatus"], done["FailedItemCount"]) == ("COMPLETED_WITH_ERRORS", 1)
    assert client.scan(TableName="orders")["Count"] == 1


def test_cancelling_keeps_what_is_written(client: Any, sandbox: Sandbox) -> None:
    _store(sandbox, *(_row(number) for number in range(60)))
    arn = _start(client)["BulkOperationArn"]
    sandbox.advance(15)
    assert client.cancel_bulk_operation(BulkOperationArn=arn)["BulkOperationStatus"] == "CANCELLING"
    assert _shown(client, arn)["BulkOperationStatus"] == "CANCELLING"
    sandbox.advance(10)
    done = _shown(client, arn)
    assert (done["BulkOperationStatus"], done["ProcessedItemCount"]) == ("CANCELLED", 10)
    assert client.scan(TableName="orders", Select="COUNT")["Count"] == 10
    assert client.cancel_bulk_operation(BulkOperationArn=arn)["BulkOperationStatus"] == "CANCELLED"


def test_what_goes_wrong_in_between_fails_it(client: Any, sandbox: Sandbox) -> None:
    _store(sandbox, *(_row(number) for number in range(60)))
    source = {"S3Bucket": "no-such-bucket", "InputFormat": "DYNAMODB_JSON"}
    missing = _start(client, InputS3Configuration=source)["BulkOperationArn"]
    standing = _start(client)["BulkOperationArn"]
    sandbox.advance(15)
    shown = _shown(client, missing)
    assert (shown["BulkOperationStatus"], shown["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    client.delete_table(TableName="orders")
    sandbox.advance(20)
    assert _shown(client, standing)["BulkOperationStatus"] == "FAILED"


def test_a_token_stands_for_its_request_for_eight_hours(client: Any, sandbox: Sandbox) -> None:
    _store(sandbox, _row(1))
    first = _start(client, ClientToken="one")["BulkOperationArn"]
    sandbox.advance(100)
    assert _start(client, ClientToken="one")["BulkOperationArn"] == first
    assert _refusal(_start, client, ClientToken="one", MaxWriteRequestUnits=1024)[0] == (
        "IdempotentParameterMismatchException"
    )
    sandbox.advance(9 * 3600)
    assert _start(client, ClientToken="one")["BulkOperationArn"] != first


def test_what_cannot_be_started_is_refused_at_once(client: Any) -> None:
    assert _refusal(_start, client, TableName="missing")[0] == "ResourceNotFoundException"
    client.create_table(**on_demand(TableName="creating"))
    assert _refusal(_start, client, TableName="creating")[0] == "ResourceInUseException"
    ion = {"S3Bucket": "incoming", "InputFormat": "ION"}
    assert "Ion" in _refusal(_start, client, InputS3Configuration=ion)[1]
    assert (
        _refusal(_start, client, OutputS3Configuration={"OutputType": ["ERROR"]})[0] == "ValidationException"
    )
    arn = _start(client)["BulkOperationArn"] + "0"
    assert _refusal(_shown, client, arn)[0] == "ResourceNotFoundException"
    assert _refusal(client.cancel_bulk_operation, BulkOperationArn=arn)[0] == "ResourceNotFoundException"


def test_operations_are_listed_latest_first_for_90_days(client: Any, sandbox: Sandbox) -> None:
    arns = []
    for _ in range(3):
        arns.append(_start(client)["BulkOperationArn"])
        sandbox.advance(1)
    first = client.list_bulk_operations(MaxResults=2)
    assert [one["BulkOperationArn"] for one in first["BulkOperationsSummaryList"]] == [arns[2], arns[1]]
    rest = client.list_bulk_operations(NextToken=first["NextToken"])
    assert [one["BulkOperationArn"] for one in rest["BulkOperationsSummaryList"]] == [arns[0]]
    sandbox.advance(91 * 86_400)
    assert client.list_bulk_operations()["BulkOperationsSummaryList"] == []
