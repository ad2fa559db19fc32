"""The handler of pipes and of the roles that are made for them.

A pipe is tied to one stream ARN, and a stream that is turned on again has a new one (UpdatePipe cannot change the
source), so the pipe is replaced. Its name is taken until it is deleted: the old pipe goes first, and the new one reads
the new stream from its first record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from dynaops.kinds.billing import Billing
from dynaops.kinds.external_names import ExternalName, by_arn, iam_role, kms_key, lambda_function
from dynaops.kinds.kind import (
    AddressDiff,
    AwsReader,
    BaseHandler,
    Known,
    Rank,
    Step,
    TableChanges,
)
from dynaops.kinds.pipes import observe, operations, role, targets
from dynaops.kinds.pipes.mapping import PIPE, ROLE, wanted
from dynaops.kinds.pipes.permissions import PERMISSIONS
from dynaops.kinds.policy_document import filled, same
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.references import late
from dynaops.model.arns import parse
from dynaops.model.change import Action, Change
from dynaops.model.finding import Finding
from dynaops.model.findings.pipes import DDB443, DDB444, DDB445, DDB446
from dynaops.model.findings.rule import make_finding
from dynaops.model.late_values import reference
from dynaops.model.recorded import ABSENT, Arn, Name, PolicyDocument, Recorded, Units
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

_NEVER_MADE = ("CREATE_FAILED", "CREATE_ROLLBACK_FAILED")
"""States of a pipe that can only be deleted."""


class RecordedPipe(Recorded):
    """A pipe as the state records it."""

    name: Name
    stream: Arn
    target_arn: Arn = ABSENT
    role_arn: Arn = ABSENT
    starting_position: Name = ABSENT
    enabled: bool = ABSENT
    filters: list[str] = ABSENT
    batch_size: Units = ABSENT
    maximum_batching_window_in_seconds: Units = ABSENT
    maximum_record_age_in_seconds: Units = ABSENT
    maximum_retry_attempts: Units = ABSENT
    parallelization_factor: Units = ABSENT
    on_partial_batch_item_failure: Literal["AUTOMATIC_BISECT"] = ABSENT
    dead_letter_arn: Arn = ABSENT
    input_template: str = ABSENT
    enrichment_arn: Arn = ABSENT
    partition_key: str = ABSENT
    message_group_id: str = ABSENT
    message_deduplication_id: str = ABSENT
    invocation_type: Name = ABSENT
    kms_key_arn: Arn = ABSENT


class RecordedPipeRole(Recorded):
    """The role of a pipe as the state records it."""

    name: Name
    trust: PolicyDocument = ABSENT
    policy: PolicyDocument = ABSENT


class PipesHandler(BaseHandler):
    """Pipes and their roles outlive the table and its stream, so they are looked for at all times."""

    billing = Billing(not_counted=("pipes",))
    permissions = PERMISSIONS
    kinds: Mapping[str, PropertyRules] = {
        PIPE: PropertyRules(
            title="EventBridge pipe",
            spec_key="pipes.{name}",
            immutable=frozenset({"name", "stream", "starting_position"}),
            replacement="EventBridge ties a pipe to its name, stream and starting position",
            notes={
                "stream": "the new pipe reads the new stream from its beginning",
                "starting_position": "the new pipe starts there, whatever the old one had read",
            },
            recorded=RecordedPipe,
            tags=operations.PIPE_TAGS,
            address=rf"{PIPE}/[^/]+",
            arn=r"pipes:[^:]+:\d{12}:pipe/.+",
        ),
        ROLE: PropertyRules(
            title="role of a pipe",
            spec_key="pipes.{name}.role",
            immutable=frozenset({"name"}),
            satisfied={"trust": same, "policy": same},
            replacement="IAM cannot rename a role",
            recorded=RecordedPipeRole,
            tags=operations.ROLE_TAGS,
            address=rf"{ROLE}/[^/]+",
            arn=r"iam::\d{12}:role/.+",
        ),
    }
    beside_table = False

    def owner(self, scope: Scope, address: str) -> str | None:
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterator[Resource]:
        for pipe in spec.pipes or ():
            properties, depends = wanted(pipe), [scope.address]
            if pipe.role_arn is None:
                address = scope.below(ROLE, pipe.name)
                properties["role_arn"] = reference(address, "arn")
                depends.append(address)
                policy = role.permissions(pipe, spec.encryption.kms_key_arn)
                made = {"name": role.role_name(scope.region, pipe.name), "policy": policy}
                yield Resource(address, ROLE, scope.region, made, None, (scope.address,))
            address = scope.below(PIPE, pipe.name)
            yield Resource(address, PIPE, scope.region, properties, None, tuple(depends))

    def observe(
        self, read: AwsReader, scope: Scope, table: Observed | None, known: Known
    ) -> Iterable[Observed]:
        return observe.observed(read, scope, table, known)

    def resolve(
        self, read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]
    ) -> dict[str, AddressDiff]:
        """Roles with their ARNs and documents, then pipes with their stream and role."""
        by_address = {entry.address: entry for entry in entries}
        arns = late(scope, by_address, read)
        for entry in entries:
            if entry.kind == ROLE and entry.desired:
                account = _account(read, arns["table_arn"])
                by_address[entry.address] = _resolved_role(entry, account, arns["stream_arn"])
        for entry in entries:
            if entry.kind == PIPE:
                by_address[entry.address] = _resolved_pipe(read, entry, by_address, arns["stream_arn"])
        return {address: entry for address, entry in by_address.items() if entry.kind in (PIPE, ROLE)}

    def refine(self, work: TableChanges) -> Mapping[str, AddressDiff]:
        """A pipe that could not be made is made anew; a role that others have added policies to is let go."""
        result = {}
        for entry in work.of_kind(PIPE):
            if entry.desired and _never_made(entry):
                result[entry.address] = replace(entry, change=_made_anew(entry))
        for entry in work.of_kind(ROLE):
            if entry.action is Action.DELETE and _others(entry):
                result[entry.address] = replace(entry, change=None, let_go=True)
        return result

    def findings(self, work: TableChanges) -> Iterator[Finding]:
        for entry in work.of_kind(PIPE):
            yield from _pipe_findings(work, entry)
        for entry in work.of_kind(ROLE):
            if entry.let_go and _others(entry):
                name = entry.live.properties["name"] if entry.live else entry.name
                yield make_finding(
                    DDB445,
                    f"{entry.address}: role {name} stays, since it has {', '.join(_others(entry))} "
                    "that dynaops has not added",
                )

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        addresses = {resource.address for resource in live}
        pipes = []
        for resource in live:
            if resource.kind == PIPE:
                left_out = {"stream"}
                if scope.below(ROLE, str(resource.properties["name"])) in addresses:
                    left_out.add("role_arn")
                pipes.append(
                    {name: value for name, value in resource.properties.items() if name not in left_out}
                )
        return {"pipes": pipes} if pipes else {}

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        """``pipes/NAME/arn`` and ``pipes/NAME/role_arn``."""
        result = {
            address.rpartition("/")[2]: {"arn": record.arn, "role_arn": record.properties.get("role_arn")}
            for address, record in sorted(records.items())
            if record.kind == PIPE
        }
        return {"pipes": result} if result else {}

    def external_names(self, scope: Scope, resource: Resource) -> Iterator[ExternalName]:
        """The stream, what the pipe sends to and is enriched by, its role where that is not ours, its key."""
        if resource.kind != PIPE:
            return
        properties = resource.properties
        yield ExternalName("stream", scope.below("stream"), "reads", "stream", inward=True)
        yield from _called(properties.get("target_arn"), resource.region, "sends to")
        yield from _called(properties.get("enrichment_arn"), resource.region, "is enriched by")
        yield from _called(properties.get("dead_letter_arn"), resource.region, "sends failures to")
        arn = str(properties.get("role_arn", ""))
        name = arn.rpartition("/")[2]
        if arn.startswith("arn:") and name != role.role_name(scope.region, str(properties["name"])):
            yield iam_role(arn, resource.region, "works as")
        yield from kms_key(properties.get("kms_key_arn"), resource.region)

    def is_named_by_us(self, scope: Scope, entry: AddressDiff, name: str) -> bool:
        """By the description that dynaops gives when it makes a pipe or a role."""
        return entry.live is not None and entry.live.raw.get("description") == observe.made_for(entry.address)

    def tag_target(self, scope: Scope, entry: AddressDiff) -> str:
        if entry.kind == ROLE and entry.live:
            return str(entry.live.properties["name"])
        return super().tag_target(scope, entry)

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        for entry in work.of_kind(ROLE):
            steps.extend(_role_steps(entry))
        for entry in work.of_kind(PIPE):
            steps.extend(_pipe_steps(work, entry))
        return steps


def _pipe_steps(work: TableChanges, entry: AddressDiff) -> Iterator[Step]:
    if entry.action in (Action.DELETE, Action.REPLACE) and entry.live:
        yield operations.delete_pipe(entry, Rank.RELEASE_MAPPINGS)
    if entry.action in (Action.CREATE, Action.REPLACE):
        yield operations.create_pipe(entry, from_start=_follows_stream(work, entry))
    elif entry.action in (Action.UPDATE, Action.ADOPT) and entry.change and entry.change.differences:
        yield operations.update_pipe(entry)


def _role_steps(entry: AddressDiff) -> Iterator[Step]:
    if entry.action in (Action.DELETE, Action.REPLACE) and entry.live:
        yield from operations.delete_role(entry)
    if entry.action in (Action.CREATE, Action.REPLACE):
        yield from operations.create_role(entry)
    elif entry.action in (Action.UPDATE, Action.ADOPT):
        yield from operations.update_role(entry)


def _follows_stream(work: TableChanges, entry: AddressDiff) -> bool:
    """The stream is another one, and the table stays."""
    return entry.difference("stream") is not None and work.table.action is not Action.REPLACE


def _never_made(entry: AddressDiff) -> bool:
    return entry.live is not None and entry.live.raw.get("state") in _NEVER_MADE


def _made_anew(entry: AddressDiff) -> Change:
    """The replacement of a pipe that could not be made, with the consent that its change needed before."""
    assert entry.live is not None and entry.desired is not None
    reason = f"its creation failed ({entry.live.raw.get('reason') or 'AWS gives no reason'}); it is made anew"
    if entry.change is not None:
        return entry.change.model_copy(update={"action": Action.REPLACE, "reason": reason})
    return Change(
        address=entry.address,
        kind=entry.kind,
        region=entry.region,
        action=Action.REPLACE,
        reason=reason,
        before=entry.live.properties,
        after=entry.desired.properties,
    )


def _pipe_findings(work: TableChanges, entry: AddressDiff) -> Iterator[Finding]:
    if entry.desired and entry.desired.options.get("missing"):
        missing = entry.desired.options["missing"]
        yield make_finding(DDB444, f"{entry.address}: there is no role {missing}")
    if entry.action is Action.REPLACE and _follows_stream(work, entry):
        yield make_finding(
            DDB446, f"{entry.address}: records of the old stream that the pipe has not sent yet are not sent"
        )
    raw = entry.live.raw if entry.live else {}
    state = str(raw.get("state"))
    stopped = state == "STOPPED" and bool(entry.live and entry.live.properties.get("enabled"))
    if entry.desired and not _never_made(entry) and (state.endswith("_FAILED") or stopped):
        reason = raw.get("reason") or "AWS gives no reason"
        yield make_finding(DDB443, f"{entry.address}: the pipe is {state}: {reason}")


def _others(entry: AddressDiff) -> list[str]:
    return list(entry.live.raw.get("others", ())) if entry.live else []


def _account(read: AwsReader | None, table_arn: str) -> str | None:
    """The account's id; None where it is not known while nothing is read."""
    if read is not None:
        return read.account
    parsed = parse(table_arn)
    return parsed.account if parsed else None


def _resolved_role(entry: AddressDiff, account: str | None, stream: str) -> AddressDiff:
    assert entry.desired is not None
    properties = filled(entry.desired.properties, {"stream_arn": stream})
    properties["trust"] = role.trust(account, entry.region, entry.name)
    options = {"arn": role.role_arn(account, entry.region, entry.name)} if account else {}
    return replace(entry, desired=replace(entry.desired, properties=properties, options=options))


def _resolved_pipe(
    read: AwsReader | None, entry: AddressDiff, entries: Mapping[str, AddressDiff], stream: str
) -> AddressDiff:
    if entry.desired is None:
        return entry
    desired, options = entry.desired, dict(entry.desired.options)
    if entry.live and entry.live.raw.get("state") == "DELETING":
        options["deleting"] = True
        entry = replace(entry, live=None)
    properties = {**desired.properties, "stream": stream}
    made = _role_of(entry, entries)
    if made is not None:
        known = made.live.outputs["arn"] if made.live else made.desired and made.desired.options.get("arn")
        properties["role_arn"] = known or properties["role_arn"]
    elif read is not None and not _has_role(read, entry):
        options["missing"] = properties["role_arn"]
    return replace(entry, desired=replace(desired, properties=properties, options=options))


def _role_of(entry: AddressDiff, entries: Mapping[str, AddressDiff]) -> AddressDiff | None:
    """The entry of the role that is made for a pipe; None where the spec names a role."""
    for address in entry.desired.depends_on if entry.desired else ():
        if address in entries and entries[address].kind == ROLE:
            return entries[address]
    return None


def _has_role(read: AwsReader, entry: AddressDiff) -> bool:
    """Whether the role that the spec names is there, where it is not already the pipe's."""
    arn = entry.desired.properties["role_arn"] if entry.desired else ""
    if entry.live and entry.live.properties.get("role_arn") == arn:
        return True
    name = str(arn).rpartition("/")[2]
    return read.read("iam", "GetRole", entry.region, {"RoleName": name}) is not None


def _called(arn: object, region: str, label: str) -> Iterator[ExternalName]:
    """The name of what a pipe calls."""
    parsed = parse(str(arn)) if arn else None
    if parsed is None:
        return
    kind = targets.find((*targets.TARGETS, *targets.ENRICHMENTS), str(arn))
    title = kind.title.split(" ", 1)[1] if kind else parsed.service
    if parsed.service == "lambda":
        name = parsed.resource.removeprefix("function:")
        yield lambda_function(name, parsed.region or region, label)._replace(title=title)
    else:
        external = by_arn(str(arn), region, label)
        yield external._replace(name=parsed.resource, title=title)


HANDLER = PipesHandler()
