"""Tables and indexes as the state records them."""

from __future__ import annotations

from typing import Literal

from dynaops.kinds.table.spec import AttributeType, BillingMode, TableClass, ViewType
from dynaops.model.recorded import ABSENT, Name, Recorded, TableName, Units


class RecordedProjection(Recorded):
    """Which attributes an index holds beside its keys."""

    type: str
    non_key_attributes: list[str] = ABSENT


class RecordedLocalIndex(Recorded):
    """A local secondary index."""

    range_key: Name
    projection: RecordedProjection


class RecordedEncryption(Recorded):
    """Encryption; without a key it is AWS's own."""

    enabled: bool
    kms_key_arn: Name = ABSENT


class RecordedStream(Recorded):
    """A stream that is on."""

    view_type: ViewType


class RecordedMaxima(Recorded):
    """Maxima of on-demand throughput."""

    max_read_request_units: Units = ABSENT
    max_write_request_units: Units = ABSENT


class RecordedWarmth(Recorded):
    """Warm throughput."""

    read_units_per_second: Units = ABSENT
    write_units_per_second: Units = ABSENT


class RecordedLifecycle(Recorded):
    """How the table is kept from being lost (`Lifecycle.promises`)."""

    prevent_destroy: bool = ABSENT
    on_destroy: Literal["retain", "backup"] = ABSENT


class RecordedTable(Recorded):
    """A table. What an apply may have to change after adopting one is not always there."""

    table_name: TableName = ABSENT
    hash_key: Name
    range_key: Name = ABSENT
    attributes: dict[str, AttributeType]
    local_secondary_indexes: dict[TableName, RecordedLocalIndex] = ABSENT
    billing_mode: BillingMode = ABSENT
    read_capacity: Units = ABSENT
    write_capacity: Units = ABSENT
    on_demand_throughput: RecordedMaxima = ABSENT
    warm_throughput: RecordedWarmth = ABSENT
    table_class: TableClass = ABSENT
    deletion_protection: bool = ABSENT
    encryption: RecordedEncryption = ABSENT
    stream: RecordedStream = ABSENT
    tags: dict[str, str] = ABSENT
    lifecycle: RecordedLifecycle = ABSENT


class RecordedIndex(Recorded):
    """A global secondary index."""

    hash_key: Name | list[Name]
    range_key: Name | list[Name] = ABSENT
    attributes: dict[str, str]
    projection: RecordedProjection
    read_capacity: Units = ABSENT
    write_capacity: Units = ABSENT
    on_demand_throughput: RecordedMaxima = ABSENT
    warm_throughput: RecordedWarmth = ABSENT


class RecordedVectorIndex(Recorded):
    """A vector index."""

    attribute: Name
    dimensions: Units
    distance: str
    projection: RecordedProjection
    search_schema: dict[str, Literal["HASH", "INLINE_FILTER"]] = ABSENT
