"""Exports to S3, as seen live (DDB-EXPORT-001 to -022)."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox
from tests.sandbox.dynamodb.desk import ACCOUNT, on_demand

Body = dict[str, Any]
ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """A client of an account with the table `orders`, recovery on, and the bucket `exports`."""
    made = sandbox.client("dynamodb")
    made.create_table(**on_demand())
    sandbox.client("s3").create_bucket(Bucket="exports")
    sandbox.advance(20)
    _recovery(made, True)
    return made


def _recovery(client: Any, on: bool) -> None:
    client.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on}
    )


def _start(client: Any, **more: Any) -> Body:
    body = {"TableArn": ARN, "S3Bucket": "exports", **more}
    answer: Body = client.export_table_to_point_in_time(**body)["ExportDescription"]
    return answer


def _shown(client: Any, arn: str) -> Body:
    answer: Body = client.describe_export(ExportArn=arn)["ExportDescription"]
    return answer


def _refusal(call: Any, *given: Any, **body: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(*given, **body)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def _object(sandbox: Sandbox, key: str) -> bytes:
    data: bytes = sandbox.client("s3").get_object(Bucket="exports", Key=key)["Body"].read()
    return data


def test_an_export_writes_items_and_manifests(client: Any, sandbox: Sandbox) -> None:
    rows = [
        {
            "pk": {"S": f"é{number}"},
            "n": {"N": "1.50"},
            "b": {"B": b"\x00\xff"},
            "m": {"M": {"x": {"BS": [b"1"]}}},
        }
        for number in range(10)
    ]
    for row in rows:
        client.put_item(TableName="orders", Item=row)
    started = _start(client, S3Prefix="nightly/")
    client.put_item(TableName="orders", Item={"pk": {"S": "late"}})
    assert started["ExportStatus"] == "IN_PROGRESS"
    assert (started["S3SseAlgorithm"], started["ExportFormat"]) == ("AES256", "DYNAMODB_JSON")
    assert not {"ItemCount", "EndTime", "ExportManifest", "ExportType"} & set(started)
    sandbox.advance(20)
    folder = f"nightly/AWSDynamoDB/{started['ExportArn'].rpartition('/')[2]}"
    assert _object(sandbox, f"{folder}/_started") == b""
    assert _shown(client, started["ExportArn"])["ExportStatus"] == "IN_PROGRESS"
    sandbox.advance(200)
    done = _shown(client, started["ExportArn"])
    assert (done["ExportStatus"], done["ItemCount"]) == ("COMPLETED", 10)
    assert done["BilledSizeBytes"] > 100
    assert done["ExportManifest"] == f"{folder}/manifest-summary.json"
    summary = json.loads(_object(sandbox, done["ExportManifest"]))
    assert (summary["itemCount"], summary["exportArn"]) == (10, started["ExportArn"])
    files = _object(sandbox, summary["manifestFilesS3Key"])
    for name, data in (
        ("manifest-files", files),
        ("manifest-summary", _object(sandbox, done["ExportManifest"])),
    ):
        checksum = base64.b64encode(hashlib.md5(data).digest())  # noqa: S324 (as AWS does)
        assert _object(sandbox, f"{folder}/{name}.md5") == checksum
    found = []
    for listed in map(json.loads, files.decode().splitlines()):
        data = _object(sandbox, listed["dataFileS3Key"])
        assert base64.b64encode(hashlib.md5(data).digest()).decode() == listed["md5Checksum"]  # noqa: S324
        lines = gzip.decompress(data).decode().splitlines()
        assert len(lines) == listed["itemCount"]
        found += [json.loads(line)["Item"] for line in lines]
    assert sorted(found, key=lambda row: str(row["pk"]["S"])) == [
        {"pk": row["pk"], "n": {"N": "1.5"}, "b": {"B": "AP8="}, "m": {"M": {"x": {"BS": ["MQ=="]}}}}
        for row in rows
    ]


def test_what_is_missing_is_told_at_once_but_for_the_bucket(client: Any, sandbox: Sandbox) -> None:
    assert _refusal(_start, client, TableArn="orders") == (
        "ValidationException",
        "One or more parameter values were invalid: tableArn is not a valid ARN",
    )
    assert _refusal(_start, client, TableArn=f"{ARN}/index/x")[1] == "Invalid Request: Table ARN is invalid."
    assert _refusal(_start, client, TableArn=f"{ARN}s")[0] == "TableNotFoundException"
    west = ARN.replace("us-east-1", "us-west-2")
    assert _refusal(_start, client, TableArn=west) == ("TableNotFoundException", f"Table not found: {west}")
    other = ARN.replace(ACCOUNT, "111122223333")
    assert _refusal(_start, client, TableArn=other) == ("AccessDeniedException", "Access is denied")
    assert _refusal(_start, client, ExportTime=1.0) == (
        "InvalidExportTimeException",
        "Export Time is invalid",
    )
    failed = _start(client, S3Bucket="no-such-bucket")
    sandbox.advance(10)
    shown = _shown(client, failed["ExportArn"])
    assert (shown["ExportStatus"], shown["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert "does not exist" in shown["FailureMessage"]
    _recovery(client, False)
    assert _refusal(_start, client, S3Bucket="no-such-bucket") == (
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'orders'",
    )


def test_a_token_stands_for_its_request(client: Any, sandbox: Sandbox) -> None:
    first = _start(client, ClientToken="one")["ExportArn"]
    assert _start(client, ClientToken="one")["ExportArn"] == first
    for changed in ({"S3Prefix": "x"}, {"ExportFormat": "ION"}, {"TableArn": f"{ARN}2"}):
        assert _refusal(_start, client, ClientToken="one", **changed) == (
            "ExportConflictException",
            "Export conflict: Duplicate request detected with conflicting parameters",
        )
    sandbox.advance(300)
    assert _start(client, ClientToken="one")["ExportArn"] == first
    assert _start(client)["ExportArn"] != first
    sandbox.advance(9 * 3600)
    assert _start(client, ClientToken="one")["ExportArn"] != first


def test_what_the_sandbox_cannot_export_is_said(client: Any) -> None:
    specification = {"ExportFromTime": 1.0}
    for more in (
        {"ExportFormat": "ION"},
        {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": specification},
    ):
        assert "sandbox" in _refusal(_start, client, **more)[1].lower()
    assert (
        "expected to be Incremental"
        in _refusal(_start, client, IncrementalExportSpecification=specification)[1]
    )
    assert "Specification expected" in _refusal(_start, client, ExportType="INCREMENTAL_EXPORT")[1]
    assert "not supported for this encryption" in _refusal(_start, client, S3SseKmsKeyId="alias/x")[1]


def test_exports_are_listed_latest_first_and_outlive_the_table(client: Any, sandbox: Sandbox) -> None:
    arns = []
    for _ in range(3):
        arns.append(_start(client)["ExportArn"])
        sandbox.advance(1)
    sandbox.advance(200)
    first = client.list_exports(MaxResults=2)
    assert [one["ExportArn"] for one in first["ExportSummaries"]] == [arns[2], arns[1]]
    rest = client.list_exports(NextToken=first["NextToken"])
    assert [one["ExportArn"] for one in rest["ExportSummaries"]] == [arns[0]]
    assert "NextToken" not in rest
    assert _refusal(client.list_exports, NextToken="nonsense")[0] == "ValidationException"
    assert len(client.list_exports(TableArn=ARN)["ExportSummaries"]) == 3
    client.delete_table(TableName="orders")
    sandbox.advance(20)
    assert client.list_exports(TableArn=ARN)["ExportSummaries"] == []
    assert _shown(client, arns[0])["ExportStatus"] == "COMPLETED"


def test_exports_that_are_not_there(client: Any) -> None:
    assert _refusal(_shown, client, ARN)[1] == "Invalid Export ARN"
    assert _refusal(_shown, client, f"{ARN}/export/01489602797149-73d8d5bc")[0] == "ExportNotFoundException"
    other = f"{ARN}/export/01489602797149-73d8d5bc".replace(ACCOUNT, "111122223333")
    assert _refusal(_shown, client, other)[0] == "AccessDeniedException"
