"""The sandbox over HTTP: protocols, admin calls, errors in words, faults, and content that survives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from dynaops.model.errors import DynaopsError
from dynaops.sandbox import Sandbox, SandboxServer, daemon
from dynaops.sandbox.control import ask
from dynaops.sandbox.faults import FaultRule

TABLE: dict[str, Any] = {
    "TableName": "users",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def _once(server: SandboxServer) -> Any:
    """A DynamoDB client that repeats nothing."""
    import boto3

    return boto3.client(
        "dynamodb",
        endpoint_url=server.url,
        config=Config(retries={"total_max_attempts": 1}, account_id_endpoint_mode="disabled"),
    )


def test_it_answers_in_every_protocol(server: SandboxServer) -> None:
    assert server.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert server.client("s3").list_buckets()["Buckets"] == []
    assert server.client("iam").list_roles()["Roles"] == []
    assert server.client("lambda").list_functions()["Functions"] == []
    assert server.client("logs").describe_log_groups()["logGroups"] == []


@pytest.mark.parametrize("service", ["dynamodb", "lambda", "iam"])
def test_what_it_cannot_do_is_refused_in_words(server: SandboxServer, service: str) -> None:
    calls = {
        "dynamodb": lambda client: client.search_vectors(
            TableName="users", IndexName="by-meaning", SearchVector=[{"N": "1"}], TopK=1
        ),
        "lambda": lambda client: client.list_code_signing_configs(),
        "iam": lambda client: client.generate_organizations_access_report(EntityPath="o-1234567890/r-1234"),
    }
    client = server.client(service)
    with pytest.raises(ClientError) as refused:
        calls[service](client)
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert "html" not in str(refused.value)


def test_admin_calls(server: SandboxServer) -> None:
    server.client("dynamodb").create_table(**TABLE)
    status = ask(server.url, "GET", "status")
    assert status["tables"] == {"123456789012/us-east-1": ["users"]}
    before = ask(server.url, "POST", "clock", {"advance": 1000})["now"]
    assert ask(server.url, "POST", "clock", {"advance": 1000})["now"] >= before + 1000
    assert [one["operation"] for one in ask(server.url, "GET", "requests")] == ["CreateTable"]
    ask(server.url, "POST", "faults", {"effect": "throttle", "operation": "ListTables"})
    with pytest.raises(ClientError, match="ThrottlingException"):
        _once(server).list_tables()
    assert ask(server.url, "POST", "faults", {"effect": "burn"}) is None
    ask(server.url, "POST", "reset", {})
    assert server.client("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.parametrize(("effect", "there"), [("drop_before", False), ("drop_after", True)])
def test_dropped_connections(server: SandboxServer, effect: str, there: bool) -> None:
    server.faults.add(FaultRule(effect, operation="CreateTable"))
    with pytest.raises(ConnectionClosedError):
        _once(server).create_table(**TABLE)
    assert (server.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == ["users"]) is there


def test_faults_in_process(sandbox: Sandbox) -> None:
    sandbox.faults.add(FaultRule("access_denied", operation="List*", times=None))
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:ListTables"):
        sandbox.client("dynamodb").list_tables()
    sandbox.faults.clear()
    sandbox.client("dynamodb").create_table(**TABLE)
    sandbox.advance(10)
    assert sandbox.client("dynamodb").describe_table(TableName="users")["Table"]["TableStatus"] == "ACTIVE"
    assert [one.operation for one in sandbox.requests.writes()] == ["CreateTable"]


def test_content_survives(tmp_path: Path) -> None:
    with SandboxServer(speed=3600, data_dir=tmp_path) as first:
        client = first.client("dynamodb")
        table = client.create_table(**TABLE)["TableDescription"]
        client.get_waiter("table_exists").wait(TableName="users", WaiterConfig={"Delay": 1})
        client.put_item(TableName="users", Item={"id": {"S": "one"}})
        first.client("s3").create_bucket(Bucket="bucket")
        key = first.client("kms").create_key()["KeyMetadata"]["Arn"]
    assert (tmp_path / "snapshot.pickle").stat().st_mode & 0o777 == 0o600
    with SandboxServer(speed=3600, data_dir=tmp_path) as second:
        client = second.client("dynamodb")
        assert client.describe_table(TableName="users")["Table"]["TableId"] == table["TableId"]
        assert client.scan(TableName="users")["Items"] == [{"id": {"S": "one"}}]
        assert [one["Name"] for one in second.client("s3").list_buckets()["Buckets"]] == ["bucket"]
        assert key in [one["KeyArn"] for one in second.client("kms").list_keys()["Keys"]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "sandbox"
    daemon.stop(tmp_path / "sandbox")


def test_the_daemon_is_started_found_and_stopped(folder: Path) -> None:
    assert daemon.status(folder) is None
    running = daemon.start(folder, speed=120)
    assert daemon.start(folder) == running
    assert daemon.ensure(folder) == running
    assert daemon.advance(60, folder)["speed"] == 120
    assert running.url.startswith("http://127.0.0.1:")
    assert daemon.stop(folder)
    assert daemon.status(folder) is None
    assert not daemon.stop(folder)
    with pytest.raises(DynaopsError, match="No sandbox is running"):
        daemon.advance(1, folder)
