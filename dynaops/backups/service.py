"""What AWS Backup needs besides a table: a vault to put recovery points in, and a role to work as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynaops.aws.errors import AccessDenied
from dynaops.backups.listing import vaults
from dynaops.kinds.backup_plan.mapping import AWS_ROLE, OWN_ROLE, PLAN, SELECTION
from dynaops.kinds.backup_plan.observe import role
from dynaops.model.finding import Finding
from dynaops.model.findings.commands import BACKUP103, BACKUP104
from dynaops.model.findings.rule import make_finding
from dynaops.model.resource import Scope
from dynaops.model.state import Record, State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

DEFAULT_VAULT = "Default"
"""Made by AWS Backup's console in every region that it is used in (developer guide, Backup vaults)."""


def vault_of(aws: Aws, state: State, table: str, region: str, asked: str | None) -> str | Finding:
    """The vault that is asked for, else that of the table's own plan, else AWS's default; or why there is none."""
    name = asked or _planned_vault(state, table) or DEFAULT_VAULT
    there = vaults(aws, region)
    if name in there:
        return name
    known = f"There are {', '.join(there)}" if there else "There is none yet"
    return make_finding(
        BACKUP103,
        f"There is no backup vault {name} in {region}",
        f"{known}. Name one with --vault, or let the table's spec make one (backup: {{daily: ...}}).",
    )


def role_of(aws: Aws, state: State, table: str, region: str, asked: str | None) -> str | Finding:
    """The ARN of the role that AWS Backup works as: asked for, the table's own, or the account's; or why none."""
    if asked is not None and asked.startswith("arn:"):
        return asked
    own = _recorded(state, table, "selection", SELECTION)
    if asked is None and own and str(own.properties.get("role_arn", "")).startswith("arn:"):
        return str(own.properties["role_arn"])
    names = (asked,) if asked else (OWN_ROLE, AWS_ROLE)
    for name in names:
        try:
            found = role(aws, Scope(table, table, region), name)
        except AccessDenied as error:
            return make_finding(
                BACKUP104, error.message, "Name the role of AWS Backup by its ARN, with --role."
            )
        if found is not None:
            return str(found.outputs["arn"])
    return make_finding(
        BACKUP104,
        f"There is no role {' or '.join(names)} for AWS Backup to work as",
        "Name one with --role, or let a table's spec make it (backup: {daily: ...}).",
    )


def _planned_vault(state: State, table: str) -> str | None:
    """The vault that the table's own plan writes to; the one its spec makes, where it writes to several."""
    plan = _recorded(state, table, "plan", PLAN)
    rules: dict[str, Any] = (plan.properties.get("rules") or {}) if plan else {}
    names = {str(rule.get("vault")) for rule in rules.values()}
    if len(names) == 1:
        return names.pop()
    made = state.resources.get(f"{table}/backup/vault")
    return str(made.properties["name"]) if made else None


def _recorded(state: State, table: str, part: str, kind: str) -> Record | None:
    record = state.resources.get(f"{table}/backup/{part}")
    return record if record is not None and record.kind == kind else None
