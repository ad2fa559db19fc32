"""EventBridge pipes on the table's stream: the part of a spec, and its offline checks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from dynaops.kinds.pipes import targets
from dynaops.model.finding import Finding
from dynaops.model.findings.pipes import (
    DDB432,
    DDB433,
    DDB434,
    DDB435,
    DDB436,
    DDB437,
    DDB438,
    DDB439,
    DDB440,
)
from dynaops.model.findings.rule import make_finding
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

MAX_FILTERS = 5
MAX_FILTER_LENGTH = 4096
_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_LEAST_AGE = 60


class Pipe(Fragment):
    """A pipe from the table's stream to a target (bounds: CreatePipe, EventBridge Pipes API reference)."""

    name: str
    """The pipe's name in its region. Fixed while the pipe lives."""
    target_arn: str
    """Where records go: a Lambda function, SQS queue, SNS topic, Kinesis or Firehose stream, Step Functions state
    machine, EventBridge event bus or API destination, or CloudWatch log group."""
    enabled: bool = True
    """false stops the pipe, which keeps its position in the stream."""
    filters: list[str | dict[str, Any]] | None = None
    """Up to five event patterns; a record that matches none is not sent."""
    starting_position: Literal["LATEST", "TRIM_HORIZON"] = "LATEST"
    """Where a new pipe begins. Fixed while the pipe lives."""
    batch_size: int = Field(100, ge=1, le=10_000)
    """Records in a batch at the most."""
    maximum_batching_window_in_seconds: int = Field(0, ge=0, le=300)
    """Seconds to gather a batch."""
    maximum_record_age_in_seconds: int = Field(-1, ge=-1, le=604_800)
    """Age at which a record is discarded, from 60; -1: never."""
    maximum_retry_attempts: int = Field(-1, ge=-1, le=10_000)
    """Retries of a failed batch; -1: until the records expire."""
    parallelization_factor: int = Field(1, ge=1, le=10)
    """Batches of one shard that are processed at the same time."""
    on_partial_batch_item_failure: Literal["AUTOMATIC_BISECT"] | None = None
    """AUTOMATIC_BISECT splits a failed batch in two until the record that fails is found."""
    dead_letter_arn: str | None = None
    """An SQS queue or SNS topic that receives what was discarded."""
    input_template: str | None = Field(None, min_length=1, max_length=8192)
    """The event that the target gets, with <$.path> for parts of the record."""
    enrichment_arn: str | None = None
    """A Lambda function, Express state machine, API destination or API Gateway API that adds to the records."""
    partition_key: str | None = Field(None, min_length=1, max_length=256)
    """Kinesis targets only, and needed there: the partition key, or a path such as $.dynamodb.Keys.id.S."""
    message_group_id: str | None = Field(None, min_length=1, max_length=100)
    """FIFO queues only, and needed there: the message group, or a path."""
    message_deduplication_id: str | None = Field(None, min_length=1, max_length=100)
    """FIFO queues only: the deduplication id, or a path."""
    invocation_type: Literal["REQUEST_RESPONSE", "FIRE_AND_FORGET"] | None = None
    """Lambda and Step Functions only: whether the pipe waits for the answer. Default: REQUEST_RESPONSE for Lambda,
    FIRE_AND_FORGET for Step Functions."""
    role_arn: str | None = None
    """The role that the pipe works as. Default: one is made, with the permissions that the pipe needs alone."""
    kms_key_arn: str | None = None
    """A customer managed key that encrypts the pipe's filters and template; its policy must allow EventBridge."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """Names, ARNs, filters and the keys that a target needs, as EventBridge takes them; a stream to read."""
    seen: set[str] = set()
    for number, pipe in enumerate(spec.pipes or ()):
        path = f"pipes.{number}"
        if pipe.name in seen:
            yield make_finding(DDB432, f"two pipes are named {pipe.name}", path=f"{path}.name")
        seen.add(pipe.name)
        if not _NAME.fullmatch(pipe.name):
            yield make_finding(DDB433, f"{pipe.name!r} is not the name of a pipe", path=f"{path}.name")
        if spec.wanted_stream() is None:
            message = f"pipe {pipe.name} reads the table's stream, but the table has no stream"
            yield make_finding(DDB434, message, path=path)
        if 0 <= pipe.maximum_record_age_in_seconds < _LEAST_AGE:
            where = f"{path}.maximum_record_age_in_seconds"
            yield make_finding(
                DDB436, f"maximum_record_age_in_seconds is -1 or at least {_LEAST_AGE}", path=where
            )
        yield from _arns(pipe, path)
        yield from _filters(pipe, path)
        yield from _of_target(pipe, path)


def _arns(pipe: Pipe, path: str) -> Iterator[Finding]:
    for member, accepted in targets.ACCEPTED.items():
        value = getattr(pipe, member)
        if value is not None and targets.find(accepted.kinds, value) is None:
            yield make_finding(
                DDB435,
                f"{value!r} is not the ARN of {accepted.description}",
                f"It looks like {accepted.example}.",
                path=f"{path}.{member}",
            )


def _filters(pipe: Pipe, path: str) -> Iterator[Finding]:
    if len(pipe.filters or ()) > MAX_FILTERS:
        yield make_finding(DDB437, f"a pipe takes {MAX_FILTERS} filters", path=f"{path}.filters")
    for position, pattern in enumerate(pipe.filters or ()):
        text = pattern if isinstance(pattern, str) else json.dumps(pattern)
        if len(text) > MAX_FILTER_LENGTH or not _is_object(text):
            shown = text if len(text) <= 80 else f"{text[:77]}..."
            yield make_finding(
                DDB438,
                f"the filter {shown!r} is not a JSON object, or longer than {MAX_FILTER_LENGTH} characters",
                path=f"{path}.filters.{position}",
            )


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _of_target(pipe: Pipe, path: str) -> Iterator[Finding]:
    """Keys that belong to one type of target: needed there, and refused elsewhere."""
    target = targets.target_of(pipe.target_arn)
    if target is None:
        return
    for member in target.needs:
        if getattr(pipe, member) is None:
            yield make_finding(DDB439, f"a pipe to {target.title} needs {member}", path=path)
    for member in targets.MEMBERS:
        if getattr(pipe, member) is not None and member not in target.takes:
            message = f"{member} does not apply to a pipe to {target.title}"
            yield make_finding(DDB440, message, path=f"{path}.{member}")
