"""Notifications: one message after each run that did something or failed, received by a real subscriber."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dynaops.cli.planning.iam_policy import for_notifications, policy
from dynaops.engine.notify import MOST_BYTES, recipient_of, subject_of
from dynaops.model.exits import Exit
from dynaops.model.run_record import OperationResult, RunOperation, RunRecord, RunResult, Who
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from dynaops.views.notification import document, is_worth_telling, text
from tests.cli.running import Cli, Result
from tests.conftest import FAST

REGION = "eu-central-1"
SPEC = "{table_name: orders, hash_key: id, attributes: {id: S}}\n"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:deployments"
BUS = f"arn:aws:events:{REGION}:123456789012:event-bus/operations"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=FAST) as running:
        yield running


@pytest.fixture(scope="module")
def queue(server: SandboxServer) -> str:
    """A queue that gets what the topic and the bus are told; its URL."""
    sqs, sns, events = (server.client(name, REGION) for name in ("sqs", "sns", "events"))
    url: str = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert sns.create_topic(Name="deployments")["TopicArn"] == TOPIC
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)
    assert events.create_event_bus(Name="operations")["EventBusArn"] == BUS
    pattern = json.dumps({"source": ["dynaops"], "detail-type": ["dynaops run"]})
    events.put_rule(Name="runs", EventBusName="operations", EventPattern=pattern)
    events.put_targets(Rule="runs", EventBusName="operations", Targets=[{"Id": "1", "Arn": arn}])
    return url


class Team:
    """The command line, and what its runs have told since it was asked last."""

    def __init__(self, cli: Cli, server: SandboxServer, queue: str) -> None:
        self._cli = cli
        self._sqs = server.client("sqs", REGION)
        self._queue = queue
        self._options = ("--endpoint-url", server.url, "--region", REGION)

    def __call__(self, *arguments: str) -> Result:
        return self._cli(*self._options, *arguments)

    def received(self) -> list[dict[str, Any]]:
        """The messages, as SNS and EventBridge hand them on."""
        found: list[dict[str, Any]] = []
        while messages := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def team(
    cli: Cli, server: SandboxServer, queue: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Team]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    Path("specs").mkdir()
    Path("specs/orders.yaml").write_text(SPEC)
    made = Team(cli, server, queue)
    yield made
    server.faults.clear()
    made("destroy", "--yes", "--allow-destroy")
    client = server.client("dynamodb", REGION)
    for name in client.list_tables()["TableNames"]:  # of a state of another environment
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 0.01})
    made.received()


def test_topic_and_bus_are_told_of_a_run_and_only_of_one_that_did_something(team: Team) -> None:
    told = ("--notify", TOPIC, "--notify", BUS, "--notify", TOPIC)
    assert team("apply", "--yes", *told).code == Exit.OK
    by_topic, by_bus = sorted(team.received(), key=lambda message: "Subject" not in message)
    assert by_topic["Subject"] == "dynaops apply went well: 123456789012"
    detail = json.loads(by_topic["Message"])
    assert (by_bus["source"], by_bus["detail-type"], by_bus["detail"]) == ("dynaops", "dynaops run", detail)
    assert detail["summary"] == "apply went well: 2 done"
    assert (detail["account"], detail["state"]) == ("123456789012", ".dynaops/state.json")
    assert {operation["result"] for operation in detail["operations"]} == {"done"}
    (run,) = team("state", "log", "--json").json["runs"]
    assert (detail["run"], detail["plan"]["digest"]) == (run["id"], run["plan_digest"])
    assert team("apply", "--yes", *told).code == Exit.OK
    assert team("plan").code == Exit.OK
    assert team.received() == []
    assert team("destroy", "--yes", "--allow-destroy", "--notify", BUS).code == Exit.OK
    assert [message["detail"]["command"] for message in team.received()] == ["destroy"]


def test_a_failed_run_is_told_and_the_project_file_names_who_is(team: Team, server: SandboxServer) -> None:
    Path("dynaops.toml").write_text(f'[environment.dev]\nnotify = ["{BUS}"]\n')
    server.faults.add(
        FaultRule(
            "error", operation="UpdateContinuousBackups", times=None, code="ValidationException", status=400
        )
    )
    assert team("-E", "dev", "apply", "--yes").code == Exit.FAILED
    (message,) = team.received()
    detail = message["detail"]
    assert (detail["environment"], detail["result"]) == ("dev", "failed")
    assert detail["counts"] == {"done": 1, "failed": 1}
    assert detail["operations"][0]["result"] == "failed"


@pytest.mark.parametrize("arn", [f"{TOPIC}-gone", f"{BUS}-gone", TOPIC.replace(REGION, "mars-north-1")])
def test_a_message_that_cannot_be_sent_is_a_warning(team: Team, arn: str) -> None:
    result = team("apply", "--yes", "--notify", arn, "--notify", BUS)
    assert result.code == Exit.OK
    assert f"warning: {arn} could not be told of this run" in " ".join(result.err.split())
    assert len(team.received()) == 1
    assert len(team("state", "log", "--json").json["runs"]) == 1


@pytest.mark.parametrize(
    "arn", ["", "deployments", "arn:aws:sqs:eu-central-1:123456789012:inbox", f"{TOPIC} ", BUS[:-20]]
)
def test_what_is_no_topic_or_bus_is_refused_before_anything_is_sent(team: Team, arn: str) -> None:
    result = team("apply", "--yes", "--notify", arn)
    assert result.code == Exit.USAGE
    assert "ARN of an SNS topic" in " ".join(result.err.split())
    assert team("state", "list").out == ""


def test_the_permissions_of_telling_are_listed() -> None:
    made = policy(for_notifications([recipient_of(TOPIC), recipient_of(BUS)]))
    granted = {action: entry["Resource"] for entry in made["Statement"] for action in entry["Action"]}
    assert granted == {"sns:Publish": [TOPIC], "events:PutEvents": [BUS]}


def record(operations: int = 0, text_: str = "", result: OperationResult = OperationResult.DONE) -> RunRecord:
    made = [
        RunOperation(
            id=f"{number}", title=text_, address=text_, service="dynamodb", api="CreateTable", region=REGION,
            result=result, message=text_,
        )
        for number in range(operations)
    ]  # fmt: skip
    return RunRecord(
        id="1", command="apply", arguments=(text_,), began_at="now", who=Who(user=text_, host=text_),
        result=RunResult.DONE, message=text_, environment=text_, state=text_, operations=tuple(made),
        consents=(text_,) * operations,
    )  # fmt: skip


@settings(max_examples=15)
@example(120, "\U00010000", 2000)
@example(3, "\x1b", 2000)
@given(st.integers(0, 120), st.text(max_size=20), st.integers(1, 2000))
def test_messages_are_bounded_and_say_what_they_leave_out(operations: int, piece: str, times: int) -> None:
    run = record(operations, piece * times)
    told = document(run, MOST_BYTES)
    assert len(json.dumps(told)) <= MOST_BYTES
    assert len(told["operations"]) + told["operations_left_out"] == operations
    assert len(text(run).encode()) <= MOST_BYTES
    subject = subject_of(piece * times)
    assert 0 < len(subject) < 100 and subject.isascii() and subject.isprintable()


def test_what_failed_is_never_left_out_for_what_went_well() -> None:
    run = record(3000, "x" * 500)
    broken = run.operations[-1].model_copy(update={"result": OperationResult.FAILED, "id": "broken"})
    told = document(run.model_copy(update={"operations": (*run.operations, broken)}), MOST_BYTES)
    assert told["operations"][0]["id"] == "broken"
    assert told["operations_left_out"] > 0


@pytest.mark.parametrize(
    ("result", "worth"),
    [(OperationResult.DONE, True), (OperationResult.FAILED, True), (OperationResult.SKIPPED, False)],
)
def test_a_run_that_did_nothing_is_not_told(result: OperationResult, worth: bool) -> None:
    assert is_worth_telling(record(1, "x", result)) is worth


def test_recipients() -> None:
    assert recipient_of(TOPIC)[1:] == ("sns", REGION)
    assert recipient_of("arn:aws-cn:events:cn-north-1:123456789012:event-bus/default")[1:] == (
        "events",
        "cn-north-1",
    )
