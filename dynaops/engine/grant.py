"""Plan a grant: one IAM policy that lets functions use a table, attached to their execution roles.

A grant records nothing in the state. The policy is found by its name, and its description, which IAM never changes,
says what it was made for. A policy that a grant creates or changes gets the state's mark if a state is stored; the mark
of another state stays. So a grant works for any table, and plan and destroy of a table do not touch it. If the table's
spec makes the policy, that policy is attached and otherwise left as it is.
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
from dynaops.engine.grant_functions import Function, find_functions, sharing
from dynaops.engine.grant_output import configuration
from dynaops.engine.mark_operations import marked
from dynaops.engine.order import order
from dynaops.engine.ownership_mark import StateMark, claim_of
from dynaops.engine.parameters import check_parameters
from dynaops.engine.plan import PlanRefused
from dynaops.engine.state_account import check_identity
from dynaops.engine.table_diff import diff_table
from dynaops.kinds.iam.handler import HANDLER as POLICY_HANDLER
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
    """A grant to make or to revoke. `part` is one of `PARTS`; `region` None is the table's own region."""

    table: str
    functions: tuple[str, ...]
    part: str = "lambda_access"
    policy_name: str | None = None
    revoke: bool = False
    region: str | None = None


@dataclass(frozen=True)
class Granted:
    """The plan of a grant, and the data for ``grant --out`` as they are after the plan."""

    plan: Plan
    configuration: dict[str, Any]


@dataclass(frozen=True)
class _Policy:
    """The policy of a grant. `own`: the grant made it and may change or delete it."""

    address: str
    name: str
    path: str
    own: bool
    live: Observed | None
    document: Properties
    kept: frozenset[str] = frozenset()
    """Roles that a spec attaches the policy to."""


def plan_grant(request: GrantRequest, state: State, aws: Aws) -> Granted:
    """The plan of a grant or its revocation. Raises PlanRefused with all reasons against it."""
    scope = _scope(request, state, aws)
    live = TABLE_HANDLER.describe(aws, scope)
    table = live[0] if live and not live[0].being_deleted else None
    functions, errors = find_functions(aws, request.functions, scope.region)
    if table is None and not request.revoke:
        errors.insert(0, _no_table(scope))
    if errors:
        raise PlanRefused(errors)
    policy = _policy(request, scope, state, aws, live if table else [])
    roles = list(dict.fromkeys(function.role for function in functions))
    entries = {scope.address: AddressDiff(scope.address, "table", scope.region, live=table)}
    entries[policy.address] = _entry(request, scope, policy, roles)
    entries |= POLICY_HANDLER.resolve(aws, scope, list(entries.values()))
    entry = diff_table({policy.address: entries[policy.address]}, PROPERTY_RULES).entries[policy.address]
    if entry.change is not None:
        entry = replace(entry, change=_explained(entry.change, request))
    work = TableChanges(scope, {scope.address: entries[scope.address], policy.address: entry}, time.time())
    policy_output = {
        "name": policy.name,
        "arn": policy.live.outputs["arn"] if policy.live else policy_arn(scope, aws.account, policy.name),
        "access": request.part,
        "made_by": "grant" if policy.own else "spec",
        "document": entry.desired.properties["document"] if entry.desired else None,
    }
    claim = claim_of(state, aws.mark if state.serial and policy.own and not request.revoke else None)
    plan = _plan(work, entry, aws, claim)
    if request.revoke and plan.operations:
        warnings = (*_shared_role_warnings(scope, aws, functions), *_reattachment_warnings(policy, roles))
        plan = plan.model_copy(update={"warnings": (*plan.warnings, *warnings)})
    return Granted(plan, configuration(scope, table, policy_output, functions))


def _scope(request: GrantRequest, state: State, aws: Aws) -> Scope:
    """The table's scope. Its region is that of the ARN, the request, the state or the caller, in this order."""
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
    existing = _read_policy(scope, address, {"name": name, "path": "/"}, aws)
    if existing is None:
        return _Policy(address, name, "/", True, None, _wanted(request, scope, live, aws))
    made = existing.raw.get("description")
    if made in [made_for(scope.below("iam", part)) for part in PARTS]:
        return _Policy(address, name, "/", False, existing, existing.properties["document"])
    if made != made_for(address) or not _concerns(existing, table_arn(scope, aws.account)):
        raise PlanRefused([_foreign(name)])
    return _Policy(address, name, "/", True, existing, _wanted(request, scope, live, aws))


def _wanted(request: GrantRequest, scope: Scope, live: Sequence[Observed], aws: Aws) -> Properties:
    """The policy document with the least permissions for the live table; empty if there is no table."""
    return PARTS[request.part](document_of(exported(scope, list(live), aws)).spec) if live else {}


def _of_spec(request: GrantRequest, scope: Scope, state: State) -> Record | None:
    """The record of the policy that the table's spec makes, if this state has applied it."""
    table, record = (
        state.resources.get(address) for address in (scope.address, scope.below("iam", request.part))
    )
    if record is None or record.kind != KIND or table is None or table.region != scope.region:
        return None
    return record if request.policy_name in (None, record.properties.get("name")) else None


def _from_spec(request: GrantRequest, scope: Scope, record: Record, aws: Aws) -> _Policy:
    address, name = scope.below("iam", request.part), str(record.properties["name"])
    live = _read_policy(scope, address, record.properties, aws)
    if live is None and not request.revoke:
        raise PlanRefused(
            [make_finding(GRANT105, f"{address} is applied from a spec, but its policy {name} is gone")]
        )
    document = live.properties["document"] if live else {}
    kept = frozenset(record.properties.get("roles", {}))
    return _Policy(address, name, str(record.properties["path"]), False, live, document, kept)


def _read_policy(scope: Scope, address: str, properties: Properties, aws: Aws) -> Observed | None:
    known = Known({address: Resource(address, KIND, scope.region, properties)})
    return next(iter(POLICY_HANDLER.observe(aws, scope, None, known)), None)


def _concerns(policy: Observed, arn: str) -> bool:
    """Whether any statement of the policy names the table with that ARN."""
    statements = policy.properties["document"].get("Statement", ())
    resources = [resource for statement in statements for resource in statement.get("Resource", ())]
    return any(resource == arn or resource.startswith(f"{arn}/") for resource in resources)


def _foreign(name: str) -> Finding:
    return make_finding(GRANT104, f"There is a policy {name} already, which was not made for this")


def _entry(request: GrantRequest, scope: Scope, policy: _Policy, roles: Sequence[str]) -> AddressDiff:
    """The entry of the policy: desired is the request, record is what may be revoked, live is what AWS has."""
    attached = policy.live.properties.get("roles", {}) if policy.live else {}
    revoked = {role: True for role in roles if role in attached} if request.revoke else {}
    used = [role for role in attached if role not in revoked] or (policy.live and policy.live.raw["others"])
    identity: Properties = {"name": policy.name, "path": policy.path}
    desired = record = None
    if policy.live is not None:
        owned = {
            **identity,
            "document": policy.live.properties["document"],
            **({"roles": revoked} if revoked else {}),
        }
        record = Record(kind=KIND, region=scope.region, arn=policy.live.outputs["arn"], properties=owned)
    if not request.revoke:
        wanted = {**identity, "document": policy.document, "roles": dict.fromkeys(sorted(roles), True)}
        desired = Resource(policy.address, KIND, scope.region, wanted, depends_on=(scope.address,))
    elif policy.live is not None and (used or not policy.own):
        desired = Resource(
            policy.address, KIND, scope.region, {**identity, "document": policy.live.properties["document"]}
        )
    return AddressDiff(policy.address, KIND, scope.region, desired, record, policy.live)


def _explained(change: Change, request: GrantRequest) -> Change:
    functions = ", ".join(request.functions)
    reason = f"it is taken from {functions}" if request.revoke else f"it is granted to {functions}"
    if change.after is None:
        reason += ", and nobody else uses it"
    return change.model_copy(update={"reason": reason})


def _plan(work: TableChanges, entry: AddressDiff, aws: Aws, claim: StateMark) -> Plan:
    errors = [finding for finding in POLICY_HANDLER.findings(work) if finding.severity is Severity.ERROR]
    if errors:
        raise PlanRefused(errors)
    steps, warnings = marked(POLICY_HANDLER.operations(work), work, claim)
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
        warnings=tuple(warnings),
    )


def _shared_role_warnings(scope: Scope, aws: Aws, functions: Sequence[Function]) -> Iterator[Finding]:
    for role, others in sharing(aws, functions, scope.region):
        yield make_finding(
            GRANT106, f"role {role} is also that of {', '.join(others)}, which lose the table with it"
        )


def _reattachment_warnings(policy: _Policy, roles: Sequence[str]) -> Iterator[Finding]:
    for role in sorted(policy.kept & set(roles)):
        yield make_finding(
            GRANT107, f"the spec attaches {policy.name} to role {role}: the next apply does so again"
        )
