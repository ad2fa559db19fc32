"""What the checks judge: everything that is read of a table, each part with what kept it from being read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import orjson

from dynaops.aws.errors import AccessDenied, AwsFailure
from dynaops.engine import drift
from dynaops.engine.observe import in_parallel
from dynaops.health.metrics import Metrics, read_metrics
from dynaops.kinds.alarm.status import AlarmState, alarm_states
from dynaops.kinds.table.observe import billing_mode
from dynaops.model.change import Drift
from dynaops.model.files import FileRefused, read_bytes
from dynaops.model.resource import Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.kinds import TableSpec

T = TypeVar("T")
_MOST_BYTES = 16 * 1024 * 1024
"""Of the file with the dates of all drills."""


class NotKnown(Exception):
    """A check lacks what it judges by; the text says why."""


@dataclass(frozen=True)
class ReadResult(Generic[T]):
    """What a read gave, or why it gave nothing."""

    given: T | None = None
    gap: str | None = None

    @property
    def value(self) -> T:
        """The answer. Raises NotKnown where there is none."""
        if self.gap is not None:
            raise NotKnown(self.gap)
        return self.given  # type: ignore[return-value]


@dataclass(frozen=True)
class Subject:
    """One table to look at. `spec`: what is expected of it, where a spec is known."""

    scope: Scope
    spec: TableSpec | None = None


@dataclass(frozen=True)
class TableObservations:
    """All that is known of one table. `drill` is what `backup verify` noted last, None for never."""

    scope: Scope
    spec: TableSpec | None
    now: float
    managed: bool
    described: ReadResult[dict[str, Any] | None]
    recovery: ReadResult[dict[str, Any]] = ReadResult({})
    ttl: ReadResult[dict[str, Any]] = ReadResult({})
    tags: ReadResult[dict[str, str]] = ReadResult({})
    metrics: ReadResult[Metrics] = ReadResult(Metrics())
    drifted: ReadResult[tuple[Drift, ...]] = ReadResult(())
    alarms: ReadResult[tuple[AlarmState, ...]] = ReadResult(())
    drill: dict[str, Any] | None = None

    @property
    def table(self) -> dict[str, Any]:
        """DescribeTable's answer. Raises NotKnown where it could not be had."""
        result = self.described.value
        if result is None:
            raise NotKnown("the table does not exist")
        return result

    @cached_property
    def indexes(self) -> dict[str, dict[str, Any]]:
        """The global secondary indexes as described, by name."""
        return {element["IndexName"]: element for element in self.table.get("GlobalSecondaryIndexes", ())}

    @property
    def provisioned(self) -> bool:
        return billing_mode(self.table) == "PROVISIONED"


def gather(aws: Aws, subject: Subject, state: State, drills: Mapping[str, Any]) -> TableObservations:
    """Everything about one table, read at once. Raises AwsFailure where AWS cannot be asked at all."""
    scope = subject.scope
    described = _described(aws, scope)
    record = state.resources.get(scope.address)
    here = record is not None and record.region == scope.region
    managed = here and state.origin in (None, aws.origin)
    about = TableObservations(scope, subject.spec, aws.now, managed, described)
    if described.given is None:
        return about
    return _around(aws, about, state, drills)


def _around(aws: Aws, about: TableObservations, state: State, drills: Mapping[str, Any]) -> TableObservations:
    scope, table = about.scope, about.table
    name = {"TableName": scope.table_name}
    indexes = list(about.indexes)
    replicas = [element["RegionName"] for element in table.get("Replicas", ())]
    arn = {"ResourceArn": table["TableArn"]}
    looks: list[Callable[[], ReadResult[Any]]] = [
        partial(_part, aws, scope, "DescribeContinuousBackups", name, "ContinuousBackupsDescription"),
        partial(_part, aws, scope, "DescribeTimeToLive", name, "TimeToLiveDescription"),
        partial(_told, lambda: _tags(aws, scope, arn)),
        partial(_told, lambda: read_metrics(aws, scope.region, scope.table_name, indexes, replicas, aws.now)),
        partial(_told, lambda: drift.find(state, aws, [scope.address])[0] if about.managed else ()),
        partial(
            _told, lambda: alarm_states(aws, scope, about.spec, state.resources if about.managed else ())
        ),
    ]
    recovery, ttl, tags, metrics, drifted, alarms = in_parallel(looks)
    return TableObservations(
        scope,
        about.spec,
        aws.now,
        about.managed,
        about.described,
        recovery,
        ttl,
        tags,
        metrics,
        drifted,
        alarms,
        drills.get(f"{scope.region}/{scope.table_name}"),
    )


def read_drills(folder: Path) -> dict[str, Any]:
    """What `backup verify` noted of its drills, by region/table; nothing where it was never run."""
    try:
        result = orjson.loads(read_bytes(folder / "drills.json", _MOST_BYTES))
    except (FileRefused, ValueError):
        return {}
    drills = result.items() if isinstance(result, dict) else ()
    return {
        name: element
        for name, element in drills
        if isinstance(element, dict) and isinstance(element.get("at"), int)
    }


def _described(aws: Aws, scope: Scope) -> ReadResult[dict[str, Any] | None]:
    """DescribeTable's answer. A denial is told; credentials that are not there end the command."""
    try:
        answer = aws.read("dynamodb", "DescribeTable", scope.region, {"TableName": scope.table_name})
    except AccessDenied as error:
        return ReadResult(gap=error.message)
    return ReadResult(answer["Table"] if answer else None)


def _part(
    aws: Aws, scope: Scope, api: str, parameters: dict[str, Any], member: str
) -> ReadResult[dict[str, Any]]:
    return _told(lambda: (aws.read("dynamodb", api, scope.region, parameters) or {}).get(member, {}))


def _tags(aws: Aws, scope: Scope, arn: dict[str, str]) -> dict[str, str]:
    result = aws.read_all("dynamodb", "ListTagsOfResource", scope.region, arn, "Tags") or []
    return {element["Key"]: element["Value"] for element in result}


def _told(look: Callable[[], T]) -> ReadResult[T]:
    """What a look gives, or why it failed: by then DescribeTable has been answered, so the rest is worth telling."""
    try:
        return ReadResult(look())
    except AwsFailure as error:
        return ReadResult(gap=error.message)
