"""Kinesis streaming destinations of tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import registry
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import invalid, not_found, validation
from dynaops.sandbox.world import World

ENABLE_SECONDS, DISABLE_SECONDS, UPDATE_SECONDS = 4.0, 4.0, 135.0
"""ENABLING 2-7 s (DDB-TABLE-299), a precision change 124-152 s (DDB-TABLE-301)."""
DEFAULT_PRECISION = "MILLISECOND"


@dataclass
class KinesisDestination:
    """One Kinesis stream of the table, and its state as DescribeKinesisStreamingDestination shows it."""

    status: str
    precision: str | None = None
    description: str | None = None


@dataclass
class KinesisState:
    """Destinations by stream ARN. A DISABLED destination remains in the list (DDB-TABLE-302)."""

    by_stream: dict[str, KinesisDestination] = field(default_factory=dict)


@operation("dynamodb", "EnableKinesisStreamingDestination")
def enable(call: ApiCall) -> dict[str, Any]:
    """Enable a destination. The call does not check the stream (DDB-TABLE-299): a missing one fails later."""
    table, arn, state = _requested_destination(call)
    registry.require_settled(table)
    if any(
        destination.status in ("ENABLING", "ACTIVE", "UPDATING", "DISABLING")
        for destination in state.by_stream.values()
    ):
        raise validation("Table is not in a valid state to enable Kinesis Streaming Destination")
    given = call.body.get("EnableKinesisStreamingConfiguration") or {}
    precision = given.get("ApproximateCreationDateTimePrecision")
    state.by_stream[arn] = KinesisDestination("ENABLING", precision)
    call.world.schedule(ENABLE_SECONDS, "dynamodb.kinesis", stream=arn, **registry.address(table))
    answer: dict[str, Any] = {"TableName": table.name, "StreamArn": arn, "DestinationStatus": "ENABLING"}
    if given:
        answer["EnableKinesisStreamingConfiguration"] = given
    return answer


@operation("dynamodb", "DisableKinesisStreamingDestination")
def disable(call: ApiCall) -> dict[str, Any]:
    table, arn, state = _requested_destination(call)
    destination = state.by_stream.get(arn)
    if destination is None or destination.status == "DISABLED":
        raise not_found(f"Table: {table.name} has no active Kinesis streaming destination {arn}")
    if destination.status not in ("ACTIVE", "ENABLE_FAILED"):
        raise validation("Table is not in a valid state to disable Kinesis Streaming Destination")
    destination.status = "DISABLING"
    call.world.schedule(DISABLE_SECONDS, "dynamodb.kinesis", stream=arn, **registry.address(table))
    return {"TableName": table.name, "StreamArn": arn, "DestinationStatus": "DISABLING"}


@operation("dynamodb", "UpdateKinesisStreamingDestination")
def update(call: ApiCall) -> dict[str, Any]:
    table, arn, state = _requested_destination(call)
    given = call.body.get("UpdateKinesisStreamingConfiguration") or {}
    precision = given.get("ApproximateCreationDateTimePrecision")
    if precision is None:
        raise invalid("Streaming destination configuration is not specified")
    destination = state.by_stream.get(arn)
    if destination is None or destination.status != "ACTIVE":
        raise validation("Table is not in a valid state to update Kinesis Streaming Destination")
    if precision == (destination.precision or DEFAULT_PRECISION):
        raise validation("Precision is already set to the desired value")
    destination.status, destination.precision = "UPDATING", precision
    call.world.schedule(UPDATE_SECONDS, "dynamodb.kinesis", stream=arn, **registry.address(table))
    return {
        "TableName": table.name,
        "StreamArn": arn,
        "DestinationStatus": "UPDATING",
        "UpdateKinesisStreamingConfiguration": given,
    }


@operation("dynamodb", "DescribeKinesisStreamingDestination")
def describe(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table = registry.lookup(call, call.body["TableName"])
    return {
        "TableName": table.name,
        "KinesisDataStreamDestinations": [
            _description(arn, destination) for arn, destination in table.facet(KinesisState).by_stream.items()
        ],
    }


def _description(arn: str, kinesis_destination: KinesisDestination) -> dict[str, Any]:
    description = {"StreamArn": arn, "DestinationStatus": kinesis_destination.status}
    if kinesis_destination.description is not None:
        description["DestinationStatusDescription"] = kinesis_destination.description
    if kinesis_destination.precision is not None:
        description["ApproximateCreationDateTimePrecision"] = kinesis_destination.precision
    return description


@registry.table_action("dynamodb.kinesis")
def _end_change(_world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    destination = table.facet(KinesisState).by_stream.get(data["stream"])
    if destination is None:
        return
    if destination.status == "ENABLING" and not _stream_exists(data["stream"]):
        destination.status = "ENABLE_FAILED"
        destination.description = (
            "User does not have a permission to use kinesis stream, or the stream does not exist"
        )
        return
    settled = {"ENABLING": "ACTIVE", "UPDATING": "ACTIVE", "DISABLING": "DISABLED"}
    destination.status = settled.get(destination.status, destination.status)


def _stream_exists(arn: str) -> bool:
    from moto.kinesis.models import kinesis_backends

    parts = arn.split(":", 5)
    return parts[5].removeprefix("stream/") in kinesis_backends[parts[4]][parts[3]].streams


def _requested_destination(call: ApiCall) -> tuple[SandboxTable, str, KinesisState]:
    check_shape(call.operation, call.body)
    arn = call.body["StreamArn"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "kinesis" or not parts[5].startswith("stream/"):
        raise validation(f"Invalid StreamArn: {arn}")
    table = registry.lookup(call, call.body["TableName"])
    return table, arn, table.facet(KinesisState)
