"""The permissions that a plan or specs need: they are applied in the rehearsal sandbox, and the calls are collected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dynaops.access.rules import Need
from dynaops.engine.plan import PlanOptions, make_plan
from dynaops.engine.table_inputs import declared_by
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.registry import actions_of_changes
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Outcome
from dynaops.model.plan import Plan
from dynaops.model.resource import Resource, Scope
from dynaops.model.state import State
from dynaops.rehearsal.calls import needs_since
from dynaops.rehearsal.live_account import LiveAccount, LiveResource, find, names_in
from dynaops.rehearsal.run import rehearsal_sandbox
from dynaops.stores.memory import MemoryStore

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.specs.load import Document


def needs_of_specs(documents: Sequence[Document], aws: Aws) -> set[Need]:
    """The permissions to create, read, change and destroy all resources of the specs. Raises DynaopsError."""
    facts = LiveAccount(aws.account, aws.region, aws.mark)
    declared = list(_declared(documents, aws.region))
    names = names_in(declared, made=[resource for _, resource in declared])
    find(names, facts, aws)
    existing = {(live.service, live.region, live.name) for live in facts.things}
    facts.things += [LiveResource(*name, {}) for name in names if name not in existing]
    with rehearsal_sandbox(facts, State.empty()) as sandbox:
        store = MemoryStore()
        begin = sandbox.server.requests.count
        for options in (PlanOptions(), PlanOptions(), PlanOptions(destroy=True)):
            plan = make_plan(documents, store.load(), sandbox.aws, options)
            _require_complete(sandbox.apply(plan, store))
        needed = needs_since(begin, sandbox, facts.account)
    return {*needed, *_change_needs(needed)}


def needs_of_plan(plan: Plan, documents: Sequence[Document], state: State, facts: LiveAccount) -> set[Need]:
    """The permissions to make and apply this plan. Raises DynaopsError."""
    with rehearsal_sandbox(facts, state) as sandbox:
        store = MemoryStore()
        store.save(sandbox.translated(state).model_copy(update={"origin": sandbox.aws.origin, "world": None}))
        begin = sandbox.server.requests.count
        options = PlanOptions(destroy=plan.destroy)
        make_plan(documents, store.load(), sandbox.aws, options)
        _require_complete(sandbox.apply(sandbox.translated(plan), store))
        return needs_since(begin, sandbox, facts.account)


def _declared(documents: Sequence[Document], region: str) -> Iterator[tuple[Scope, Resource]]:
    """The resources of the documents, with the tables that they are of; `region`: where a spec names none."""
    for document in documents:
        name = document.spec.table_name
        scope = Scope(name, name, document.spec.region or region)
        for resource in declared_by(RunTarget(scope, document.spec)).values():
            yield scope, resource


def _require_complete(outcome: Outcome) -> None:
    """Raise DynaopsError for a failed outcome: it has not made all of its calls."""
    if outcome.failed:
        name, reason = next(iter(outcome.failed.items()))
        raise DynaopsError(
            f"The permissions cannot be determined, because {name} would fail: {reason}",
            "`dynaops plan --rehearse` lists all operations that would fail.",
        )


def _change_needs(needed: Iterable[Need]) -> Iterable[Need]:
    for need in needed:
        for action in actions_of_changes(need.action):
            yield Need(action, need.resource)
