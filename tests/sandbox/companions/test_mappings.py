"""Event source mappings of DynamoDB streams: states, settings, conflicts, permissions, and what outlives what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox, SandboxServer
from tests.sandbox.companions.functions import Clients, let_read_streams, make_function

REGION = "us-east-1"
INVALID = "InvalidParameterValueException"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failed"


def make_stream(clients: Clients, table: str = "orders") -> str:
    """Create a table with a stream; the stream's ARN."""
    made = clients("dynamodb", REGION).create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    arn: str = made["TableDescription"]["LatestStreamArn"]
    return arn


@dataclass
class Bench:
    """A sandbox with a table's stream and a function that may read it."""

    sandbox: Sandbox
    stream: str
    function: str
    role: str

    @property
    def client(self) -> Any:
        return self.sandbox.client("lambda", REGION)

    def create(self, **more: Any) -> dict[str, Any]:
        asked = {
            "EventSourceArn": self.stream,
            "FunctionName": "consumer",
            "StartingPosition": "LATEST",
            **more,
        }
        answer: dict[str, Any] = self.client.create_event_source_mapping(
            **{name: value for name, value in asked.items() if value is not None}
        )
        return answer

    def settled(self, **more: Any) -> str:
        """Create a mapping and wait until it is settled; its UUID."""
        uuid: str = self.create(**more)["UUID"]
        self.sandbox.advance(6)
        return uuid

    def state(self, uuid: str) -> str:
        return str(self.client.get_event_source_mapping(UUID=uuid)["State"])

    def refused(self, code: str, text: str, **more: Any) -> None:
        with pytest.raises(ClientError) as caught:
            self.create(**more)
        error = caught.value.response["Error"]
        assert (error["Code"], text in error["Message"]) == (code, True), error
        assert self.client.list_event_source_mappings()["EventSourceMappings"] == []


@pytest.fixture
def bench(sandbox: Sandbox) -> Bench:
    function, role = make_function(sandbox.client, "consumer")
    let_read_streams(sandbox.client, role)
    stream = make_stream(sandbox.client)
    sandbox.advance(10)
    return Bench(sandbox, stream, function, role)


def test_a_mapping_is_answered_with_all_of_its_defaults(bench: Bench) -> None:
    answer = bench.create()
    status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
    uuid, _ = answer.pop("UUID"), answer.pop("LastModified")
    assert status == 202
    assert answer == {
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:123456789012:event-source-mapping:{uuid}",
        "EventSourceArn": bench.stream,
        "FunctionArn": bench.function,
        "StartingPosition": "LATEST",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "LastProcessingResult": "No records processed",
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "BisectBatchOnFunctionError": False,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "DestinationConfig": {"OnFailure": {}},
    }


def test_it_is_enabled_disabled_updated_and_deleted_in_its_own_time(bench: Bench) -> None:
    client, uuid = bench.client, bench.settled()
    assert bench.state(uuid) == "Enabled"
    assert client.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    bench.sandbox.advance(6)
    assert bench.state(uuid) == "Disabled"
    changed = client.update_event_source_mapping(UUID=uuid, BatchSize=500)
    assert (changed["State"], changed["BatchSize"], changed["ParallelizationFactor"]) == ("Updating", 500, 1)
    bench.sandbox.advance(6)
    assert bench.state(uuid) == "Disabled"
    assert client.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    bench.sandbox.advance(6)
    assert bench.state(uuid) == "Enabled"
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert bench.state(uuid) == "Deleting"
    bench.sandbox.advance(6)
    with pytest.raises(client.exceptions.ResourceNotFoundException) as gone:
        client.get_event_source_mapping(UUID=uuid)
    assert gone.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_disabled_one_is_born_disabled(bench: Bench) -> None:
    assert bench.state(bench.settled(Enabled=False)) == "Disabled"


def test_nothing_changes_while_it_changes(bench: Bench) -> None:
    client, uuid = bench.client, bench.create()["UUID"]
    for change in (client.update_event_source_mapping, client.delete_event_source_mapping):
        with pytest.raises(client.exceptions.ResourceInUseException) as busy:
            change(UUID=uuid)
        assert busy.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    bench.sandbox.advance(6)
    client.delete_event_source_mapping(UUID=uuid)
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.delete_event_source_mapping(UUID=uuid)


@pytest.mark.parametrize(
    "name",
    ["consumer", "123456789012:function:consumer", "arn:aws:lambda:us-east-1:123456789012:function:consumer"],
)
def test_a_stream_and_a_function_are_mapped_once(bench: Bench, name: str) -> None:
    uuid = bench.create()["UUID"]
    with pytest.raises(bench.client.exceptions.ResourceConflictException) as caught:
        bench.create(FunctionName=name)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert caught.value.response["Error"]["Message"] == (
        f'The event source arn (" {bench.stream} ") and function (" consumer ") provided mapping already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}"
    )


@pytest.mark.parametrize(
    ("code", "text", "more"),
    [
        (INVALID, "'startingPosition'", {"StartingPosition": None}),
        (INVALID, "Unsupported starting position", {"StartingPosition": "AT_TIMESTAMP"}),
        (INVALID, "Function does not exist", {"FunctionName": "nobody"}),
        (INVALID, "Function does not exist", {"FunctionName": "consumer:live"}),
        (
            INVALID,
            "not of this account",
            {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:consumer"},
        ),
        (
            INVALID,
            "Unrecognized event source",
            {"EventSourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/orders"},
        ),
        ("ValidationException", "less than or equal to 10000", {"BatchSize": 10_001}),
        ("ValidationException", "less than or equal to 300", {"MaximumBatchingWindowInSeconds": 301}),
        ("ValidationException", "less than or equal to 10", {"ParallelizationFactor": 11}),
        ("ValidationException", "less than or equal to 604800", {"MaximumRecordAgeInSeconds": 604_801}),
        ("ValidationException", "less than or equal to 10000", {"MaximumRetryAttempts": 10_001}),
        ("ValidationException", "less than or equal to 900", {"TumblingWindowInSeconds": 901}),
        ("ValidationException", "ReportBatchItemFailures", {"FunctionResponseTypes": ["ReportAll"]}),
        (INVALID, "at least 60", {"MaximumRecordAgeInSeconds": 59}),
        (
            INVALID,
            "exceeds the maximum of 5",
            {"FilterCriteria": {"Filters": [{"Pattern": '{"a": [1]}'}] * 6}},
        ),
        (INVALID, "Invalid filter pattern", {"FilterCriteria": {"Filters": [{"Pattern": "{a"}]}}),
        (INVALID, "Invalid filter pattern", {"FilterCriteria": {"Filters": [{"Pattern": '{"a": "b"}'}]}}),
        (INVALID, "Invalid filter pattern", {"FilterCriteria": {"Filters": [{"Pattern": '["a"]'}]}}),
        (INVALID, "DestinationConfig", {"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}),
        (
            INVALID,
            "DestinationConfig is invalid",
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:ec2:us-east-1:123456789012:x"}}},
        ),
        (INVALID, "FIFO", {"DestinationConfig": {"OnFailure": {"Destination": f"{QUEUE}.fifo"}}}),
        (INVALID, "Unsupported ScalingConfig", {"ScalingConfig": {"MaximumConcurrency": 5}}),
        (INVALID, "cannot begin with aws:", {"Tags": {"aws:x": "y"}}),
    ],
)
def test_what_is_refused_leaves_no_mapping(bench: Bench, code: str, text: str, more: dict[str, Any]) -> None:
    bench.refused(code, text, **more)


def test_a_stream_must_be_there_and_on(bench: Bench) -> None:
    bench.refused(
        INVALID, "Stream not found", EventSourceArn=bench.stream.replace("/stream/20", "/stream/19")
    )
    bench.sandbox.client("dynamodb", REGION).update_table(
        TableName="orders", StreamSpecification={"StreamEnabled": False}
    )
    bench.refused(INVALID, "Stream not found")


def test_all_settings_are_kept_and_only_the_named_ones_updated(bench: Bench) -> None:
    pattern = {"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT", {"prefix": "MOD"}]})}]}
    given: dict[str, Any] = {
        "BatchSize": 10_000,
        "MaximumBatchingWindowInSeconds": 300,
        "ParallelizationFactor": 10,
        "MaximumRecordAgeInSeconds": 60,
        "MaximumRetryAttempts": 0,
        "BisectBatchOnFunctionError": True,
        "TumblingWindowInSeconds": 900,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
        "FilterCriteria": pattern,
    }
    uuid = bench.settled(**given)
    found = bench.client.get_event_source_mapping(UUID=uuid)
    assert {name: found[name] for name in given} == given
    bench.client.update_event_source_mapping(
        UUID=uuid, FilterCriteria={}, DestinationConfig={"OnFailure": {"Destination": ""}}
    )
    found = bench.client.get_event_source_mapping(UUID=uuid)
    assert "FilterCriteria" not in found
    assert found["DestinationConfig"] == {"OnFailure": {}}
    assert (found["BatchSize"], found["TumblingWindowInSeconds"]) == (10_000, 900)


def test_it_can_be_given_another_function(bench: Bench) -> None:
    other, role = make_function(bench.sandbox.client, "other")
    uuid = bench.settled()
    with pytest.raises(ClientError, match="Cannot access stream"):
        bench.client.update_event_source_mapping(UUID=uuid, FunctionName="other")
    let_read_streams(bench.sandbox.client, role)
    assert bench.client.update_event_source_mapping(UUID=uuid, FunctionName="other")["FunctionArn"] == other
    bench.sandbox.advance(6)
    bench.settled()
    with pytest.raises(bench.client.exceptions.ResourceConflictException):
        bench.client.update_event_source_mapping(UUID=uuid, FunctionName="consumer")


def test_the_role_must_be_able_to_read_the_stream(bench: Bench) -> None:
    iam = bench.sandbox.client("iam", REGION)
    iam.delete_role_policy(RoleName=bench.role, PolicyName="read-streams")
    bench.refused(
        INVALID, f"Cannot access stream {bench.stream}. Please ensure the role can perform the GetRecords"
    )
    let_read_streams(bench.sandbox.client, bench.role, bench.stream.replace("orders", "others"))
    bench.refused(INVALID, "Cannot access stream")
    let_read_streams(bench.sandbox.client, bench.role, bench.stream.rpartition("/")[0] + "/*")
    bench.create()


def test_an_attached_policy_serves_and_a_denial_wins(bench: Bench) -> None:
    iam = bench.sandbox.client("iam", REGION)
    iam.delete_role_policy(RoleName=bench.role, PolicyName="read-streams")

    def attach(name: str, effect: str, action: str) -> None:
        document = {
            "Statement": {"Effect": effect, "Action": action, "Resource": "*"},
            "Version": "2012-10-17",
        }
        made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
        iam.attach_role_policy(RoleName=bench.role, PolicyArn=made["Policy"]["Arn"])

    attach("all", "Allow", "DynamoDB:*")
    uuid = bench.settled()
    bench.client.delete_event_source_mapping(UUID=uuid)
    bench.sandbox.advance(6)
    attach("none", "Deny", "dynamodb:GetRec*")
    bench.refused(INVALID, "Cannot access stream")


def test_awss_own_policy_for_the_purpose_serves(bench: Bench) -> None:
    iam = bench.sandbox.client("iam", REGION)
    iam.delete_role_policy(RoleName=bench.role, PolicyName="read-streams")
    own = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"
    iam.attach_role_policy(RoleName=bench.role, PolicyArn=own)
    bench.create()


@pytest.mark.parametrize("change", ["get", "update", "delete"])
def test_an_unknown_mapping_is_not_found(bench: Bench, change: str) -> None:
    with pytest.raises(bench.client.exceptions.ResourceNotFoundException) as caught:
        getattr(bench.client, f"{change}_event_source_mapping")(UUID="c0ffee00-0000-4000-8000-000000000000")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_mappings_are_listed_by_stream_function_and_page(bench: Bench) -> None:
    _, role = make_function(bench.sandbox.client, "other")
    let_read_streams(bench.sandbox.client, role)
    second = make_stream(bench.sandbox.client, "second")
    bench.sandbox.advance(10)
    made = [
        bench.create()["UUID"],
        bench.create(FunctionName="other")["UUID"],
        bench.create(EventSourceArn=second)["UUID"],
    ]

    def listed(**asked: Any) -> list[str]:
        found = bench.client.list_event_source_mappings(**asked)["EventSourceMappings"]
        return [one["UUID"] for one in found]

    assert listed() == made
    assert listed(EventSourceArn=bench.stream) == made[:2]
    for name in ("consumer", "123456789012:function:consumer", bench.function):
        assert listed(FunctionName=name) == [made[0], made[2]]
    assert listed(FunctionName="consumer", EventSourceArn=second) == made[2:]
    assert listed(FunctionName="nobody") == []
    pages = bench.client.get_paginator("list_event_source_mappings").paginate(
        PaginationConfig={"PageSize": 2}
    )
    assert [[one["UUID"] for one in page["EventSourceMappings"]] for page in pages] == [made[:2], made[2:]]


def test_tags(bench: Bench) -> None:
    arn = bench.create(Tags={"team": "a", "old": "x"})["EventSourceMappingArn"]
    bench.client.tag_resource(Resource=arn, Tags={"team": "b"})
    bench.client.untag_resource(Resource=arn, TagKeys=["old"])
    assert bench.client.list_tags(Resource=arn)["Tags"] == {"team": "b"}
    assert bench.client.list_tags(Resource=bench.function)["Tags"] == {}


def test_a_mapping_outlives_its_stream_and_its_function(bench: Bench) -> None:
    uuid = bench.settled()
    bench.sandbox.client("dynamodb", REGION).delete_table(TableName="orders")
    bench.sandbox.advance(10)
    found = bench.client.get_event_source_mapping(UUID=uuid)
    assert (found["State"], found["LastProcessingResult"]) == ("Enabled", "PROBLEM: Stream not found")
    bench.client.delete_function(FunctionName="consumer")
    assert (
        bench.client.list_event_source_mappings(FunctionName="consumer")["EventSourceMappings"][0]["UUID"]
        == uuid
    )
    assert bench.client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"


def test_writes_to_a_mapped_table_run_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.settled()
    bench.sandbox.client("dynamodb", REGION).put_item(TableName="orders", Item={"id": {"S": "1"}})
    assert not caplog.records


def test_other_event_sources_are_motos(bench: Bench) -> None:
    queue = bench.sandbox.client("sqs", REGION).create_queue(QueueName="work")["QueueUrl"]
    arn = bench.sandbox.client("sqs", REGION).get_queue_attributes(
        QueueUrl=queue, AttributeNames=["QueueArn"]
    )
    source = arn["Attributes"]["QueueArn"]
    made = bench.client.create_event_source_mapping(EventSourceArn=source, FunctionName="consumer")
    ours = bench.create()["UUID"]
    listed = bench.client.list_event_source_mappings()["EventSourceMappings"]
    assert [one["UUID"] for one in listed] == [ours, made["UUID"]]
    assert bench.client.get_event_source_mapping(UUID=made["UUID"])["State"] == "Enabled"
    assert bench.client.delete_event_source_mapping(UUID=made["UUID"])["State"] == "Deleting"


def test_it_works_over_http(server: SandboxServer) -> None:
    function, role = make_function(server.client, "consumer")
    let_read_streams(server.client, role)
    stream = make_stream(server.client)
    server.advance(10)
    client = server.client("lambda")
    asked = {"EventSourceArn": stream, "FunctionName": function, "StartingPosition": "TRIM_HORIZON"}
    made = client.create_event_source_mapping(**asked)
    with pytest.raises(client.exceptions.ResourceConflictException, match=made["UUID"]):
        client.create_event_source_mapping(**asked)
    server.advance(10)
    listed = client.list_event_source_mappings(FunctionName=function, EventSourceArn=stream)
    assert [one["State"] for one in listed["EventSourceMappings"]] == ["Enabled"]
    client.delete_event_source_mapping(UUID=made["UUID"])
    server.advance(10)
    assert client.list_event_source_mappings()["EventSourceMappings"] == []


def test_a_mapping_is_kept_on_disk_with_what_is_under_way(tmp_path: Path) -> None:
    with SandboxServer(speed=0, data_dir=tmp_path) as server:
        _, role = make_function(server.client, "consumer")
        let_read_streams(server.client, role)
        stream = make_stream(server.client)
        server.advance(10)
        server.client("lambda").create_event_source_mapping(
            EventSourceArn=stream, FunctionName="consumer", StartingPosition="LATEST"
        )
    with SandboxServer(speed=0, data_dir=tmp_path) as server:
        server.advance(10)
        (found,) = server.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        assert (found["State"], found["EventSourceArn"]) == ("Enabled", stream)
