"""The handler of log_group: creation, retention, KMS key; an existing group is adopted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.kinds.billing import Billing
from dynaops.kinds.external_names import ExternalName, kms_key
from dynaops.kinds.iam.handler import log_group_of
from dynaops.kinds.kind import AddressDiff, AwsReader, BaseHandler, Known, Rank, Step, TableChanges
from dynaops.kinds.permissions import Permissions, calls
from dynaops.kinds.property_rules import PropertyRules
from dynaops.kinds.steps import step
from dynaops.kinds.tags import TagCalls
from dynaops.model.change import Action
from dynaops.model.operation import Danger, Tolerance, Wait
from dynaops.model.recorded import ABSENT, Name, Recorded, Units
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

KIND = "log_group"


class RecordedLogGroup(Recorded):
    """A log group as the state records it."""

    name: Name
    retention_days: Units = ABSENT
    kms_key_arn: Name = ABSENT


class LogGroupHandler(BaseHandler):
    """A log group is no part of the table: it stays when the table is replaced, and others may use it too."""

    billing = Billing(not_counted=("logs",))
    permissions = Permissions(
        reads=calls("logs", "DescribeLogGroups"),
        writes=calls(
            "logs",
            "CreateLogGroup",
            "DeleteLogGroup",
            "PutRetentionPolicy",
            "DeleteRetentionPolicy",
            "AssociateKmsKey",
            "DisassociateKmsKey",
        ),
        changes={
            "logs:CreateLogGroup": (
                "logs:TagResource",
                "logs:UntagResource",
            ),
            "logs:PutRetentionPolicy": ("logs:DeleteRetentionPolicy",),
        },
    )
    kinds: Mapping[str, PropertyRules] = {
        KIND: PropertyRules(
            title="log group",
            spec_key=KIND,
            shared="name",
            immutable=frozenset({"name"}),
            replacement="a log group cannot be renamed",
            recorded=RecordedLogGroup,
            tags=TagCalls(
                "logs",
                Rank.LOGS,
                target="resourceArn",
                create="CreateLogGroup",
                create_member="tags",
                member="tags",
                keys_member="tagKeys",
                as_map=True,
            ),
            unmarked="adopt",
            address=KIND,
            arn=r"logs:[^:]+:\d{12}:log-group:.+",
        )
    }
    beside_table = False

    def owner(self, scope: Scope, address: str) -> str | None:
        return None

    def declare(self, scope: Scope, spec: TableSpec) -> Iterable[Resource]:
        if spec.log_group:
            wanted = spec.log_group.model_dump(exclude_none=True)
            yield Resource(scope.below(KIND), KIND, scope.region, wanted)

    def observe(
        self,
        read: AwsReader,
        scope: Scope,
        table: Observed | None,
        known: Known,
    ) -> Iterable[Observed]:
        """The recorded group, or else the wanted one; to discover, the one that the policy for functions names."""
        if known.discover and not known.of_kinds(KIND):
            name = log_group_of(read, scope)
            group = _described(read, scope, name) if name else None
            if group is not None:
                yield _observed(scope, scope.below(KIND), group)
        for address, (desired, record) in known.of_kinds(KIND).items():
            side = record or desired
            name = side.properties.get("name") if side else None
            result = _described(read, scope, str(name)) if name else None
            if result is not None:
                yield _observed(scope, address, result)

    def export(self, scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
        result = {resource.address: resource.properties for resource in live}.get(scope.below(KIND))
        return {KIND: result} if result else {}

    def outputs(self, scope: Scope, records: Mapping[str, Record]) -> Properties:
        record = records.get(scope.below(KIND))
        return {f"{KIND}_name": record.properties.get("name"), f"{KIND}_arn": record.arn} if record else {}

    def external_names(self, scope: Scope, resource: Resource) -> Iterable[ExternalName]:
        return kms_key(resource.properties.get("kms_key_arn"), resource.region)

    def is_named_by_us(self, scope: Scope, entry: AddressDiff, name: str) -> bool:
        """Its name is anyone's, and nothing in it says who made it."""
        return False

    def operations(self, work: TableChanges) -> list[Step]:
        steps: list[Step] = []
        for entry in work.of_kind(KIND):
            if entry.action in (Action.DELETE, Action.REPLACE) and entry.live:
                steps.append(_delete(entry))
            if entry.action in (Action.CREATE, Action.REPLACE):
                steps.extend(_create(entry))
            elif entry.action in (Action.UPDATE, Action.ADOPT):
                steps.extend(_update(entry))
        return steps


def _described(read: AwsReader, scope: Scope, name: str) -> dict[str, Any] | None:
    groups = read.read_all(
        "logs", "DescribeLogGroups", scope.region, {"logGroupNamePrefix": name}, "logGroups", "nextToken"
    )
    return next((group for group in groups or () if group["logGroupName"] == name), None)


def _observed(scope: Scope, address: str, group: dict[str, Any]) -> Observed:
    return Observed(address, KIND, scope.region, _properties(group), {"arn": _arn(group)}, raw=group)


def _properties(group: dict[str, Any]) -> dict[str, Any]:
    result = {
        "name": group["logGroupName"],
        "retention_days": group.get("retentionInDays"),
        "kms_key_arn": group.get("kmsKeyId"),
    }
    return {name: value for name, value in result.items() if value is not None}


def _arn(group: dict[str, Any]) -> str:
    return str(group.get("logGroupArn") or group["arn"]).removesuffix(":*")


def _create(entry: AddressDiff) -> Iterator[Step]:
    assert entry.desired is not None, "only a declared group is made"
    wanted = entry.desired.properties
    parameters = {"logGroupName": wanted["name"]}
    if wanted.get("kms_key_arn"):
        parameters["kmsKeyId"] = wanted["kms_key_arn"]
    made = {name: value for name, value in wanted.items() if name != "retention_days"}
    yield _step(
        entry,
        "CreateLogGroup",
        f"create log group {wanted['name']}",
        parameters,
        set=made,
        tolerate=(Tolerance(code="ResourceAlreadyExistsException"),),  # another table's run may share it
    )
    if wanted.get("retention_days"):
        yield _retention(entry, wanted["retention_days"])


def _update(entry: AddressDiff) -> Iterator[Step]:
    assert entry.desired is not None, "only a declared group is changed"
    name = entry.desired.properties["name"]
    retention = entry.difference("retention_days")
    if retention is not None and retention.after is not None:
        yield _retention(entry, retention.after)
    elif retention is not None:
        yield _step(
            entry,
            "DeleteRetentionPolicy",
            f"keep what is in log group {name} for ever",
            {"logGroupName": name},
            unset=("retention_days",),
        )
    key = entry.difference("kms_key_arn")
    if key is not None and key.after is not None:
        yield _step(
            entry,
            "AssociateKmsKey",
            f"encrypt log group {name} with {key.after}",
            {"logGroupName": name, "kmsKeyId": key.after},
            set={"kms_key_arn": key.after},
        )
    elif key is not None:
        yield _step(
            entry,
            "DisassociateKmsKey",
            f"encrypt log group {name} with CloudWatch's own key",
            {"logGroupName": name},
            unset=("kms_key_arn",),
        )


def _retention(entry: AddressDiff, days: int) -> Step:
    """CloudWatch Logs deletes what is older, so a shorter time needs consent as deleting does."""
    assert entry.desired is not None, "only a declared group has a retention"
    name = entry.desired.properties["name"]
    kept = entry.action in (Action.UPDATE, Action.ADOPT) and entry.live is not None
    before = entry.live.properties.get("retention_days") if kept and entry.live else days
    lost = None if before is not None and before <= days else f"events older than {days} days"
    return _step(
        entry,
        "PutRetentionPolicy",
        f"keep what is in log group {name} for {days} days",
        {"logGroupName": name, "retentionInDays": days},
        set={"retention_days": days},
        danger=Danger.DESTROY if lost else None,
        loses=lost,
    )


def _delete(entry: AddressDiff) -> Step:
    """Its events are lost, so it needs consent."""
    assert entry.live is not None, "only a live group is deleted"
    name = entry.live.properties["name"]
    return _step(
        entry,
        "DeleteLogGroup",
        f"delete log group {name} with what is in it",
        {"logGroupName": name},
        rank=Rank.CLEAN_UP,
        forget=True,
        danger=Danger.REPLACE if entry.action is Action.REPLACE else Danger.DESTROY,
        removes=str(entry.live.outputs.get("arn") or f"log group {name}"),
        tolerate=(Tolerance(code="ResourceNotFoundException"),),
    )


def _step(entry: AddressDiff, api: str, title: str, parameters: dict[str, Any], **more: Any) -> Step:
    """One call of CloudWatch Logs; all but a deletion wait for the group, and record its ARN."""
    name = parameters["logGroupName"]
    group = f"logGroups[?logGroupName=='{name}']"
    if not more.get("forget"):
        more["outputs"] = {"arn": f"{group} | [0].logGroupArn"}
        more["wait"] = Wait(
            title=f"log group {name} is there",
            service="logs",
            api="DescribeLogGroups",
            parameters={"logGroupNamePrefix": name},
            until=f"length({group})==`1`",
            expected=1,
            timeout=60,
        )
    return step(entry, more.pop("rank", Rank.LOGS), api, title, parameters, service="logs", **more)


HANDLER = LogGroupHandler()
