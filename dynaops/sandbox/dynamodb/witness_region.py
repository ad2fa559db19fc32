"""Strongly consistent global tables: created in one call, with a witness region or three replicas.

Rules and texts from DDB-TABLE-202, 257, 258, 260, 261.
"""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import moto_bridge
from dynaops.sandbox.dynamodb.global_tables import GlobalTable
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import ApiError, validation

Actions = list[tuple[str, dict[str, Any]]]

STRONG_REGIONS = frozenset(
    {
        "us-east-1", "us-east-2", "us-west-2",
        "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1",
        "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    }
)  # fmt: skip
"""The regions that can hold strongly consistent replicas or witnesses (service model's text)."""

_STRONG = "global tables with MultiRegionConsistency set to STRONG."


def is_strong(group: GlobalTable | None, body: dict[str, Any]) -> bool:
    """Whether the request asks for strong consistency, or the global table already has it."""
    requested = {"MultiRegionConsistency", "GlobalTableWitnessUpdates"} & set(body)
    return bool(requested) or (group is not None and group.strong)


def regions(body: dict[str, Any], kind: str) -> list[str]:
    """The witness regions that a request creates or deletes."""
    updates = body.get("GlobalTableWitnessUpdates") or ()
    return [update[kind]["RegionName"] for update in updates if update.get(kind) is not None]


def only_one() -> ApiError:
    """The error for removing a single member of a strongly consistent global table."""
    return validation(
        "Deletion of only one table replica is not supported for global tables with MultiRegionConsistency "
        "set to STRONG."
    )


def check(
    call: ApiCall, table: SandboxTable, group: GlobalTable | None, actions: Actions, body: dict[str, Any]
) -> None:
    """Refuse requests that do not create or remove a strongly consistent global table as a whole."""
    wanted = body.get("MultiRegionConsistency")
    kinds = {kind for kind, _ in actions}
    if wanted is not None and kinds != {"Create"}:
        raise validation(
            "Only Replica Create actions are supported when MultiRegionConsistency parameter is provided."
        )
    if kinds == {"Delete"}:
        _check_dissolve(group, actions, body)
    elif wanted == "STRONG":
        _check_create(call, table, group, actions, body)
    else:
        _refuse_others(group, actions, body)


def _refuse_others(group: GlobalTable | None, actions: Actions, body: dict[str, Any]) -> None:
    if group is not None and group.strong:
        raise validation(
            "MultiRegionConsistency parameter is unsupported on existing global table"
            if "MultiRegionConsistency" in body
            else "Cannot add replicas to a global table with strong MultiRegionConsistency"
        )
    if "GlobalTableWitnessUpdates" in body:
        raise validation(
            "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present."
        )
    if len(actions) > 1:
        raise validation(
            "Update table operation with more than one create or delete replica actions not allowed"
        )


def _check_create(
    call: ApiCall, table: SandboxTable, group: GlobalTable | None, actions: Actions, body: dict[str, Any]
) -> None:
    replicas = [given["RegionName"] for _, given in actions]
    witnesses = regions(body, "Create")
    unsupported = [region for region in (*replicas, *witnesses, call.region) if region not in STRONG_REGIONS]
    if unsupported:
        raise validation(f"Unsupported Region(s) specified for {_STRONG[:-1]}: [{', '.join(unsupported)}].")
    if call.region in witnesses:
        raise validation(
            "Cannot add a witness in the same region as an existing replica when creating a global table with "
            "MultiRegionConsistency set to STRONG."
        )
    if set(replicas) & set(witnesses):
        raise validation("Cannot target multiple regions with the same action")
    if len(replicas) + len(witnesses) != 2:
        raise validation(f"Unsupported replica count for {_STRONG}")
    if group is not None:
        raise validation("MultiRegionConsistency parameter is unsupported on existing global table")
    if moto_bridge.item_count(call.world, table):
        raise validation(
            "The table must be empty to create a global table with strong MultiRegionConsistency"
        )


def _check_dissolve(group: GlobalTable | None, actions: Actions, body: dict[str, Any]) -> None:
    named, witnesses = {given["RegionName"] for _, given in actions}, regions(body, "Delete")
    held = group.witnesses if group is not None else {}
    unknown = [region for region in witnesses if region not in held]
    if unknown:
        raise validation(
            "Update global table operation failed because one or more witnesses were not part of the global "
            f"table. Please retry the request without these witnesses: [{', '.join(unknown)}]."
        )
    if group is None or not group.strong:
        return
    if set(held) - set(witnesses):
        raise validation("Update table delete operation does not include all witnesses.")
    if len(set(group.members) - named) > 1:
        raise only_one()
