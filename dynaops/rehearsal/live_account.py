"""What of the live account a plan's outcome depends on. It is read here, and nothing is written.

Tables are taken with everything around them, as import takes them. Things that dynaops does not manage (keys, roles,
functions, Kinesis streams) are looked up where the plan or a live table names them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dynaops.aws.errors import AccessDenied, AwsFailure
from dynaops.engine.exported import exported
from dynaops.engine.observe import observe
from dynaops.engine.table_inputs import known_of_plan
from dynaops.kinds.registry import HANDLERS
from dynaops.model.arns import region_of
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_ARNS = re.compile(r"arn:aws[a-z-]*:(kms|iam|lambda|kinesis|backup):[a-z0-9-]*:[0-9]+:[A-Za-z0-9_+=,.@:/-]+")
_NAMED = (
    ("RoleName", "iam", ""),
    ("FunctionName", "lambda", "function:"),
    ("KMSMasterKeyId", "kms", "key/"),
    ("TargetBackupVaultName", "backup", "backup-vault:"),
)
"""Members of calls that name things which are none of ours: the service, and the kind in their ARN."""


@dataclass(frozen=True)
class LiveTable:
    """What is live of a table and around it.

    `spec` declares as much of it as a spec can say, and `described` is what DescribeTable says; both are empty where
    the table is not there, while some of what surrounds it is (a policy, a backup vault).
    """

    scope: Scope
    spec: dict[str, Any]
    described: dict[str, Any]
    live: tuple[Observed, ...]

    @property
    def outputs(self) -> dict[str, Mapping[str, Any]]:
        """What AWS minted, by address."""
        return {one.address: one.outputs for one in self.live}


@dataclass(frozen=True)
class LiveResource:
    """Something that is not ours: `told` is what AWS says of it."""

    service: str
    region: str
    name: str
    told: dict[str, Any]


@dataclass
class LiveAccount:
    """All that was read. `notes`: what could not be."""

    account: str
    region: str
    mark: str | None = None
    """The key of the tag that marks what a state owns (None: nothing is marked)."""
    tables: list[LiveTable] = field(default_factory=list)
    things: list[LiveResource] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def gather(plan: Plan, regions: Mapping[str, str], state: State, aws: Aws) -> LiveAccount:
    """Read what `plan` needs; `regions` are those of its tables. Raises DynaopsError where AWS is out of reach."""
    facts = LiveAccount(aws.account, aws.region, aws.mark)
    touched = dict.fromkeys(operation.address.partition("/")[0] for operation in plan.operations)
    for scope in (Scope(name, name, regions[name]) for name in touched if name in regions):
        answer = aws.read("dynamodb", "DescribeTable", scope.region, {"TableName": scope.table_name})
        live = tuple(_around(scope, plan, state, aws, facts))
        if answer is not None:
            facts.tables.append(LiveTable(scope, exported(scope, list(live), aws), answer["Table"], live))
        elif live:
            facts.tables.append(LiveTable(scope, {}, {}, live))
    _look_up(plan, facts, aws)
    return facts


def _around(scope: Scope, plan: Plan, state: State, aws: Aws, facts: LiveAccount) -> list[Observed]:
    """All there is of a table and around it; where the caller may not look for more, what plan and state name."""
    named = known_of_plan(plan, state, scope.address)
    try:
        found = observe(aws, [scope], HANDLERS, {scope.address: replace(named, discover=True)})
    except AccessDenied as error:
        facts.notes.append(f"only what plan and state name of {scope.address} was looked at: {error.message}")
        found = observe(aws, [scope], HANDLERS, {scope.address: named})
    return list(found[scope.address].values())


def _look_up(plan: Plan, facts: LiveAccount, aws: Aws) -> None:
    """Find the things that plan and tables name, each once."""
    named: dict[tuple[str, str, str], None] = {}
    for operation in plan.operations:
        named.update(dict.fromkeys(_named(operation.parameters, operation.region)))
    for table in facts.tables:
        named.update(dict.fromkeys(names_in(table.spec, table.scope.region)))
        for one in table.live:
            named.update(dict.fromkeys(_named(one.properties, one.region)))
    made = {
        ("backup", one.region, one.properties["name"])
        for table in facts.tables
        for one in table.live
        if one.kind == "backup_vault"
    }
    find([name for name in named if name not in made], facts, aws)


def names_in(spec: Mapping[str, Any], region: str) -> Iterable[tuple[str, str, str]]:
    """(service, region, name) of what a spec names and dynaops does not manage."""
    yield from _named(spec, region)
    yield from _names_of_spec(spec, region)


def find(named: Iterable[tuple[str, str, str]], facts: LiveAccount, aws: Aws) -> None:
    """Look things up in AWS: those that are there become facts, and those that may not be looked at."""
    for service, region, name in named:
        try:
            told = _READERS[service](aws, region, name)
        except AwsFailure as error:
            facts.notes.append(f"{name} was taken to be there and to be usable: {error.message}")
            told = {}
        if told is not None:
            facts.things.append(LiveResource(service, region, name, told))


def _named(value: Any, region: str) -> Iterable[tuple[str, str, str]]:
    """(service, region, name) of what is named in the parameters of a call."""
    text = json.dumps(value, default=str)
    for match in _ARNS.finditer(text):
        arn = match.group(0)
        service, where, rest = match.group(1), region_of(arn, region), arn.split(":", 5)[5]
        if service != "iam" or (rest.startswith("role/") and "aws-service-role" not in rest):
            yield service, where, arn if service in ("kms", "kinesis") else re.split("[:/]", rest)[-1]
    for member, service, _ in _NAMED:
        for name in _members(value, member):
            if not name.startswith(("arn:", "${")):
                yield service, region, name


def _names_of_spec(spec: Mapping[str, Any], region: str) -> Iterable[tuple[str, str, str]]:
    for role in _members(spec, "attach_to_roles"):
        yield "iam", region, role
    for function in _members(spec, "function"):
        if not function.startswith("arn:"):
            yield "lambda", region, function


def _members(value: Any, member: str) -> Iterable[str]:
    """All strings at members of this name, wherever they are."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key == member:
                yield from [
                    each for each in (one if isinstance(one, list) else [one]) if isinstance(each, str)
                ]
            else:
                yield from _members(one, member)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            yield from _members(one, member)


def _key(aws: Aws, region: str, name: str) -> dict[str, Any] | None:
    answer = aws.read("kms", "DescribeKey", region, {"KeyId": name})
    return answer["KeyMetadata"] if answer else None


def _role(aws: Aws, region: str, name: str) -> dict[str, Any] | None:
    answer = aws.read("iam", "GetRole", region, {"RoleName": name})
    return answer["Role"] if answer else None


def _function(aws: Aws, region: str, name: str) -> dict[str, Any] | None:
    return aws.read("lambda", "GetFunctionConfiguration", region, {"FunctionName": name})


def _stream(aws: Aws, region: str, name: str) -> dict[str, Any] | None:
    answer = aws.read("kinesis", "DescribeStreamSummary", region, {"StreamARN": name})
    return answer["StreamDescriptionSummary"] if answer else None


def _vault(aws: Aws, region: str, name: str) -> dict[str, Any] | None:
    return aws.read("backup", "DescribeBackupVault", region, {"BackupVaultName": name})


_READERS = {"kms": _key, "iam": _role, "lambda": _function, "kinesis": _stream, "backup": _vault}
