"""The CloudWatch log group of stream processing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB431
from dynaops.model.findings.rule import make_finding
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days that PutRetentionPolicy takes (AWS API reference)."""


class LogGroup(Fragment):
    """`retention_days`: how long events are kept; absent is forever."""

    name: str
    """The log group's name."""
    retention_days: int | None = None
    """Days that events are kept, of those CloudWatch knows; none: for ever."""
    kms_key_arn: str | None = None
    """The key that events are encrypted with."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """AWS takes only certain retention times."""
    group = spec.log_group
    if group and group.retention_days is not None and group.retention_days not in RETENTIONS:
        nearest = min(RETENTIONS, key=lambda days: abs(days - (group.retention_days or 0)))
        yield make_finding(
            DDB431,
            f"retention_days: {group.retention_days} is not one that CloudWatch Logs takes",
            f"The nearest is {nearest}.",
            path="log_group.retention_days",
        )
