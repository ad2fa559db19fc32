"""DynamoDB Streams: enabled streams, and those that ended within the last day.

Records come from moto; the list of streams and the checks of requests are here.
"""

from __future__ import annotations

import re
from typing import Any

from moto.dynamodbstreams.models import ShardIterator, dynamodbstreams_backends

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import moto_bridge, registry, stream_store
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.dynamodb.stream_store import TableStream
from dynaops.sandbox.errors import not_found, validation

_SERVICE = "dynamodbstreams"
_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table/[a-zA-Z0-9_.-]+/stream/.+")
_PAGE = 100
_BY_SEQUENCE = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


@operation(_SERVICE, "ListStreams")
def list_streams(call: ApiCall) -> dict[str, Any]:
    """ListStreams: in the order of ARNs, including streams that ended within the last day."""
    check_shape("ListStreams", call.body, _SERVICE)
    limit, start = int(call.body.get("Limit") or _PAGE), call.body.get("ExclusiveStartStreamArn")
    if limit > _PAGE:
        raise validation(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member "
            f"must have value less than or equal to {_PAGE}"
        )
    if start is not None:
        _check_arn(start)
    wanted = call.body.get("TableName")
    name = registry.table_name(call, wanted) if wanted is not None else None
    streams = sorted(
        (stream for stream in _streams(call) if name in (None, stream.table)), key=lambda stream: stream.arn
    )
    left = [stream for stream in streams if start is None or stream.arn > start]
    answer: dict[str, Any] = {
        "Streams": [
            {"StreamArn": stream.arn, "TableName": stream.table, "StreamLabel": stream.label}
            for stream in left[:limit]
        ]
    }
    if len(left) > limit:
        answer["LastEvaluatedStreamArn"] = left[limit - 1].arn
    return answer


@operation(_SERVICE, "DescribeStream")
def describe_stream(call: ApiCall) -> dict[str, Any]:
    """DescribeStream: a stream's state and its shard. Raises ResourceNotFoundException."""
    check_shape("DescribeStream", call.body, _SERVICE)
    stream = _stream(call, call.body["StreamArn"])
    shard = stream.shard.to_json()
    if stream.ended is not None:
        last = stream.shard.starting_sequence_number + len(stream.shard.items)
        shard["SequenceNumberRange"]["EndingSequenceNumber"] = str(last)
    after = call.body.get("ExclusiveStartShardId")
    description = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.ended is None else "DISABLED",
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.shard.created_on.timestamp(),
        "TableName": stream.table,
        "KeySchema": stream.key_schema,
        "Shards": [shard] if after is None else [],
    }
    return {"StreamDescription": description}


@operation(_SERVICE, "GetShardIterator")
def get_shard_iterator(call: ApiCall) -> dict[str, Any]:
    """GetShardIterator: a position in a shard from which records can be read."""
    check_shape("GetShardIterator", call.body, _SERVICE)
    kind, number = call.body["ShardIteratorType"], call.body.get("SequenceNumber")
    if (kind in _BY_SEQUENCE) != (number is not None):
        verb = "requires" if number is None else "does not allow"
        raise validation(f"ShardIteratorType {kind} {verb} a SequenceNumber")
    if number is not None and not number.isdecimal():
        raise validation(f"Invalid SequenceNumber: {number}")
    stream = _stream(call, call.body["StreamArn"])
    if call.body["ShardId"] != stream.shard.id:
        raise not_found(f"Shard: {call.body['ShardId']} in stream: {stream.arn} not found")
    backend = dynamodbstreams_backends[call.account][call.region]
    iterator = ShardIterator(backend, stream.shard, kind, int(number) if number is not None else None)
    backend.shard_iterators[iterator.arn] = iterator
    return {"ShardIterator": iterator.arn}


def _check_arn(arn: str) -> None:
    if not _ARN.fullmatch(arn):
        raise validation(f"Invalid StreamArn: {arn}")


def _stream(call: ApiCall, arn: str) -> TableStream:
    _check_arn(arn)
    stream = next((candidate for candidate in _streams(call) if candidate.arn == arn), None)
    if stream is None:
        raise not_found(f"Stream: {arn} not found")
    return stream


def _streams(call: ApiCall) -> list[TableStream]:
    living = []
    for table in registry.tables_in(call.world, call.account, call.region).values():
        data = moto_bridge.data_of(call.world, table)
        if table.stream_view is None or table.stream_label is None or data is None or not data.shard:
            continue
        arn = f"{table.arn}/stream/{table.stream_label}"
        living.append(
            TableStream(arn, table.stream_label, table.name, table.stream_view, table.key_schema, data.shard)
        )
    return [*living, *stream_store.ended(call.world, call.account, call.region)]
