"""The room of alarms. Nothing but its name ties an alarm to a table, so only alarms of our names are ever touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.kinds.alarm import ALARMS, DEFAULTS, shape
from dynaops.kinds.kind import BaseRoom, Entry, Known, Policy, Rank, Reader, Step, Work
from dynaops.model.change import Action
from dynaops.model.operation import Effect, Operation, Tolerance, Wait
from dynaops.model.resource import Observed, Properties, Resource, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

KIND = "alarm"
_MOST = 100
"""Names that DescribeAlarms takes at once."""


class AlarmRoom(BaseRoom):
    """Alarms outlive their table, so they are looked for with it or without, and deleted by ourselves."""

    beside_table = False
    kinds: Mapping[str, Policy] = {
        KIND: Policy(
            title="CloudWatch alarm",
            spec_key="alarms",
        )
    }

    def owner(self, scope: Scope, address: str) -> None:  # noqa: ARG002
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        if spec.alarms is None:
            return
        topics = sorted(set(spec.alarms.sns_topic_arns or ()))
        for name in ALARMS:
            settings = spec.alarms.settings(name)
            for suffix in shape.suffixes(spec, name) if settings else ():
                assert settings is not None, "only alarms that are on have something to watch"
                rest = f"{name}{suffix}"
                wanted = shape.wanted(scope.table_name, rest, settings, topics)
                yield Resource(scope.below(f"{KIND}/{rest}"), KIND, scope.region, wanted)

    def observe(
        self,
        read: Reader,
        scope: Scope,
        table: Observed | None,  # noqa: ARG002
        known: Known,
    ) -> Iterator[Observed]:
        names = {
            shape.alarm_name(scope.table_name, _rest(scope.address, address)): address
            for address in known.of_kinds(KIND)
        }
        found = _named(read, scope, sorted(names))
        if known.discover:
            for one in _look(read, scope, AlarmNamePrefix=shape.prefix(scope.table_name)):
                rest = shape.rest_of(one)
                if rest and shape.alarm_name(scope.table_name, rest) == one["AlarmName"] not in names:
                    names[one["AlarmName"]] = scope.below(f"{KIND}/{rest}")
                    found.append(one)
        for one in found:
            outputs = {"name": one["AlarmName"], "arn": one["AlarmArn"]}
            address = names[one["AlarmName"]]
            found_as = shape.properties_of(one, scope.table_name, _rest(scope.address, address))
            yield Observed(address, KIND, scope.region, found_as, outputs, raw=one)

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """One setting for each kind of alarm: that of the table, or of the first of those it has."""
        mine = {_rest(scope.address, one.address): one.properties for one in live if one.kind == KIND}
        found: dict[str, Any] = {}
        for rest, properties in sorted(mine.items()):
            found.setdefault(rest.partition("/")[0], _exported(rest.partition("/")[0], properties))
        told = [one["topics"] for one in mine.values() if isinstance(one["topics"], list)]
        topics = sorted({arn for one in told for arn in one if ":sns:" in arn})
        if topics:
            found = {"sns_topic_arns": topics, **found}
        return {"alarms": found} if found else {}

    def operations(self, work: Work) -> list[Step]:
        steps: list[Step] = []
        for entry in work.of_kind(KIND):
            if entry.action is Action.DELETE and entry.live:
                steps.append(_delete(work, entry))
            elif entry.action is Action.CREATE or (
                entry.action in (Action.UPDATE, Action.ADOPT) and entry.change and entry.change.differences
            ):
                steps.append(_put(work, entry))
        return steps


def _look(read: Reader, scope: Scope, **which: Any) -> list[dict[str, Any]]:
    which["AlarmTypes"] = ["MetricAlarm"]
    return read.read_all("cloudwatch", "DescribeAlarms", scope.region, which, "MetricAlarms") or []


def _named(read: Reader, scope: Scope, names: list[str]) -> list[dict[str, Any]]:
    some = [names[start : start + _MOST] for start in range(0, len(names), _MOST)]
    return [one for part in some for one in _look(read, scope, AlarmNames=part)]


def _rest(table: str, address: str) -> str:
    return address.removeprefix(f"{table}/{KIND}/")


def _exported(name: str, properties: Properties) -> Any:
    default = DEFAULTS[name]
    members = ("threshold", "period", "evaluation_periods")
    own = {one: properties[one] for one in members if properties[one] != getattr(default, one)}
    return own or True


def _put(work: Work, entry: Entry) -> Step:
    """PutMetricAlarm makes an alarm or replaces it whole, keeping its state."""
    assert entry.desired is not None, "only a declared alarm is made or changed"
    wanted = entry.desired.properties
    verb = "create" if entry.action is Action.CREATE else "change"
    rest = _rest(work.scope.address, entry.address)
    name = shape.alarm_name(work.scope.table_name, rest)
    return _step(
        entry,
        "PutMetricAlarm",
        f"{verb} alarm {name}",
        shape.parameters(work.scope.table_name, rest, wanted),
        Rank.ALARM,
        Effect(
            address=entry.address,
            kind=KIND,
            region=entry.region,
            set=dict(wanted),
            outputs={"name": "MetricAlarms[0].AlarmName", "arn": "MetricAlarms[0].AlarmArn"},
        ),
        wait=Wait(
            title=f"alarm {name} is there",
            service="cloudwatch",
            api="DescribeAlarms",
            parameters={"AlarmNames": [name], "AlarmTypes": ["MetricAlarm"]},
            until="length(MetricAlarms)==`1`",
            expected=1,
            timeout=60,
        ),
    )


def _delete(work: Work, entry: Entry) -> Step:
    name = shape.alarm_name(work.scope.table_name, _rest(work.scope.address, entry.address))
    return _step(
        entry,
        "DeleteAlarms",
        f"delete alarm {name}",
        {"AlarmNames": [name]},
        Rank.LEAVINGS,
        Effect(address=entry.address, kind=KIND, region=entry.region, forget=True),
        tolerate=(Tolerance(code="ResourceNotFound"), Tolerance(code="ResourceNotFoundException")),
    )


def _step(
    entry: Entry,
    api: str,
    title: str,
    parameters: dict[str, Any],
    rank: Rank,
    effect: Effect,
    wait: Wait | None = None,
    tolerate: tuple[Tolerance, ...] = (),
) -> Step:
    operation = Operation(
        id="",
        address=entry.address,
        kind=KIND,
        title=title,
        reason=entry.change.reason if entry.change else "",
        service="cloudwatch",
        api=api,
        region=entry.region,
        parameters=parameters,
        wait=wait,
        tolerate=tolerate,
        effects=(effect,),
    )
    return Step(operation, rank)


ROOM = AlarmRoom()
