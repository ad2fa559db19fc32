"""AWS Backup: backup plans whose selection is one table by its name and nothing else."""

from __future__ import annotations

from collections import Counter

from dynaops.convert.arns import missing, table_of, tables_in
from dynaops.convert.pieces import Named, Pieces, Spec

_SHARED = "its plan has other selections too, and a spec's plan covers its table alone"
_ZONES = (None, "Etc/UTC", "UTC")


def add_backups(specs: dict[str, Spec], pieces: Pieces) -> None:
    """Put `backup` blocks into the specs."""
    used: set[str] = set()
    plans = {plan.key: plan for plan in reversed(pieces.plans)}
    vaults = {vault.data["name"]: vault for vault in reversed(pieces.vaults)}
    selections = Counter(selection.data["plan"] for selection in pieces.selections)
    for selection in pieces.selections:
        plan = plans.get(selection.data["plan"])
        if plan is None:
            pieces.notes.lost(selection.where, "its backup plan is in none of the files")
            continue
        shared = selections[plan.key] > 1
        why = _SHARED if shared else _add(specs, plan, selection, vaults)
        used.add(plan.key)
        if why:
            pieces.notes.lost(selection.where, why)
            pieces.notes.lost(plan.where, "no spec's table is covered by it")
    for plan in pieces.plans:
        if plan.key not in used:
            pieces.notes.lost(plan.where, "no selection in the files covers a table with it")
    used_vaults = {spec["backup"]["vault"]["name"] for spec in specs.values() if "backup" in spec}
    for vault in pieces.vaults:
        if vault.data["name"] not in used_vaults:
            pieces.notes.lost(vault.where, "no converted backup plan uses this vault")


def _add(specs: dict[str, Spec], plan: Named, selection: Named, vaults: dict[str, Named]) -> str | None:
    """Put the plan into its table's spec. Returns why that is not possible, or None."""
    resources = selection.data["resources"]
    if selection.data.get("other"):
        return f"it selects by {selection.data['other']}; a spec's backup covers its table by name"
    if len(resources) != 1 or not tables_in(resources):
        return "it does not cover one table by its ARN; a spec's backup covers its table alone"
    spec = specs.get(table_of(resources[0]))
    if spec is None:
        return f"the table {table_of(resources[0])} is in none of the files"
    used = {rule["vault"] for rule in plan.data["rules"]}
    if len(used) != 1:
        return "the rules of its plan go into several vaults, and a spec has one"
    zones = [rule.get("timezone") for rule in plan.data["rules"]]
    if any(zone not in _ZONES for zone in zones):
        return f"its plan's schedules are in {next(zone for zone in zones if zone not in _ZONES)}, a spec's are in UTC"
    missing_names = missing([plan.data, selection.data["role_arn"]])
    if missing_names:
        return f"not all of it is known: {', '.join(sorted(missing_names))}"
    name = used.pop()
    made = vaults.get(name)
    rules = [
        {key: value for key, value in rule.items() if key not in ("vault", "timezone") and value is not None}
        for rule in plan.data["rules"]
    ]
    spec["backup"] = {
        "vault": {**made.data} if made else {"name": name, "create": False},
        "plan": {"name": plan.data["name"], "rules": rules},
    }
    if selection.data["role_arn"]:
        spec["backup"]["role_arn"] = selection.data["role_arn"]
    return None
