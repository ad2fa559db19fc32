"""The Kinesis streaming destination."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB441
from dynaops.model.findings.rule import make_finding
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class Kinesis(Fragment):
    """Where changes are streamed to, and how exact their times are."""

    stream_arn: str
    """The stream, in the table's region."""
    precision: Literal["MILLISECOND", "MICROSECOND"] = "MILLISECOND"
    """Of the records' time."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """AWS takes any ARN and fails later (ENABLE_FAILED), so its form is checked here."""
    if spec.kinesis and ":kinesis:" not in spec.kinesis.stream_arn:
        yield make_finding(
            DDB441, f"{spec.kinesis.stream_arn} is not the ARN of a Kinesis stream", path="kinesis.stream_arn"
        )
