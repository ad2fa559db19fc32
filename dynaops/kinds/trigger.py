"""Lambda triggers on the table's stream: parsed and checked now, applied by a later version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from dynaops.model.finding import Finding, Severity
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

MAX_FILTERS = 5


class Trigger(Fragment):
    """An event source mapping (bounds: CreateEventSourceMapping, AWS API reference). Ages and windows in seconds."""

    function: str
    enabled: bool = True
    batch_size: int = Field(100, ge=1, le=10_000)
    maximum_batching_window: int = Field(0, ge=0, le=300)
    starting_position: Literal["LATEST", "TRIM_HORIZON"] = "LATEST"
    parallelization_factor: int = Field(1, ge=1, le=10)
    maximum_retry_attempts: int = Field(-1, ge=-1, le=10_000)
    maximum_record_age: int = Field(-1, ge=-1, le=604_800)
    bisect_batch_on_error: bool = False
    tumbling_window: int = Field(0, ge=0, le=900)
    report_batch_item_failures: bool = False
    filter_patterns: list[str | dict[str, Any]] | None = None
    on_failure_arn: str | None = None
    grant_role: bool = False


def rules(spec: TableSpec) -> Iterator[Finding]:
    """One mapping a function and stream; at most five filters; ages of -1 or at least a minute."""
    seen: set[str] = set()
    for number, trigger in enumerate(spec.lambda_triggers or ()):
        path = f"lambda_triggers.{number}"
        if trigger.function in seen:
            yield _error("DDB421", f"{trigger.function} is named twice as a trigger", f"{path}.function")
        seen.add(trigger.function)
        if 0 <= trigger.maximum_record_age < 60:
            yield _error("DDB422", "maximum_record_age is -1 or at least 60", f"{path}.maximum_record_age")
        if len(trigger.filter_patterns or ()) > MAX_FILTERS:
            yield _error("DDB423", f"Lambda takes {MAX_FILTERS} filter patterns", f"{path}.filter_patterns")


def _error(code: str, message: str, path: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, message=message, path=path)
