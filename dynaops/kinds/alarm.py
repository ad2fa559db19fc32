"""CloudWatch alarms on the table: parsed now, applied by a later version."""

from __future__ import annotations

from typing import Any

from dynaops.model.spec import Fragment

Threshold = bool | int | dict[str, Any] | None


class Alarms(Fragment):
    """Each alarm is on, off, or on with its own threshold."""

    sns_topic_arns: list[str] | None = None
    throttles: Threshold = None
    system_errors: Threshold = None
    capacity_utilization: Threshold = None
    replication_latency: Threshold = None
    iterator_age: Threshold = None
