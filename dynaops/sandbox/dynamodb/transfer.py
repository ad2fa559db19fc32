"""Shared by exports, imports and bulk operations: jobs, access to moto's S3, and parsing objects into items."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import io
import json
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from moto.dynamodb.models.dynamo_type import Item
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeKey, S3Backend, s3_backends

from dynaops.model.arns import partition_of
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb.keys import Rules
from dynaops.sandbox.dynamodb.values import BARE, Attributes, ValueReader, Wire, wire_of
from dynaops.sandbox.errors import ApiError, validation
from dynaops.sandbox.responses import not_implemented
from dynaops.sandbox.world import World

TOKEN_SECONDS = 8 * 3600.0
"""Seconds for which a client token identifies its request."""
NO_BUCKET = "S3NoSuchBucket"
NO_BUCKET_TEXT = (
    "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; "
    "Request ID: DYNAOPSSANDBOX00; S3 Extended Request ID: sandbox; Proxy: null)"
)
CONFLICT = "Duplicate request detected with conflicting parameters"
_ZSTD_PACKAGE = "zstandard"

Body = dict[str, Any]


J = TypeVar("J", bound="TransferJob")


class NoSuchBucket(Exception):
    """The bucket does not exist, or belongs to another account."""


@dataclass
class TransferJob:
    """An export, an import or a bulk operation. `shown` is its description, `started` the time in epoch seconds."""

    arn: str
    shown: Body
    started: float
    status: ClassVar[str]
    """The member of `shown` that holds the job's state."""

    @property
    def running(self) -> bool:
        return self.shown[self.status] in ("IN_PROGRESS", "CANCELLING")

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    def end(self, world: World, status: str, code: str | None = None, message: str | None = None) -> None:
        """Reach a final state; `code` and `message` say why it failed."""
        self.shown.update({self.status: status, "EndTime": round(world.now(), 3)})
        if code is not None:
            self.shown.update(FailureCode=code, FailureMessage=message)


def job_of_token(call: ApiCall, jobs: Mapping[str, J]) -> J | None:
    """The job of an earlier request with the same client token, within eight hours; None if there is none."""
    token = call.body.get("ClientToken")
    for job in jobs.values() if token is not None else ():
        if job.shown["ClientToken"] == token and call.now - job.started <= TOKEN_SECONDS:
            return job
    return None


def listed(
    body: Body, jobs: list[J], members: Sequence[str], into: str, size: str, most: int
) -> dict[str, Any]:
    """The answer to a list request: a page of the jobs `found`, of each the `members` that it has."""
    shown, token = page(body, jobs, size, most)
    answer: Body = {into: [{name: job.shown[name] for name in members if name in job.shown} for job in shown]}
    return {**answer, "NextToken": token} if token else answer


def job_arn(call: ApiCall, table: str, kind: str) -> str:
    """A new job's ARN, sorted by time as AWS's are."""
    stamp = f"{round(call.now * 1000):014d}-{uuid.uuid4().hex[:8]}"
    return (
        f"arn:{partition_of(call.region)}:dynamodb:{call.region}:{call.account}:table/{table}/{kind}/{stamp}"
    )


def check_arn(call: ApiCall, arn: str, kind: str, missing: ApiError) -> None:
    """Refuse an ARN that is not of a job of this kind, account and region (DDB-EXPORT-006, DDB-IMPORT-010)."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("table/") or f"/{kind}/" not in parts[5]:
        raise validation(f"Invalid {kind.capitalize()} ARN")
    if parts[4] != call.account:
        raise ApiError("AccessDeniedException", "Access is denied")
    if parts[3] != call.region:
        raise missing


def page(body: Body, entries: list[Any], size: str, most: int) -> tuple[list[Any], str | None]:
    """A page of `found`, and the token of the next one. Raises ValidationException for a token of no page."""
    token = body.get("NextToken")
    try:
        start = int(token, 16) if token is not None else 0
    except ValueError:
        start = -1
    if not 0 <= start <= len(entries):
        raise validation(f"Invalid Request: Provided nextToken is invalid: {token}")
    end = start + int(body.get(size) or most)
    return entries[start:end], f"{end:0112x}" if end < len(entries) else None


def backend(account: str) -> S3Backend:
    """moto's S3 of the account."""
    result: S3Backend = s3_backends[account]["aws"]
    return result


def check_bucket(account: str, bucket: str) -> None:
    """Raises NoSuchBucket."""
    try:
        backend(account).get_bucket(bucket)
    except S3ClientError:
        raise NoSuchBucket(bucket) from None


def put_object(account: str, bucket: str, key: str, data: bytes) -> str:
    """Put an object; returns its ETag. Raises NoSuchBucket."""
    check_bucket(account, bucket)
    return str(backend(account).put_object(bucket, key, data).etag)


@dataclass(frozen=True)
class InputObjects:
    """Location and format of the input. `headers` and `delimiter` are for CSV."""

    bucket: str
    prefix: str = ""
    form: str = "DYNAMODB_JSON"
    compression: str = "NONE"
    delimiter: str = ","
    headers: tuple[str, ...] | None = None

    def objects(self, account: str) -> list[tuple[str, bytes]]:
        """The objects whose keys start with the prefix, by key. Raises NoSuchBucket."""
        check_bucket(account, self.bucket)
        keys = backend(account).get_bucket(self.bucket).keys
        matching = [(name, key) for name, key in keys.items() if name.startswith(self.prefix)]
        return sorted((name, key.value) for name, key in matching if isinstance(key, FakeKey))


@dataclass(frozen=True)
class InputRecord:
    """One record of the input: its position, and its item or its error."""

    key: str
    index: int
    size: int
    attributes: Attributes = field(default_factory=dict)
    error: str | None = None
    given: Body = field(default_factory=dict)
    """The text of the whole record."""

    def as_reported(self, error: str) -> Body:
        """The record as an entry in a report of errors."""
        pointer = {"key": self.key, "itemIndex": self.index}
        return {"itemS3Pointer": pointer, "errorMessages": [error], **self._item()}

    def as_unmet(self, current: Item | None) -> Body:
        """The record as an entry in a report of failed conditions, with the existing item."""
        shown: Body = {"itemS3Pointer": {"key": self.key, "itemIndex": self.index}, **self._item()}
        return {**shown, "ExistingItem": wire_of(current.attrs)} if current is not None else shown

    def _item(self) -> Body:
        return {"Item": self.given["Item"]} if "Item" in self.given else {}


def check_readable(form: str, compression: str) -> None:
    """Refuse formats and compressions that the sandbox does not support."""
    if form == "ION":
        raise not_implemented("The sandbox does not read or write Amazon Ion; use DYNAMODB_JSON")
    if compression == "ZSTD" and importlib.util.find_spec(_ZSTD_PACKAGE) is None:
        raise not_implemented(f"The sandbox needs the package {_ZSTD_PACKAGE} to read ZSTD")


def records(source: InputObjects, objects: list[tuple[str, bytes]], rules: Rules) -> Iterator[InputRecord]:
    """The input's records, checked against the table.

    Invalid text or JSON ends its object with one error; nothing after it is read (DDB-IMPORT-013).
    """
    for key, data in objects:
        try:
            text = _decompressed(data, source.compression).decode()
        except (OSError, EOFError, ValueError, zlib.error) as cause:
            yield InputRecord(key, 0, len(data), error=f"The object cannot be read: {cause}")
            continue
        read = _from_csv(source, text, rules) if source.form == "CSV" else _from_json(text)
        for index, (given, size, error) in enumerate(read):
            if error is not None:
                yield InputRecord(key, index, size, error=error)
                continue
            yield _checked_record(key, index, size, given, rules)


def _decompressed(data: bytes, compression: str) -> bytes:
    if compression == "GZIP":
        return gzip.decompress(data)
    if compression == "ZSTD":
        module = importlib.import_module(_ZSTD_PACKAGE)
        unpacked: bytes = module.ZstdDecompressor().decompressobj().decompress(data)
        return unpacked
    return data


_Read = tuple[Body, int, str | None]


def _from_json(text: str) -> Iterator[_Read]:
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except ValueError as error:
            yield {}, len(line), f"Invalid JSON: {error}"
            return
        if not isinstance(given, dict) or not isinstance(given.get("Item"), dict):
            yield {}, len(line), "Invalid JSON: the record has no Item"
            return
        yield given, len(line) + 1, None


def _from_csv(source: InputObjects, text: str, rules: Rules) -> Iterator[_Read]:
    """Records of a CSV text. All columns except keys are strings (Developer Guide, "S3 import formats")."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=source.delimiter, strict=True)
    kinds = rules.table.attributes
    try:
        headers = list(source.headers or next(rows, []))
        for row in rows:
            size = sum(len(cell) + 1 for cell in row)
            if len(row) > len(headers):
                yield {}, size, f"The row has {len(row)} values for {len(headers)} columns"
            elif row:
                item = {name: {kinds.get(name, "S"): cell} for name, cell in zip(headers, row, strict=False)}
                yield {"Item": item}, size, None
    except csv.Error as error:
        yield {}, 0, f"Invalid CSV: {error}"


def _checked_record(key: str, index: int, size: int, given: Body, rules: Rules) -> InputRecord:
    item: Wire = given["Item"]
    try:
        attributes, _ = ValueReader(BARE).item(item)
        rules.check_put(attributes)
    except ApiError as error:
        return InputRecord(key, index, size, error=error.message or "The item cannot be read", given=given)
    return InputRecord(key, index, size, attributes, given=given)
