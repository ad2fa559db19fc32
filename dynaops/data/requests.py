"""The requests that write rows in each mode, and the meaning of their responses for the rows.

Limits are BatchWriteItem's (API reference): 25 requests, 16 MB, no key twice. Rows carry their item as DynamoDB JSON
already, so a request is made by joining bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple, Protocol

import orjson

from dynaops.aws.classify import DATA_RETRYABLE, DATA_THROTTLED
from dynaops.data.http.client import error_of
from dynaops.data.http.http_connection import HttpResponse
from dynaops.data.options import Mode
from dynaops.data.rows import DeletedRow, Keys, WriteRow

BATCH = 25
MOST_BYTES = 15_000_000
"""The largest body of a request in bytes; AWS accepts 16 MB."""
_API = "DynamoDB_20120810."
_PUT, _DELETE = b'{"PutRequest":{"Item":%b}}', b'{"DeleteRequest":{"Key":%b}}'

_OF_A_ROW = {
    "ValidationException",
    "SerializationException",
    "ItemCollectionSizeLimitExceededException",
    "RequestEntityTooLarge",
}
_PRESENT = "ConditionalCheckFailedException"


class RowVerdict(Enum):
    """The meaning of a response for the rows of its request."""

    DONE = "done"
    """All rows except those `left` are written."""
    PRESENT = "present"
    """Not written: the table has an item of that key, which the mode does not replace."""
    BUSY = "busy"
    """Not written because of throttling; send the rows again, slower."""
    LOST = "lost"
    """It is not known whether the rows are written; send them again."""
    INVALID = "invalid"
    """Not written: at least one of the rows is not valid."""
    STOP = "stop"
    """Not written, and no other row can be written either: the load ends."""


class RequestOutcome(NamedTuple):
    """The result of a request: `left` are the rows that AWS did not process, `consumed` the capacity units.

    `unanswered`: no response came, but the request may have taken effect. `existing`: with PRESENT, the item of that
    key in the table, if AWS returned it.
    """

    verdict: RowVerdict
    left: Sequence[WriteRow] = ()
    consumed: float = 0.0
    code: str = ""
    text: str = ""
    unanswered: bool = False
    existing: Any = None


class WriteRequest(Protocol):
    """A kind of request that writes up to `most` rows with the operation `target`."""

    target: str
    most: int

    def body(self, rows: Sequence[WriteRow]) -> bytes:
        """The body of the request that writes `rows`."""

    def body_again(self, rows: Sequence[WriteRow]) -> bytes:
        """The body for rows that an earlier request without a response may have written."""

    def read(self, answer: HttpResponse, rows: Sequence[WriteRow]) -> RequestOutcome:
        """The meaning of the response `answer` for `rows`."""


def write_request_for(mode: Mode, table: str, keys: Keys) -> WriteRequest:
    """The kind of request that writes rows to `table` in this mode."""
    if mode is Mode.PUT:
        return BatchPut(table, keys)
    if mode is Mode.DELETE:
        return BatchDelete(table, keys)
    return PutIfAbsent(table, keys) if mode is Mode.IF_NOT_EXISTS else Update(table, keys)


class BatchPut:
    """BatchWriteItem with a PutRequest for each row."""

    target = f"{_API}BatchWriteItem"
    most = BATCH
    _before, _between, _after = b'{"PutRequest":{"Item":', b'}},{"PutRequest":{"Item":', b"}}"

    def __init__(self, table: str, keys: Keys) -> None:
        self._names = key_names(keys)
        self._start = (
            b'{"ReturnConsumedCapacity":"TOTAL","RequestItems":{%b:[' % orjson.dumps(table)
        ) + self._before
        self._end = self._after + b"]}}"

    def body(self, rows: Sequence[WriteRow]) -> bytes:
        if DeletedRow in map(type, rows):
            requests = [(_DELETE if type(row) is DeletedRow else _PUT) % row.body for row in rows]
            return b"%b%b]}}" % (self._start.removesuffix(self._before), b",".join(requests))
        return b"%b%b%b" % (self._start, self._between.join([row.body for row in rows]), self._end)

    def body_again(self, rows: Sequence[WriteRow]) -> bytes:
        return self.body(rows)

    def read(self, answer: HttpResponse, rows: Sequence[WriteRow]) -> RequestOutcome:
        if answer.status != 200:
            return refusal(answer)
        try:
            response = orjson.loads(answer.body)
            consumed = sum(
                float(capacity.get("CapacityUnits", 0)) for capacity in response.get("ConsumedCapacity") or ()
            )
            left = response["UnprocessedItems"]
            if not isinstance(left, dict):
                raise TypeError
            return RequestOutcome(RowVerdict.DONE, self._left(left, rows) if left else (), consumed)
        except (ValueError, AttributeError, TypeError, KeyError):
            return RequestOutcome(RowVerdict.LOST, text="the answer is not DynamoDB's", unanswered=True)

    def _left(self, left: dict[str, Any], rows: Sequence[WriteRow]) -> Sequence[WriteRow]:
        """The rows of the unprocessed requests; all `rows` if one is not identified, as writing twice is harmless."""
        requests = [request for requests in left.values() for request in requests]
        if len(requests) >= len(rows):
            return rows
        unprocessed = {_identity(_content(request), self._names) for request in requests}
        unprocessed_rows = [
            row for row in rows if _identity(orjson.loads(row.body), self._names) in unprocessed
        ]
        return unprocessed_rows if len(unprocessed_rows) == len(requests) else rows


class BatchDelete(BatchPut):
    """BatchWriteItem with a DeleteRequest for each row; only the key of the row is sent."""

    _before, _between, _after = b'{"DeleteRequest":{"Key":', b'}},{"DeleteRequest":{"Key":', b"}}"

    def body(self, rows: Sequence[WriteRow]) -> bytes:
        keys = [orjson.dumps(_key(orjson.loads(row.body), self._names)) for row in rows]
        return b"%b%b%b" % (self._start, self._between.join(keys), self._end)


class _Single:
    """A request that writes one row."""

    most = 1

    def __init__(self, table: str, keys: Keys) -> None:
        self._table = table
        self._names = key_names(keys)
        self._start = b'{"ReturnConsumedCapacity":"TOTAL","TableName":%b,' % orjson.dumps(table)

    def read(self, answer: HttpResponse, rows: Sequence[WriteRow]) -> RequestOutcome:
        if answer.status != 200:
            return refusal(answer)
        try:
            consumed = orjson.loads(answer.body).get("ConsumedCapacity") or {}
            return RequestOutcome(RowVerdict.DONE, (), float(consumed.get("CapacityUnits", 0)))
        except (ValueError, AttributeError, TypeError):
            return RequestOutcome(RowVerdict.LOST, text="the answer is not DynamoDB's", unanswered=True)


class PutIfAbsent(_Single):
    """PutItem on the condition that the table has no item of that key.

    A repeated request asks AWS to return the existing item: after a lost response this load may have written it.
    """

    target = f"{_API}PutItem"

    def __init__(self, table: str, keys: Keys) -> None:
        super().__init__(table, keys)
        names = orjson.dumps({"#k": keys.hash_key})
        condition = b'"ConditionExpression":"attribute_not_exists(#k)","ExpressionAttributeNames":%b,"Item":'
        self._start += condition % names

    def body(self, rows: Sequence[WriteRow]) -> bytes:
        return b"%b%b}" % (self._start, rows[0].body)

    def body_again(self, rows: Sequence[WriteRow]) -> bytes:
        return b'%b%b,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}' % (self._start, rows[0].body)

    def read(self, answer: HttpResponse, rows: Sequence[WriteRow]) -> RequestOutcome:
        outcome = super().read(answer, rows)
        if outcome.verdict is RowVerdict.PRESENT:
            return outcome._replace(existing=orjson.loads(answer.body).get("Item"))
        return outcome


class Update(_Single):
    """UpdateItem that sets the row's attributes and keeps the item's other attributes."""

    target = f"{_API}UpdateItem"

    def body(self, rows: Sequence[WriteRow]) -> bytes:
        item: dict[str, Any] = orjson.loads(rows[0].body)
        rest = [(name, value) for name, value in item.items() if name not in self._names]
        request: dict[str, Any] = {"Key": _key(item, self._names)}
        if rest:
            request["UpdateExpression"] = "SET " + ",".join(f"#{at}=:{at}" for at in range(len(rest)))
            request["ExpressionAttributeNames"] = {f"#{at}": name for at, (name, _) in enumerate(rest)}
            request["ExpressionAttributeValues"] = {f":{at}": value for at, (_, value) in enumerate(rest)}
        return self._start + orjson.dumps(request)[1:]

    def body_again(self, rows: Sequence[WriteRow]) -> bytes:
        return self.body(rows)


def refusal(answer: HttpResponse) -> RequestOutcome:
    """The meaning of a response with a status other than 200, or of no response."""
    if answer.status == 0:
        return RequestOutcome(RowVerdict.LOST, text=answer.reason, unanswered=answer.sent)
    code, text = error_of(answer)
    verdict = _verdict(answer.status, code)
    # After a 5xx a write may have happened (Developer Guide, Error handling: HTTP status code 5xx).
    unanswered = verdict is RowVerdict.LOST and (answer.status >= 500 or answer.status == 408)
    return RequestOutcome(verdict, code=code, text=text, unanswered=unanswered)


def _verdict(status: int, code: str) -> RowVerdict:
    if code in DATA_THROTTLED or status == 429:
        return RowVerdict.BUSY
    if status >= 500 or status == 408 or code in DATA_RETRYABLE:
        return RowVerdict.LOST
    if code == _PRESENT:
        return RowVerdict.PRESENT
    return RowVerdict.INVALID if code in _OF_A_ROW or status == 413 else RowVerdict.STOP


def is_same(item: Any, row: WriteRow) -> bool:
    """Whether `item`, as DynamoDB returns it, equals the item that `row` writes."""
    try:
        return bool(_comparable(item) == _comparable(orjson.loads(row.body)))
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        return False


def _comparable(item: dict[str, Any]) -> dict[str, Any]:
    """An item in a form that can be compared as DynamoDB does: numbers by value, sets in any order."""
    return {name: _value(value) for name, value in item.items()}


def _value(value: dict[str, Any]) -> tuple[str, Any]:
    ((kind, content),) = value.items()
    if kind == "M":
        return kind, _comparable(content)
    if kind == "L":
        return kind, [_value(element) for element in content]
    if kind == "N":
        return kind, Decimal(content)
    if kind == "NS":
        return kind, frozenset(map(Decimal, content))
    return kind, frozenset(content) if kind in ("SS", "BS") else content


def key_names(keys: Keys) -> tuple[str, ...]:
    """The names of the table's key attributes."""
    return (keys.hash_key, keys.range_key) if keys.range_key else (keys.hash_key,)


def _key(item: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: item[name] for name in names}


def _content(request: dict[str, Any]) -> dict[str, Any]:
    """The item of a put request, the key of a delete request."""
    content: dict[str, Any]
    content = request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"]
    return content


def _identity(item: dict[str, Any], names: Sequence[str]) -> tuple[tuple[str, object], ...]:
    """The key of an item, with numbers by value, so that different notations of a number are equal."""
    pairs = (next(iter(item[name].items())) for name in names)
    return tuple((kind, Decimal(value) if kind == "N" else value) for kind, value in pairs)
