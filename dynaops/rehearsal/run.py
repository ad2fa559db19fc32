"""Runs a rehearsal: the real engine, on a sandbox set up like the live account, in simulated time."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dynaops.access.rules import Need
from dynaops.aws.route import Credentials
from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.engine.plan import make_plan
from dynaops.engine.recreate import plan_to_make
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Event, Outcome, Stage
from dynaops.model.plan import Plan
from dynaops.model.rehearsal import Rehearsal, Rehearsed
from dynaops.model.state import State
from dynaops.rehearsal import sandbox_setup
from dynaops.rehearsal.calls import as_caller, needs_since
from dynaops.rehearsal.live_account import LiveAccount, LiveTable
from dynaops.rehearsal.scheduler import SimulatedScheduler
from dynaops.specs.load import document_of
from dynaops.stores.memory import MemoryStore

if TYPE_CHECKING:
    from dynaops.sandbox.running import SandboxServer

Lacking = Callable[[Iterable[Need]], Collection[Need]]
M = TypeVar("M", Plan, State)
_AGE = 40 * 86_400.0
"""Age in seconds of the sandbox's setup, so that the setup counts for none of AWS's limits on changes."""
_POLL = 10.0
"""Longest polling interval in seconds, as in apply."""
_DELETION = 600.0
"""Seconds after which a table's deletion is complete."""
_SHORTEST = 6
"""Least length of a value that AWS generates."""


def rehearse(plan: Plan, state: State, facts: LiveAccount, lacking: Lacking | None = None) -> Rehearsal:
    """The rehearsal of `plan` on an account as `facts` describe it.

    `lacking` returns the permissions that the caller lacks; if there are any, the rehearsal is repeated without them.
    """
    rehearsal, needed = _rehearse_once(plan, state, facts)
    denied = lacking(needed) if lacking else ()
    return _rehearse_once(plan, state, facts, needed.difference(denied))[0] if denied else rehearsal


def _rehearse_once(
    plan: Plan, state: State, facts: LiveAccount, allowed: Iterable[Need] | None = None
) -> tuple[Rehearsal, set[Need]]:
    """One rehearsal, by a caller with all permissions or only `allowed`; and the permissions that it needed."""
    with rehearsal_sandbox(facts, state) as unrestricted:
        sandbox = unrestricted if allowed is None else as_caller(unrestricted, allowed)
        records = _Records(sandbox.server)
        store = MemoryStore()
        store.save(sandbox.translated(state))
        begin = sandbox.server.requests.count
        outcome = sandbox.apply(sandbox.translated(plan), store, records.tell)
        return records.result(plan, outcome, sandbox.notes), needs_since(begin, sandbox, facts.account)


@dataclass(frozen=True)
class RehearsalSandbox:
    """A sandbox set up like the live account. `sandbox_ids`: the sandbox's ids by the live ids that AWS generated."""

    server: SandboxServer
    aws: Aws
    notes: list[str]
    sandbox_ids: dict[str, str]

    def translated(self, model: M) -> M:
        """A plan or state with the live account's ids replaced; longer ids first, since they contain others."""
        text = model.model_dump_json()
        for live in sorted(self.sandbox_ids, key=len, reverse=True):
            text = text.replace(live, self.sandbox_ids[live])
        return type(model).model_validate_json(text)

    def translated_back(self, text: str) -> str:
        """A text with the sandbox's ids replaced by the live account's."""
        for live, other in sorted(self.sandbox_ids.items(), key=lambda pair: len(pair[1]), reverse=True):
            text = text.replace(other, live)
        return text

    def apply(
        self, plan: Plan, store: MemoryStore, tell: Callable[[Event], None] = lambda _: None
    ) -> Outcome:
        """Apply a plan in simulated time."""
        clock = self.server.clock
        turns = SimulatedScheduler(clock.now, self.server.advance)
        return apply_plan(plan, store, self.aws, tell, stop=turns.stop, jobs=turns, now=clock.now)


@contextmanager
def rehearsal_sandbox(facts: LiveAccount, state: State) -> Iterator[RehearsalSandbox]:
    """A sandbox set up like the account that `facts` describe; at most one at a time in a process."""
    from dynaops.sandbox.running import SandboxServer

    now = time.time()
    with _as_account(facts.account), SandboxServer(speed=0, start=now - _AGE) as server:
        caller = Credentials("rehearsal", "rehearsal")
        aws = Aws(facts.region, endpoint_url=server.url, poll_cap=_POLL, attempts=1, only=caller)
        sandbox = RehearsalSandbox(server, aws, list(facts.notes), {})
        sandbox_setup.place(server, facts)
        for table in facts.tables:
            _set_up_table(table, sandbox)
        server.advance(max(0.0, now - server.clock.now()))
        sandbox.notes.extend(sandbox_setup.remember(server.world, facts, state))
        aws.mark = facts.mark  # the resources set up before have no owner
        yield sandbox


@contextmanager
def _as_account(account: str) -> Iterator[None]:
    """Give the sandbox of this process the account id of the live account."""
    before = os.environ.get("MOTO_ACCOUNT_ID")
    os.environ["MOTO_ACCOUNT_ID"] = account
    try:
        yield
    finally:
        if before is None:
            del os.environ["MOTO_ACCOUNT_ID"]
        else:
            os.environ["MOTO_ACCOUNT_ID"] = before


def _set_up_table(table: LiveTable, sandbox: RehearsalSandbox) -> None:
    """Create a live table and its resources in the sandbox; record the ids that differ from the live ones."""
    store = MemoryStore()
    reasons: list[str] = []
    try:
        for plan in _setup_plans(table, store, sandbox):
            reasons.extend(sandbox.apply(plan, store).failed.values())
    except DynaopsError as error:
        reasons.append(error.message)
    if reasons:
        sandbox.notes.append(f"not all of {table.scope.address} could be rehearsed: {'; '.join(reasons)}")
    sandbox.sandbox_ids.update(_id_pairs(table.outputs, store.load()))


def _setup_plans(table: LiveTable, store: MemoryStore, sandbox: RehearsalSandbox) -> Iterator[Plan]:
    """Plans that create a live table from its spec, and then the resources that its spec cannot declare.

    A resource without its table (a scalable target, an event source mapping) needs a table, deleted afterwards.
    """
    scope = table.scope
    spec = table.spec or _placeholder(table)
    yield make_plan([document_of({"region": scope.region, **spec})], store.load(), sandbox.aws)
    state = store.load()
    left = [
        resource
        for resource in table.live
        if resource.owner is None and resource.kind != "table" and resource.address not in state.resources
    ]
    if left:
        yield plan_to_make(scope, left, state, sandbox.aws, sandbox.server.clock.now())
    if not table.spec:
        sandbox.server.client("dynamodb", scope.region).delete_table(TableName=scope.table_name)
        sandbox.server.advance(_DELETION)


def _placeholder(table: LiveTable) -> dict[str, Any]:
    """A spec of a table with the parts that remaining resources need: a stream, and the indexes of scalable targets."""
    parts = [resource.address.split("/") for resource in table.live]
    indexes = sorted({part[2] for part in parts if part[1] == "gsi"})
    units = {"read_capacity": 1, "write_capacity": 1}
    return {
        "table_name": table.scope.table_name,
        "hash_key": "id",
        "attributes": {"id": "S"},
        "billing_mode": "PROVISIONED",
        **units,
        "point_in_time_recovery": {"enabled": False},
        "stream": {"view_type": "NEW_AND_OLD_IMAGES"},
        "global_secondary_indexes": [
            {"name": name, "hash_key": "id", "projection": {"type": "ALL"}, **units} for name in indexes
        ],
    }


def _id_pairs(live: Mapping[str, Mapping[str, Any]], state: State) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for address, outputs in live.items():
        record = state.resources.get(address)
        if record is None:
            continue
        sandbox_outputs = {"id": record.id, "arn": record.arn, **record.outputs}
        for name, value in outputs.items():
            sandbox_value = sandbox_outputs.get(name)
            if (
                isinstance(value, str)
                and isinstance(sandbox_value, str)
                and value != sandbox_value
                and len(value) >= _SHORTEST
            ):
                pairs[value] = sandbox_value
    return pairs


class _Records:
    """The engine's events, with their virtual times."""

    def __init__(self, server: SandboxServer) -> None:
        self._now = server.clock.now
        self._start = self._now()
        self._events: dict[str, list[tuple[float, Event]]] = {}

    def tell(self, event: Event) -> None:
        self._events.setdefault(event.operation, []).append((self._now() - self._start, event))

    def result(self, plan: Plan, outcome: Outcome, notes: list[str]) -> Rehearsal:
        """The whole rehearsal."""
        return Rehearsal(
            operations=tuple(
                self._rehearsed(operation.id, operation.address, operation.title, outcome)
                for operation in plan.operations
            ),
            seconds=round(outcome.seconds, 1),
            notes=tuple(dict.fromkeys(notes)),
        )

    def _rehearsed(self, name: str, address: str, title: str, outcome: Outcome) -> Rehearsed:
        events = self._events.get(name, [])
        sent = [at for at, event in events if event.stage is not Stage.SKIPPED]
        blocked = [(at, event.detail) for at, event in events if event.stage is Stage.BLOCKED]
        stages = [event.stage for _, event in events if event.stage in (Stage.DONE, Stage.FAILED)]
        return Rehearsed(
            operation=name,
            address=address,
            title=title,
            stage=(stages[-1] if stages else Stage.SKIPPED).value,
            start=round(sent[0], 1) if sent else None,
            end=round(events[-1][0], 1) if sent else None,
            blocked=blocked[0][1] if blocked else None,
            blocked_for=_blocked_for(events),
            message=outcome.failed.get(name),
            hint=outcome.hints.get(name),
        )


def _blocked_for(events: list[tuple[float, Event]]) -> float:
    """Total seconds from each refusal that blocked the operation to the next event."""
    spans = [
        after - at for (at, event), (after, _) in itertools.pairwise(events) if event.stage is Stage.BLOCKED
    ]
    return round(sum(spans), 1)
