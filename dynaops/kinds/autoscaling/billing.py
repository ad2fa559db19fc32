"""What scalable targets bill: nothing themselves; they set the bounds of the capacity that the table bills."""

from __future__ import annotations

from dynaops.kinds.autoscaling.live_capacity import KIND
from dynaops.kinds.autoscaling.mapping import dimension_at
from dynaops.kinds.billing import Billing, TableResources
from dynaops.model.cost import Span

BILLING = Billing(not_counted=("alarms of autoscaling",))


def scaled_capacity(resources: TableResources, region: str, index: str | None, side: str) -> Span | None:
    """The least and the most that a capacity is scaled to, by day or by night; None where nothing scales it."""
    for address, target in resources.of_kind(KIND):
        dimension = dimension_at(resources.scope, address)
        if (dimension.region, dimension.index, dimension.side) == (region, index, side):
            bounds = [target.properties, *(target.properties.get("schedules") or {}).values()]
            lows = [given["min"] for given in bounds if "min" in given]
            highs = [given["max"] for given in bounds if "max" in given]
            return Span(low=min(lows), high=max(highs)) if lows and highs else None
    return None
