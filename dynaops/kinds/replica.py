"""Global-table replicas: parsed and checked now, applied by a later version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from dynaops.kinds.recovery import Recovery
from dynaops.kinds.table.spec import TableClass
from dynaops.model.finding import Finding, Severity
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class Replica(Fragment):
    """The table in one more region."""

    region: str
    kms_key_arn: str | None = None
    point_in_time_recovery: Recovery | None = None
    deletion_protection: bool | None = None
    table_class: TableClass | None = None
    propagate_tags: bool = True
    tags: dict[str, str] | None = None


class GlobalTable(Fragment):
    """Settings of the group of replicas."""

    settings_replication: Literal["ENABLED", "DISABLED", "ENABLED_WITH_OVERRIDES"] | None = None
    source_arn: str | None = None
    disassociation_protection: bool | None = None


def rules(spec: TableSpec) -> Iterator[Finding]:
    """A region has one replica, and the home region none (UpdateTable: cannot add the local region)."""
    seen: set[str] = set()
    for number, replica in enumerate(spec.replicas or ()):
        path = f"replicas.{number}.region"
        if replica.region in seen:
            yield _error("DDB461", f"{replica.region} has two replicas", path)
        if spec.region == replica.region:
            yield _error("DDB462", f"{replica.region} is the table's own region", path)
        seen.add(replica.region)
    if spec.replicas and spec.stream and spec.stream.view_type != "NEW_AND_OLD_IMAGES":
        yield _error("DDB463", "replicas need a stream of NEW_AND_OLD_IMAGES", "stream.view_type")
    if (
        spec.multi_region_consistency == "STRONG"
        and len(spec.replicas or ()) + bool(spec.witness_region) != 2
    ):
        yield _error(
            "DDB464",
            "strong consistency takes two replicas, or one and a witness",
            "multi_region_consistency",
        )
    if spec.witness_region and spec.multi_region_consistency != "STRONG":
        yield _error(
            "DDB465", "a witness region goes with multi_region_consistency: STRONG", "witness_region"
        )


def _error(code: str, message: str, path: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, message=message, path=path)
