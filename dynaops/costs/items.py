"""What is billed: its name, its unit, and how AWS's price list calls it."""

from __future__ import annotations

from typing import NamedTuple

HOURS = 730
"""Hours in a month, as AWS's own calculators have it."""
MILLION = 1_000_000


class Item(NamedTuple):
    """A billed thing.

    `usage_type` is the price list's, without the region's prefix; empty where only the packaged table knows it.
    The list's price is of one `listed` unit, `scale` of which make what is told: a unit for a month, or `unit` by use.
    """

    title: str
    unit: str
    usage_type: str
    scale: float = 1
    service: str = "AmazonDynamoDB"


def _capacity(title: str, unit: str, usage_type: str) -> Item:
    return Item(title, unit, usage_type, HOURS)


def _requests(title: str, unit: str, usage_type: str) -> Item:
    return Item(title, unit, usage_type, MILLION)


ITEMS: dict[str, Item] = {
    "read_capacity": _capacity("read capacity", "RCU", "ReadCapacityUnit-Hrs"),
    "write_capacity": _capacity("write capacity", "WCU", "WriteCapacityUnit-Hrs"),
    "replicated_write_capacity": _capacity("replicated write capacity", "rWCU", "ReplWriteCapacityUnit-Hrs"),
    "ia_read_capacity": _capacity("read capacity (Standard-IA)", "RCU", "IA-ReadCapacityUnit-Hrs"),
    "ia_write_capacity": _capacity("write capacity (Standard-IA)", "WCU", "IA-WriteCapacityUnit-Hrs"),
    "ia_replicated_write_capacity": _capacity(
        "replicated write capacity (Standard-IA)", "rWCU", "IA-ReplWriteCapacityUnit-Hrs"
    ),
    "storage": Item("storage", "GB", "TimedStorage-ByteHrs"),
    "ia_storage": Item("storage (Standard-IA)", "GB", "IA-TimedStorage-ByteHrs"),
    "recovery": Item("point-in-time recovery", "GB", "TimedPITRStorage-ByteHrs"),
    "backup": Item("backups kept", "GB", "TimedBackupStorage-ByteHrs"),
    "cold_backup": Item("backups kept in cold storage", "GB", ""),
    "alarm": Item("CloudWatch alarms", "metrics", "CW:AlarmMonitorUsage", service="AmazonCloudWatch"),
    "read_requests": _requests("reads", "million reads", "ReadRequestUnits"),
    "write_requests": _requests("writes", "million writes", "WriteRequestUnits"),
    "replicated_write_requests": _requests(
        "replicated writes", "million replicated writes", "ReplWriteRequestUnits"
    ),
    "ia_read_requests": _requests("reads (Standard-IA)", "million reads", "IA-ReadRequestUnits"),
    "ia_write_requests": _requests("writes (Standard-IA)", "million writes", "IA-WriteRequestUnits"),
    "ia_replicated_write_requests": _requests(
        "replicated writes (Standard-IA)", "million replicated writes", "IA-ReplWriteRequestUnits"
    ),
}
"""By the keys that plans and price tables use."""
