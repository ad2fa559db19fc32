"""A table's backup made comparable with a further look at AWS: ARNs, the account's own role, a plan of another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from dynaops.kinds.backup_plan import observe
from dynaops.kinds.backup_plan.mapping import (
    AWS_ROLE,
    OWN_ROLE,
    RETIRED,
    is_switched,
    role_arn,
    vault_arn,
)
from dynaops.kinds.kind import AddressDiff, AwsReader
from dynaops.kinds.references import late
from dynaops.model.late_values import reference
from dynaops.model.resource import Properties, Resource, Scope
from dynaops.model.state import Record


class _Look(NamedTuple):
    """What is looked at besides an entry; `entries` are those of its table, by address."""

    read: AwsReader | None
    scope: Scope
    entries: Mapping[str, AddressDiff]


def resolved(read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]) -> dict[str, AddressDiff]:
    """ARNs filled in; the account's own service role in place of one of ours; what findings must know."""
    by_address = {entry.address: entry for entry in entries}
    result = _switched(read, scope, by_address)
    by_address |= result
    for part, resolve in (("vault", _vault), ("role", _role), ("plan", _plan), ("selection", _selection)):
        address = scope.below("backup", part)
        entry = by_address.get(address)
        if entry is not None and entry.desired is not None:
            by_address[address] = result[address] = resolve(
                _Look(read, scope, by_address), entry, entry.desired
            )
    return result


def _switched(
    read: AwsReader | None, scope: Scope, entries: Mapping[str, AddressDiff]
) -> dict[str, AddressDiff]:
    """Where the spec gives the plan another name: the old plan and selection as resources that go.

    Names tell plans apart, and other tables may use either: the plan of the new name is made or joined first.
    """
    plan, left = (entries.get(scope.below("backup", part)) for part in ("plan", RETIRED["plan"]))
    if plan is None or not is_switched(plan.desired, plan.record) or (left and left.record):
        return _lean_on_selection(scope, entries)
    result: dict[str, AddressDiff] = {}
    for part in ("plan", "selection"):
        entry = entries.get(scope.below("backup", part))
        if entry is None or entry.record is None:
            continue
        address = scope.below("backup", RETIRED[part])
        there = entries.get(address)
        live = (
            (there.live if there else None) if read else entry.live and replace(entry.live, address=address)
        )
        record = _renamed(entry.record, scope)
        result[address] = replace(
            entry, address=address, desired=None, record=record, live=live, known_as=entry.address
        )
        result[entry.address] = replace(entry, record=None, live=entry.live if read else None)
    return {**result, **_lean_on_selection(scope, {**entries, **result})}


def _renamed(record: Record, scope: Scope) -> Record:
    old, new = scope.below("backup", "plan"), scope.below("backup", RETIRED["plan"])
    return record.model_copy(
        update={"depends_on": tuple(new if element == old else element for element in record.depends_on)}
    )


def _lean_on_selection(scope: Scope, entries: Mapping[str, AddressDiff]) -> dict[str, AddressDiff]:
    """The old selection goes only when the new one is there: tables must not be without backups in between."""
    selection = scope.below("backup", "selection")
    result = {}
    for part in ("plan", "selection"):
        address = scope.below("backup", RETIRED[part])
        entry = entries.get(address)
        if entry is not None and entry.record is not None:
            leans_on = tuple(dict.fromkeys((*entry.record.depends_on, selection)))
            record = entry.record.model_copy(update={"depends_on": leans_on})
            result[address] = replace(entry, record=record)
    return result


def _vault(look: _Look, entry: AddressDiff, desired: Resource) -> AddressDiff:
    if look.read is None:
        return entry
    arn = vault_arn(look.read.account, look.scope.region, desired.properties["name"])
    return replace(entry, desired=replace(desired, options={"arn": arn}))


def _role(look: _Look, entry: AddressDiff, desired: Resource) -> AddressDiff:
    """Ours, unless the account has AWS Backup's default role, and ours is not there."""
    if entry.record is not None or entry.live is not None:
        return entry
    if look.read is None:
        selected = look.entries.get(look.scope.below("backup", "selection"))
        return replace(entry, desired=None) if selected and selected.record else entry
    if observe.role(look.read, look.scope, AWS_ROLE) is not None:
        return replace(entry, desired=None)
    return replace(
        entry,
        desired=replace(desired, options={"arn": role_arn(look.read.account, look.scope.region, OWN_ROLE)}),
    )


def _plan(look: _Look, entry: AddressDiff, desired: Resource) -> AddressDiff:
    if look.read is None:
        return entry
    options: Properties = {"settings": observe.settings(look.read, look.scope)}
    existing = desired.options.get("vault")
    if existing and existing not in observe.vaults(look.read, look.scope):
        options["missing_vault"] = existing
    return replace(entry, desired=replace(desired, options=options))


def _selection(look: _Look, entry: AddressDiff, desired: Resource) -> AddressDiff:
    wanted = desired.properties
    role = look.entries.get(look.scope.below("backup", "role"))
    arn = wanted["role_arn"]
    if role is not None and arn == reference(role.address, "arn"):
        arn = _arn_of_role(look.read, look.scope, role, entry) or arn
    properties = {**wanted, "role_arn": arn}
    if "tags" not in wanted:
        properties["resources"] = [late(look.scope, look.entries, look.read)["table_arn"]]
    return replace(entry, desired=replace(desired, properties=properties))


def _arn_of_role(
    read: AwsReader | None, scope: Scope, role: AddressDiff, selection: AddressDiff
) -> str | None:
    if role.live is not None:
        return str(role.live.outputs["arn"])
    if read is None:
        return str(selection.record.properties["role_arn"]) if selection.record else None
    return role_arn(read.account, scope.region, OWN_ROLE if role.desired else AWS_ROLE)
