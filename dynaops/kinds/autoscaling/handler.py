"""The handler of autoscaling: the scaling of one side of the table or of an index, at home and with every replica.

AWS never deregisters a target by itself: not with the table, an index or a replica, nor on PAY_PER_REQUEST
(DDB-TABLE-194, 317, 323). So targets are looked for at all times, and go before what they scale goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.kinds.autoscaling import SIDES, operations, scalings
from dynaops.kinds.autoscaling.billing import BILLING
from dynaops.kinds.autoscaling.live_capacity import KIND, foreign_findings, moved, unread_findings
from dynaops.kinds.autoscaling.mapping import (
    Dimension,
    dimension_at,
    wanted,
)
from dynaops.kinds.autoscaling.observe import observe_targets
from dynaops.kinds.external_names import ExternalName
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.table.indexes import retired
from dynaops.model.change import Action, Change
from dynaops.model.finding import Finding
from dynaops.model.recorded import ABSENT, Recorded, Units
from dynaops.model.resource import Observed, Resource, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class RecordedSchedule(Recorded):
    """A scheduled action as the state records it."""

    schedule: str
    timezone: str = ABSENT
    min: Units = ABSENT
    max: Units = ABSENT


class RecordedScaling(Recorded):
    """A scalable target as the state records it."""

    min: Units = ABSENT
    max: Units = ABSENT
    target_utilization: float = ABSENT
    scale_in_cooldown: Units = ABSENT
    scale_out_cooldown: Units = ABSENT
    schedules: dict[str, RecordedSchedule] = ABSENT


class AutoscalingHandler(BaseHandler):
    """One resource a dimension: target, target-tracking policy and scheduled actions."""

    billing = BILLING
    permissions = Permissions(
        reads=calls(
            "application-autoscaling",
            "DescribeScalableTargets",
            "DescribeScalingPolicies",
            "DescribeScheduledActions",
        ),
        writes=calls(
            "application-autoscaling",
            "RegisterScalableTarget",
            "DeregisterScalableTarget",
            "PutScalingPolicy",
            "PutScheduledAction",
            "DeleteScheduledAction",
        ),
        changes={
            "application-autoscaling:RegisterScalableTarget": (
                "application-autoscaling:DeleteScalingPolicy",
            ),
        },
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="autoscaling",
            spec_key=KIND,
            keyed=frozenset({"schedules"}),
            recorded=RecordedScaling,
            address=rf"(replica/[^/]+/)?{KIND}/(index/[^/]+/)?({'|'.join(SIDES)})",
            arn=r"application-autoscaling:[^:]+:\d{12}:scalable-target/.+",
        )
    }
    beside_table = False

    def owner(self, scope: Scope, address: str) -> str | None:
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        if spec.autoscaling is None or spec.billing_mode != "PROVISIONED":
            return
        for region in (scope.region, *(replica.region for replica in spec.replicas or ())):
            for index, side, scaling in scalings(spec):
                dimension = Dimension(scope.table_name, side, region, index)
                yield Resource(
                    dimension.address(scope),
                    KIND,
                    region,
                    wanted(scaling),
                    None,
                    tuple(_depends_on(scope, dimension)),
                )

    def external_names(self, scope: Scope, resource: Resource) -> Iterable[ExternalName]:
        """None: AWS makes the role of the service by itself."""
        return ()

    def observe(
        self, read: AwsReader, scope: Scope, table: Observed | None, known: Known
    ) -> Iterator[Observed]:
        named = known.of_kinds(KIND)
        if not named and not known.discover:
            return
        dimensions = [dimension_at(scope, address) for address in named]
        if known.discover and table is not None:
            dimensions += _possible(scope, table)
        by_region: dict[str, list[str]] = {}
        for dimension in dimensions:
            ids = by_region.setdefault(dimension.region, [])
            if dimension.resource_id not in ids:
                ids.append(dimension.resource_id)
        for region, ids in sorted(by_region.items()):
            yield from observe_targets(read, scope, region, ids)

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """Those at home; what replicas have is made like it."""
        table: dict[str, Any] = {}
        indexes: dict[str, dict[str, Any]] = {}
        for resource in live:
            if (
                resource.kind == KIND
                and resource.region == scope.region
                and "target_utilization" in resource.properties
            ):
                dimension = dimension_at(scope, resource.address)
                where = indexes.setdefault(dimension.index, {}) if dimension.index else table
                where[dimension.side] = _exported(resource.properties)
        names = {resource.address.rpartition("/")[2] for resource in live if resource.kind == "gsi"}
        if indexes and set(indexes) == names and all(sides == table for sides in indexes.values()):
            return {KIND: {**table, "indexes": "all"}}
        result = {**table, **({"indexes": indexes} if indexes else {})}
        return {KIND: result} if result else {}

    def aws_names(self, scope: Scope, entry: AddressDiff) -> tuple[str, ...]:
        return (dimension_at(scope, entry.address).aws_name,)

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        return moved(read, scope, entries)

    def findings(self, work: TableChanges) -> Iterator[Finding]:
        yield from foreign_findings(work)
        yield from unread_findings(work)

    def refine(self, work: TableChanges) -> dict[str, AddressDiff]:
        """AWS scales the writes of every index that it builds in a replicated table, over what was set (DDB-TABLE-322).

        So a target that is there goes with the old index, and what the spec says is set on AWS's when it is built.
        """
        if not _is_replicated(work) or work.table.action is Action.REPLACE:
            return {}
        return {
            entry.address: replace(entry, change=_taken_over(entry))
            for entry in work.of_kind(KIND)
            if entry.desired and entry.live and _is_overwritten(work, entry)
        }

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        late = {entry.name for entry in retired(work)}
        for entry in work.of_kind(KIND):
            dimension = dimension_at(work.scope, entry.address)
            if entry.action is Action.DELETE:
                rank = Rank.RETIRE_SCALING if dimension.index in late else Rank.RELEASE_SCALING
                steps.append(operations.deregister(dimension, entry, rank))
            elif entry.action is Action.REPLACE:
                steps.append(operations.deregister(dimension, entry))
                steps.extend(operations.make(dimension, replace(entry, live=None), True))
            elif entry.action is Action.CREATE:
                steps.extend(operations.make(dimension, entry, _is_replicated(work)))
            elif entry.action in (Action.UPDATE, Action.ADOPT):
                steps.extend(operations.change(dimension, entry))
        return steps


def _depends_on(scope: Scope, dimension: Dimension) -> Iterator[str]:
    yield scope.address
    if dimension.index:
        yield scope.below("gsi", dimension.index)
    if dimension.region != scope.region:
        yield scope.below("replica", dimension.region)


def _possible(scope: Scope, table: Observed) -> Iterator[Dimension]:
    """Everything of a live table that could be scaled."""
    regions = [scope.region, *(element["RegionName"] for element in table.raw.get("Replicas", ()))]
    indexes = [element["IndexName"] for element in table.raw.get("GlobalSecondaryIndexes", ())]
    for region in regions:
        for index in (None, *indexes):
            yield Dimension(scope.table_name, "read", region, index)


def _exported(properties: dict[str, Any]) -> dict[str, Any]:
    schedules = [{"name": name, **element} for name, element in properties.get("schedules", {}).items()]
    kept = {name: value for name, value in properties.items() if name != "schedules"}
    return {**kept, "schedules": schedules} if schedules else kept


def _is_overwritten(work: TableChanges, entry: AddressDiff) -> bool:
    dimension = dimension_at(work.scope, entry.address)
    index = work.entries.get(work.scope.below("gsi", dimension.index)) if dimension.index else None
    built = index is not None and index.action in (Action.CREATE, Action.REPLACE)
    return built and dimension.side == "write"


def _taken_over(entry: AddressDiff) -> Change:
    assert entry.desired is not None and entry.live is not None, "only what stays is taken over"
    return Change(
        address=entry.address,
        kind=KIND,
        region=entry.region,
        action=Action.REPLACE,
        reason="AWS scales the writes of an index it builds in a replicated table by itself (1 to 10 units, 70 %)",
        before=entry.live.properties,
        after=entry.desired.properties,
    )


def _is_replicated(work: TableChanges) -> bool:
    return bool(work.table.live and work.table.live.raw.get("Replicas"))


HANDLER = AutoscalingHandler()
