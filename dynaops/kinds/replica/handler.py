"""The handler of replica and global_table: who is in the group, and each member's own settings.

A replica is added or removed in the home region, one at a time as AWS demands (a strongly consistent group all at
once); its settings are then changed in its own region, each by its own call, so that one failure stops no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from dynaops.kinds.external_names import ExternalName, kms_key
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.recovery import RecordedRecovery
from dynaops.kinds.references import late
from dynaops.kinds.replica import findings, membership, regional
from dynaops.kinds.replica.billing import BILLING
from dynaops.kinds.replica.observe import arn_in, replicas
from dynaops.kinds.tags import TagCalls
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.recorded import ABSENT, Name, Recorded
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec
    from dynaops.kinds.replica import Replica

KIND, GROUP = "replica", "global_table"


def _settings(wanted: Any, live: Any) -> bool:
    """What replicas of one account show is ENABLED_WITH_OVERRIDES, which nobody can ask for (service model)."""
    return bool(wanted == live or live == "ENABLED_WITH_OVERRIDES")


class RecordedReplica(Recorded):
    """A replica as the state records it: what was set of it in its own region."""

    kms_key_arn: Name = ABSENT
    table_class: str = ABSENT
    deletion_protection: bool = ABSENT
    point_in_time_recovery: RecordedRecovery = ABSENT
    tags: dict[str, str] = ABSENT


class RecordedGroup(Recorded):
    """The settings of a global table as the state records them."""

    consistency: Literal["STRONG"] = ABSENT
    witness_region: Name = ABSENT
    settings_replication: str = ABSENT
    disassociation_protection: bool = ABSENT


class ReplicaHandler(BaseHandler):
    """Undeclared replicas are shown and never touched."""

    billing = BILLING
    permissions = Permissions(
        reads=calls("dynamodb", "DescribeTable", "DescribeContinuousBackups")
        | calls("application-autoscaling", "DescribeScalingPolicies"),
        writes=calls("dynamodb", "UpdateTable", "UpdateContinuousBackups"),
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="replica",
            spec_key="replicas.{name}",
            keyed=frozenset({"tags"}),
            silent=frozenset({"table_class", "kms_key_arn"}),
            notes={
                "kms_key_arn": "the replica is encrypted anew, in its own region, while it goes on working",
                "table_class": "AWS allows 2 table class changes in 30 days, all members together",
            },
            recorded=RecordedReplica,
            tags=TagCalls("dynamodb", Rank.REGIONAL, read="ListTagsOfResource", settles=True),
            address=rf"{KIND}/[^/]+",
            arn=r"dynamodb:[^:]+:\d{12}:table/[^/]+",
        ),
        GROUP: PropertyRules(
            title="global table",
            spec_key=GROUP,
            kept=frozenset({"settings_replication", "disassociation_protection"}),
            silent=frozenset({"settings_replication", "disassociation_protection"}),
            satisfied={"settings_replication": _settings},
            recorded=RecordedGroup,
            address=GROUP,
        ),
    }

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        group_settings = _group(spec)
        if group_settings:
            yield Resource(
                scope.below(GROUP), GROUP, scope.region, group_settings, scope.address, (scope.address,)
            )
        for replica in spec.replicas or ():
            yield Resource(
                scope.below(KIND, replica.region),
                KIND,
                replica.region,
                _wanted(spec, replica),
                scope.address,
                (scope.address,),
            )

    def observe(
        self, read: AwsReader, scope: Scope, table: Observed | None, known: Known
    ) -> Iterator[Observed]:
        assert table is not None, "a replica is one of a live table"
        named = {address.rpartition("/")[2] for address in known.of_kinds(KIND)}
        everywhere = {element["RegionName"] for element in table.raw.get("Replicas", ())}
        yield from replicas(read, scope, table, everywhere if known.discover else named)
        live = _live_group(table)
        if live and (known.discover or known.of_kinds(GROUP) or "consistency" in live):
            yield Observed(scope.below(GROUP), GROUP, scope.region, live, owner=scope.address)

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        """Each wanted replica with its ARN; and what is in its region where it is yet to be made."""
        by_address = {entry.address: entry for entry in entries}
        arn = late(scope, by_address, read)["table_arn"]
        fixed = _never_scaled(read, scope, entries) if read is not None else []
        return {
            entry.address: _resolved(read, scope, entry, arn, fixed)
            for entry in entries
            if entry.kind == KIND and entry.desired is not None
        }

    def findings(self, work: TableChanges) -> Iterator[Finding]:
        return findings.check(work)

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        table = next((element.properties for element in live if element.address == scope.address), {})
        regional = sorted(
            (element for element in live if element.kind == KIND), key=lambda element: element.region
        )
        result = [_exported(element, table) for element in regional]  # AWS promises no order
        together = next((element.properties for element in live if element.kind == GROUP), {})
        spec: dict[str, Any] = {"replicas": result} if result else {}
        if together.get("consistency") == "STRONG":
            spec["multi_region_consistency"] = "STRONG"
            if together.get("witness_region"):
                spec["witness_region"] = together["witness_region"]
        return spec

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        arns = {record.region: record.arn for _, record in sorted(records.items()) if record.kind == KIND}
        return {"replica_regions": list(arns), "replica_arns": arns} if arns else {}

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        """Its key; and where it is (of a strongly consistent group also the witness)."""
        yield from kms_key(resource.properties.get("kms_key_arn"), resource.region)
        region = resource.region if resource.kind == KIND else resource.properties.get("witness_region")
        if region and region != scope.region:
            yield ExternalName(
                "region", region, "in" if resource.kind == KIND else "has its witness in", "region"
            )

    def operations(self, work: TableChanges) -> list[Step]:
        steps = [
            *membership.leave(work),
            *membership.settings(work),
            *membership.join(work),
            *membership.protection(work),
        ]
        for entry in work.of_kind(KIND):
            if entry.action in (Action.CREATE, Action.REPLACE):
                steps.extend(regional.born(work, entry))
            elif entry.action in (Action.UPDATE, Action.ADOPT):
                steps.extend(regional.changed(work, entry))
        return steps


def _wanted(spec: TableSpec, replica: Replica) -> Properties:
    """A spec's replica in normal form: what is off is left out, since that is how replicas are made."""
    result: Properties = {}
    if replica.kms_key_arn:
        result["kms_key_arn"] = replica.kms_key_arn
    if replica.table_class:
        result["table_class"] = replica.table_class
    if replica.deletion_protection:
        result["deletion_protection"] = True
    recovery = replica.point_in_time_recovery
    if recovery and recovery.enabled:
        result["point_in_time_recovery"] = recovery.model_dump()
    tags = {**(spec.tags or {} if replica.propagate_tags else {}), **(replica.tags or {})}
    if tags:
        result["tags"] = tags
    return result


def _group(spec: TableSpec) -> Properties:
    result: Properties = {}
    if spec.multi_region_consistency == "STRONG":
        result["consistency"] = "STRONG"
        if spec.witness_region:
            result["witness_region"] = spec.witness_region
    block = spec.global_table
    if block and block.settings_replication:
        result["settings_replication"] = block.settings_replication
    if block and block.disassociation_protection is not None:
        result["disassociation_protection"] = block.disassociation_protection
    return result


def _live_group(table: Observed) -> Properties:
    result: Properties = {}
    if table.raw.get("MultiRegionConsistency") == "STRONG":
        result["consistency"] = "STRONG"
        witnesses = [
            element["RegionName"]
            for element in table.raw.get("GlobalTableWitnesses", ())
            if element.get("WitnessStatus") != "DELETING"
        ]
        if witnesses:
            result["witness_region"] = witnesses[0]
    mode = table.raw.get("GlobalTableSettingsReplicationMode")
    if mode:
        result["settings_replication"] = mode
    if "DisassociationProtectionEnabled" in table.raw:
        result["disassociation_protection"] = table.raw["DisassociationProtectionEnabled"]
    return result


def _resolved(
    read: AwsReader | None, scope: Scope, entry: AddressDiff, arn: str, fixed: list[str]
) -> AddressDiff:
    assert entry.desired is not None, "only wanted replicas are resolved"
    options: dict[str, Any] = {
        "arn": arn_in(arn, entry.region) if arn.startswith("arn:") else None,
        "never_scaled": fixed,
    }
    if entry.live is None and read is not None:
        there = read.read("dynamodb", "DescribeTable", entry.region, {"TableName": scope.table_name})
        options["there"] = there["Table"].get("TableStatus", "ACTIVE") if there else None
    return replace(entry, desired=replace(entry.desired, options=options))


def _never_scaled(read: AwsReader, scope: Scope, entries: Sequence[AddressDiff]) -> list[str]:
    """Indexes that others made, and whose write capacity nobody scales; looked for where a replica is to come."""
    table = next(entry for entry in entries if entry.address == scope.address)
    coming = any(entry.kind == KIND and entry.desired and entry.live is None for entry in entries)
    provisioned = table.desired and table.desired.properties.get("billing_mode") == "PROVISIONED"
    if not (coming and provisioned and table.live):
        return []
    ours = {entry.name for entry in entries if entry.kind == "gsi" and (entry.desired or entry.record)}
    theirs = [element["IndexName"] for element in table.live.raw.get("GlobalSecondaryIndexes", ())]
    return [name for name in theirs if name not in ours and not _is_scaled(read, scope, name)]


def _is_scaled(read: AwsReader, scope: Scope, index: str) -> bool:
    """Whether a policy moves its write capacity (a policy needs a target, so that is there too)."""
    asked = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{scope.table_name}/index/{index}",
        "ScalableDimension": "dynamodb:index:WriteCapacityUnits",
    }
    service, api = "application-autoscaling", "DescribeScalingPolicies"
    return bool(read.read_all(service, api, scope.region, asked, "ScalingPolicies"))


def _exported(observed: Observed, table: Properties) -> dict[str, Any]:
    live = observed.properties
    tags, shared = live.get("tags", {}), table.get("tags", {})
    propagated = all(tags.get(key) == value for key, value in shared.items())
    own = {key: value for key, value in tags.items() if not propagated or shared.get(key) != value}
    result: dict[str, Any] = {"region": observed.region}
    if table.get("encryption", {}).get("kms_key_arn") and live.get("kms_key_arn"):
        result["kms_key_arn"] = live["kms_key_arn"]
    if live.get("table_class") != table.get("table_class"):
        result["table_class"] = live.get("table_class")
    for name in ("deletion_protection", "point_in_time_recovery"):
        if name in live:
            result[name] = live[name]
    if not propagated:
        result["propagate_tags"] = False
    return {**result, "tags": own} if own else result


HANDLER = ReplicaHandler()
