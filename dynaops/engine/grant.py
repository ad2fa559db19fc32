"""Granting functions the use of a table: one policy, attached to the functions' execution roles.

Nothing is recorded: the policy is found by its name, and its description, which IAM never changes, tells whose it is.
A policy that a grant makes or changes is marked as the state's, where one is stored; another state's mark is kept.
So a grant works on any table from anywhere, and neither plan nor destroy of a table ever meets it. Where this state's
own spec makes the policy, that one is attached, and left as the spec has it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dynaops import __version__
from dynaops.engine.exported import exported
from dynaops.engine.finish import finished
from dynaops.engine.grant_functions import Function, found, sharing
from dynaops.engine.grant_output import configuration
from dynaops.engine.mark_operations import marked
from dynaops.engine.order import order
from dynaops.engine.ownership_mark import StateMark, claim_of
from dynaops.engine.parameters import check_parameters
from dynaops.engine.plan import PlanRefused
from dynaops.engine.state_account import check_identity
from dynaops.engine.table_diff import diff_table
from dynaops.kinds.iam.handler import HANDLER as POLICY_ROOM
from dynaops.kinds.iam.handler import KIND, PARTS, policy_arn, policy_name
from dynaops.kinds.iam.operations import made_for
from dynaops.kinds.kind import AddressDiff, Known, TableChanges
from dynaops.kinds.references import table_arn
from dynaops.kinds.registry import PROPERTY_RULES, TABLE_HANDLER
from dynaops.model.arns import parse
from dynaops.model.change import Change
from dynaops.model.errors import DynaopsError
from dynaops.model.finding import Finding, Severity
from dynaops.model.findings.commands import GRANT101, GRANT104, GRANT105, GRANT106, GRANT107
from dynaops.model.findings.rule import make_finding
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record, State
from dynaops.specs.load import document_of

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


@dataclass(frozen=True)
class GrantRequest:
    """What is granted, or taken back: the policy's `part` is one of `PARTS`; `region` None is the table's own."""

    table: str
    functions: tuple[str, ...]
    part: str = "lambda_access"
    policy_name: str | None = None
    revoke: bool = False
    region: str | None = None


@dataclass(frozen=True)
class Granted:
    """The plan of a grant, and what is so once it is carried out (for ``grant --out``)."""

    plan: Plan
    configuration: dict[str, Any]


@dataclass(frozen=True)
class _Policy:
    """The policy that a grant is about: where it stands, and whether it is the grant's own to change or delete."""

    address: str
    name: str
    path: str
    own: bool
    live: Observed | None
    document: Properties
    kept: frozenset[str] = frozenset()
    """Roles that a spec attaches it to."""


def plan_grant(request: GrantRequest, state: State, aws: Aws) -> Granted:
    """The operations that bring about what was asked. Raises PlanRefused with all that stands against it."""
    scope = _scope(request, state, aws)
    live = TABLE_HANDLER.describe(aws, scope)
    table = live[0] if live and not live[0].being_deleted else None
    functions, wrong = found(aws, request.functions, scope.region)
    if table is None and not request.revoke:
        wrong.insert(0, _no_table(scope))
    if wrong:
        raise PlanRefused(wrong)
    policy = _policy(request, scope, state, aws, live if table else [])
    roles = list(dict.fromkeys(function.role for function in functions))
    entries = {scope.address: AddressDiff(scope.address, "table", scope.region, live=table)}
    entries[policy.address] = _entry(request, scope, policy, roles)
    entries |= POLICY_ROOM.resolve(aws, scope, list(entries.values()))
    entry = diff_table({policy.address: entries[policy.address]}, PROPERTY_RULES).entries[policy.address]
    if entry.change is not None:
        entry = replace(entry, change=_explained(entry.change, request))
    work = TableChanges(scope, {scope.address: entries[scope.address], policy.address: entry}, time.time())
    told = {
        "name": policy.name,
        "arn": policy.live.outputs["arn"] if policy.live else policy_arn(scope, aws.account, policy.name),
        "access": request.part,
        "made_by": "grant" if policy.own else "spec",
        "document": entry.desired.properties["document"] if entry.desired else None,
    }
    claim = claim_of(state, aws.mark if state.serial and policy.own and not request.revoke else None)
    plan = _plan(work, entry, aws, claim)
    if request.revoke and plan.operations:
        warnings = (*_losers(scope, aws, functions), *_again(policy, roles))
        plan = plan.model_copy(update={"warnings": (*plan.warnings, *warnings)})
    return Granted(plan, configuration(scope, table, told, functions))


def _scope(request: GrantRequest, state: State, aws: Aws) -> Scope:
    """Where the table is: as its ARN says, else as asked, else as recorded, else the caller's region."""
    name, region = request.table, request.region
    if name.startswith("arn:"):
        parsed = parse(name)
        if parsed is None or parsed.service != "dynamodb" or not parsed.resource.startswith("table/"):
            raise DynaopsError(
                f"{name} is not the ARN of a table",
                "It looks like arn:aws:dynamodb:REGION:ACCOUNT:table/NAME.",
            )
        name, region = parsed.resource.split("/")[1], parsed.region
    record = state.resources.get(name)
    if record is not None and record.kind == "table" and region in (None, record.region):
        check_identity(state, aws)
        region = record.region
    return Scope(name, name, region or aws.region)


def _no_table(scope: Scope) -> Finding:
    return make_finding(GRANT101, f"There is no table {scope.table_name} in {scope.region}")


def _policy(request: GrantRequest, scope: Scope, state: State, aws: Aws, live: Sequence[Observed]) -> _Policy:
    recorded = _of_spec(request, scope, state)
    if recorded is not None:
        return _from_spec(request, scope, recorded, aws)
    name = request.policy_name or policy_name(scope, request.part)
    address = scope.below("grant", request.part)
    existing = _look(scope, address, {"name": name, "path": "/"}, aws)
    if existing is None:
        return _Policy(address, name, "/", True, None, _wanted(request, scope, live, aws))
    made = existing.raw.get("description")
    if made in [made_for(scope.below("iam", part)) for part in PARTS]:
        return _Policy(address, name, "/", False, existing, existing.properties["document"])
    if made != made_for(address) or not _concerns(existing, table_arn(scope, aws.account)):
        raise PlanRefused([_foreign(name)])
    return _Policy(address, name, "/", True, existing, _wanted(request, scope, live, aws))


def _wanted(request: GrantRequest, scope: Scope, live: Sequence[Observed], aws: Aws) -> Properties:
    """The least that the functions need of the live table; empty where there is none."""
    return PARTS[request.part](document_of(exported(scope, list(live), aws)).spec) if live else {}


def _of_spec(request: GrantRequest, scope: Scope, state: State) -> Record | None:
    """The policy that the table's spec makes, where this state has applied it."""
    table, record = (state.resources.get(one) for one in (scope.address, scope.below("iam", request.part)))
    if record is None or record.kind != KIND or table is None or table.region != scope.region:
        return None
    return record if request.policy_name in (None, record.properties.get("name")) else None


def _from_spec(request: GrantRequest, scope: Scope, record: Record, aws: Aws) -> _Policy:
    address, name = scope.below("iam", request.part), str(record.properties["name"])
    live = _look(scope, address, record.properties, aws)
    if live is None and not request.revoke:
        raise PlanRefused(
            [make_finding(GRANT105, f"{address} is applied from a spec, but its policy {name} is gone")]
        )
    document = live.properties["document"] if live else {}
    kept = frozenset(record.properties.get("roles", {}))
    return _Policy(address, name, str(record.properties["path"]), False, live, document, kept)


def _look(scope: Scope, address: str, properties: Properties, aws: Aws) -> Observed | None:
    known = Known({address: Resource(address, KIND, scope.region, properties)})
    return next(iter(POLICY_ROOM.observe(aws, scope, None, known)), None)


def _concerns(policy: Observed, arn: str) -> bool:
    """Whether any statement is about the table of that ARN."""
    statements = policy.properties["document"].get("Statement", ())
    resources = [one for statement in statements for one in statement.get("Resource", ())]
    return any(one == arn or one.startswith(f"{arn}/") for one in resources)


def _foreign(name: str) -> Finding:
    return make_finding(GRANT104, f"There is a policy {name} already, which was not made for this")


def _entry(request: GrantRequest, scope: Scope, policy: _Policy, roles: Sequence[str]) -> AddressDiff:
    """The three sides: what is asked for, what may be taken back, what is."""
    has = policy.live.properties.get("roles", {}) if policy.live else {}
    taken = {role: True for role in roles if role in has} if request.revoke else {}
    used = [role for role in has if role not in taken] or (policy.live and policy.live.raw["others"])
    plain: Properties = {"name": policy.name, "path": policy.path}
    desired = record = None
    if policy.live is not None:
        owned = {
            **plain,
            "document": policy.live.properties["document"],
            **({"roles": taken} if taken else {}),
        }
        record = Record(kind=KIND, region=scope.region, arn=policy.live.outputs["arn"], properties=owned)
    if not request.revoke:
        wanted = {**plain, "document": policy.document, "roles": dict.fromkeys(sorted(roles), True)}
        desired = Resource(policy.address, KIND, scope.region, wanted, depends_on=(scope.address,))
    elif policy.live is not None and (used or not policy.own):
        desired = Resource(
            policy.address, KIND, scope.region, {**plain, "document": policy.live.properties["document"]}
        )
    return AddressDiff(policy.address, KIND, scope.region, desired, record, policy.live)


def _explained(change: Change, request: GrantRequest) -> Change:
    asked = ", ".join(request.functions)
    reason = f"it is taken from {asked}" if request.revoke else f"it is granted to {asked}"
    if change.after is None:
        reason += ", and nobody else uses it"
    return change.model_copy(update={"reason": reason})


def _plan(work: TableChanges, entry: AddressDiff, aws: Aws, claim: StateMark) -> Plan:
    refused = [finding for finding in POLICY_ROOM.findings(work) if finding.severity is Severity.ERROR]
    if refused:
        raise PlanRefused(refused)
    steps, remarks = marked(POLICY_ROOM.operations(work), work, claim)
    operations = finished(order(steps, work, None, None), work.entries)
    check_parameters(operations, aws)
    return Plan(
        dynaops_version=__version__,
        created_at=datetime.fromtimestamp(work.now, UTC).isoformat(timespec="seconds"),
        serial=0,
        lineage="",
        endpoint=aws.endpoint_url,
        changes=(entry.change,) if entry.change and operations else (),
        operations=operations,
        tables=(work.scope.address,),
        warnings=tuple(remarks),
    )


def _losers(scope: Scope, aws: Aws, functions: Sequence[Function]) -> Iterator[Finding]:
    for role, others in sharing(aws, functions, scope.region):
        yield make_finding(
            GRANT106, f"role {role} is also that of {', '.join(others)}, which lose the table with it"
        )


def _again(policy: _Policy, roles: Sequence[str]) -> Iterator[Finding]:
    for role in sorted(policy.kept & set(roles)):
        yield make_finding(
            GRANT107, f"the spec attaches {policy.name} to role {role}: the next apply does so again"
        )
