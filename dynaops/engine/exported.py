"""The spec that declares what is live, as plain data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dynaops.kinds.kind import AwsReader
from dynaops.kinds.registry import HANDLERS
from dynaops.kinds.table.encryption import MANAGED, managed_key
from dynaops.model.resource import Observed, Scope


def exported(scope: Scope, live: list[Observed], read: AwsReader) -> dict[str, Any]:
    """The spec, as plain data, that declares what is live."""
    named = [_with_managed_key(one, scope, read) if one.address == scope.address else one for one in live]
    spec: dict[str, Any] = {}
    for handler in HANDLERS:
        spec.update(handler.export(scope, named))
    return spec


def _with_managed_key(table: Observed, scope: Scope, read: AwsReader) -> Observed:
    key = table.properties["encryption"].get("kms_key_arn")
    if key is None or key != managed_key(read, scope):
        return table
    return replace(table, properties={**table.properties, "encryption": MANAGED})
