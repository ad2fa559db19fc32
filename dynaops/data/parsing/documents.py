"""Reads the documents of AWS that contain items: responses, requests, change records and data models.

An object that has the table's key attributes is always an item. Sources: DynamoDB API reference (Scan,
BatchGetItem, BatchWriteItem, TransactWriteItems), Developer Guide (DynamoDB table export output format; DynamoDB
Streams and AWS Lambda), NoSQL Workbench (data model file).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

import orjson

from dynaops.data.parsing.document_parts import DocumentPart, PartAction
from dynaops.data.parsing.spans import TextSpan, spans

CUT_OFF = "the file ends within this element"
ROWS_READ = "\0read"
"""A member that the reader adds to a document: the number of its rows that were read before."""
_MOST_DEPTH = 4
"""The deepest nesting of arrays and wrappers."""


_ANSWER = frozenset(
    {
        *("Items", "Count", "ScannedCount", "LastEvaluatedKey", "ConsumedCapacity", "ResponseMetadata"),
        *(
            ROWS_READ,
            "$metadata",
            "NextToken",
            "LastKey",
            "RequestId",
            "resultMetadata",
            "sdkResponseMetadata",
        ),
    }
)
_GET = frozenset({"Item", "ConsumedCapacity", "ResponseMetadata", "$metadata"})
_CONDITIONS = frozenset({"ConditionExpression", "Expected"})
_FIRST_NAME = re.compile(rb'\[\s*\{\s*"([^"\\]*)"')
_PARTIAL = (
    "This is a part of a table: the answer goes on from its LastEvaluatedKey, and that part is not in it"
)
_FILTERED = (
    "A filter left items out of this answer (its ScannedCount is more than its Count): they are not loaded"
)
_FOREIGN = (
    (
        {"before", "after", "op"},
        "a Debezium change event: load the objects at `after`, or delete the keys of op d",
    ),
    ({"data", "metadata"}, "a record of AWS DMS: load the objects at `data`, for instance with jq -c .data"),
    (
        {"kinesis"},
        "a Kinesis event: load what .kinesis.data is in base64 (jq -r .kinesis.data | base64 -d)",
    ),
    ({"Table"}, "the description of a table (DescribeTable), not an item"),
    ({"TableDescription"}, "the description of a table, not an item"),
)


class _Cut(NamedTuple):
    """The values of an object by name; the last one if a name occurs twice."""

    text: bytes
    values: dict[str, TextSpan]
    order: list[TextSpan]
    end: int
    closed: bool

    def kind(self, name: str) -> bytes:
        """The first byte of a value, which is the bracket of an object or array; empty if there is no such value."""
        span = self.values.get(name)
        return self.text[span.start : span.start + 1] if span else b""

    def string(self, name: str) -> str:
        """The text of a string member; "" if it is no string."""
        span = self.values.get(name)
        try:
            value = orjson.loads(self.text[span.start : span.end]) if span and span.whole else ""
        except ValueError:
            return ""
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        span = self.values.get(name)
        text = self.text[span.start : span.end] if span and span.whole else b""
        return int(text) if text.isdigit() else None


def parts_of(
    text: bytes, keys: Collection[str], at: int = 0, end: int | None = None, depth: int = 0
) -> list[DocumentPart] | None:
    """The parts of a document (an array or an object); None if it is an item, or not a known document.

    If the text is cut off, the complete parts are returned, with a fault at the end.
    """
    stop = len(text) if end is None else end
    bracket = text[at : at + 1]
    if (
        depth > _MOST_DEPTH
        or text[at : at + _MOST_DEPTH] == b"[" * _MOST_DEPTH
        or (bracket == b"[" and not _has_rows(text, at, stop))
    ):
        return None
    if bracket == b"[":
        return list(_array(text, at, stop, keys, depth))
    if bracket != b"{":
        return None
    whole = _cut(text, at, stop)
    if any(key in whole.values for key in keys):
        return None
    object_parts = _object(whole, keys, depth)
    if object_parts is None:
        return None
    parts = list(object_parts)
    if not whole.closed and not any(part.reason == CUT_OFF for part in parts):
        last = whole.order[-1] if whole.order else TextSpan("", at, stop)
        parts.append(
            DocumentPart(PartAction.FAULT, max(last.start, parts[-1].end if parts else at), stop, "", CUT_OFF)
        )
    return parts


def _has_rows(text: bytes, at: int, stop: int) -> bool:
    """Whether an array can contain rows: it begins with an object or array, is cut off, or is empty."""
    return text[at + 1 : stop].lstrip()[:1] in (b"{", b"[", b"")


def _cut(text: bytes, at: int, stop: int) -> _Cut:
    object_spans = spans(text, at, stop)
    return _Cut(
        text,
        {span.name: span for span in object_spans.values},
        object_spans.values,
        object_spans.end,
        object_spans.closed,
    )


def _array(text: bytes, at: int, stop: int, keys: Collection[str], depth: int) -> Iterator[DocumentPart]:
    array_spans = spans(text, at, stop)
    last = None
    for span in array_spans.values:
        inner = parts_of(text, keys, span.start, span.end, depth + 1)
        for part in inner if inner is not None else _items([span]):
            last = part
            yield part
    if not array_spans.closed and (last is None or last.reason != CUT_OFF):
        yield DocumentPart(
            PartAction.FAULT, array_spans.values[-1].end if array_spans.values else at, stop, "", CUT_OFF
        )


def _object(whole: _Cut, keys: Collection[str], depth: int) -> Iterator[DocumentPart] | None:
    """The parts of an object that contains items; None if it is not a known document."""
    names = whole.values.keys()
    if whole.kind("Items") == b"[" and names <= _ANSWER:
        return _answer(whole)
    if whole.kind("Responses") in (b"{", b"["):
        return _responses(whole)
    if depth == 0 and names and (names <= {"Item"} or names <= {"PutRequest"}):
        return None  # read as an item, for a better error message
    if whole.kind("Item") == b"{" and (names <= _GET or "TableName" in names):
        return _put(whole, whole.string("TableName"))
    if whole.kind("TransactItems") == b"[":
        return _transaction(whole)
    if whole.kind("Records") == b"[":
        return _records(whole, keys, depth)
    if whole.kind("DataModel") == b"[":
        return _models(whole)
    if whole.kind("dynamodb") == b"{":
        return _stream_record(whole)
    if whole.kind("Keys") == b"{" and not names & {"AttributesToGet"}:
        return _change(whole)
    if names and names <= {"PutRequest", "DeleteRequest"}:
        return _request(whole, "")
    for name in ("RequestItems", "UnprocessedItems"):
        if whole.kind(name) == b"{":
            span = whole.values[name]
            return _requests(_cut(whole.text, span.start, span.end))
    return _requests(whole) if _is_requests(whole) else _refused(whole)


def list_of_rows(text: bytes, behind: int = 0) -> int | None:
    """Where the rows begin in an incomplete response or request: after the bracket of its last list.

    None if the object's last member is no such list, or begins before `behind`.
    """
    if text[:1] != b"{":
        return None
    whole = _cut(text, 0, len(text))
    if whole.closed or not whole.order:
        return None
    last = whole.order[-1]
    if last.whole or last.start < behind or text[last.start : last.start + 1] != b"[":
        return None
    if (last.name == "Items" and whole.values.keys() <= _ANSWER) or _has_request(text, last):
        return last.start + 1
    return None


def _answer(whole: _Cut) -> Iterator[DocumentPart]:
    rows = whole.number(ROWS_READ) or 0
    for span in whole.order:
        if span.name == "Items":
            item_spans = spans(whole.text, span.start, span.end)
            rows += len(item_spans.values)
            yield from _items(item_spans.values)
    if "LastEvaluatedKey" in whole.values and whole.kind("LastEvaluatedKey") == b"{":
        span = whole.values["LastEvaluatedKey"]
        yield DocumentPart(PartAction.NOTE, span.start, span.end, "partial-answer", _PARTIAL)
    count, scanned = whole.number("Count"), whole.number("ScannedCount")
    if whole.closed and count is not None and scanned is not None and scanned > count:
        yield DocumentPart(PartAction.NOTE, span.start, span.end, "filtered-answer", _FILTERED)
    if whole.closed and count is not None and (count != rows or (scanned is not None and scanned < count)):
        span = whole.values["Count"]
        reason = "An answer's Count is not the number of its items: some are missing, or were added"
        yield DocumentPart(PartAction.NOTE, span.start, span.end, "answer-count", reason)


def _items(item_spans: list[TextSpan], table: str = "") -> Iterator[DocumentPart]:
    for span in item_spans:
        if span.whole:
            yield DocumentPart(PartAction.PUT, span.start, span.end, table)
        else:
            yield DocumentPart(PartAction.FAULT, span.start, span.end, table, CUT_OFF)


def _responses(whole: _Cut) -> Iterator[DocumentPart]:
    """BatchGetItem: lists by table. TransactGetItems: a list of objects with an Item."""
    for span in whole.order:
        if span.name != "Responses":
            continue
        inner = spans(whole.text, span.start, span.end).values
        if whole.text[span.start : span.start + 1] == b"[":
            for response in inner:
                yield from _put(_cut(whole.text, response.start, response.end), "")
            continue
        for table in inner:
            yield from _items(spans(whole.text, table.start, table.end).values, table.name)
    if "UnprocessedKeys" in whole.values:
        span = whole.values["UnprocessedKeys"]
        if spans(whole.text, span.start, span.end).values:
            reason = "An answer of BatchGetItem has UnprocessedKeys: their items are not in it"
            yield DocumentPart(PartAction.NOTE, span.start, span.end, "partial-answer", reason)


def _put(whole: _Cut, table: str) -> Iterator[DocumentPart]:
    if "Item" not in whole.values:
        return
    span = whole.values["Item"]
    if whole.values.keys() & _CONDITIONS:
        reason = "a write on a condition, which is not carried over"
        yield DocumentPart(PartAction.FAULT, span.start, span.end, table, reason)
    else:
        yield from _items([span], table)


def _delete(whole: _Cut, table: str) -> Iterator[DocumentPart]:
    span = whole.values.get("Key")
    if span is None:
        return
    if whole.values.keys() & _CONDITIONS:
        reason = "a delete on a condition, which is not carried over"
        yield DocumentPart(PartAction.FAULT, span.start, span.end, table, reason)
    elif span.whole:
        yield DocumentPart(PartAction.DELETE, span.start, span.end, table)
    else:
        yield DocumentPart(PartAction.FAULT, span.start, span.end, table, CUT_OFF)


def _transaction(whole: _Cut) -> Iterator[DocumentPart]:
    span = whole.values["TransactItems"]
    for entry in spans(whole.text, span.start, span.end).values:
        for inner in _cut(whole.text, entry.start, entry.end).order:
            request = _cut(whole.text, inner.start, inner.end)
            table = request.string("TableName").rpartition("table/")[2]
            if inner.name == "Put":
                yield from _put(request, table)
            elif inner.name == "Delete":
                yield from _delete(request, table)
            else:
                reason = f"{inner.name} is neither a put nor a delete, and is not carried out"
                yield DocumentPart(PartAction.FAULT, inner.start, inner.end, table, reason)


def _is_requests(whole: _Cut) -> bool:
    """Whether an object is the RequestItems of BatchWriteItem: lists of put and delete requests by table."""
    lists = [span for span in whole.order if whole.text[span.start : span.start + 1] == b"["]
    return ROWS_READ in whole.values or any(_has_request(whole.text, span) for span in lists)


def _has_request(text: bytes, span: TextSpan) -> bool:
    """Whether a list's first element is a put or delete request."""
    first = _FIRST_NAME.match(text, span.start, span.end)
    return first is not None and first[1] in (b"PutRequest", b"DeleteRequest")


def _requests(whole: _Cut) -> Iterator[DocumentPart]:
    for table in whole.order:
        if whole.text[table.start : table.start + 1] != b"[":
            continue
        name = table.name.rpartition("table/")[2]
        for entry in spans(whole.text, table.start, table.end).values:
            if whole.text[entry.start : entry.start + 1] == b"{":
                inner = list(_request(_cut(whole.text, entry.start, entry.end), name))
            else:
                inner = []
            if not entry.whole and not any(part.reason == CUT_OFF for part in inner):
                inner = [DocumentPart(PartAction.FAULT, entry.start, entry.end, name, CUT_OFF)]
            yield from inner or [
                DocumentPart(
                    PartAction.FAULT, entry.start, entry.end, name, "is no PutRequest and no DeleteRequest"
                )
            ]


def _request(whole: _Cut, table: str) -> Iterator[DocumentPart]:
    for span in whole.order:
        body = _cut(whole.text, span.start, span.end)
        if span.name == "PutRequest":
            parts = list(_put(body, table))
        elif span.name == "DeleteRequest":
            parts = list(_delete(body, table))
        else:
            parts = []
        reason = "a request without an item or key" if span.whole else CUT_OFF
        yield from parts or [DocumentPart(PartAction.FAULT, span.start, span.end, table, reason)]


def _records(whole: _Cut, keys: Collection[str], depth: int) -> Iterator[DocumentPart]:
    span = whole.values["Records"]
    yield from _array(whole.text, span.start, span.end, keys, depth)


def _stream_record(whole: _Cut) -> Iterator[DocumentPart]:
    """A record of DynamoDB Streams, or of a table's Kinesis stream."""
    span = whole.values["dynamodb"]
    table = whole.string("tableName")
    if not table:
        table = whole.string("eventSourceARN").partition(":table/")[2].partition("/")[0]
    yield from _change(_cut(whole.text, span.start, span.end), whole.string("eventName"), table, whole.closed)


def _change(whole: _Cut, event: str = "", table: str = "", closed: bool = True) -> Iterator[DocumentPart]:
    """The part of a change record: the new item, or a delete. `event` is the eventName of a stream record."""
    start, end = whole.order[0].start if whole.order else 0, whole.end
    if not (whole.closed and closed):
        yield DocumentPart(PartAction.FAULT, start, end, table, CUT_OFF)
        return
    of_stream = whole.values.keys() & {"SequenceNumber", "StreamViewType", "SizeBytes"}
    if of_stream and not event:
        reason = "a stream's record without eventName: it cannot be told whether this is a delete"
        yield DocumentPart(PartAction.FAULT, start, end, table, reason)
    elif event == "REMOVE" or (not event and "NewImage" not in whole.values):
        if "Keys" in whole.values:
            yield DocumentPart(PartAction.DELETE, whole.values["Keys"].start, whole.values["Keys"].end, table)
        else:
            yield DocumentPart(PartAction.FAULT, start, end, table, "a REMOVE without Keys")
    elif "NewImage" in whole.values:
        yield DocumentPart(
            PartAction.PUT, whole.values["NewImage"].start, whole.values["NewImage"].end, table
        )
    else:
        reason = (
            "the record has no NewImage, so it does not tell the item: the stream has keys or old images only"
        )
        yield DocumentPart(PartAction.FAULT, start, end, table, reason)


def _models(whole: _Cut) -> Iterator[DocumentPart]:
    """NoSQL Workbench: the sample data of each table."""
    span = whole.values["DataModel"]
    for entry in spans(whole.text, span.start, span.end).values:
        table = _cut(whole.text, entry.start, entry.end)
        if table.kind("TableData") == b"[":
            data = table.values["TableData"]
            yield from _items(spans(whole.text, data.start, data.end).values, table.string("TableName"))


def _refused(whole: _Cut) -> Iterator[DocumentPart] | None:
    names = whole.values.keys()
    for wanted, description in _FOREIGN:
        if wanted <= names and all(whole.kind(name) in (b"{", b'"', b"n") for name in wanted):
            return iter(
                [DocumentPart(PartAction.FAULT, whole.order[0].start, whole.end, "", f"is {description}")]
            )
    if names and names <= {"Key", "TableName", "ReturnConsumedCapacity"} and whole.kind("Key") == b"{":
        reason = "has a key and no item: load it with --delete to delete it"
        return iter([DocumentPart(PartAction.FAULT, whole.order[0].start, whole.end, "", reason)])
    return None
