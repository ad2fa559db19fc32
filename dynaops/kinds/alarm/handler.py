"""The handler of alarms. Only alarms whose names dynaops made are touched: nothing else ties an alarm to a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dynaops.kinds.alarm import ALARMS, DEFAULTS, REGIONAL, mapping, operations, topic_region
from dynaops.kinds.alarm.billing import BILLING
from dynaops.kinds.alarm.mapping import KIND, AlarmLocation, address_of, place_of
from dynaops.kinds.external_names import ExternalName, by_arn
from dynaops.kinds.kind import AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.tags import TagCalls, live_tags
from dynaops.model.change import Action
from dynaops.model.recorded import ABSENT, Recorded, Units
from dynaops.model.resource import Observed, Properties, Resource, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

_MOST = 100
"""Names that DescribeAlarms takes at once."""
_READERS = 8
TAGS = TagCalls("cloudwatch", Rank.ALARM, target="ResourceARN", create="PutMetricAlarm")


class RecordedAlarm(Recorded):
    """An alarm as the state records it."""

    watches: str = ABSENT
    goes_off: str = ABSENT
    threshold: float = ABSENT
    period: Units | list[Units] = ABSENT
    evaluation_periods: Units = ABSENT
    topics: list[str] | dict[str, list[str]] = ABSENT
    tags: dict[str, str] = ABSENT


class AlarmHandler(BaseHandler):
    """Alarms outlive their table, so they are looked for with it or without, and deleted by ourselves.

    Each region of a global table has its own throttles, errors and capacity, and so its own alarms on them.
    """

    beside_table = False
    billing = BILLING
    permissions = Permissions(
        reads=calls("cloudwatch", "DescribeAlarms"),
        writes=calls("cloudwatch", "PutMetricAlarm", "DeleteAlarms"),
        changes={
            "cloudwatch:PutMetricAlarm": (
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
            ),
        },
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="CloudWatch alarm",
            spec_key="alarms",
            keyed=frozenset({"tags"}),
            recorded=RecordedAlarm,
            tags=TAGS,
            address=rf"(replica/[^/]+/)?{KIND}/({'|'.join(ALARMS)})(/[^/]+)?",
            arn=r"cloudwatch:[^:]+:\d{12}:alarm:.+",
        )
    }

    def owner(self, scope: Scope, address: str) -> None:
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        if spec.alarms is None:
            return
        for region, tags in _regions(scope, spec):
            topics = _topics(scope, spec, region)
            for name in ALARMS if region == scope.region else REGIONAL:
                settings = spec.alarms.settings(name)
                for suffix in mapping.suffixes(spec, name) if settings else ():
                    assert settings is not None, "only alarms that are on have something to watch"
                    rest = f"{name}{suffix}"
                    wanted = mapping.wanted(scope.table_name, rest, settings, topics, tags)
                    yield Resource(address_of(scope, AlarmLocation(region, rest)), KIND, region, wanted)

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        """The topics that are told; a live alarm may have others for OK than for ALARM, by the name of the state."""
        topics = resource.properties.get("topics") or []
        lists = topics.values() if isinstance(topics, dict) else [topics]
        for arn in sorted({arn for topic_list in lists for arn in topic_list}):
            if arn.startswith("arn:"):
                yield by_arn(arn, resource.region, label="")

    def observe(
        self, read: AwsReader, scope: Scope, table: Observed | None, known: Known
    ) -> Iterator[Observed]:
        sought = known.of_kinds(KIND)
        by_region: dict[str, dict[str, str]] = {}
        for address in sought:
            alarm_location = place_of(scope, address)
            names = by_region.setdefault(alarm_location.region, {})
            names[mapping.alarm_name(scope.table_name, alarm_location.rest)] = address
        if known.discover:
            replicas = table.raw.get("Replicas", ()) if table else ()
            for region in (scope.region, *(replica["RegionName"] for replica in replicas)):
                by_region.setdefault(region, {})
        tagged = known.discover or any(
            side and "tags" in side.properties for sides in sought.values() for side in sides
        )
        for region, names in sorted(by_region.items()):
            yield from _in_region(read, scope, region, names, known.discover, tagged)

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        """One setting for each kind of alarm: that of the table, or of the first of those it has at home."""
        own = [element for element in live if element.kind == KIND]
        mine = {
            place_of(scope, element.address).rest: element.properties
            for element in own
            if element.region == scope.region
        }
        result: dict[str, Any] = {}
        for rest, properties in sorted(mine.items()):
            result.setdefault(rest.partition("/")[0], _exported(rest.partition("/")[0], properties))
        actions = [
            element.properties["topics"] for element in own if isinstance(element.properties["topics"], list)
        ]
        topics = sorted({arn for element in actions for arn in element if ":sns:" in arn})
        if topics and result:
            result = {"sns_topic_arns": topics, **result}
        return {"alarms": result} if result else {}

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        for entry in work.of_kind(KIND):
            if entry.action is Action.DELETE and entry.live:
                steps.append(operations.delete(work, entry))
            elif entry.action is Action.CREATE:
                steps.append(operations.put(work, entry))
            elif entry.action in (Action.UPDATE, Action.ADOPT):
                steps.extend(operations.change(work, entry))
        return steps


def _regions(scope: Scope, spec: TableSpec) -> Iterator[tuple[str, dict[str, str]]]:
    """Home and the replicas' regions, with the tags that the table has there."""
    yield scope.region, dict(spec.tags or {})
    for replica in spec.replicas or ():
        shared = (spec.tags or {}) if replica.propagate_tags else {}
        yield replica.region, {**shared, **(replica.tags or {})}


def _topics(scope: Scope, spec: TableSpec, region: str) -> list[str]:
    """The topics that an alarm in `region` can tell; AWS judges those at home that are of no region of the table."""
    assert spec.alarms is not None, "asked only where there are alarms"
    away = {replica.region for replica in spec.replicas or ()}
    return sorted(
        arn
        for arn in set(spec.alarms.sns_topic_arns or ())
        if topic_region(arn) == region or (region == scope.region and topic_region(arn) not in away)
    )


def _in_region(
    read: AwsReader, scope: Scope, region: str, names: dict[str, str], discover: bool, tagged: bool
) -> Iterable[Observed]:
    result = named(read, region, sorted(names))
    if discover:
        for element in _look(read, region, AlarmNamePrefix=mapping.prefix(scope.table_name)):
            rest = mapping.rest_of(element)
            if rest and mapping.alarm_name(scope.table_name, rest) == element["AlarmName"] not in names:
                names[element["AlarmName"]] = address_of(scope, AlarmLocation(region, rest))
                result.append(element)
    with ThreadPoolExecutor(_READERS, thread_name_prefix="alarm") as pool:
        tags = list(
            pool.map(
                lambda element: live_tags(read, TAGS, element["AlarmArn"], region) if tagged else None, result
            )
        )
    for element, own in zip(result, tags, strict=True):
        address = names[element["AlarmName"]]
        outputs = {"name": element["AlarmName"], "arn": element["AlarmArn"]}
        found_as = mapping.properties_of(element, scope.table_name, place_of(scope, address).rest)
        properties = {**found_as, **({"tags": own} if own else {})}
        yield Observed(address, KIND, region, properties, outputs, raw=element, tags=own)


def _look(read: AwsReader, region: str, **which: Any) -> list[dict[str, Any]]:
    which["AlarmTypes"] = ["MetricAlarm"]
    return read.read_all("cloudwatch", "DescribeAlarms", region, which, "MetricAlarms") or []


def named(read: AwsReader, region: str, names: list[str]) -> list[dict[str, Any]]:
    """The alarms of these names that there are in a region, as described."""
    some = [names[start : start + _MOST] for start in range(0, len(names), _MOST)]
    return [element for part in some for element in _look(read, region, AlarmNames=part)]


def _exported(name: str, properties: Properties) -> Any:
    default = DEFAULTS[name]
    members = ("threshold", "period", "evaluation_periods")
    own = {member: properties[member] for member in members if properties[member] != getattr(default, member)}
    return own or True


HANDLER = AlarmHandler()
