"""What only a look at AWS can tell is wrong with a plan, said before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.kinds.kind import TableChanges
from dynaops.kinds.table.budgets import ENCRYPTION, TABLE_CLASS, decreases_left, spent
from dynaops.kinds.table.declare import CAPACITIES
from dynaops.kinds.table.indexes import dropped_first
from dynaops.kinds.table.loss_protection import is_lost, prevented
from dynaops.kinds.table.mapping import attribute_names
from dynaops.kinds.table.observe import types_of
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN101, PLAN102, PLAN103, PLAN104, PLAN105, PLAN106, PLAN107
from dynaops.model.findings.rule import make_finding

_INDEX_LIMIT = 20


def check(work: TableChanges) -> Iterator[Finding]:
    """The findings of a table's work: errors stop the plan, warnings are shown with it."""
    yield from _lowered_warm_throughput(work)
    yield from _held_attribute_types(work)
    yield from _index_count(work)
    yield from _budgets(work)
    yield from _protected_from_destruction(work)
    yield from _recreated(work)


def _lowered_warm_throughput(work: TableChanges) -> Iterator[Finding]:
    for entry in [work.table, *work.of_kind("gsi")]:
        if not (entry.desired and entry.record and entry.live) or entry.action in (
            Action.REPLACE,
            Action.CREATE,
        ):
            continue
        was = entry.record.properties.get("warm_throughput") or {}
        for member, units in (entry.desired.properties.get("warm_throughput") or {}).items():
            if units < was.get(member, units):
                yield make_finding(
                    PLAN101,
                    f"warm_throughput.{member} of {entry.address} is lowered from {was[member]} to {units}; "
                    "AWS can only raise warm throughput",
                    f"Put {was[member]} back, or remove warm_throughput to stop managing it.",
                    path=f"warm_throughput.{member}",
                    address=entry.address,
                )


def _held_attribute_types(work: TableChanges) -> Iterator[Finding]:
    """An attribute has one type in a table: it cannot change while an index that stays has it as a key."""
    if work.table.live is None or work.table.action in (Action.REPLACE, Action.DELETE):
        return
    types = types_of(work.table.live.raw)
    gone = {entry.address for entry in dropped_first(work)}
    holders: dict[str, str] = dict.fromkeys(work.table.live.properties["attributes"], work.scope.table_name)
    for entry in work.of_kind("gsi"):
        if entry.live and entry.address not in gone:
            holders.update(dict.fromkeys(attribute_names(entry.live.properties), entry.name))
    for entry in work.of_kind("gsi"):
        if entry.action not in (Action.CREATE, Action.REPLACE) or not entry.desired:
            continue
        for name, kind in entry.desired.properties["attributes"].items():
            if name in holders and types.get(name) != kind:
                yield make_finding(
                    PLAN102,
                    f"index {entry.name} needs {name} as {kind}, but {holders[name]} has it as a key of type "
                    f"{types.get(name)}",
                    address=entry.address,
                )


def _index_count(work: TableChanges) -> Iterator[Finding]:
    if work.table.live is None or work.table.action in (Action.REPLACE, Action.DELETE):
        return
    gone = {entry.address for entry in dropped_first(work)}
    standing = [entry for entry in work.of_kind("gsi") if entry.live and entry.address not in gone]
    built = [e for e in work.of_kind("gsi") if e.action in (Action.CREATE, Action.REPLACE)]
    if built and len(standing) + len(built) > _INDEX_LIMIT:
        yield make_finding(
            PLAN103,
            f"{work.scope.table_name} would have {len(standing) + len(built)} global secondary indexes at once; "
            f"AWS allows {_INDEX_LIMIT}",
            address=work.table.address,
        )


def _budgets(work: TableChanges) -> Iterator[Finding]:
    table = work.table
    for path, budget, what in (
        ("table_class", TABLE_CLASS, "2 table class changes in 30 days"),
        ("encryption", ENCRYPTION, "4 encryption changes in 24 hours, then one in 6 hours"),
    ):
        wait = spent(table, path, budget, work.now) if table.difference(path) else None
        if wait is not None and table.action is not Action.REPLACE:
            yield make_finding(
                PLAN104,
                f"{path} of {table.address} cannot be changed now: AWS allows {what}, and they are used up",
                f"Try again in about {wait / 3600:.0f} hours.",
                path=path,
                address=table.address,
            )
    lowered = any(
        difference.before and difference.after and difference.after < difference.before
        for entry in (table, *work.of_kind("gsi"))
        for member in CAPACITIES
        for difference in entry.differences(member)
    )
    if lowered and not decreases_left(work):
        yield make_finding(
            PLAN105,
            f"today's decreases of provisioned throughput of {work.scope.table_name} are used up; apply waits for "
            "AWS to allow another (one an hour, all of them again at 00:00 UTC)",
            address=table.address,
        )


def _protected_from_destruction(work: TableChanges) -> Iterator[Finding]:
    if not prevented(work):
        return
    lost = [work.table] if is_lost(work) else []
    lost += [
        entry
        for entry in work.of_kind("replica")
        if entry.live and entry.action in (Action.DELETE, Action.REPLACE)
    ]
    for entry in lost:
        how = "replaced" if entry.action is Action.REPLACE else "deleted"
        back = "" if work.table.desired else "put its spec back, "
        yield make_finding(
            PLAN106,
            f"{entry.address} would be {how}, and lifecycle.prevent_destroy of {work.scope.table_name} forbids that",
            f"No option lifts it. To give it up: {back}take prevent_destroy out of the spec, undo what would be "
            f"{how}, and apply that; the next plan may then do it.",
            path="lifecycle.prevent_destroy",
            address=entry.address,
        )


def _recreated(work: TableChanges) -> Iterator[Finding]:
    table = work.table
    if not (table.record and table.record.id and table.live):
        return
    live = table.live.outputs.get("id")
    if live and live != table.record.id:
        yield make_finding(
            PLAN107,
            f"{work.scope.table_name} is not the table that was applied: it was deleted and created again by others",
            address=table.address,
        )
