"""Global-table replicas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from dynaops.kinds.autoscaling import scalings
from dynaops.kinds.recovery import Recovery
from dynaops.kinds.table.spec import TableClass
from dynaops.model.finding import Finding
from dynaops.model.findings.global_tables import (
    DDB468,
    DDB501,
    DDB502,
    DDB503,
    DDB504,
    DDB505,
    DDB506,
    DDB507,
    DDB508,
)
from dynaops.model.findings.rule import make_finding
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class Replica(Fragment):
    """The table in one more region."""

    region: str
    """The replica's region."""
    kms_key_arn: str | None = None
    """Its key; needed where the table has a key of its own."""
    point_in_time_recovery: Recovery | None = None
    """Its own continuous backups. Default: off."""
    deletion_protection: bool | None = None
    """Its own protection. Default: off."""
    table_class: TableClass | None = None
    """Its own class. Default: as the table."""
    propagate_tags: bool = True
    """It gets the table's tags."""
    tags: dict[str, str] | None = None
    """Tags of its own, over the table's."""


class GlobalTable(Fragment):
    """Settings of the group of replicas."""

    settings_replication: Literal["ENABLED", "DISABLED", "ENABLED_WITH_OVERRIDES"] | None = None
    """Whether AWS copies settings to replicas in other accounts."""
    source_arn: str | None = None
    """The table in another account that this one becomes a replica of."""
    disassociation_protection: bool | None = None
    """AWS refuses to take replicas out of the group while this is on."""


STRONG_SETS = (
    frozenset({"us-east-1", "us-east-2", "us-west-2"}),
    frozenset({"eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"}),
    frozenset({"ap-northeast-1", "ap-northeast-2", "ap-northeast-3"}),
)
"""The sets of regions within which global tables can be strongly consistent (UpdateTable, MultiRegionConsistency)."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """What AWS refuses of a global table, whatever its state."""
    yield from _regions(spec)
    yield from _group(spec)
    yield from _protected(spec)
    yield from _strong(spec)


def _regions(spec: TableSpec) -> Iterator[Finding]:
    """A region has one replica, and the home region none (UpdateTable: cannot add the local region)."""
    seen: set[str] = set()
    for number, replica in enumerate(spec.replicas or ()):
        path = f"replicas.{number}.region"
        if replica.region in seen:
            yield make_finding(DDB501, f"{replica.region} has two replicas", path=path)
        if spec.region == replica.region:
            yield make_finding(DDB502, f"{replica.region} is the table's own region", path=path)
        seen.add(replica.region)


def _group(spec: TableSpec) -> Iterator[Finding]:
    """Stream, keys and capacity that a group of replicas needs."""
    if not spec.replicas:
        return
    if spec.stream and spec.stream.view_type != "NEW_AND_OLD_IMAGES":
        yield make_finding(DDB503, "replicas need a stream of NEW_AND_OLD_IMAGES", path="stream.view_type")
    own = bool(spec.encryption.kms_key_arn)
    for number, replica in enumerate(spec.replicas):
        if own and not replica.kms_key_arn:
            yield make_finding(
                DDB506,
                f"the table has a KMS key of its own, so its replica in {replica.region} needs one too",
                "Add kms_key_arn, the ARN of a key in that region.",
                path=f"replicas.{number}",
            )
        if replica.kms_key_arn and not own:
            yield make_finding(
                DDB506,
                f"the replica in {replica.region} has a KMS key of its own, but the table has none",
                "All members of a global table have the same kind of key: give encryption.kms_key_arn too.",
                path=f"replicas.{number}.kms_key_arn",
            )
    yield from _unscaled(spec)


def _protected(spec: TableSpec) -> Iterator[Finding]:
    """Protection against disassociation is a setting of a member of an eventually consistent group (UpdateTable)."""
    block = spec.global_table
    if block is None or block.disassociation_protection is None:
        return
    member = bool(spec.replicas or block.source_arn)
    if not member or spec.multi_region_consistency == "STRONG":
        what = "a strongly consistent global table" if member else "a table without replicas"
        yield make_finding(
            DDB508,
            f"{what} has no protection against disassociation",
            "Remove the key, or add replicas." if not member else "Remove the key.",
            path="global_table.disassociation_protection",
        )


def _unscaled(spec: TableSpec) -> Iterator[Finding]:
    """A policy must move the write capacity of the table and of each global index (DDB-TABLE-188, 249)."""
    if spec.billing_mode != "PROVISIONED":
        return
    scaled = {index for index, side, _ in scalings(spec) if side == "write"}
    missing = [] if None in scaled else ["the table"]
    missing += [
        f"index {index.name}" for index in spec.global_secondary_indexes or () if index.name not in scaled
    ]
    if missing:
        yield make_finding(
            DDB507,
            "AWS replicates a PROVISIONED table only when the write capacity of the table and of every index is "
            f"autoscaled, and that of {', '.join(missing)} is not",
            path="autoscaling" if spec.autoscaling else "replicas",
        )


def _strong(spec: TableSpec) -> Iterator[Finding]:
    """Strong consistency takes three regions of one set, one of which may be a witness (UpdateTable)."""
    if spec.witness_region and spec.multi_region_consistency != "STRONG":
        yield make_finding(
            DDB505, "a witness region goes with multi_region_consistency: STRONG", path="witness_region"
        )
    if spec.multi_region_consistency != "STRONG":
        return
    if len(spec.replicas or ()) + bool(spec.witness_region) != 2 or not spec.replicas:
        yield make_finding(
            DDB504,
            "strong consistency takes two replicas, or one and a witness",
            path="multi_region_consistency",
        )
    regions = {element.region for element in spec.replicas or ()} | {
        element for element in (spec.witness_region, spec.region) if element
    }
    if not any(regions <= element for element in STRONG_SETS):
        yield make_finding(
            DDB468,
            f"strong consistency is not to be had among {', '.join(sorted(regions))}",
            "The sets of regions: " + "; ".join(", ".join(sorted(element)) for element in STRONG_SETS) + ".",
            path="multi_region_consistency",
        )
