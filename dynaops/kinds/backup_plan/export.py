"""A live backup as a spec's `backup`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynaops.model.resource import Observed, Properties, Scope


def exported(scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
    """The plan that covers this table, where a spec can say it; vault and role stay their owner's, if not ours."""
    by_address = {resource.address: resource.properties for resource in live}
    plan = by_address.get(scope.below("backup", "plan"))
    selection = by_address.get(scope.below("backup", "selection"))
    if plan is None or selection is None:
        return {}
    vaults = {rule["vault"] for rule in plan["rules"].values()}
    rules = [_exported(name, rule) for name, rule in plan["rules"].items()]
    if len(vaults) != 1 or None in rules:
        return {}
    made = scope.below("backup", "vault") in by_address
    block: Properties = {
        "vault": {"name": vaults.pop(), **({} if made else {"create": False})},
        "plan": {"name": plan["name"], "rules": rules},
    }
    if selection.get("tags"):
        block["select_by_tag"] = selection["tags"]
    if scope.below("backup", "role") not in by_address:
        block["role_arn"] = selection["role_arn"]
    return {"backup": block}


def _exported(name: str, rule: Properties) -> Properties | None:
    """The rule as a spec says it; None where it cannot."""
    if rule["timezone"] != "Etc/UTC" or "other" in rule:
        return None
    return {"name": name, **{key: value for key, value in rule.items() if key not in ("vault", "timezone")}}
