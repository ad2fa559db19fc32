"""The handler of trigger: Lambda event source mappings on the table's stream.

A mapping is tied to one stream ARN, and a stream that is turned on again has a new one, so the mapping follows: a new
one is made on the new stream, from its first record on, and only then the old one goes, which meanwhile reads what is
left in the old stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.kinds.billing import Billing
from dynaops.kinds.external_names import ExternalName, by_arn, lambda_function
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.references import late
from dynaops.kinds.tags import TagCalls
from dynaops.kinds.trigger import operations
from dynaops.kinds.trigger.mapping import function_of, properties_of, wanted
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB424, DDB427
from dynaops.model.findings.rule import make_finding
from dynaops.model.recorded import ABSENT, Arn, Name, Recorded, Units
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

KIND = "trigger"


class RecordedTrigger(Recorded):
    """An event source mapping as the state records it."""

    function: Name
    stream: Arn
    starting_position: Name = ABSENT
    enabled: bool = ABSENT
    batch_size: Units = ABSENT
    maximum_batching_window: Units = ABSENT
    parallelization_factor: Units = ABSENT
    maximum_retry_attempts: Units = ABSENT
    maximum_record_age: Units = ABSENT
    bisect_batch_on_error: bool = ABSENT
    tumbling_window: Units = ABSENT
    report_batch_item_failures: bool = ABSENT
    filter_patterns: list[str] = ABSENT
    on_failure_arn: Arn = ABSENT


class TriggerHandler(BaseHandler):
    """Mappings outlive their table and stream, so they are looked for at all times."""

    billing = Billing(not_counted=("triggers",))
    permissions = Permissions(
        reads=calls("lambda", "GetEventSourceMapping", "ListEventSourceMappings", "GetFunctionConfiguration"),
        writes=calls(
            "lambda", "CreateEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"
        ),
        changes={
            "lambda:DeleteEventSourceMapping": ("lambda:UpdateEventSourceMapping",),
            "lambda:TagResource": ("lambda:UntagResource",),
        },
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="Lambda trigger",
            spec_key="lambda_triggers.{name}",
            immutable=frozenset({"function", "stream", "starting_position"}),
            replacement="Lambda ties a mapping to one stream and one starting position for good",
            notes={
                "stream": "the new mapping reads the new stream from its beginning",
                "starting_position": "the new mapping starts there, whatever the old one had read",
            },
            recorded=RecordedTrigger,
            tags=TagCalls(
                "lambda",
                Rank.MAPPING,
                target="Resource",
                create="CreateEventSourceMapping",
                read="ListTags",
                as_map=True,
            ),
            address=rf"{KIND}/[^/]+",
            identity=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        )
    }
    beside_table = False

    def owner(self, scope: Scope, address: str) -> str | None:
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        for trigger in spec.lambda_triggers or ():
            depends = [scope.address]
            if trigger.grant_role:
                depends.append(scope.below("iam", "lambda_access"))
            address = scope.below(KIND, function_of(trigger.function))
            yield Resource(address, KIND, scope.region, wanted(trigger), None, tuple(depends))

    def observe(
        self, read: AwsReader, scope: Scope, table: Observed | None, known: Known
    ) -> Iterator[Observed]:
        """All mappings on the live stream, and the recorded ones wherever they are."""
        named = known.of_kinds(KIND)
        if not named and not known.discover:
            return
        result: dict[str, dict[str, Any]] = {}
        stream = table.outputs.get("stream_arn") if table else None
        if stream:
            for element in operations.listed(read, scope, stream):
                result[scope.below(KIND, function_of(element["FunctionArn"]))] = element
        for address, (_, record) in named.items():
            if address not in result and record and record.id:
                element = (
                    read.read("lambda", "GetEventSourceMapping", scope.region, {"UUID": record.id}) or {}
                )
                if element:
                    result[address] = element
        for address, element in sorted(result.items()):
            record = named.get(address, (None, None))[1]
            retiring = record.outputs.get("retiring") if record else None
            old = (
                read.read("lambda", "GetEventSourceMapping", scope.region, {"UUID": retiring})
                if retiring
                else {}
            )
            yield Observed(
                address,
                KIND,
                scope.region,
                properties_of(element, record),
                {"id": element["UUID"], "function_arn": element["FunctionArn"]},
                raw={
                    "state": element.get("State"),
                    "problem": element.get("LastProcessingResult"),
                    "mappings": {each["UUID"]: each for each in (element, old) if each},
                },
            )

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        """The stream's ARN filled in; mappings that are being deleted out of the way; functions looked for."""
        stream = late(scope, {entry.address: entry for entry in entries})["stream_arn"]
        return {
            entry.address: _resolved(read, scope, entry, stream) for entry in entries if entry.kind == KIND
        }

    def findings(self, work: TableChanges) -> Iterator[Finding]:
        for entry in work.of_kind(KIND):
            if entry.desired and entry.desired.options.get("missing"):
                yield make_finding(
                    DDB424, f"{entry.address}: there is no function {entry.name} in {entry.region}"
                )
            problem = str(entry.live.raw.get("problem") or "") if entry.live else ""
            if entry.desired and problem.startswith("PROBLEM"):
                yield make_finding(DDB427, f"{entry.address}: Lambda says {problem!r}")

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        triggers = []
        for resource in live:
            if resource.kind == KIND:
                kept = {name: value for name, value in resource.properties.items() if name != "stream"}
                triggers.append(kept)
        return {"lambda_triggers": triggers} if triggers else {}

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        result = {
            address.removeprefix(f"{scope.below(KIND)}/"): {
                "mapping_id": record.id,
                "function_arn": record.outputs.get("function_arn"),
            }
            for address, record in sorted(records.items())
        }
        return {"triggers": result} if result else {}

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        yield ExternalName("stream", scope.below("stream"), "reads", "stream", inward=True)
        yield lambda_function(str(resource.properties["function"]), resource.region, "invokes")
        target = resource.properties.get("on_failure_arn")
        if target:
            yield by_arn(target, resource.region, "sends failures to")

    def aws_names(self, scope: Scope, entry: AddressDiff) -> tuple[str, ...]:
        return (operations.aws_name(str(entry.live.outputs.get("id"))),) if entry.live else ()

    def tag_target(self, scope: Scope, entry: AddressDiff) -> str:
        """The mapping's ARN, which Lambda tells beside its id."""
        uuid = entry.live.outputs["id"] if entry.live else ""
        mappings = entry.live.raw.get("mappings", {}) if entry.live else {}
        return str(mappings.get(uuid, {}).get("EventSourceMappingArn", uuid))

    def is_named_by_us(self, scope: Scope, entry: AddressDiff, name: str) -> bool:
        """A mapping has no name: it is the address's where it leads from the table's stream to its function."""
        mappings = entry.live.raw.get("mappings", {}) if entry.live else {}
        mapping = next(
            (element for uuid, element in mappings.items() if operations.aws_name(uuid) == name), None
        )
        if mapping is None or function_of(mapping["FunctionArn"]) != entry.name:
            return False
        return (
            f":table/{scope.table_name}/stream/" in mapping["EventSourceArn"]
            and scope.table_name == scope.address
        )

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        for entry in work.of_kind(KIND):
            steps.extend(_operations(work, entry))
        return steps


def _operations(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    retiring = entry.record.outputs.get("retiring") if entry.record else None
    if retiring and entry.action is not Action.REPLACE:
        yield operations.delete(entry, str(retiring), Rank.MAPPING_RETIRE, retired=True)
    if entry.action is Action.DELETE and entry.live:
        yield operations.delete(entry, entry.live.outputs["id"], Rank.RELEASE_MAPPINGS)
    elif entry.action is Action.CREATE:
        yield operations.create(entry)
    elif entry.action is Action.REPLACE and entry.live:
        old = str(entry.live.outputs["id"])
        if _follows_stream(work, entry):
            yield operations.create(entry, from_start=True, retiring=old)
            yield operations.delete(entry, old, Rank.MAPPING_RETIRE, retired=True)
        else:
            yield operations.delete(entry, old, Rank.RELEASE_MAPPINGS)
            yield operations.create(entry)
    elif entry.action in (Action.UPDATE, Action.ADOPT) and entry.change and entry.change.differences:
        yield operations.update(entry)


def _follows_stream(work: TableChanges, entry: AddressDiff) -> bool:
    """Old and new mapping may be there together: the stream is another one, and the table stays."""
    return entry.difference("stream") is not None and work.table.action is not Action.REPLACE


def _resolved(read: AwsReader | None, scope: Scope, entry: AddressDiff, stream: str) -> AddressDiff:
    if entry.live and entry.live.raw.get("state") == "Deleting":
        deleting = {"deleting": entry.live.outputs["id"]}
        desired = entry.desired and replace(entry.desired, options={**entry.desired.options, **deleting})
        entry = replace(entry, live=None, desired=desired)
    if entry.desired is None:
        return entry
    options = entry.desired.options
    if read is not None and entry.live is None:
        function = {"FunctionName": entry.desired.properties["function"]}
        missing = read.read("lambda", "GetFunctionConfiguration", scope.region, function) is None
        options = {**options, "missing": missing}
    properties = {**entry.desired.properties, "stream": stream}
    return replace(entry, desired=replace(entry.desired, properties=properties, options=options))


HANDLER = TriggerHandler()
