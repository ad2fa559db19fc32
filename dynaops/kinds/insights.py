"""CloudWatch Contributor Insights: the most accessed and throttled keys of a table and of its indexes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dynaops.kinds.billing import Billing
from dynaops.kinds.external_names import ExternalName
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.steps import step
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.table import DDB321
from dynaops.model.operation import Wait
from dynaops.model.recorded import ABSENT, Recorded
from dynaops.model.resource import Observed, Resource, Scope
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class ContributorInsights(Fragment):
    """On for the table, and for the `indexes` that are named."""

    toggle: ClassVar[bool] = True
    enabled: bool = True
    """On for the table."""
    mode: Literal["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"] | None = None
    """Which keys are watched. Default: AWS's, ACCESSED_AND_THROTTLED_KEYS."""
    indexes: list[str] | None = None
    """Global secondary indexes that are watched too."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """AWS knows contributor insights of global secondary indexes only (UpdateContributorInsights)."""
    block = spec.contributor_insights
    if block is None:
        return
    known = {index.name for index in spec.global_secondary_indexes or ()}
    for number, name in enumerate(block.indexes or ()):
        if name not in known:
            yield make_finding(
                DDB321,
                f"contributor insights of {name}: there is no such global secondary index",
                f"Indexes there are: {', '.join(sorted(known)) or 'none'}.",
                path=f"contributor_insights.indexes.{number}",
            )


class RecordedInsights(Recorded):
    """Contributor insights as the state records them."""

    enabled: bool = ABSENT
    mode: Literal["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"] = ABSENT


KIND = "contributor_insights"
OFF = {"enabled": False}
DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"


class InsightsHandler(BaseHandler):
    """The handler of contributor_insights: one for the table, and one for each index that is named."""

    billing = Billing(not_counted=("insights",))
    permissions = Permissions(
        reads=calls("dynamodb", "DescribeContributorInsights", "ListContributorInsights"),
        writes=calls("dynamodb", "UpdateContributorInsights"),
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="contributor insights",
            spec_key=KIND,
            absent=OFF,
            recorded=RecordedInsights,
            address=rf"{KIND}(/[^/]+)?",
        )
    }

    def owner(self, scope: Scope, address: str) -> str | None:
        index = address.removeprefix(scope.below(KIND)).strip("/")
        return scope.below("gsi", index) if index else scope.address

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        block = spec.contributor_insights
        if block is None:
            return
        wanted = {"enabled": True, "mode": block.mode or DEFAULT_MODE} if block.enabled else OFF
        yield Resource(scope.below(KIND), KIND, scope.region, wanted, scope.address, (scope.address,))
        for index in block.indexes or () if block.enabled else ():
            owner = scope.below("gsi", index)
            yield Resource(scope.below(KIND, index), KIND, scope.region, wanted, owner, (owner,))

    def external_names(self, scope: Scope, resource: Resource) -> Iterable[ExternalName]:
        """None: AWS makes the role of the service by itself."""
        return ()

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterable[Observed]:
        result = read.read_all(
            "dynamodb",
            "ListContributorInsights",
            scope.region,
            {"TableName": scope.table_name},
            "ContributorInsightsSummaries",
        )
        for element in result or ():
            if element.get("ContributorInsightsStatus") not in ("ENABLED", "ENABLING"):
                continue  # FAILED stays so until it is asked for again: as good as absent
            index = element.get("IndexName")
            address = scope.below(KIND, index) if index else scope.below(KIND)
            mode = element.get("ContributorInsightsMode", DEFAULT_MODE)
            yield Observed(
                address,
                KIND,
                scope.region,
                {"enabled": True, "mode": mode},
                owner=self.owner(scope, address),
            )

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """Indexes without the table's own insights cannot be said in a spec, and stay unmanaged."""
        table = {resource.address: resource.properties for resource in live}.get(scope.below(KIND))
        if table is None:
            return {}
        root = f"{scope.below(KIND)}/"
        indexes = [
            resource.address.removeprefix(root)
            for resource in live
            if resource.address.startswith(root) and resource.properties == table
        ]
        block: dict[str, Any] = {"enabled": True, "mode": table["mode"]}
        return {KIND: {**block, "indexes": indexes} if indexes else block}

    def operations(self, work: TableChanges) -> list[Step]:
        steps = []
        for entry in work.of_kind(KIND):
            owner = work.entries.get(entry.owner or "")
            if entry.action is Action.NO_OP or (owner and owner.action is Action.DELETE):
                continue
            if entry.change and entry.action is Action.ADOPT and not entry.change.differences:
                continue
            wanted = entry.desired.properties if entry.desired and entry.action is not Action.DELETE else OFF
            steps.append(_set(work, entry, wanted))
        return steps


def _set(work: TableChanges, entry: AddressDiff, wanted: dict[str, Any]) -> Step:
    on, name = wanted["enabled"], work.scope.table_name
    index = entry.address.removeprefix(work.scope.below(KIND)).strip("/")
    where: dict[str, Any] = {"TableName": name, **({"IndexName": index} if index else {})}
    parameters = {**where, "ContributorInsightsAction": "ENABLE" if on else "DISABLE"}
    done = "ContributorInsightsStatus=='DISABLED'"
    if on:
        parameters["ContributorInsightsMode"] = wanted["mode"]
        done = (
            "ContributorInsightsStatus=='ENABLED'"
            f" && (ContributorInsightsMode || '{DEFAULT_MODE}')=='{wanted['mode']}'"
        )
    what = f"index {index} of {name}" if index else name
    return step(
        entry,
        Rank.INSIGHTS,
        "UpdateContributorInsights",
        f"turn {'on' if on else 'off'} contributor insights of {what}",
        parameters,
        wait=Wait(
            title=f"contributor insights of {what} are {'on' if on else 'off'}",
            api="DescribeContributorInsights",
            parameters=where,
            until=done,
            failed="ContributorInsightsStatus=='FAILED'",
            expected=10 if on else 2,
            timeout=900,
        ),
        set=wanted if on else {},
        forget=not on,
        depends_on=(entry.owner or work.scope.address,),
        needs_idle=bool(index),
    )


HANDLER = InsightsHandler()
