"""Write the spec of a live table and its surrounding resources, as plain data."""

from __future__ import annotations

from typing import Any

from dynaops.kinds.kind import AwsReader
from dynaops.kinds.registry import HANDLERS, TABLE_HANDLER
from dynaops.model.resource import Observed, Scope


def exported(scope: Scope, live: list[Observed], read: AwsReader) -> dict[str, Any]:
    """The spec, as plain data, that declares the live resources."""
    resources = [
        TABLE_HANDLER.with_managed_key(read, scope, resource)
        if resource.address == scope.address
        else resource
        for resource in live
    ]
    spec: dict[str, Any] = {}
    for handler in HANDLERS:
        spec.update(handler.export(scope, resources))
    return spec
