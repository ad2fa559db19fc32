"""Managed items: parsed and checked now, applied by a later version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dynaops.model.finding import Finding, Severity

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

Item = dict[str, Any]
"""A plain item, or one in DynamoDB JSON."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """Every item has the table's key attributes."""
    keys = [name for name in (spec.hash_key, spec.range_key) if name]
    for number, item in enumerate(spec.items or ()):
        for name in keys:
            if name not in item:
                yield Finding(
                    code="DDB481",
                    severity=Severity.ERROR,
                    message=f"item {number + 1} lacks the key attribute {name}",
                    path=f"items.{number}",
                )
