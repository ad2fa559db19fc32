"""What of the live account a plan's outcome depends on. It is read here, and nothing is written.

Tables are taken with everything around them, as import takes them. Things that dynaops does not manage (keys, roles,
functions, Kinesis streams) are looked up where the plan or a live table names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dynaops.aws.errors import AccessDenied, AwsFailure
from dynaops.engine.exported import exported
from dynaops.engine.observe import observe
from dynaops.engine.table_inputs import known_of_plan
from dynaops.kinds.external_names import AwsName
from dynaops.kinds.registry import HANDLER_OF, HANDLERS, PROPERTY_RULES
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Resource, Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


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
        return {resource.address: resource.outputs for resource in self.live}


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
        result = observe(aws, [scope], HANDLERS, {scope.address: replace(named, discover=True)})
    except AccessDenied as error:
        facts.notes.append(f"only what plan and state name of {scope.address} was looked at: {error.message}")
        result = observe(aws, [scope], HANDLERS, {scope.address: named})
    return list(result[scope.address].values())


def _look_up(plan: Plan, facts: LiveAccount, aws: Aws) -> None:
    """Find the external resources that plan and tables name, each once."""
    live = [(table.scope, _as_resource(observed)) for table in facts.tables for observed in table.live]
    find(names_in([*_changed(plan), *live], made=[resource for _, resource in live]), facts, aws)


def _changed(plan: Plan) -> Iterator[tuple[Scope, Resource]]:
    """The resources that the plan changes, as they are before and afterwards."""
    for change in plan.changes:
        table = change.address.partition("/")[0]
        for properties in (change.before, change.after):
            if isinstance(properties, dict):
                resource = Resource(change.address, change.kind, change.region, properties)
                yield Scope(table, table, change.region), resource


def _as_resource(observed: Observed) -> Resource:
    return Resource(observed.address, observed.kind, observed.region, observed.properties)


def names_in(resources: Iterable[tuple[Scope, Resource]], made: Iterable[Resource]) -> list[AwsName]:
    """What the resources name and dynaops does not manage, each once. `made`: the resources that dynaops manages.

    A managed resource that is used as it is where somebody else has made it (a service role) is among the names.
    """
    managed = set()
    for resource in made:
        rules = PROPERTY_RULES[resource.kind]
        if rules.shared and rules.unmarked != "use":
            managed.add((resource.kind, resource.region, str(resource.properties.get(rules.shared))))
    names = [
        external.aws
        for scope, resource in resources
        for external in HANDLER_OF[resource.kind].external_names(scope, resource)
        if external.aws is not None
        and external.aws.service in _READERS
        and (external.kind, external.aws.region, external.aws.name) not in managed
    ]
    return list(dict.fromkeys(names))


def find(names: Iterable[AwsName], facts: LiveAccount, aws: Aws) -> None:
    """Look things up in AWS: those that are there become facts, and those that may not be looked at."""
    for service, region, name in names:
        try:
            description = _READERS[service](aws, region, name)
        except AwsFailure as error:
            facts.notes.append(f"{name} was taken to be there and to be usable: {error.message}")
            description = {}
        if description is not None:
            facts.things.append(LiveResource(service, region, name, description))


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
