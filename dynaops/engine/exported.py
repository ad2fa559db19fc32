"""The spec that declares what is live, as plain data."""

from __future__ import annotations

from typing import Any

from dynaops.kinds.kind import AwsReader
from dynaops.kinds.registry import HANDLERS, TABLE_HANDLER
from dynaops.model.resource import Observed, Scope


def exported(scope: Scope, live: list[Observed], read: AwsReader) -> dict[str, Any]:
    """The spec, as plain data, that declares what is live."""
    named = [
        TABLE_HANDLER.with_managed_key(read, scope, one) if one.address == scope.address else one
        for one in live
    ]
    spec: dict[str, Any] = {}
    for handler in HANDLERS:
        spec.update(handler.export(scope, named))
    return spec
