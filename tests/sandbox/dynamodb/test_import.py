"""Imports from S3, as seen live (DDB-IMPORT-001 to -020)."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox
from tests.sandbox.dynamodb.desk import ACCOUNT, on_demand

Body = dict[str, Any]


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    sandbox.client("s3").create_bucket(Bucket="incoming")
    return sandbox.client("dynamodb")


def _store(sandbox: Sandbox, key: str, data: bytes) -> None:
    sandbox.client("s3").put_object(Bucket="incoming", Key=key, Body=data)


def _lines(*items: Body) -> bytes:
    return "".join(json.dumps({"Item": item}) + "\n" for item in items).encode()


def _start(client: Any, prefix: str = "rows", name: str = "orders", **more: Any) -> Body:
    body: Body = {
        "S3BucketSource": {"S3Bucket": "incoming", "S3KeyPrefix": prefix},
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": on_demand(TableName=name),
        **more,
    }
    answer: Body = client.import_table(**body)["ImportTableDescription"]
    return answer


def _shown(client: Any, arn: str) -> Body:
    answer: Body = client.describe_import(ImportArn=arn)["ImportTableDescription"]
    return answer


def _refusal(call: Any, *given: Any, **body: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(*given, **body)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def _status(client: Any, name: str = "orders") -> str | None:
    try:
        found: str = client.describe_table(TableName=name)["Table"]["TableStatus"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return found


def _counts(shown: Body) -> tuple[int, int, int]:
    return shown["ProcessedItemCount"], shown["ImportedItemCount"], shown["ErrorCount"]


def test_an_import_makes_a_table_that_shows_late_and_is_active_before_it_is_done(
    client: Any, sandbox: Sandbox
) -> None:
    rows = [{"pk": {"S": str(number)}, "n": {"N": "1.0"}, "b": {"B": "AP8="}} for number in range(10)]
    _store(sandbox, "rows/one.json", _lines(*rows[:6]))
    _store(sandbox, "rows2.json", _lines(*rows[6:]))
    _store(sandbox, "other/rows.json", b"nonsense")
    begun = _start(client)
    assert begun["ImportStatus"] == "IN_PROGRESS"
    assert begun["S3BucketSource"]["S3BucketOwner"] == ACCOUNT
    assert begun["InputCompressionType"] == "NONE"
    assert _status(client) is None
    sandbox.advance(32)
    assert _status(client) == "CREATING"
    assert _refusal(client.scan, TableName="orders")[0] == "ResourceNotFoundException"
    sandbox.advance(40)
    assert 0 < _shown(client, begun["ImportArn"])["ProcessedItemCount"] < 10
    sandbox.advance(35)
    assert (_status(client), _shown(client, begun["ImportArn"])["ImportStatus"]) == ("ACTIVE", "IN_PROGRESS")
    sandbox.advance(6)
    done = _shown(client, begun["ImportArn"])
    assert (done["ImportStatus"], *_counts(done)) == ("COMPLETED", 10, 10, 0)
    assert done["ProcessedSizeBytes"] == len(_lines(*rows))
    assert "FailureCode" not in done
    assert client.describe_table(TableName="orders")["Table"]["TableId"] == begun["TableId"]
    found = client.scan(TableName="orders")["Items"]
    assert sorted(found, key=lambda row: str(row["pk"]["S"])) == [
        {**row, "n": {"N": "1"}, "b": {"B": b"\x00\xff"}} for row in rows
    ]


def test_bad_lines_fail_the_import_but_the_good_ones_stay(client: Any, sandbox: Sandbox) -> None:
    good = [{"pk": {"S": str(number)}} for number in range(9)]
    _store(sandbox, "rows/a.json", _lines(*good[:5], {"x": {"S": "no key"}}, *good[5:]))
    begun = _start(client)
    sandbox.advance(112)
    shown = _shown(client, begun["ImportArn"])
    assert (shown["ImportStatus"], shown["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert shown["FailureMessage"].startswith("Some of the items failed validation checks")
    assert _counts(shown) == (10, 9, 1)
    assert client.scan(TableName="orders")["Count"] == 9
    logs = sandbox.client("logs")
    group = shown["CloudWatchLogGroupArn"].split(":log-group:")[1].removesuffix(":*")
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    (event,) = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    logged = json.loads(event["message"])
    assert logged["itemS3Pointer"] == {"bucket": "incoming", "key": "rows/a.json", "itemIndex": 5}
    assert "Missing the key pk" in logged["errorMessages"][0]


def test_what_is_no_json_ends_its_object_only(client: Any, sandbox: Sandbox) -> None:
    good = [{"pk": {"S": str(number)}} for number in range(9)]
    _store(sandbox, "rows/a.json", _lines(*good[:5]) + b"{garbage\n" + _lines(*good[5:8]))
    _store(sandbox, "rows/b.json", _lines(good[8]))
    begun = _start(client)
    sandbox.advance(112)
    assert _counts(_shown(client, begun["ImportArn"])) == (7, 6, 1)


def test_what_an_export_wrote_is_imported_from_its_data_folder(client: Any, sandbox: Sandbox) -> None:
    client.create_table(**on_demand(TableName="source"))
    sandbox.advance(20)
    client.update_continuous_backups(
        TableName="source", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    rows = [{"pk": {"S": str(number)}, "s": {"SS": ["b", "a"]}} for number in range(7)]
    for row in rows:
        client.put_item(TableName="source", Item=row)
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/source"
    export = client.export_table_to_point_in_time(TableArn=arn, S3Bucket="incoming")["ExportDescription"]
    sandbox.advance(200)
    manifest = client.describe_export(ExportArn=export["ExportArn"])["ExportDescription"]["ExportManifest"]
    folder = manifest.removesuffix("manifest-summary.json")
    good = _start(client, f"{folder}data/", InputCompressionType="GZIP")
    root = _start(client, folder, "from-root", InputCompressionType="GZIP")
    plain = _start(client, f"{folder}data/", "unpacked")
    sandbox.advance(112)
    assert _counts(_shown(client, good["ImportArn"])) == (7, 7, 0)
    assert client.scan(TableName="orders")["Count"] == 7
    assert _counts(_shown(client, root["ImportArn"])) == (11, 7, 4)
    assert _counts(_shown(client, plain["ImportArn"])) == (4, 0, 4)


def test_csv_has_typed_keys_and_strings(client: Any, sandbox: Sandbox) -> None:
    table = on_demand(
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "N"},
            {"AttributeName": "by", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-by",
                "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    _store(
        sandbox,
        "rows.csv",
        gzip.compress(b'pk;by;text\n1;me;"a;""b""\n2"\n2.50;you;3\n3;me\nx;me;1\n', mtime=0),
    )
    begun = _start(
        client,
        InputFormat="CSV",
        InputCompressionType="GZIP",
        InputFormatOptions={"Csv": {"Delimiter": ";"}},
        TableCreationParameters=table,
    )
    sandbox.advance(112)
    assert _counts(_shown(client, begun["ImportArn"])) == (4, 3, 1)
    found = client.scan(TableName="orders")["Items"]
    assert sorted(found, key=lambda row: str(row["pk"])) == [
        {"pk": {"N": "1"}, "by": {"S": "me"}, "text": {"S": 'a;"b"\n2'}},
        {"pk": {"N": "2.5"}, "by": {"S": "you"}, "text": {"S": "3"}},
        {"pk": {"N": "3"}, "by": {"S": "me"}},
    ]
    assert client.scan(TableName="orders", IndexName="by-by")["Count"] == 3
    _store(sandbox, "bare", b"1,a\n")
    _start(
        client,
        "bare",
        "bare",
        InputFormat="CSV",
        InputFormatOptions={"Csv": {"HeaderList": ["pk", "other"]}},
    )
    sandbox.advance(112)
    assert client.scan(TableName="bare")["Items"] == [{"pk": {"S": "1"}, "other": {"S": "a"}}]


def test_a_missing_bucket_shows_later_and_an_empty_prefix_is_an_empty_table(
    client: Any, sandbox: Sandbox
) -> None:
    bad = _start(client, S3BucketSource={"S3Bucket": "no-such-bucket"})
    empty = _start(client, "none", "empty")
    sandbox.advance(7)
    shown = _shown(client, bad["ImportArn"])
    assert (shown["ImportStatus"], shown["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    sandbox.advance(110)
    assert _status(client) is None
    assert _shown(client, empty["ImportArn"])["ImportStatus"] == "COMPLETED"
    assert (_status(client, "empty"), client.scan(TableName="empty")["Count"]) == ("ACTIVE", 0)


def test_names_are_not_reserved_and_standing_tables_are_refused(client: Any, sandbox: Sandbox) -> None:
    first, second = _start(client), _start(client)
    assert first["ImportArn"] != second["ImportArn"]
    sandbox.advance(40)
    third = _start(client)
    sandbox.advance(120)
    assert _shown(client, first["ImportArn"])["ImportStatus"] == "COMPLETED"
    for loser in (second, third):
        assert _shown(client, loser["ImportArn"])["FailureCode"] == "TableAlreadyExists"
    taken = ("ResourceInUseException", "Table already exists: orders")
    assert _refusal(_start, client) == taken
    client.delete_table(TableName="orders")
    assert _refusal(_start, client) == taken


def test_a_token_holds_while_the_import_runs(client: Any, sandbox: Sandbox) -> None:
    first = _start(client, ClientToken="one")["ImportArn"]
    assert _start(client, ClientToken="one")["ImportArn"] == first
    assert _start(client, "changed", ClientToken="one")["ImportArn"] == first
    assert _refusal(_start, client, "rows", "others", ClientToken="one") == (
        "ImportConflictException",
        "Import conflict: Duplicate request detected with conflicting parameters",
    )
    sandbox.advance(120)
    assert _refusal(_start, client, ClientToken="one")[0] == "ResourceInUseException"
    client.delete_table(TableName="orders")
    sandbox.advance(20)
    assert _start(client, ClientToken="one")["ImportArn"] == first
    sandbox.advance(120)
    assert _status(client) is None


def test_what_cannot_be_imported_is_refused_at_once(client: Any) -> None:
    assert "Unsupported InputFormatOptions" in _refusal(_start, client, InputFormatOptions={"Csv": {}})[1]
    assert "Ion" in _refusal(_start, client, InputFormat="ION")[1]
    parameters = on_demand()
    del parameters["BillingMode"]
    assert "must both be specified" in _refusal(_start, client, TableCreationParameters=parameters)[1]


def test_imports_are_listed_latest_first_and_outlive_the_table(client: Any, sandbox: Sandbox) -> None:
    arns = []
    for name in ("one", "two", "three"):
        arns.append(_start(client, "rows", name * 3)["ImportArn"])
        sandbox.advance(1)
    first = client.list_imports(PageSize=2)
    assert [one["ImportArn"] for one in first["ImportSummaryList"]] == [arns[2], arns[1]]
    rest = client.list_imports(NextToken=first["NextToken"])
    assert [one["ImportArn"] for one in rest["ImportSummaryList"]] == [arns[0]]
    sandbox.advance(120)
    client.delete_table(TableName="oneoneone")
    sandbox.advance(20)
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/oneoneone"
    (one,) = client.list_imports(TableArn=arn)["ImportSummaryList"]
    assert (one["ImportArn"], one["ImportStatus"]) == (arns[0], "COMPLETED")
    assert _refusal(_shown, client, arn)[1] == "Invalid Import ARN"
    assert _refusal(_shown, client, f"{arn}/import/01489602797149-73d8d5bc")[0] == "ImportNotFoundException"
