"""Time to live: rows are deleted some time after the epoch second in one attribute.

One attribute a table. It is changed by turning TTL off and on, and AWS takes one change an hour
(UpdateTimeToLive, AWS API reference).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.kinds.billing import NOT_BILLED
from dynaops.kinds.external_names import ExternalName
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.steps import step
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.table import DDB301, DDB302
from dynaops.model.operation import Cooldown, Effect, Wait
from dynaops.model.recorded import ABSENT, Name, Recorded
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.spec import Fragment
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class Ttl(Fragment):
    """Which attribute holds the second (a Number, in epoch seconds) after which a row may go."""

    attribute: str
    """The attribute that holds the epoch second; a Number."""
    enabled: bool = True
    """Off turns TTL off, which AWS takes at most once an hour."""


def rules(spec: TableSpec) -> Iterator[Finding]:
    """TTL on a key attribute only works where that attribute is a Number (TTL, developer guide)."""
    if spec.ttl and spec.ttl.enabled and spec.ttl.attribute in spec.attributes:
        kind = spec.attributes[spec.ttl.attribute]
        if kind != "N":
            yield make_finding(
                DDB301,
                f"the TTL attribute {spec.ttl.attribute} is a key of type {kind}; TTL reads epoch seconds "
                "from a Number and ignores all else",
                path="ttl.attribute",
            )
        else:
            yield make_finding(
                DDB302,
                f"the TTL attribute {spec.ttl.attribute} is a key: it cannot be changed on a row to keep it",
                path="ttl.attribute",
            )


class RecordedTtl(Recorded):
    """TTL as the state records it."""

    enabled: bool = ABSENT
    attribute: Name = ABSENT


_SPEC = "TimeToLiveDescription.TimeToLiveStatus"
_ON = ("ENABLED", "ENABLING")
COOLDOWN_SECONDS = 3600.0
"""AWS takes one change of TTL an hour (UpdateTimeToLive, AWS API reference; 31 minutes were seen live)."""
_REFUSAL = "Time to live has been modified multiple times"


class TtlHandler(BaseHandler):
    """The handler of ttl. Off is the same as absent: DescribeTimeToLive says DISABLED either way."""

    billing = NOT_BILLED
    permissions = Permissions(
        reads=calls("dynamodb", "DescribeTimeToLive"),
        writes=calls("dynamodb", "UpdateTimeToLive"),
    )
    kinds: Mapping[str, PropertyRules] = {
        "ttl": PropertyRules(
            title="time to live",
            spec_key="ttl",
            absent={"enabled": False},
            recorded=RecordedTtl,
            address="ttl",
        )
    }

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        if spec.ttl is None:
            return
        wanted: dict[str, Any] = {"enabled": False}
        if spec.ttl.enabled:
            wanted = {"enabled": True, "attribute": spec.ttl.attribute}
        yield Resource(scope.below("ttl"), "ttl", scope.region, wanted, scope.address, (scope.address,))

    def external_names(self, scope: Scope, resource: Resource) -> Iterable[ExternalName]:
        """None: the attribute is the table's own."""
        return ()

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterable[Observed]:
        answer = read.read("dynamodb", "DescribeTimeToLive", scope.region, {"TableName": scope.table_name})
        result = answer["TimeToLiveDescription"] if answer else {}
        if result.get("TimeToLiveStatus") in _ON:
            yield Observed(
                scope.below("ttl"),
                "ttl",
                scope.region,
                {"enabled": True, "attribute": result["AttributeName"]},
                owner=scope.address,
            )

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        result = {resource.address: resource.properties for resource in live}.get(scope.below("ttl"))
        return {"ttl": {"attribute": result["attribute"]}} if result else {}

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        record = records.get(scope.below("ttl"))
        return {"ttl_attribute": record.properties.get("attribute")} if record else {}

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        for entry in work.of_kind("ttl"):
            steps += _changes(work, entry)
        return steps


def _changes(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    wanted: dict[str, Any] = entry.desired.properties if entry.desired else {"enabled": False}
    live: dict[str, Any] = entry.live.properties if entry.live else {"enabled": False}
    pause = _remaining(work)
    present = live.get("attribute") or wanted.get("attribute", "")
    if entry.action in (Action.CREATE, Action.REPLACE):
        yield _switch(work, entry, wanted["attribute"], True, pause)
    elif entry.action is Action.DELETE and work.table.action is not Action.DELETE:
        yield _switch(work, entry, present, False, pause)
    elif entry.action in (Action.UPDATE, Action.ADOPT) and entry.change and entry.change.differences:
        yield _switch(
            work,
            entry,
            present,
            False,
            pause,
            again=wanted["enabled"],
        )
        if wanted["enabled"]:
            yield _switch(work, entry, wanted["attribute"], True, COOLDOWN_SECONDS)


def _remaining(work: TableChanges) -> float:
    """Seconds until AWS takes another change, as far as our own changes tell."""
    record = work.table.record
    stamps = record.stamps.get("ttl", []) if record and work.table.action is not Action.REPLACE else []
    since = max(0.0, work.now - max(stamps, default=0.0))  # a clock may have been ahead
    return max(0.0, COOLDOWN_SECONDS - since)


def _switch(
    work: TableChanges, entry: AddressDiff, attribute: str, on: bool, pause: float, again: bool = False
) -> Step:
    name = work.scope.table_name
    done = " || ".join(f"{_SPEC}=='{status}'" for status in (_ON if on else ("DISABLED",)))
    reason = entry.reason
    if again:
        reason = "the TTL attribute can only be changed by turning TTL off and on, at most once an hour"
    table = Effect(address=work.scope.address, kind="table", region=entry.region, stamp="ttl")
    return step(
        entry,
        Rank.TTL,
        "UpdateTimeToLive",
        f"turn {'on' if on else 'off'} TTL of {name} on {attribute}",
        {
            "TableName": name,
            "TimeToLiveSpecification": {"Enabled": on, "AttributeName": attribute},
        },
        wait=Wait(
            title=f"TTL of {name} is {'on' if on else 'off'}",
            api="DescribeTimeToLive",
            parameters={"TableName": name},
            until=done,
            expected=2,
            timeout=2 * COOLDOWN_SECONDS,
        ),
        cooldown=Cooldown(
            title=f"AWS takes another TTL change of {name}",
            prefix=_REFUSAL,
            expected=pause,
            timeout=2 * COOLDOWN_SECONDS,
        ),
        set={"enabled": True, "attribute": attribute} if on else {},
        forget=not on,
        depends_on=(work.scope.address,),
        effects=(table,),
        reason=reason,
    )


HANDLER = TtlHandler()
