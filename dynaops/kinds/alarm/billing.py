"""What alarms bill: each metric that an alarm watches."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.kinds.alarm.mapping import KIND, metrics_of, place_of
from dynaops.kinds.billing import Billing, Charge, TableResources
from dynaops.model.cost import BilledItem

_ITEM = "alarm"


def _charges(resources: TableResources) -> Iterator[Charge]:
    scope = resources.scope
    for address, alarm in resources.of_kind(KIND):
        watched, _ = metrics_of(scope.table_name, place_of(scope, address).rest)
        yield Charge(scope.address, alarm.region, _ITEM, float(len(watched)))


BILLING = Billing(
    items={
        _ITEM: BilledItem("CloudWatch alarms", "metrics", "CW:AlarmMonitorUsage", service="AmazonCloudWatch")
    },
    charges=_charges,
)
