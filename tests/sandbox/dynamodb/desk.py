"""Calls handlers directly, in a world whose clock moves only by hand."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends

import dynaops.sandbox.services  # noqa: F401  # registers the handlers
from dynaops.sandbox.clock import Clock
from dynaops.sandbox.dispatch import ApiCall, handler_for
from dynaops.sandbox.dynamodb import registry
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.world import World

ACCOUNT = "123456789012"
HOME = "us-east-1"
IN_USE = "Attempt to change a resource which is still in use: "
INVALID = "One or more parameter values were invalid: "
LIMIT = "Subscriber limit exceeded: "
ALL = {"ProjectionType": "ALL"}

Body = dict[str, Any]


def capacity(read: int, write: int) -> Body:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def defined(*names: str) -> list[Body]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def key(hash_key: str, range_key: str | None = None) -> list[Body]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def index(name: str, hash_key: str, range_key: str | None = None, **more: Any) -> Body:
    return {"IndexName": name, "KeySchema": key(hash_key, range_key), "Projection": ALL, **more}


def on_demand(**more: Any) -> Body:
    """A CreateTable body of an on-demand table with the hash key pk."""
    return {
        "TableName": "orders",
        "AttributeDefinitions": defined("pk"),
        "KeySchema": key("pk"),
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }


def provisioned(read: int = 5, write: int = 5, **more: Any) -> Body:
    body = on_demand(ProvisionedThroughput=capacity(read, write), **more)
    del body["BillingMode"]
    return body


@dataclass
class Desk:
    world: World = field(default_factory=lambda: World(Clock(speed=0, start=1_790_000_000.0)))

    def call(self, operation: str, at: Any = HOME, **body: Any) -> Body:
        return self.ask("dynamodb", operation, at, **body)

    def ask(self, service: str, operation: str, at: Any = HOME, **body: Any) -> Body:
        self.world.settle()
        handler = handler_for(service, operation)
        assert handler is not None, operation
        answer = handler(ApiCall(self.world, ACCOUNT, at, operation, copy.deepcopy(body), "request"))
        assert isinstance(answer, dict), "moto answers this one: ask a Sandbox's client"
        return answer

    def refused(self, operation: str, code: str, text: str, at: Any = HOME, **body: Any) -> ApiError:
        """Assert the refusal, and that it changed nothing."""
        before = self.everything()
        with pytest.raises(ApiError) as caught:
            self.call(operation, at=at, **body)
        assert (caught.value.code, caught.value.message[: len(text)]) == (code, text)
        assert self.everything() == before
        return caught.value

    def everything(self) -> list[Body]:
        self.world.settle()
        found = []
        for region in self.world.regions(ACCOUNT):
            for name in registry.tables_in(self.world, ACCOUNT, region.name):
                found.append(copy.deepcopy(self.call("DescribeTable", at=region.name, TableName=name)))
        return found

    def create(self, body: Body | None = None, at: Any = HOME) -> Body:
        """Create a table and wait until it is ACTIVE."""
        self.call("CreateTable", at=at, **(body or on_demand()))
        self.pass_time(20)
        return self.table(at)

    def update(self, at: Any = HOME, **body: Any) -> Body:
        answer: Body = self.call("UpdateTable", at=at, TableName="orders", **body)["TableDescription"]
        return answer

    def table(self, at: Any = HOME, name: Any = "orders") -> Body:
        answer: Body = self.call("DescribeTable", at=at, TableName=name)["Table"]
        return answer

    def index(self, name: str) -> Body | None:
        listed = self.table().get("GlobalSecondaryIndexes", [])
        return next((each for each in listed if each["IndexName"] == name), None)

    def pass_time(self, seconds: float) -> None:
        """Let virtual time pass in steps, so that what is due happens when it is due."""
        steps = max(1, min(40, int(seconds)))
        for _ in range(steps):
            self.world.clock.advance(seconds / steps)
            self.world.settle()

    def put(self, at: Any = HOME, **item: Any) -> None:
        dynamodb_backends[ACCOUNT][at].put_item("orders", item)

    def rows(self, at: Any = HOME) -> list[Body]:
        found, _, _ = dynamodb_backends[ACCOUNT][at].tables["orders"].scan({}, 1000, None)  # type: ignore[arg-type]  # moto takes None
        return [item.to_json()["Attributes"] for item in found]
