"""What a kind bills per month: its handler's answer, and the resources of one table that are billed.

Quantities only: what they cost is computed by `dynaops.costs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from dynaops.model.cost import BilledItem, Span
from dynaops.model.resource import Properties, Scope

_BYTES_PER_GB = 1024.0**3


@dataclass(frozen=True)
class BilledResource:
    """The settings of one resource as they are before a plan, or will be after it. `new`: the plan creates it."""

    kind: str
    region: str
    properties: Properties
    new: bool = False


@dataclass(frozen=True)
class TableResources:
    """All resources of one table by address, on one side of its plan.

    `description` is DescribeTable's answer for the live table, on both sides of the plan; empty: there is none.
    """

    scope: Scope
    by_address: Mapping[str, BilledResource]
    description: Properties

    @property
    def table(self) -> BilledResource | None:
        return self.by_address.get(self.scope.address)

    def of_kind(self, kind: str) -> Iterator[tuple[str, BilledResource]]:
        """The resources of a kind, in the order of their addresses."""
        return (
            (address, resource)
            for address, resource in sorted(self.by_address.items())
            if resource.kind == kind
        )

    def table_gb(self) -> float | None:
        """GB of one copy of the table with its local indexes; None where it is new, or its size is not known."""
        if self.table is None or self.table.new or "TableSizeBytes" not in self.description:
            return None
        local = self.description.get("LocalSecondaryIndexes", ())
        index_bytes = sum(index.get("IndexSizeBytes", 0) for index in local)
        return float((self.description["TableSizeBytes"] + index_bytes) / _BYTES_PER_GB)

    def index_gb(self, address: str) -> float | None:
        """GB of a global index; None where it is new, or its size is not known."""
        if self.by_address[address].new or "TableSizeBytes" not in self.description:
            return None
        name = address.rpartition("/")[2]
        for index in self.description.get("GlobalSecondaryIndexes", ()):
            if index["IndexName"] == name:
                return float(index.get("IndexSizeBytes", 0) / _BYTES_PER_GB)
        return None


class Charge(NamedTuple):
    """A quantity that is billed every month for what is at `address`; None: it depends on what will happen.

    `item` is a key of the price table: one of the `items` of a kind's `Billing`.
    """

    address: str
    region: str
    item: str
    quantity: Span | float | None


def _no_charges(_resources: TableResources) -> Iterable[Charge]:
    return ()


@dataclass(frozen=True)
class Billing:
    """What AWS bills per month for the resources of a handler's kinds.

    `items` are the price list's items that the kind brings, by their keys in the price table. `charges` gives the
    quantities of one table. `not_counted` names what AWS bills and an estimate leaves out.
    """

    items: Mapping[str, BilledItem] = field(default_factory=dict)
    charges: Callable[[TableResources], Iterable[Charge]] = _no_charges
    not_counted: tuple[str, ...] = ()


NOT_BILLED = Billing()
"""Of kinds for which AWS bills nothing of their own."""
