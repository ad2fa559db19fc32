"""Refuse a plan in which two addresses stand for the same live table or the same replica in a region.

Two addresses for one live table come from a state that was edited or moved by hand. The plan would adopt the table at
one of them and delete it at the other, so it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dynaops.kinds.kind import AddressDiff
from dynaops.model.change import Action
from dynaops.model.errors import DynaopsError
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN120
from dynaops.model.findings.rule import make_finding
from dynaops.model.resource import Scope
from dynaops.model.state import Record, State

_TABLES = {"table": "table", "replica": "replica"}
"""The kinds that are a table in a region, and their titles."""


@dataclass(frozen=True)
class TableClaim:
    """An address that stands for a live table. `declared`: by a spec; `recorded`: in the state."""

    address: str
    kind: str
    declared: bool
    recorded: bool


def name_in_aws(address: str, record: Record) -> str:
    """The table name in AWS of a recorded table or replica."""
    if record.arn:
        return record.arn.rpartition("table/")[2]
    return str(record.properties.get("table_name") or address.partition("/")[0])


def check_name(scope: Scope, state: State) -> None:
    """Raise DynaopsError if the state records another table at a declared address (after a move by hand)."""
    record = state.resources.get(scope.address)
    if record is None or record.kind != "table":
        return
    name = name_in_aws(scope.address, record)
    if name != scope.table_name:
        raise DynaopsError(
            f"{scope.address} is the table {name} in the state, and AWS cannot rename a table",
            f"Give it its address back (`dynaops state mv {scope.address} {name}`) and declare it as {name}. How the "
            f"items of {name} get into a table of another name: docs/refactoring.md.",
        )


def claimed_twice(
    entries: Mapping[str, Mapping[str, AddressDiff]], scopes: Iterable[Scope], state: State, refreshed: bool
) -> Iterator[Finding]:
    """An error for each live table that several addresses stand for; `entries` are those of each planned table."""
    names = {scope.address: scope.table_name for scope in scopes}
    claims: dict[tuple[str, str], list[TableClaim]] = {}
    for table, below in entries.items():
        for entry in below.values():
            if entry.kind in _TABLES and _is_claim(entry, refreshed):
                claim = TableClaim(
                    entry.address, entry.kind, entry.desired is not None, entry.record is not None
                )
                claims.setdefault((entry.region, names[table]), []).append(claim)
    for address, record in state.resources.items():
        table = address.partition("/")[0]
        if record.kind in _TABLES and table not in names:
            claim = TableClaim(address, record.kind, declared=False, recorded=True)
            claims.setdefault((record.region, name_in_aws(address, record)), []).append(claim)
    for (region, name), claimants in sorted(claims.items()):
        if len(claimants) > 1:
            yield _refused(
                name, region, sorted(claimants, key=lambda claim: (not claim.declared, claim.address))
            )


def _is_claim(entry: AddressDiff, refreshed: bool) -> bool:
    if entry.action is Action.FORGET or (entry.desired is None and entry.record is None):
        return False
    return entry.live is not None or not refreshed


def _refused(name: str, region: str, claims: list[TableClaim]) -> Finding:
    first, second = claims[0], claims[1]
    known = ", ".join(claim.address for claim in claims)
    if "replica" in (first.kind, second.kind):
        replica = first if first.kind == "replica" else second
        hint = f"A replica is declared and applied with its table: leave {replica.address} to it, or take it out."
    elif first.recorded:
        hint = f"To keep {first.address}: `dynaops state rm {second.address}`; AWS keeps the table."
    else:
        hint = (
            f"Give the table its address back: `dynaops state mv {second.address} {first.address}`, "
            "or a `moved` block that says so."
        )
    return make_finding(
        PLAN120,
        f"{known} are one table in AWS, {name} in {region}; a plan that has it twice could delete it",
        hint,
        address=first.address,
    )
