"""Auto scaling requirements of PROVISIONED global tables (DDB-TABLE-188, 249, 288, 291, 322)."""

from __future__ import annotations

import copy

from dynaops.sandbox.autoscaling import policies, targets
from dynaops.sandbox.autoscaling.model import WRITES, ScalableTarget, dimension_of, resource_of, scaling_in
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import validation
from dynaops.sandbox.world import World

_NEW_INDEX = (1, 10, 70.0)
"""Minimum, maximum and target utilisation (percent) of write scaling for a new index (DDB-TABLE-322)."""


def require_write_scaling(world: World, table: SandboxTable) -> None:
    """Refuse unless the writes of the table and of all its global indexes are scaled by a policy."""
    if not _is_scaled(world, table, None):
        raise validation("Table write capacity should either be Pay-Per-Request or AutoScaled.")
    require_index_scaling(world, table)


def require_index_scaling(world: World, table: SandboxTable) -> None:
    """Refuse unless the writes of all global indexes are scaled by a policy."""
    for name in table.global_indexes:
        if not _is_scaled(world, table, name):
            raise validation("GSI write capacity should either be Pay-Per-Request or AutoScaled.")


def _is_scaled(world: World, table: SandboxTable, index: str | None) -> bool:
    """Whether write capacity has a scalable target with a policy (DDB-TABLE-249)."""
    target = target_of(world, table, index, WRITES)
    return target is not None and bool(target.policies)


def target_of(world: World, table: SandboxTable, index: str | None, units: str) -> ScalableTarget | None:
    """The scalable target of a table's or an index's `units` in the table's region."""
    key = resource_of(table.name, index), dimension_of(units, index)
    return scaling_in(world, table.account, table.region).targets.get(key)


def mirror(world: World, source: SandboxTable, replica: SandboxTable) -> None:
    """Copy the write targets and policies of the source table to a new replica (DDB-TABLE-288, 292)."""
    for index in (None, *source.global_indexes):
        target = target_of(world, source, index, WRITES)
        if target is not None:
            _take_over(world, replica, target)


def _take_over(world: World, table: SandboxTable, target: ScalableTarget) -> None:
    limits = target.minimum, target.maximum
    new_target = targets.register(
        world, table.account, table.region, target.resource, target.dimension, limits
    )
    for policy in target.policies.values():
        configuration = copy.deepcopy(policy.configuration)
        policies.put(world, table.account, table.region, new_target, policy.name, configuration)


def cover_index(world: World, table: SandboxTable, index: str) -> None:
    """Register write scaling for a new index of a PROVISIONED global table (DDB-TABLE-322)."""
    if not table.replicated or table.on_demand_billing:
        return
    minimum, maximum, percent = _NEW_INDEX
    resource, dimension = resource_of(table.name, index), dimension_of(WRITES, index)
    target = targets.register(world, table.account, table.region, resource, dimension, (minimum, maximum))
    metric = policies.metric_of(dimension)
    configuration = {
        "TargetValue": percent,
        "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
    }
    policies.put(world, table.account, table.region, target, f"{metric}:{resource}", configuration)
