"""The handler of kinesis: the stream that the table's changes go to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Unpack

from dynaops.aws.errors import AccessDenied
from dynaops.kinds.billing import Billing
from dynaops.kinds.external_names import ExternalName, by_arn
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.steps import Members, step
from dynaops.model.arns import region_of
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB442
from dynaops.model.findings.rule import make_finding
from dynaops.model.operation import Tolerance, Wait
from dynaops.model.recorded import ABSENT, Arn, Recorded
from dynaops.model.resource import Observed, Resource, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

KIND = "kinesis"
_SETTLED = "ACTIVE"
_LIVE = ("ENABLING", _SETTLED, "UPDATING")
"""A destination that was turned off lingers as DISABLED, one that failed as ENABLE_FAILED (DDB-TABLE-299, 302)."""
_ON = f"contains([{', '.join(map(repr, _LIVE))}], DestinationStatus)"
_GOING = "DestinationStatus=='DISABLING'"
_DEFAULT = "MILLISECOND"


class RecordedKinesis(Recorded):
    """A Kinesis destination as the state records it."""

    stream_arn: Arn
    precision: Literal["MILLISECOND", "MICROSECOND"] = ABSENT


class KinesisHandler(BaseHandler):
    """A table has one live destination; it goes with the table."""

    billing = Billing(not_counted=("Kinesis",))
    permissions = Permissions(
        reads=calls("dynamodb", "DescribeKinesisStreamingDestination")
        | calls("kinesis", "DescribeStreamSummary"),
        writes=calls(
            "dynamodb",
            "EnableKinesisStreamingDestination",
            "UpdateKinesisStreamingDestination",
            "DisableKinesisStreamingDestination",
        ),
        changes={
            "dynamodb:EnableKinesisStreamingDestination": ("dynamodb:UpdateKinesisStreamingDestination",),
        },
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="Kinesis destination",
            spec_key=KIND,
            immutable=frozenset({"stream_arn"}),
            replacement="a table streams to one Kinesis stream at a time; changes made between the two are in neither",
            notes={"precision": "changed in place: no record is lost"},
            recorded=RecordedKinesis,
            address=KIND,
        )
    }

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        if spec.kinesis:
            wanted = spec.kinesis.model_dump()
            yield Resource(scope.below(KIND), KIND, scope.region, wanted, scope.address, (scope.address,))

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterator[Observed]:
        if not known.of_kinds(KIND) and not known.discover:
            return
        name = {"TableName": scope.table_name}
        answer = read.read("dynamodb", "DescribeKinesisStreamingDestination", scope.region, name) or {}
        for element in answer.get("KinesisDataStreamDestinations", ()):
            if element.get("DestinationStatus") in _LIVE:
                precision = element.get("ApproximateCreationDateTimePrecision", _DEFAULT)
                result = {"stream_arn": element["StreamArn"], "precision": precision}
                outputs = {"stream_arn": element["StreamArn"]}
                if (
                    element["DestinationStatus"] == _SETTLED
                ):  # a passing status would be a state update by itself
                    outputs["status"] = _SETTLED
                yield Observed(scope.below(KIND), KIND, scope.region, result, outputs, owner=scope.address)

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        yield by_arn(str(resource.properties["stream_arn"]), resource.region, label="")

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        """AWS takes any ARN and fails later (DDB-TABLE-299), so a stream that is to be used is looked for."""
        entry = next((entry for entry in entries if entry.address == scope.below(KIND)), None)
        if entry is None or entry.desired is None or read is None:
            return {}
        arn = entry.desired.properties["stream_arn"]
        if entry.live is not None and entry.live.properties["stream_arn"] == arn:
            return {}
        missing = not _exists(read, arn)
        return {entry.address: replace(entry, desired=replace(entry.desired, options={"missing": missing}))}

    def findings(self, work: TableChanges) -> Iterator[Finding]:
        for entry in work.of_kind(KIND):
            if entry.desired and entry.desired.options.get("missing"):
                yield make_finding(
                    DDB442, f"there is no Kinesis stream {entry.desired.properties['stream_arn']}"
                )

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        result = {resource.address: resource.properties for resource in live}.get(scope.below(KIND))
        return {KIND: result} if result else {}

    def aws_names(self, scope: Scope, entry: AddressDiff) -> tuple[str, ...]:
        arn = entry.live.properties.get("stream_arn") if entry.live else None
        return (_destination(scope, str(arn)),)

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        with_table = work.table.action in (Action.DELETE, Action.REPLACE)
        for entry in work.of_kind(KIND):
            if entry.action in (Action.DELETE, Action.REPLACE) and entry.live and not with_table:
                steps.append(_disable(work, entry))
            if entry.action in (Action.CREATE, Action.REPLACE):
                steps.append(_enable(work, entry))
            elif entry.action in (Action.UPDATE, Action.ADOPT) and entry.difference("precision"):
                steps.append(_precision(work, entry))
        return steps


def _exists(read: AwsReader, arn: str) -> bool:
    """Whether the stream is there; who may not look is told by AWS when it comes to that."""
    try:
        answer = read.read("kinesis", "DescribeStreamSummary", region_of(arn, ""), {"StreamARN": arn})
    except AccessDenied:
        return True
    return answer is not None


def _enable(work: TableChanges, entry: AddressDiff) -> Step:
    wanted = _wanted(entry)
    arn, precision = wanted["stream_arn"], wanted["precision"]
    more = (
        {"EnableKinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": precision}}
        if precision != _DEFAULT
        else {}
    )
    return _step(
        work,
        entry,
        "EnableKinesisStreamingDestination",
        f"stream the changes of {work.scope.table_name} to {_name(arn)}",
        {"StreamArn": arn, **more},
        Rank.KINESIS,
        _is(arn, "DestinationStatus=='ACTIVE'"),
        5,
        failed=_is(arn, "DestinationStatus=='ENABLE_FAILED'"),
        arrived=_is(arn, _ON),
        set=dict(wanted),
        values={"stream_arn": arn},
        outputs=_status(arn),
        depends_on=(work.scope.address,),
    )


def _precision(work: TableChanges, entry: AddressDiff) -> Step:
    wanted = _wanted(entry)
    arn, precision = wanted["stream_arn"], wanted["precision"]
    configuration = {"ApproximateCreationDateTimePrecision": precision}
    stamped = f"(ApproximateCreationDateTimePrecision || '{_DEFAULT}')=='{precision}'"
    return _step(
        work,
        entry,
        "UpdateKinesisStreamingDestination",
        f"stamp the changes of {work.scope.table_name} in Kinesis by the {precision.lower()}",
        {"StreamArn": arn, "UpdateKinesisStreamingConfiguration": configuration},
        Rank.KINESIS,
        _is(arn, f"DestinationStatus=='ACTIVE' && {stamped}"),
        140,
        arrived=_is(arn, stamped),
        set={"precision": precision},
        outputs=_status(arn),
    )


def _disable(work: TableChanges, entry: AddressDiff) -> Step:
    assert entry.live is not None, "only a live destination is turned off"
    arn = entry.live.properties["stream_arn"]
    on = _is(arn, _ON)
    return _step(
        work,
        entry,
        "DisableKinesisStreamingDestination",
        f"stop streaming the changes of {work.scope.table_name} to {_name(arn)}",
        {"StreamArn": arn},
        Rank.RELEASE_KINESIS,
        f"!({on} || {_is(arn, _GOING)})",
        5,
        arrived=f"!({on})",
        tolerate=(Tolerance(code="ResourceNotFoundException"),),
        removes=_destination(work.scope, arn),
        forget=True,
    )


def _wanted(entry: AddressDiff) -> dict[str, Any]:
    assert entry.desired is not None, "only a declared destination is made or changed"
    return entry.desired.properties


def _destination(scope: Scope, arn: str) -> str:
    """What AWS calls the destination: nothing, so it is told by its two ends."""
    return f"streaming destination {arn} of table {scope.table_name}"


def _name(arn: str) -> str:
    return f"Kinesis stream {arn.rpartition('/')[2]}"


def _is(arn: str, condition: str) -> str:
    return f"length(KinesisDataStreamDestinations[?StreamArn=='{arn}' && {condition}] || `[]`)==`1`"


def _status(arn: str) -> dict[str, str]:
    """Where the state's output of that name is from."""
    live = f"KinesisDataStreamDestinations[?StreamArn=='{arn}' && {_ON}]"
    return {"status": f"({live} | [0]).DestinationStatus"}


def _step(
    work: TableChanges,
    entry: AddressDiff,
    api: str,
    title: str,
    parameters: dict[str, Any],
    rank: Rank,
    until: str,
    expected: float,
    arrived: str,
    failed: str | None = None,
    **members: Unpack[Members],
) -> Step:
    """`arrived`: how the destination reads once the call has arrived; asked again, AWS refuses it as out of turn."""
    name = {"TableName": work.scope.table_name}
    look = Wait(
        title="Kinesis streaming is as asked (AWS fails it where it may not write to the stream)",
        api="DescribeKinesisStreamingDestination",
        parameters=name,
        until=until,
        failed=failed,
        expected=expected,
        timeout=900,
    )
    made = look.model_copy(update={"until": arrived, "failed": None})
    members |= {"wait": look, "made": made, "needs_idle": True}
    return step(entry, rank, api, title, {**name, **parameters}, **members)


HANDLER = KinesisHandler()
