"""Managed items: rows that are created, changed and deleted with the spec."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynaops.model.finding import Finding, Place

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

Item = dict[str, Any]
"""A plain item, or one in DynamoDB JSON. Decimals where the spec has fractions."""


@dataclass(frozen=True)
class FileItem:
    """One item of an `items_file`, and where it stands."""

    item: Item
    place: Place


def rules(spec: TableSpec) -> Iterator[Finding]:
    """Every item is one that the table can hold."""
    if spec.items or spec.file_items:
        from dynaops.kinds.items.rows import examined

        yield from examined(spec).findings
