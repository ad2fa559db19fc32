"""Remove the marks of resources that ``dynaops state rm`` takes out of a state.

Nothing here saves a state. If AWS refuses to read or to remove a mark, the mark stays, which is reported.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dynaops import __version__
from dynaops.engine.addresses import table_of
from dynaops.engine.apply import apply_plan
from dynaops.engine.mark_operations import unmark
from dynaops.engine.observe import observe
from dynaops.engine.ownership_mark import StateMark, claim_of
from dynaops.engine.shared_resources import SharedUses, identity_of, uses_of
from dynaops.engine.state_account import check_identity
from dynaops.engine.table_inputs import known_of
from dynaops.engine.table_scopes import RunTarget, recorded_tables, scope_of
from dynaops.engine.unmarking import REASON, is_marked
from dynaops.kinds.kind import AddressDiff, Rank
from dynaops.kinds.registry import HANDLER_OF, PROPERTY_RULES
from dynaops.kinds.tags import live_tags
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Event, Outcome
from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.model.resource import Scope
from dynaops.model.state import Record, State
from dynaops.stores.memory import MemoryStore

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


@dataclass(frozen=True)
class LeavingMarks:
    """The calls that remove marks, and the reasons why the marks of other addresses could not be read."""

    operations: tuple[Operation, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)
    """Why a mark stays, or may stay, by address."""

    @property
    def plan(self) -> Plan:
        """The calls as a plan, for the record of the run."""
        return Plan(
            dynaops_version=__version__,
            created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            serial=0,
            lineage="",
            operations=self.operations,
        )


def candidates(state: State, removed: Collection[str]) -> list[str]:
    """The removed addresses whose kind has tags and whose resource the state does not have at another address."""
    uses = uses_of({}, state, lambda _: False, PROPERTY_RULES, lambda address: address in removed)
    return sorted(address for address in removed if _leaves(state.resources[address], address, uses))


def _leaves(record: Record, address: str, uses: SharedUses) -> bool:
    rules = PROPERTY_RULES[record.kind]
    identity = identity_of(record.kind, record.region, record.properties, rules)
    return rules.tags is not None and (identity is None or not uses.stays_owned(identity, address))


def marks_of(state: State, addresses: Iterable[str], aws: Aws) -> LeavingMarks:
    """Read which resources at `addresses` (see `candidates`) have this state's mark. Only reads AWS."""
    claim = claim_of(state, aws.mark)
    by_table: dict[str, list[str]] = {}
    for address in addresses:
        by_table.setdefault(table_of(address), []).append(address)
    operations: dict[tuple[str, str], Operation] = {}
    failures: dict[str, str] = {}
    regions = recorded_tables(state)
    for table, table_addresses in by_table.items():
        try:
            table_operations = _marks_of_table(
                state, scope_of(state, table, regions[table]), table_addresses, claim, aws
            )
        except DynaopsError as error:
            failures |= dict.fromkeys(table_addresses, error.message)
            continue
        for operation in table_operations:
            operations.setdefault((operation.api, repr(operation.parameters)), operation)
    numbered = tuple(
        operation.model_copy(update={"id": f"{operation.address}:{operation.api}"})
        for operation in operations.values()
    )
    return LeavingMarks(numbered, failures)


def _marks_of_table(
    state: State, scope: Scope, addresses: list[str], claim: StateMark, aws: Aws
) -> list[Operation]:
    """The calls that remove the marks of one table's records.

    Raises DynaopsError if AWS refuses to read, or the records are of another account or endpoint.
    """
    records = {address: state.resources[address] for address in addresses}
    check_identity(state.model_copy(update={"resources": records}), aws)
    handlers = list(
        {
            id(handler): handler for handler in (HANDLER_OF[record.kind] for record in records.values())
        }.values()
    )
    live = observe(aws, [scope], handlers, {scope.address: known_of(RunTarget(scope), state)})[scope.address]
    entries = [
        _with_tags(
            AddressDiff(address, record.kind, record.region, record=record, live=live[address]), scope, aws
        )
        for address, record in records.items()
        if address in live
    ]
    return [
        unmark(entry, scope, claim.key, REASON, Rank.TAGS).operation
        for entry in entries
        if claim.key is not None and is_marked(entry, claim)
    ]


def _with_tags(entry: AddressDiff, scope: Scope, aws: Aws) -> AddressDiff:
    calls = PROPERTY_RULES[entry.kind].tags
    live = entry.live
    assert calls is not None and live is not None, "only live resources with tags are looked at"
    if live.tags is not None:
        return entry
    tags = live_tags(aws, calls, HANDLER_OF[entry.kind].tag_target(scope, entry), entry.region)
    return replace(entry, live=replace(live, tags=tags))


def take_away(marks: LeavingMarks, aws: Aws, emit: Callable[[Event], None] = lambda _: None) -> Outcome:
    """Make the calls that remove the marks."""
    return apply_plan(marks.plan, MemoryStore(), aws, emit)


def kept_marks(marks: LeavingMarks, outcome: Outcome) -> dict[str, str]:
    """Why a mark stays, or may stay, by address."""
    return marks.failures | {
        operation.address: outcome.failed.get(operation.id, "the run was stopped before")
        for operation in marks.operations
        if operation.id not in outcome.done
    }


def command_for(record: Record, key: str) -> str | None:
    """The AWS CLI command that removes the tag `key` from a record's resource; None if its ARN is not known."""
    calls = PROPERTY_RULES[record.kind].tags
    target = record.properties.get("name") if calls and calls.target == "RoleName" else record.arn
    if calls is None or not target:
        return None
    call, target_option, keys = (_as_option(name) for name in (calls.remove, calls.target, calls.keys_member))
    return shlex.join(
        [
            "aws",
            calls.service,
            call,
            f"--{target_option}",
            str(target),
            f"--{keys}",
            key,
            "--region",
            record.region,
        ]
    )


def _as_option(name: str) -> str:
    """The name of a call or parameter in the form of the AWS CLI: ``resource-arn``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
