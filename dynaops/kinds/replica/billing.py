"""What replicas bill: each is a copy of the table in its own region, with its own class and recovery points."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.kinds.billing import Billing, Charge, TableResources
from dynaops.kinds.recovery import ITEM as RECOVERY
from dynaops.kinds.table.billing import charges_in


def _charges(resources: TableResources) -> Iterator[Charge]:
    if resources.table is None:
        return
    for _, replica in resources.of_kind("replica"):
        yield from charges_in(resources, replica.region, replica.properties.get("table_class"))
        if replica.properties.get("point_in_time_recovery"):
            yield Charge(resources.scope.address, replica.region, RECOVERY, resources.table_gb())


BILLING = Billing(charges=_charges)
