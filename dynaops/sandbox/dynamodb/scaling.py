"""What a PROVISIONED global table needs of Application Auto Scaling (DDB-TABLE-188, 249, 291)."""

from __future__ import annotations

from moto.applicationautoscaling.models import applicationautoscaling_backends

from dynaops.sandbox.dynamodb.model import Table
from dynaops.sandbox.errors import validation

_TABLE_WRITES = "dynamodb:table:WriteCapacityUnits"
_INDEX_WRITES = "dynamodb:index:WriteCapacityUnits"


def require_write_scaling(table: Table) -> None:
    """Refuse unless the writes of the table and of all its global indexes are scaled by a policy."""
    if not _is_scaled(table, f"table/{table.name}", _TABLE_WRITES):
        raise validation("Table write capacity should either be Pay-Per-Request or AutoScaled.")
    require_index_scaling(table)


def require_index_scaling(table: Table) -> None:
    """Refuse unless the writes of all global indexes are scaled by a policy."""
    for name in table.global_indexes:
        if not _is_scaled(table, f"table/{table.name}/index/{name}", _INDEX_WRITES):
            raise validation("GSI write capacity should either be Pay-Per-Request or AutoScaled.")


def _is_scaled(table: Table, resource: str, dimension: str) -> bool:
    """A target alone is not enough: a policy must use it (DDB-TABLE-249)."""
    scaling = applicationautoscaling_backends[table.account][table.region]
    targets = scaling.targets.get(dimension, {})
    return resource in targets and any(
        policy.resource_id == resource and policy.scalable_dimension == dimension
        for policy in scaling.policies.values()
    )
