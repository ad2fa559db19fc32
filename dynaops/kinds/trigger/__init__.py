"""Lambda triggers on the table's stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB421, DDB422, DDB423, DDB425, DDB426
from dynaops.model.findings.rule import make_finding
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

MAX_FILTERS = 5


class Trigger(Fragment):
    """An event source mapping (bounds: CreateEventSourceMapping, AWS API reference). Ages and windows in seconds."""

    function: str
    """The function's name or ARN, with an alias or version if need be."""
    enabled: bool = True
    """Off pauses the mapping, without losing its place."""
    batch_size: int = Field(100, ge=1, le=10_000)
    """Records a batch at the most."""
    maximum_batching_window: int = Field(0, ge=0, le=300)
    """Seconds to gather a batch."""
    starting_position: Literal["LATEST", "TRIM_HORIZON"] = "LATEST"
    """Where a new mapping begins. Fixed while the mapping lives."""
    parallelization_factor: int = Field(1, ge=1, le=10)
    """Batches of one shard at once."""
    maximum_retry_attempts: int = Field(-1, ge=-1, le=10_000)
    """Retries of a failed batch; -1: until the records expire."""
    maximum_record_age: int = Field(-1, ge=-1, le=604_800)
    """Seconds after which a record is not tried any more, from 60; -1: never."""
    bisect_batch_on_error: bool = False
    """Split a failed batch in two, to find the record that fails."""
    tumbling_window: int = Field(0, ge=0, le=900)
    """Seconds of a window of aggregation."""
    report_batch_item_failures: bool = False
    """The function reports which records failed."""
    filter_patterns: list[str | dict[str, Any]] | None = None
    """Up to five patterns; a record that matches none is dropped unseen."""
    on_failure_arn: str | None = None
    """A queue, topic, bucket or stream that is told of records given up."""
    grant_role: bool = False
    """Give the function's role what reading the stream needs."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """One mapping a function and stream; at most five filters; ages of -1 or at least a minute."""
    seen: set[str] = set()
    for number, trigger in enumerate(spec.lambda_triggers or ()):
        path = f"lambda_triggers.{number}"
        if trigger.function in seen:
            yield make_finding(
                DDB421, f"{trigger.function} is named twice as a trigger", path=f"{path}.function"
            )
        seen.add(trigger.function)
        if 0 <= trigger.maximum_record_age < 60:
            yield make_finding(
                DDB422, "maximum_record_age is -1 or at least 60", path=f"{path}.maximum_record_age"
            )
        yield from _patterns(trigger, path)
        if trigger.on_failure_arn and not trigger.on_failure_arn.startswith("arn:"):
            yield make_finding(
                DDB426, f"{trigger.on_failure_arn!r} is not an ARN", path=f"{path}.on_failure_arn"
            )
        if len(trigger.filter_patterns or ()) > MAX_FILTERS:
            yield make_finding(
                DDB423, f"Lambda takes {MAX_FILTERS} filter patterns", path=f"{path}.filter_patterns"
            )


def _patterns(trigger: Trigger, path: str) -> Iterator[Finding]:
    for position, pattern in enumerate(trigger.filter_patterns or ()):
        if isinstance(pattern, str) and not _is_object(pattern):
            where = f"{path}.filter_patterns.{position}"
            yield make_finding(DDB425, f"the filter pattern {pattern!r} is not a JSON object", path=where)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
