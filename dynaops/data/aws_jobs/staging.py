"""Stages rows for AWS's jobs: checks the rows of any input and writes them to S3 as DynamoDB JSON lines with gzip.

Input that is in S3 in that form already is not copied.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from dynaops.aws.s3 import list_objects
from dynaops.data.aws_jobs.s3_location import S3Location
from dynaops.data.notes import LoadNotes
from dynaops.data.parsing.parse_options import Container
from dynaops.data.parsing.parser import make_parser
from dynaops.data.reading.decompress import Packing
from dynaops.data.reading.detect import Detected
from dynaops.data.reading.inputs import S3Input
from dynaops.data.reading.prepare import Prepared
from dynaops.data.recount import check_block
from dynaops.data.rejects import RejectsFile
from dynaops.data.rows import Reject, WriteRow
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

PART_BYTES = 32 << 20
"""The size of a compressed object in bytes; it is held in memory until it is uploaded."""
_SAMPLES = 5
_COMPRESSIONS = {Packing.NONE: "NONE", Packing.GZIP: "GZIP", Packing.ZSTD: "ZSTD"}


@dataclass
class StagedInput:
    """The input of a job: all objects at `location`. Counts are of staged rows: read = rows + rejected."""

    location: S3Location
    compression: str = "GZIP"
    staged: bool = True
    """Whether the objects were created by `stage`, and are to be deleted after the job."""
    read: int = 0
    rows: int = 0
    rejected: int = 0
    bytes: int = 0
    """The size of the input."""
    keys: list[str] = field(default_factory=list)
    samples: list[Reject] = field(default_factory=list)
    notes: LoadNotes = field(default_factory=LoadNotes)
    stopped: Reject | None = None
    """The reject at which --fail-fast stopped staging."""
    seconds: float = 0.0


def as_it_is(arguments: Sequence[str], prepared: Prepared, aws: Aws) -> StagedInput | None:
    """The input if a job can read it without staging; else None.

    That is one S3 prefix (or object) with only DynamoDB JSON lines in the form of exports under it, all compressed in
    the same way: a job reads every object whose key begins with the prefix.
    """
    inputs = prepared.source.inputs
    s3_inputs = [entry.source for entry in inputs if isinstance(entry.source, S3Input)]
    if len(arguments) != 1 or len(s3_inputs) != len(inputs) or not all(_wrapped(entry) for entry in inputs):
        return None
    if len({entry.packing for entry in inputs}) != 1:
        return None
    bucket = s3_inputs[0].object.bucket
    keys = [entry.object.key for entry in s3_inputs]
    prefix = keys[0] if len(keys) == 1 else _folder_of(keys)
    existing = {entry.key for entry in list_objects(aws, bucket, prefix) if entry.size}
    if existing - set(keys):
        return None
    return StagedInput(S3Location(bucket, prefix), _COMPRESSIONS[inputs[0].packing], staged=False, keys=keys)


def stage(
    prepared: Prepared,
    location: S3Location,
    aws: Aws,
    rejects: Path,
    fail_fast: bool,
    progress: Callable[[StagedInput], None],
) -> StagedInput:
    """Check all rows and upload the valid ones to `location`. Raises DynaopsError and its subclasses."""
    parse = make_parser(prepared.plan)
    handed = StagedInput(location)
    began = time.monotonic()
    parts = _Parts(handed, aws)
    file = RejectsFile(rejects, None)
    try:
        for block in prepared.source.blocks():
            if block.fault is not None:
                raise DynaopsError(*block.fault)
            parsed = parse(block)
            check_block(block, parsed)
            parts.add(parsed.rows)
            file.append(parsed.rejects)
            handed.read += parsed.read
            handed.rows += len(parsed.rows)
            handed.rejected += len(parsed.rejects)
            handed.bytes += len(block.data)
            handed.notes.add(parsed.notes)
            handed.samples += parsed.rejects[: _SAMPLES - len(handed.samples)]
            handed.seconds = time.monotonic() - began
            progress(handed)
            if fail_fast and parsed.rejects:
                handed.stopped = parsed.rejects[0]
                break
        else:
            parts.finish()
    except BaseException:
        unstage(handed, aws)
        raise
    finally:
        file.flush()
        file.close()
    return handed


def unstage(handed: StagedInput, aws: Aws) -> str | None:
    """Delete the staged objects; returns the error message if that failed, else None."""
    from dynaops.aws.errors import AwsFailure

    try:
        for key in handed.keys if handed.staged else ():
            aws.call("s3", "DeleteObject", aws.region, {"Bucket": handed.location.bucket, "Key": key})
    except AwsFailure as error:
        return error.message
    return None


class _Parts:
    """Uploads rows as objects of about PART_BYTES each."""

    def __init__(self, handed: StagedInput, aws: Aws) -> None:
        self._handed = handed
        self._aws = aws
        self._pages: list[bytes] = []
        self._size = 0

    def add(self, rows: Sequence[WriteRow]) -> None:
        """Add rows; uploads an object when it is full."""
        if rows:
            lines = b"".join(b'{"Item":%b}\n' % row.body for row in rows)
            page = gzip.compress(lines, 1, mtime=0)  # a gzip file may be several, one after the other
            self._pages.append(page)
            self._size += len(page)
        if self._size >= PART_BYTES:
            self._send()

    def finish(self) -> None:
        """Upload the rest."""
        if self._pages:
            self._send()

    def _send(self) -> None:
        handed = self._handed
        key = f"{handed.location.prefix}part-{len(handed.keys) + 1:05d}.json.gz"
        body = b"".join(self._pages)
        handed.keys.append(key)
        request: dict[str, Any] = {"Bucket": handed.location.bucket, "Key": key, "Body": body}
        self._aws.call("s3", "PutObject", self._aws.region, request)
        self._pages, self._size = [], 0


def _wrapped(detected: Detected) -> bool:
    """Whether an input is DynamoDB JSON lines with the wrapper of exports; data files of one export are all alike."""
    if detected.layout.container is not Container.LINES:
        return False
    lines = detected.sample.split(b"\n")
    if not lines[0]:
        return detected.source.alike
    try:
        first_row = orjson.loads(lines[0])
    except ValueError:
        return False
    item = first_row.get("Item") if isinstance(first_row, dict) and len(first_row) == 1 else None
    return isinstance(item, dict) and all(
        isinstance(detected, dict) and len(detected) == 1 for detected in item.values()
    )


def _folder_of(keys: Sequence[str]) -> str:
    """The longest common prefix of the keys that ends with a slash."""
    first, last = min(keys), max(keys)
    pairs = enumerate(zip(first, last, strict=False))
    common = next((at for at, (first_sign, last_sign) in pairs if first_sign != last_sign), len(first))
    return first[: first.rfind("/", 0, common) + 1]
