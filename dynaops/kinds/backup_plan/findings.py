"""What only a look at AWS can tell of a table's backup: what stays, what is in the way, what will not work."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.kinds.backup_plan.mapping import MADE_BY, PLAN, ROLE, SELECTION, VAULT
from dynaops.kinds.kind import AddressDiff, TableChanges
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.backup_plans import (
    DDB455,
    DDB456,
    DDB457,
    DDB458,
    DDB459,
    DDB460,
    DDB461,
    DDB462,
    DDB463,
    DDB477,
)
from dynaops.model.findings.rule import make_finding


def check(work: TableChanges) -> Iterator[Finding]:
    """The findings of a table's backup."""
    for entry in work.of_kind(VAULT):
        yield from _vault(entry)
    for entry in work.of_kind(ROLE):
        if entry.let_go:
            yield make_finding(
                DDB457,
                f"role {_name(entry)} stays: policies that dynaops has not attached hang on it",
                address=entry.address,
            )
    for entry in work.of_kind(PLAN):
        yield from _plan(entry)
        yield from _settings(work, entry)
    for entry in work.of_kind(SELECTION):
        if entry.record is None and entry.action is Action.REPLACE:
            yield make_finding(
                DDB458,
                f"the backup plan has a selection {_name(entry)} already, which is of something else",
                address=entry.address,
            )


def points(entry: AddressDiff) -> int:
    """How many recovery points a live vault holds."""
    return int(entry.live.raw.get("points", 0)) if entry.live else 0


def foreign_selections(entry: AddressDiff) -> list[str]:
    """The names of what is selected in a live plan, and was not by dynaops."""
    listed = entry.live.raw.get("selections", ()) if entry.live else ()
    return [
        str(element["SelectionName"])
        for element in listed
        if not str(element.get("CreatorRequestId", "")).startswith(MADE_BY)
    ]


def foreign_policies(entry: AddressDiff) -> list[str]:
    """The policies that hang on a live role, and that dynaops has not attached."""
    ours = entry.record.properties.get("policies", {}) if entry.record else {}
    return [
        element
        for element in (entry.live.properties.get("policies", ()) if entry.live else ())
        if element not in ours
    ]


def _vault(entry: AddressDiff) -> Iterator[Finding]:
    held, name = points(entry), _name(entry)
    if held and (entry.let_go or entry.action is Action.CREATE):
        yield make_finding(
            DDB455,
            f"backup vault {name} stays with {held} recovery point{'s' if held > 1 else ''}: dynaops never deletes "
            "what could still be restored, and looks after the vault no longer",
            f"To delete them: `aws backup list-recovery-points-by-backup-vault --backup-vault-name {name}`, "
            "`aws backup delete-recovery-point` for each, then `aws backup delete-backup-vault`.",
            address=entry.address,
        )
    rekeyed = entry.difference("kms_key_arn")
    if (
        entry.action is Action.REPLACE
        and rekeyed
        and not entry.difference("name")
        and (held or not entry.record)
    ):
        what = f"holds {held} recovery points" if held else "was not made by dynaops"
        yield make_finding(
            DDB456,
            f"backup vault {name} has the key {rekeyed.before}, which cannot be changed, and {what}",
            address=entry.address,
        )


def _plan(entry: AddressDiff) -> Iterator[Finding]:
    others = foreign_selections(entry)
    if entry.difference("name") is not None:
        yield make_finding(
            DDB477,
            f"the plan that was there before {_name(entry)} is still to be deleted, so it cannot be given up yet",
            f"Apply with backup.plan.name: {_name(entry)} first, then give the plan its new name.",
            address=entry.address,
        )
    missing = entry.desired.options.get("missing_vault") if entry.desired else None
    if missing:
        yield make_finding(
            DDB459, f"there is no backup vault {missing} in {entry.region}", address=entry.address
        )
    if entry.let_go:
        yield make_finding(
            DDB460,
            f"backup plan {_name(entry)} stays: it also backs up what dynaops has not selected ({', '.join(others)})",
            address=entry.address,
        )
    elif entry.record is None and entry.change and entry.change.differences and others:
        yield make_finding(
            DDB461,
            f"backup plan {_name(entry)} is there already, and its new rules also concern {', '.join(others)}",
            address=entry.address,
        )


def _settings(work: TableChanges, entry: AddressDiff) -> Iterator[Finding]:
    settings = entry.desired.options.get("settings", {}) if entry.desired else {}
    rules = entry.desired.properties["rules"].values() if entry.desired else ()
    cold = any(
        "cold_storage_after_days" in element for rule in rules for element in (rule, *rule.get("copy_to", ()))
    )
    copied = any(rule.get("copy_to") for rule in rules)
    if settings.get("advanced") is False and (cold or copied):
        what = " and ".join(part for part, used in (("cold storage", cold), ("copies", copied)) if used)
        yield make_finding(
            DDB462,
            f"{what} of DynamoDB tables need AWS Backup's advanced features, which are off in {entry.region}",
            address=entry.address,
        )
    if settings.get("opted_in") is False:
        yield make_finding(
            DDB463,
            f"AWS Backup is not opted in to DynamoDB in {entry.region}: see to it that recovery points of "
            f"{work.scope.table_name} appear (AWS promises them only for tables that a plan names, as this one does)",
            address=entry.address,
        )


def _name(entry: AddressDiff) -> str:
    return str(entry.live.properties["name"]) if entry.live else entry.name
