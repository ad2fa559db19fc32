"""The marks of what is taken out of a state by hand (``dynaops state rm``): which there are, and taking them away.

Nothing here saves a state. What AWS refuses to tell or to do leaves a mark, which is told and stops nothing.
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
    """The calls that take marks away, and why it is not known of other addresses whether they bear one."""

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


def candidates(state: State, gone: Collection[str]) -> list[str]:
    """Which of the addresses `gone` have tags, and are no resource that the state has at another address too."""
    uses = uses_of({}, state, lambda _: False, PROPERTY_RULES, lambda address: address in gone)
    return sorted(address for address in gone if _leaves(state.resources[address], address, uses))


def _leaves(record: Record, address: str, uses: SharedUses) -> bool:
    policy = PROPERTY_RULES[record.kind]
    identity = identity_of(record.kind, record.region, record.properties, policy)
    return policy.tags is not None and (identity is None or not uses.stays_owned(identity, address))


def marks_of(state: State, addresses: Iterable[str], aws: Aws) -> LeavingMarks:
    """The marks of this state at `addresses` (see `candidates`), as AWS tells. Writes nothing."""
    claim = claim_of(state, aws.mark)
    by_table: dict[str, list[str]] = {}
    for address in addresses:
        by_table.setdefault(table_of(address), []).append(address)
    operations: dict[tuple[str, str], Operation] = {}
    failures: dict[str, str] = {}
    regions = recorded_tables(state)
    for table, below in by_table.items():
        try:
            found = _marks_of_table(state, scope_of(state, table, regions[table]), below, claim, aws)
        except DynaopsError as error:
            failures |= dict.fromkeys(below, error.message)
            continue
        for operation in found:
            operations.setdefault((operation.api, repr(operation.parameters)), operation)
    numbered = tuple(
        operation.model_copy(update={"id": f"{operation.address}:{operation.api}"})
        for operation in operations.values()
    )
    return LeavingMarks(numbered, failures)


def _marks_of_table(
    state: State, scope: Scope, addresses: list[str], claim: StateMark, aws: Aws
) -> list[Operation]:
    """Raises DynaopsError where AWS does not tell, or the records are of another account or endpoint."""
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
    """Take the marks away."""
    return apply_plan(marks.plan, MemoryStore(), aws, emit)


def kept_marks(marks: LeavingMarks, outcome: Outcome) -> dict[str, str]:
    """Why a mark stays, or may stay, by address."""
    return marks.failures | {
        operation.address: outcome.failed.get(operation.id, "the run was stopped before")
        for operation in marks.operations
        if operation.id not in outcome.done
    }


def command_for(record: Record, key: str) -> str | None:
    """The command of the AWS CLI that takes the tag `key` from what a record names; None where it names no ARN."""
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
    """How the AWS CLI writes the name of a call or of a parameter: ``resource-arn``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
