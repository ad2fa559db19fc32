"""Puts IAM policies about one table into the `custom` policies of its spec."""

from __future__ import annotations

from typing import Any

from dynaops.convert.arns import missing, own, tables_in
from dynaops.convert.pieces import Named, Pieces, Spec


def add_policies(specs: dict[str, Spec], pieces: Pieces) -> None:
    """Put managed policies and the roles that they are attached to into `iam.custom`."""
    placed: dict[str, Spec] = {}
    for policy in pieces.policies:
        why = _add(specs, policy, placed)
        if why:
            pieces.notes.lost(policy.where, why)
    for attachment in pieces.attachments:
        custom = placed.get(attachment.key)
        if custom is None:
            pieces.notes.lost(attachment.where, "its policy is in no spec")
        else:
            roles = custom.setdefault("attach_to_roles", [])
            roles.extend(role for role in attachment.data["roles"] if role not in roles)


def statements_of(document: Any) -> list[dict[str, Any]] | None:
    """The statements of a policy document; None if it is not a policy document."""
    if not isinstance(document, dict) or "Statement" not in document:
        return None
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return listed if all(isinstance(statement, dict) for statement in listed) else None


def _add(specs: dict[str, Spec], policy: Named, placed: dict[str, Spec]) -> str | None:
    tables = tables_in(policy.data["statements"])
    if len(tables) != 1:
        return (
            f"it is about {len(tables)} tables, and a spec's policy is about its own"
            if tables
            else ("it is about no table")
        )
    spec = specs.get(next(iter(tables)))
    if spec is None:
        return f"its table {next(iter(tables))} is in none of the files"
    custom = own({**policy.data}, spec["table_name"])
    missing_names = missing(custom)
    if missing_names:
        return f"not all of it is known: {', '.join(sorted(missing_names))}"
    spec.setdefault("iam", {}).setdefault("custom", []).append(custom)
    placed[policy.key] = custom
    return None
