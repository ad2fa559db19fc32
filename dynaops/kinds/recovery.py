"""Point-in-time recovery: AWS keeps the last 1 to 35 days restorable to any second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from dynaops.kinds.billing import Billing, Charge, TableResources
from dynaops.kinds.external_names import ExternalName
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.steps import step
from dynaops.model.change import Action
from dynaops.model.cost import BilledItem
from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.table import DDB311
from dynaops.model.operation import Danger, Wait
from dynaops.model.recorded import ABSENT, Recorded, Units
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.spec import Fragment
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

DEFAULT_DAYS = 35


class Recovery(Fragment):
    """`recovery_period_days` is how far back a restore can go (UpdateContinuousBackups: 1 to 35)."""

    toggle: ClassVar[bool] = True
    enabled: bool = True
    """Off gives up the recovery points there are."""
    recovery_period_days: int = Field(DEFAULT_DAYS, ge=1, le=35)
    """How many days back one can go, 1 to 35."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """Without PITR a bad deploy or a bad script cannot be undone."""
    if not spec.point_in_time_recovery.enabled:
        yield make_finding(
            DDB311,
            "point-in-time recovery is off: rows lost to a mistake cannot be restored",
            path="point_in_time_recovery",
        )


class RecordedRecovery(Recorded):
    """Point-in-time recovery as the state records it."""

    enabled: bool = ABSENT
    recovery_period_days: Units = ABSENT


_WINDOW = "ContinuousBackupsDescription.PointInTimeRecoveryDescription"
KIND = "point_in_time_recovery"
OFF = {"enabled": False}
ITEM = "recovery"
"""The price list's item, also of a replica's recovery points."""


def _charges(resources: TableResources) -> Iterator[Charge]:
    """Recovery points are billed by the size of the table."""
    scope = resources.scope
    recovery = resources.by_address.get(scope.below(KIND))
    if resources.table is not None and recovery is not None and recovery.properties.get("enabled"):
        yield Charge(scope.address, scope.region, ITEM, resources.table_gb())


class RecoveryHandler(BaseHandler):
    """The handler of point_in_time_recovery. Off is how AWS makes every table, so it is the same as absent."""

    billing = Billing(
        items={ITEM: BilledItem("point-in-time recovery", "GB", "TimedPITRStorage-ByteHrs")}, charges=_charges
    )
    permissions = Permissions(
        reads=calls("dynamodb", "DescribeContinuousBackups"),
        writes=calls("dynamodb", "UpdateContinuousBackups"),
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="point-in-time recovery",
            spec_key=KIND,
            absent=OFF,
            recorded=RecordedRecovery,
            address=KIND,
        )
    }

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        wanted: dict[str, Any] = OFF
        if spec.point_in_time_recovery.enabled:
            days = spec.point_in_time_recovery.recovery_period_days
            wanted = {"enabled": True, "recovery_period_days": days}
        yield Resource(scope.below(KIND), KIND, scope.region, wanted, scope.address, (scope.address,))

    def external_names(self, scope: Scope, resource: Resource) -> Iterable[ExternalName]:
        """None: backups are kept in DynamoDB itself."""
        return ()

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterable[Observed]:
        answer = read.read(
            "dynamodb", "DescribeContinuousBackups", scope.region, {"TableName": scope.table_name}
        )
        # ContinuousBackupsStatus turns ENABLED by itself; only this member tells (live finding DDB-TABLE-083).
        result = (answer or {}).get("ContinuousBackupsDescription", {})
        window = result.get("PointInTimeRecoveryDescription", {})
        if window.get("PointInTimeRecoveryStatus") == "ENABLED":
            days = window.get("RecoveryPeriodInDays", DEFAULT_DAYS)
            yield Observed(
                scope.below(KIND),
                KIND,
                scope.region,
                {"enabled": True, "recovery_period_days": days},
                owner=scope.address,
            )

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        result = {resource.address: resource.properties for resource in live}.get(scope.below(KIND), OFF)
        if not result["enabled"]:
            return {KIND: False}
        days = result["recovery_period_days"]
        return {} if days == DEFAULT_DAYS else {KIND: {"recovery_period_days": days}}

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        """Whether it is on, also where it is not."""
        record = records.get(scope.below(KIND))
        if record is None:
            return {KIND: False}
        return {KIND: True, "recovery_period_days": record.properties.get("recovery_period_days")}

    def operations(self, work: TableChanges) -> list[Step]:
        steps = []
        for entry in work.of_kind(KIND):
            if entry.action is Action.NO_OP or work.table.action is Action.DELETE:
                continue
            if entry.change and entry.action is Action.ADOPT and not entry.change.differences:
                continue
            wanted = entry.desired.properties if entry.desired and entry.action is not Action.DELETE else OFF
            steps.append(_set(work, entry, wanted))
        return steps


def given_up(live: Properties | None, wanted: Properties | None) -> str | None:
    """What can no longer be restored when recovery is set from `live` to `wanted` (None: off); None where all can.

    AWS drops what it keeps at once: turned on again, or for longer, recovery begins anew (UpdateContinuousBackups).
    """
    if not live or not live.get("enabled"):
        return None
    if not wanted or not wanted.get("enabled"):
        return "every recovery point: no time before now can be restored any more"
    days = int(wanted["recovery_period_days"])
    return f"recovery points older than {days} days" if days < live["recovery_period_days"] else None


def ends_with_table(work: TableChanges) -> str | None:
    """What can no longer be restored when the table goes; AWS backs it up as it is then (system backup, 35 days)."""
    entry = work.entries.get(work.scope.below(KIND))
    if entry is None or entry.live is None or not entry.live.properties.get("enabled"):
        return None
    return "every recovery point but the last, of which AWS keeps a backup for 35 days"


def _set(work: TableChanges, entry: AddressDiff, wanted: dict[str, Any]) -> Step:
    name, on = work.scope.table_name, wanted["enabled"]
    specification: dict[str, Any] = {"PointInTimeRecoveryEnabled": on}
    done = f"{_WINDOW}.PointInTimeRecoveryStatus=='{'ENABLED' if on else 'DISABLED'}'"
    title = f"turn off point-in-time recovery of {name}"
    if on:
        days = wanted["recovery_period_days"]
        specification["RecoveryPeriodInDays"] = days
        done += f" && {_WINDOW}.RecoveryPeriodInDays==`{days}`"
        title = f"keep {name} recoverable to any second of the last {days} days"
    live = entry.live.properties if entry.live else None
    lost = None if work.table.action is Action.REPLACE else given_up(live, wanted)
    return step(
        entry,
        Rank.RECOVERY,
        "UpdateContinuousBackups",
        title,
        {"TableName": name, "PointInTimeRecoverySpecification": specification},
        wait=Wait(
            title=f"point-in-time recovery of {name} is {'on' if on else 'off'}",
            api="DescribeContinuousBackups",
            parameters={"TableName": name},
            until=done,
            expected=5 if on else 1,
            timeout=600,
        ),
        set=wanted if on else {},
        forget=not on,
        depends_on=(work.scope.address,),
        danger=Danger.RECOVERY if lost else None,
        loses=lost,
    )


HANDLER = RecoveryHandler()
