"""The vault, service role, plan and selection that a spec's backup declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dynaops.kinds.backup_plan.mapping import (
    OWN_ROLE,
    PLAN,
    ROLE,
    SELECTION,
    TRUST,
    VAULT,
    all_tables,
    plan_name,
    role_policies,
    role_region,
    shortened,
    vault_name,
    wanted_rules,
)
from dynaops.model.late_values import reference
from dynaops.model.resource import Properties, Resource, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec
    from dynaops.kinds.backup_plan import Backup


def declared(scope: Scope, spec: TableSpec) -> Iterator[Resource]:
    """The resources of the spec's backup, in normal form. A selection by tag is of the plan, not of the table."""
    block = spec.backup
    if block is None:
        return
    vault, role, plan, selection = (
        scope.below("backup", part) for part in ("vault", "role", "plan", "selection")
    )
    made = block.vault is None or block.vault.create
    name = vault_name(block, scope.table_name)
    if made:
        key = block.vault.kms_key_arn if block.vault else None
        wanted: Properties = {"name": name, **({"kms_key_arn": key} if key else {})}
        yield Resource(vault, VAULT, scope.region, wanted)
    if block.role_arn is None:
        policies = role_policies(scope.region)
        wanted = {"name": OWN_ROLE, "trust": TRUST, "policies": policies}
        yield Resource(role, ROLE, role_region(scope.region), wanted)
    yield Resource(
        plan,
        PLAN,
        scope.region,
        {"name": plan_name(block, scope.table_name), "rules": wanted_rules(block, name)},
        depends_on=(vault,),
        options={} if made else {"vault": name},
    )
    chosen = _by_tag(block, scope) if block.select_by_tag else _by_name(scope)
    yield Resource(
        selection,
        SELECTION,
        scope.region,
        {**chosen, "role_arn": block.role_arn or reference(role, "arn"), "other": {}},
        depends_on=(plan, role) if block.select_by_tag else (scope.address, plan, role),
    )


def _by_name(scope: Scope) -> Properties:
    return {"name": shortened(scope.table_name), "resources": [reference(scope.address, "arn")]}


def _by_tag(block: Backup, scope: Scope) -> Properties:
    """All tables with these tags; `plan` tells that tables with the same plan mean one selection."""
    plan = plan_name(block, scope.table_name)
    return {
        "name": shortened(plan, "-by-tag"),
        "plan": plan,
        "tags": dict(block.select_by_tag or {}),
        "resources": [all_tables(scope.region)],
    }
