"""Import a live table and its surrounding resources into the state, and write the spec that declares them."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dynaops import __version__
from dynaops.engine.apply import apply_plan
from dynaops.engine.exported import exported
from dynaops.engine.observe import observe
from dynaops.engine.ownership_check import TAKE_OVER, foreign
from dynaops.engine.ownership_mark import StateMark, claim_of
from dynaops.engine.plan import PlanOptions, make_plan
from dynaops.engine.state_account import check_identity, stamped
from dynaops.engine.state_effects import apply_effects
from dynaops.kinds.kind import AddressDiff, Known
from dynaops.kinds.registry import HANDLER_OF, HANDLERS, PROPERTY_RULES
from dynaops.kinds.tags import live_tags
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Effect, Operation
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import State
from dynaops.specs.load import document_of
from dynaops.stores.memory import MemoryStore

if TYPE_CHECKING:
    from dynaops.aws.caller import Caller
    from dynaops.aws.session import Aws


@dataclass(frozen=True)
class Imported:
    """The state with the imported table, its spec, and the adopted addresses."""

    state: State
    spec_yaml: str
    addresses: tuple[str, ...]
    marks: tuple[Operation, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Adopted:
    """A live table ready for import: its spec, and the effects on the state (`updates` of `addresses`)."""

    table: str
    spec: dict[str, Any]
    addresses: tuple[str, ...]
    updates: tuple[Effect, ...]
    marks: tuple[Operation, ...] = ()
    """The calls that mark the resources as the state's, made after the state is saved."""
    left: tuple[str, ...] = ()
    """Sentences about surrounding resources that belong to another state and are not imported."""

    @property
    def spec_yaml(self) -> str:
        return yaml_of(self.spec)

    def into(self, state: State, caller: Caller) -> State:
        """`state` with the table, and with the account and endpoint of `caller`."""
        return stamped(apply_effects(state, self.updates, {}, time.time()), caller)


class OfAnother(DynaopsError):
    """The table has the mark of another state, whose id is `owner`."""

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(
            f"{name} is of another state: it bears the mark of {owner}", TAKE_OVER.format(owner=owner)
        )
        self.owner = owner


def import_table(
    name: str, state: State, aws: Aws, region: str | None = None, take_over: tuple[str, ...] = ()
) -> Imported:
    """Import the live table `name`. Raises DynaopsError if there is none, or if it is in the state already."""
    adopted = adopt(name, state, aws, region, take_over)
    after = adopted.into(state, aws.caller(region))
    return Imported(after, adopted.spec_yaml, adopted.addresses, adopted.marks, adopted.left)


def adopt(
    name: str, state: State, aws: Aws, region: str | None = None, take_over: tuple[str, ...] = ()
) -> Adopted:
    """Prepare the import of the live table `name` and its surroundings, without what other states have marked.

    `take_over` are the ids of states whose marked resources may be imported. Raises DynaopsError as `import_table`, and
    OfAnother if the table itself has another state's mark.
    """
    check_identity(state, aws)
    scope = Scope(name, name, region or aws.region)
    if name in state.resources:
        raise DynaopsError(
            f"{name} is in the state already",
            "Run `dynaops plan` to compare it with its spec, or `dynaops state rm` to import it anew.",
        )
    known = {name: Known(discover=True)}
    live = list(observe(aws, [scope], HANDLERS, known)[name].values())
    if not any(resource.kind == "table" for resource in live):
        raise DynaopsError(
            f"There is no table {name!r} in {scope.region}", "Check the name and the region (--region)."
        )
    live, left = _unclaimed(scope, live, claim_of(state, aws.mark, take_over), aws)
    spec = exported(scope, live, aws)
    options = PlanOptions(take_over=take_over)
    plan = make_plan([document_of(spec)], state, aws, options)
    if any(_is_policy(resource.address) for resource in _settings(plan)):
        spec = _without_policies(spec, plan)
        plan = make_plan([document_of(spec)], state, aws, options)
    if _settings(plan):
        raise DynaopsError(
            f"{name} has settings that a spec cannot say: {', '.join(_differing(plan))}",
            "Write its spec by hand and run `dynaops plan`, which adopts the table and shows what it would change.",
        )
    marks = tuple(resource.model_copy(update={"after": (), "needs": ()}) for resource in plan.operations)
    addresses = tuple(change.address for change in plan.changes)
    return Adopted(name, spec, addresses, plan.updates, marks, left)


def _settings(plan: Plan) -> list[Operation]:
    """The operations of a plan that change settings, not only marks."""
    return [operation for operation in plan.operations if not operation.marks]


def _unclaimed(
    scope: Scope, live: Sequence[Observed], claim: StateMark, aws: Aws
) -> tuple[list[Observed], tuple[str, ...]]:
    """(resources without another state's mark, sentences about the others). Raises OfAnother for the table."""
    unclaimed, left = [], []
    for resource in live:
        tags = resource.tags
        calls = PROPERTY_RULES[resource.kind].tags
        if tags is None and calls is not None and resource.owner is None:
            target = HANDLER_OF[resource.kind].tag_target(
                scope, AddressDiff(resource.address, resource.kind, resource.region, live=resource)
            )
            tags = live_tags(aws, calls, target, resource.region)
        if not foreign(tags, claim):
            unclaimed.append(replace(resource, tags=tags))
            continue
        owner = str(claim.owner_in(tags or {}))
        if resource.kind == "table":
            raise OfAnother(scope.table_name, owner)
        left.append(f"{resource.address} is of the state {owner}")
    return unclaimed, tuple(left)


def marked(marks: Sequence[Operation], aws: Aws) -> list[str]:
    """Mark the imported resources as the state's, after the state is saved. Returns the reasons of failures.

    A resource that stays unmarked is marked with its next change.
    """
    plan = Plan(
        dynaops_version=__version__,
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        serial=0,
        lineage="",
        operations=tuple(
            mark.model_copy(update={"id": f"{position}:{mark.id}"}) for position, mark in enumerate(marks)
        ),
    )
    return list(dict.fromkeys(apply_plan(plan, MemoryStore(), aws, lambda _: None).failed.values()))


def _is_policy(address: str) -> bool:
    return address.split("/")[1:2] == ["iam"]


def _without_policies(spec: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The spec without the IAM policies whose live document differs from what the spec would make."""
    differing = {
        setting.address.rpartition("/")[2] for setting in _settings(plan) if _is_policy(setting.address)
    }
    kept = {part: access for part, access in spec["iam"].items() if part not in differing}
    rest = {key: value for key, value in spec.items() if key != "iam"}
    return {**rest, "iam": kept} if kept else rest


def yaml_of(spec: dict[str, Any]) -> str:
    """The spec as YAML, in the order of its keys."""
    from ruamel.yaml import YAML

    from dynaops.specs.yaml_core import CarefulResolver

    yaml = YAML()
    yaml.Resolver = CarefulResolver
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(spec, stream)
    return stream.getvalue()


def _differing(plan: Plan) -> list[str]:
    return [
        f"{change.address} {difference.path}" for change in plan.changes for difference in change.differences
    ]
