"""BatchWriteItem, which the sandbox implements itself, and BatchGetItem, which moto answers after our checks."""

from __future__ import annotations

from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType

from dynaops.sandbox.dispatch import ApiCall, Touched, operation
from dynaops.sandbox.dynamodb import capacity, keys
from dynaops.sandbox.dynamodb.data import store
from dynaops.sandbox.dynamodb.keys import Rules
from dynaops.sandbox.dynamodb.shapes import check_shape, check_types
from dynaops.sandbox.dynamodb.values import (
    BARE,
    OLDER,
    SEVERAL,
    Attributes,
    ValueReader,
    moto_item,
    rewrite,
    size_of,
    wire_of,
)
from dynaops.sandbox.errors import ApiError, validation
from dynaops.sandbox.faults import EXCEEDED

MOST_WRITES = 25
MOST_READS = 100
DUPLICATES = "Provided list of item keys contains duplicates"

Body = dict[str, Any]
Key = tuple[DynamoType, ...]
_Write = tuple[Body, Key, Attributes | None]
"""A write request in wire form, its key, and the item to put (None: delete)."""


@operation("dynamodb", "BatchWriteItem")
def batch_write_item(call: ApiCall) -> Body:
    """Put and delete the items; nothing is written if any request is invalid."""
    requests = _checked_requests(call)
    count = sum(len(each) for each in requests.values())
    for given in requests.values():
        if not 1 <= len(given) <= MOST_WRITES:
            raise validation(_request_count(requests))
    if count > MOST_WRITES:
        raise validation("Too many items requested for the BatchWriteItem call")
    reader = ValueReader(OLDER)
    read = {name: [_read_request(reader, each) for each in given] for name, given in requests.items()}
    tables = {name: keys.rules(call, name) for name in read}
    writes = {name: _checked_writes(tables[name], requests[name], read[name]) for name in read}
    unprocessed = _leave_out(call, writes, count)
    consumed = [_write(tables[name], planned, call) for name, planned in writes.items()]
    answer: Body = {"UnprocessedItems": unprocessed}
    if call.body.get("ReturnItemCollectionMetrics") == "SIZE":
        answer["ItemCollectionMetrics"] = {}
    capacity.show(call.body, answer, consumed)
    return answer


def _checked_requests(call: ApiCall) -> Body:
    """The request's items by table, with the rest of the request checked."""
    requests = call.body.get("RequestItems")
    rest = {**call.body, "RequestItems": {}} if isinstance(requests, dict) else call.body
    if requests == {}:
        raise validation(f"The requestItems parameter is required for {call.operation}")
    check_types(f"{call.operation}Input", rest)
    if not isinstance(requests, dict):
        check_shape(call.operation, call.body)
        return {}
    return requests


def _request_count(requests: dict[str, list[Any]]) -> str:
    """The number of requests for an error message (AWS prints the requests in full there)."""
    shown = ", ".join(f"{name}=[{len(given)} requests]" for name, given in requests.items())
    return (
        f"1 validation error detected: Value '{{{shown}}}' at 'requestItems' failed to satisfy constraint: Map value "
        f"must satisfy constraint: [Member must have length less than or equal to {MOST_WRITES}, Member must have "
        "length greater than or equal to 1]"
    )


def _read_request(reader: ValueReader, request: Any) -> tuple[Attributes, bool]:
    """The attributes of a write request, and whether it is a put (not a delete)."""
    check_types("WriteRequest", {name: {} for name in request} if isinstance(request, dict) else request)
    puts, deletes = request.get("PutRequest"), request.get("DeleteRequest")
    if (puts is None) == (deletes is None):
        raise validation(SEVERAL)
    member, holder = ("Item", puts) if deletes is None else ("Key", deletes)
    if not isinstance(holder, dict) or not isinstance(holder.get(member), dict):
        check_types("WriteRequest", request)
        path = f"{'putRequest' if deletes is None else 'deleteRequest'}.{member.lower()}"
        raise validation(
            f"1 validation error detected: Value null at 'requestItems.member.{path}' failed to satisfy "
            "constraint: Member must not be null"
        )
    return reader.item(holder[member])[0], deletes is None


def _checked_writes(rules: Rules, given: list[Body], read: list[tuple[Attributes, bool]]) -> list[_Write]:
    writes: list[_Write] = []
    for request, (attributes, put) in zip(given, read, strict=True):
        if put:
            rules.check_batch_put(attributes)
        else:
            rules.check_key(attributes)
        writes.append((request, rules.key_of(attributes), attributes if put else None))
    if len({key for _, key, _ in writes}) != len(writes):
        raise validation(DUPLICATES)
    return writes


def _leave_out(call: ApiCall, writes: dict[str, list[_Write]], count: int) -> Body:
    """Remove from `writes` the requests that a fault leaves unprocessed. If all are, AWS throttles (API Reference)."""
    if call.leaves_out is None:
        return {}
    left: dict[str, list[Body]] = {}
    for name, planned in writes.items():
        out = [call.leaves_out() for _ in planned]
        if any(out):
            left[name] = [write[0] for write, leave in zip(planned, out, strict=True) if leave]
            writes[name] = [write for write, leave in zip(planned, out, strict=True) if not leave]
    if sum(len(each) for each in left.values()) == count:
        raise ApiError("ProvisionedThroughputExceededException", EXCEEDED)
    return left


def _write(rules: Rules, writes: list[_Write], call: ApiCall) -> capacity.Consumed:
    counts = capacity.consumption_mode(call.body) is not None
    consumed = capacity.Consumed(rules.table)
    for _, key, attributes in writes:
        old = (
            put(rules, key, attributes) if attributes is not None else rules.data.delete_item(*_moto_key(key))
        )
        if counts:
            consumed.write(old.attrs if old is not None else None, attributes)
    return consumed


def put(rules: Rules, key: Key, attributes: Attributes) -> Any:
    """Store a checked item and write it to the stream. Returns the item that it replaces, if any."""
    old = rules.data.get_item(*_moto_key(key))
    item = moto_item(rules.names, attributes)
    store(rules.data, item)
    if rules.data.stream_shard is not None:
        rules.data.stream_shard.add(old, item)
    return old


def _moto_key(key: Key) -> tuple[DynamoType, DynamoType | None]:
    return key[0], key[1] if len(key) > 1 else None


@operation("dynamodb", "BatchGetItem")
def batch_get_item(call: ApiCall) -> Touched:
    """Check the keys; moto reads."""
    requests = _checked_requests(call)
    check_types("BatchGetItemInput", {**call.body, "RequestItems": {name: {} for name in requests}})
    for name, given in requests.items():
        _check_keys(name, given)
    if sum(len(given["Keys"]) for given in requests.values()) > MOST_READS:
        raise validation("Too many items requested for the BatchGetItem call")
    reader = ValueReader(BARE)
    read = {name: [reader.item(key)[0] for key in given["Keys"]] for name, given in requests.items()}
    tables = {name: keys.rules(call, name) for name in read}
    for name, given in read.items():
        for key in given:
            tables[name].check_key(key)
        if len({tables[name].key_of(key) for key in given}) != len(given):
            raise validation(DUPLICATES)
    return _let_moto_read(call, requests, tables, read)


def _check_keys(name: str, given: Any) -> None:
    check_types("KeysAndAttributes", {**given, "Keys": []} if isinstance(given, dict) else given)
    listed = given.get("Keys")
    check_types("KeyList", [{} for _ in listed] if isinstance(listed, list) else listed or [])
    constraint = (
        None
        if listed and len(listed) <= MOST_READS
        else f"length less than or equal to {MOST_READS}"
        if listed
        else "length greater than or equal to 1"
    )
    if constraint:
        raise validation(
            f"1 validation error detected: Value at 'RequestItems.{name}.member.Keys' failed to satisfy constraint: "
            f"Member must have {constraint}"
        )


def _let_moto_read(
    call: ApiCall, requests: Body, tables: dict[str, Rules], read: dict[str, list[Attributes]]
) -> Touched:
    out = {
        name: [call.leaves_out is not None and call.leaves_out() for _ in given]
        for name, given in read.items()
    }
    if all(leave for each in out.values() for leave in each):
        raise ApiError("ProvisionedThroughputExceededException", EXCEEDED)
    left = {
        name: {
            **requests[name],
            "Keys": [wire_of(key) for key, leave in zip(read[name], each, strict=True) if leave],
        }
        for name, each in out.items()
        if any(each)
    }

    def request(parsed: Body) -> None:
        rewrite(parsed)
        for name, each in out.items():
            table_request = parsed["RequestItems"][name]
            table_request["Keys"] = [
                key for key, leave in zip(table_request["Keys"], each, strict=True) if not leave
            ]
        for name in [name for name, each in out.items() if all(each)]:
            del parsed["RequestItems"][name]

    def answer(body: Body) -> None:
        body.setdefault("Responses", {})
        body["UnprocessedKeys"] = {**body.get("UnprocessedKeys", {}), **left}
        if capacity.consumption_mode(call.body) is None:
            body.pop("ConsumedCapacity", None)
            return
        consumed = [
            _consumed_by_reads(tables[name], requests[name], read[name], each) for name, each in out.items()
        ]
        capacity.show(call.body, body, consumed)

    return Touched(request, answer)


def _consumed_by_reads(
    rules: Rules, request: Body, keys: list[Attributes], left_out: list[bool]
) -> capacity.Consumed:
    """Capacity consumed: each item is rounded up by itself; an item that does not exist costs the smallest read."""
    consumed = capacity.Consumed(rules.table)
    for key, leave in zip(keys, left_out, strict=True):
        if not leave:
            item = rules.data.get_item(*_moto_key(rules.key_of(key)))
            consumed.read(size_of(item.attrs) if item is not None else 0, bool(request.get("ConsistentRead")))
    return consumed
