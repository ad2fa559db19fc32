"""What a table and its indexes bill: throughput and storage, in its home region and in each region of a replica."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.kinds.autoscaling.billing import scaled_capacity
from dynaops.kinds.billing import BilledResource, Billing, Charge, TableResources
from dynaops.model.cost import HOURS_PER_MONTH, BilledItem, Span

_INFREQUENT_ACCESS = "STANDARD_INFREQUENT_ACCESS"
_MILLION = 1_000_000


def charges_in(resources: TableResources, region: str, table_class: str | None = None) -> Iterator[Charge]:
    """The charges for one copy of the table, of its own class where that is not the table's."""
    table = resources.table
    if table is None:
        return
    chosen = table_class or table.properties.get("table_class")
    prefix = "ia_" if chosen == _INFREQUENT_ACCESS else ""
    yield from _throughput(resources, table, region, prefix)
    yield from _storage(resources, region, f"{prefix}storage")


def _charges(resources: TableResources) -> Iterator[Charge]:
    return charges_in(resources, resources.scope.region)


def _throughput(
    resources: TableResources, table: BilledResource, region: str, prefix: str
) -> Iterator[Charge]:
    """Capacity of the table and of each index; on demand, what is read and written."""
    replicated = "replicated_" if any(resources.of_kind("replica")) else ""
    items = {"read": f"{prefix}read", "write": f"{prefix}{replicated}write"}
    address = resources.scope.address
    if table.properties.get("billing_mode") != "PROVISIONED":
        for item in items.values():
            yield Charge(address, region, f"{item}_requests", None)
        return
    indexes = [
        (index_address, index_address.rpartition("/")[2], index)
        for index_address, index in resources.of_kind("gsi")
    ]
    for part_address, index_name, part in ((address, None, table), *indexes):
        for side, item in items.items():
            units = float(part.properties.get(f"{side}_capacity") or 0)
            scaled = scaled_capacity(resources, region, index_name, side)
            yield Charge(part_address, region, f"{item}_capacity", scaled or units)


def _storage(resources: TableResources, region: str, item: str) -> Iterator[Charge]:
    """Storage of the table and of each index, which may grow as large as the table where it is new."""
    table_gb = resources.table_gb()
    yield Charge(resources.scope.address, region, item, table_gb)
    for address, _ in resources.of_kind("gsi"):
        index_gb = resources.index_gb(address)
        if index_gb is not None:
            yield Charge(address, region, item, index_gb)
        elif table_gb:
            yield Charge(address, region, item, Span(low=0, high=table_gb))


def _capacity(title: str, unit: str, usage_type: str) -> BilledItem:
    return BilledItem(title, unit, usage_type, HOURS_PER_MONTH)


def _requests(title: str, unit: str, usage_type: str) -> BilledItem:
    return BilledItem(title, unit, usage_type, _MILLION)


BILLING = Billing(
    items={
        "read_capacity": _capacity("read capacity", "RCU", "ReadCapacityUnit-Hrs"),
        "write_capacity": _capacity("write capacity", "WCU", "WriteCapacityUnit-Hrs"),
        "replicated_write_capacity": _capacity(
            "replicated write capacity", "rWCU", "ReplWriteCapacityUnit-Hrs"
        ),
        "ia_read_capacity": _capacity("read capacity (Standard-IA)", "RCU", "IA-ReadCapacityUnit-Hrs"),
        "ia_write_capacity": _capacity("write capacity (Standard-IA)", "WCU", "IA-WriteCapacityUnit-Hrs"),
        "ia_replicated_write_capacity": _capacity(
            "replicated write capacity (Standard-IA)", "rWCU", "IA-ReplWriteCapacityUnit-Hrs"
        ),
        "storage": BilledItem("storage", "GB", "TimedStorage-ByteHrs"),
        "ia_storage": BilledItem("storage (Standard-IA)", "GB", "IA-TimedStorage-ByteHrs"),
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
    },
    charges=_charges,
    not_counted=("streams", "KMS", "data transfer"),
)
