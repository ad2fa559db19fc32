"""The sandbox is asked first, whichever service and protocol: parsing, answering, refusing, faults and the record."""

from __future__ import annotations

import datetime
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from dynaops.sandbox import Sandbox, SandboxServer, dispatch
from dynaops.sandbox.control import ask
from dynaops.sandbox.dispatch import PASS, ApiCall
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.faults import FaultRule

Client = Callable[[str], Any]
ONCE = Config(retries={"total_max_attempts": 1})
TRUST = '{"Version": "2012-10-17", "Statement": []}'
WHEN = 1_790_000_000.25
UUID = "c0ffee00-0000-4000-8000-000000000000"
POINT = "arn:aws:backup:eu-west-1:123456789012:recovery-point:1/2"


@pytest.fixture(params=["in this process", "over HTTP"])
def client(request: pytest.FixtureRequest) -> Client:
    """Clients of a sandbox that repeat nothing."""
    import boto3

    if request.param == "over HTTP":
        server: SandboxServer = request.getfixturevalue("server")
        return lambda service: boto3.client(service, endpoint_url=server.url, config=ONCE)  # type: ignore[call-overload]
    request.getfixturevalue("sandbox")
    return lambda service: boto3.client(service, config=ONCE)  # type: ignore[call-overload]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[ApiCall]]:
    """Answer an operation with `answer` (or raise it), and tell the calls that came."""

    def answering(service: str, operation: str, answer: Any) -> list[ApiCall]:
        calls: list[ApiCall] = []

        def handler(call: ApiCall) -> Any:
            calls.append(call)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setitem(dispatch._HANDLERS, (service, operation), handler)
        return calls

    return answering


CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("application-autoscaling", "RegisterScalableTarget",
     {"ServiceNamespace": "ecs", "ResourceId": "service/x/y", "ScalableDimension": "ecs:service:DesiredCount",
      "MinCapacity": 1}, {"ScalableTargetARN": "arn:1"}),
    ("logs", "CreateLogGroup", {"logGroupName": "/aws/x", "tags": {"a": "b"}}, {}),
    ("kinesis", "PutRecord", {"StreamName": "s", "Data": b"\x00\xff", "PartitionKey": "k"},
     {"ShardId": "shard", "SequenceNumber": "1"}),
    ("iam", "CreatePolicy",
     {"PolicyName": "p", "PolicyDocument": "{}", "Tags": [{"Key": "a", "Value": "b"}]},
     {"Policy": {"PolicyName": "p", "AttachmentCount": 0, "IsAttachable": True}}),
    ("sns", "SetTopicAttributes",
     {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:t", "AttributeName": "a", "AttributeValue": "1"}, {}),
    ("cloudwatch", "PutMetricAlarm",
     {"AlarmName": "a", "EvaluationPeriods": 2, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.5}, {}),
    ("lambda", "CreateEventSourceMapping",
     {"EventSourceArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/1", "FunctionName": "f",
      "BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"]}, {"UUID": "u", "State": "Creating"}),
    ("lambda", "UpdateEventSourceMapping", {"UUID": UUID, "Enabled": False}, {"UUID": UUID}),
    ("lambda", "ListEventSourceMappings", {"FunctionName": "f", "MaxItems": 7}, {"EventSourceMappings": []}),
    ("backup", "CreateBackupSelection",
     {"BackupPlanId": "p", "BackupSelection": {"SelectionName": "s", "IamRoleArn": "arn:aws:iam::1:role/r"}},
     {"SelectionId": "1"}),
    ("backup", "StartBackupJob",
     {"BackupVaultName": "v", "ResourceArn": "arn:r", "IamRoleArn": "arn:aws:iam::1:role/r"}, {"BackupJobId": "j"}),
    ("backup", "DescribeRecoveryPoint", {"BackupVaultName": "v", "RecoveryPointArn": POINT}, {"Status": "COMPLETED"}),
    ("backup", "UpdateBackupPlan",
     {"BackupPlanId": "p",
      "BackupPlan": {"BackupPlanName": "n", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "v"}]}},
     {"VersionId": "2"}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "given", "answer"), CASES, ids=[one[1] for one in CASES])
def test_a_handler_gets_the_input_shape_and_gives_the_output_shape(
    client: Client, asked: Any, service: str, operation: str, given: dict[str, Any], answer: dict[str, Any]
) -> None:
    calls = asked(service, operation, answer)
    found = client(service)._make_api_call(operation, given)
    assert found.pop("ResponseMetadata")["HTTPStatusCode"] in (200, 201, 202)
    assert found == answer
    (call,) = calls
    assert call.body == given
    assert (call.account, call.operation) == ("123456789012", operation)
    assert call.region == ("us-east-1" if service == "iam" else "eu-west-1")


def test_times_are_epoch_seconds_both_ways(client: Client, asked: Any) -> None:
    moment = datetime.datetime.fromtimestamp(WHEN, datetime.UTC)
    for service, operation, given, answer in (
        ("application-autoscaling", "PutScheduledAction",
         {"ServiceNamespace": "dynamodb", "ScheduledActionName": "a", "ResourceId": "table/t",
          "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "StartTime": moment}, {}),
        ("backup", "ListBackupJobs", {"ByCreatedAfter": moment},
         {"BackupJobs": [{"BackupJobId": "j", "CreationDate": WHEN}]}),
        ("cloudwatch", "DescribeAlarmHistory", {"StartDate": moment},
         {"AlarmHistoryItems": [{"AlarmName": "a", "Timestamp": WHEN}]}),
        ("iam", "GetRole", {"RoleName": "r"},
         {"Role": {"Path": "/", "RoleName": "r", "RoleId": "1", "Arn": "arn:aws:iam::1:role/r", "CreateDate": WHEN}}),
    ):  # fmt: skip
        calls = asked(service, operation, answer)
        found = client(service)._make_api_call(operation, given)
        del found["ResponseMetadata"]
        assert _seconds(found) == answer, service
        assert calls[0].body == {
            name: WHEN if value is moment else value for name, value in given.items()
        } or calls[0].body == {name: int(WHEN) if value is moment else value for name, value in given.items()}


def _seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _seconds(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_seconds(each) for each in value]
    return value.timestamp() if isinstance(value, datetime.datetime) else value


@pytest.mark.parametrize(
    ("service", "operation", "given"),
    [(*case[:3],) for case in CASES if case[1] in ("CreatePolicy", "CreateLogGroup", "StartBackupJob")],
)
def test_a_refusal_is_told_in_the_services_protocol(
    client: Client, asked: Any, service: str, operation: str, given: dict[str, Any]
) -> None:
    asked(service, operation, ApiError("SomethingException", "no <way> & never", 409))
    with pytest.raises(ClientError) as refused:
        client(service)._make_api_call(operation, given)
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("SomethingException", "no <way> & never")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_what_a_handler_passes_on_is_answered_by_moto(client: Client, asked: Any) -> None:
    calls = asked("iam", "CreateRole", PASS)
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    assert calls[0].body == {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}
    assert [role["RoleName"] for role in client("iam").list_roles()["Roles"]] == ["r"]


@pytest.mark.parametrize(
    ("service", "call", "code", "status"),
    [
        ("iam", lambda iam: iam.list_roles(), "AccessDenied", 403),
        ("lambda", lambda functions: functions.list_functions(), "AccessDeniedException", 403),
        ("logs", lambda logs: logs.describe_log_groups(), "AccessDeniedException", 400),
    ],
)
def test_faults_hit_every_service(
    sandbox: Sandbox, service: str, call: Callable[[Any], Any], code: str, status: int
) -> None:
    sandbox.faults.add(FaultRule("access_denied", service=service))
    with pytest.raises(ClientError) as refused:
        call(sandbox.client(service))
    assert refused.value.response["Error"]["Code"] == code
    assert f"not authorized to perform: {service}:" in refused.value.response["Error"]["Message"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_lost_connection_after_the_effect(sandbox: Sandbox) -> None:
    import boto3

    sandbox.faults.add(FaultRule("drop_after", service="logs", operation="CreateLogGroup"))
    logs = boto3.client("logs", config=ONCE)
    with pytest.raises(ConnectionClosedError):
        logs.create_log_group(logGroupName="g")
    assert [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]] == ["g"]


def test_all_services_are_on_record(sandbox: Sandbox) -> None:
    sandbox.client("iam").list_roles()
    sandbox.client("logs").create_log_group(logGroupName="g")
    sandbox.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    with pytest.raises(ClientError):
        sandbox.client("logs").create_log_group(logGroupName="g")
    told = [(one.service, one.operation, one.body) for one in sandbox.requests.writes()]
    assert told == [
        ("logs", "CreateLogGroup", {"logGroupName": "g"}),
        ("kinesis", "CreateStream", {"StreamName": "s", "ShardCount": 1}),
    ]
    assert [one.operation for one in sandbox.requests.since() if not one.mutating] == ["ListRoles"]
    assert sandbox.requests.since()[-1].status == 400


def test_the_record_can_be_read_over_http(server: SandboxServer, asked: Any) -> None:
    asked("kinesis", "PutRecord", {"ShardId": "s", "SequenceNumber": "1"})
    server.client("kinesis").put_record(StreamName="s", Data=b"\xff", PartitionKey="k")
    (entry,) = ask(server.url, "GET", "requests")
    assert entry["body"] == {"StreamName": "s", "Data": "/w==", "PartitionKey": "k"}


def test_an_operation_that_nobody_has_is_refused_in_words(client: Client) -> None:
    with pytest.raises(ClientError) as refused:
        client("backup").list_legal_holds()
    assert refused.value.response["Error"]["Code"] == "NotImplementedByDynaopsSandbox"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_body_that_cannot_be_read_is_refused(server: SandboxServer) -> None:
    request = urllib.request.Request(  # noqa: S310
        server.url,
        data=b'{"logGroupNames": 7, "limit": "seven"}',
        headers={
            "X-Amz-Target": "Logs_20140328.DescribeLogGroups",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/logs/aws4_request, "
            "SignedHeaders=host, Signature=0",
            "X-Amz-Date": "20260101T000000Z",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)  # noqa: S310
    assert refused.value.code == 400
    assert json.loads(refused.value.read())["__type"] == "SerializationException"
