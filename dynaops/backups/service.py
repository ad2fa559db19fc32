"""Finds the vault and the IAM role that AWS Backup needs for a backup or a restore job."""

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
"""The vault that AWS Backup's console creates in each region where it is used (developer guide, Backup vaults)."""


def vault_of(aws: Aws, state: State, table: str, region: str, asked: str | None) -> str | Finding:
    """The vault `asked` for, else that of the table's backup plan, else AWS's default; a finding if it is missing."""
    name = asked or _planned_vault(state, table) or DEFAULT_VAULT
    existing = vaults(aws, region)
    if name in existing:
        return name
    existing_text = f"There are {', '.join(existing)}" if existing else "There is none yet"
    return make_finding(
        BACKUP103,
        f"There is no backup vault {name} in {region}",
        f"{existing_text}. Name one with --vault, or let the table's spec make one (backup: {{daily: ...}}).",
    )


def role_of(aws: Aws, state: State, table: str, region: str, asked: str | None) -> str | Finding:
    """The ARN of AWS Backup's role: `asked` for, the table's, or the account's default; a finding if there is none."""
    if asked is not None and asked.startswith("arn:"):
        return asked
    selection = _recorded(state, table, "selection", SELECTION)
    if asked is None and selection and str(selection.properties.get("role_arn", "")).startswith("arn:"):
        return str(selection.properties["role_arn"])
    names = (asked,) if asked else (OWN_ROLE, AWS_ROLE)
    for name in names:
        try:
            observed_role = role(aws, Scope(table, table, region), name)
        except AccessDenied as error:
            return make_finding(
                BACKUP104, error.message, "Name the role of AWS Backup by its ARN, with --role."
            )
        if observed_role is not None:
            return str(observed_role.outputs["arn"])
    return make_finding(
        BACKUP104,
        f"There is no role {' or '.join(names)} for AWS Backup to work as",
        "Name one with --role, or let a table's spec make it (backup: {daily: ...}).",
    )


def _planned_vault(state: State, table: str) -> str | None:
    """The vault of the table's backup plan; if the plan has several, the one that the table's spec creates."""
    plan = _recorded(state, table, "plan", PLAN)
    rules: dict[str, Any] = (plan.properties.get("rules") or {}) if plan else {}
    names = {str(rule.get("vault")) for rule in rules.values()}
    if len(names) == 1:
        return names.pop()
    vault = state.resources.get(f"{table}/backup/vault")
    return str(vault.properties["name"]) if vault else None


def _recorded(state: State, table: str, part: str, kind: str) -> Record | None:
    record = state.resources.get(f"{table}/backup/{part}")
    return record if record is not None and record.kind == kind else None
