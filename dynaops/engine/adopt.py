"""Import: take a live table and everything around it into the state, and write the spec that declares it."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynaops.engine.effects import apply_effects
from dynaops.engine.identity import check_identity, stamped
from dynaops.engine.load import document_of
from dynaops.engine.observe import observe
from dynaops.engine.plan import make_plan
from dynaops.kinds.kind import Known, Reader
from dynaops.kinds.rooms import ROOMS
from dynaops.kinds.table.encryption import MANAGED, managed_key
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Effect
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.caller import Caller
    from dynaops.aws.session import Aws


@dataclass(frozen=True)
class Imported:
    """The state with the table in it, its spec, and what was adopted (addresses)."""

    state: State
    spec_yaml: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Adopted:
    """A live table: the spec that declares it, and what the state then says (`updates` of the addresses)."""

    table: str
    spec: dict[str, Any]
    addresses: tuple[str, ...]
    updates: tuple[Effect, ...]

    @property
    def spec_yaml(self) -> str:
        return yaml_of(self.spec)

    def into(self, state: State, caller: Caller) -> State:
        """`state` with the table in it, which `caller` has found."""
        return stamped(apply_effects(state, self.updates, {}, time.time()), caller)


def import_table(name: str, state: State, aws: Aws, region: str | None = None) -> Imported:
    """Adopt the live table `name`. Raises DynaopsError where there is none, or where it is in the state already."""
    adopted = adopt(name, state, aws, region)
    return Imported(adopted.into(state, aws.caller(region)), adopted.spec_yaml, adopted.addresses)


def adopt(name: str, state: State, aws: Aws, region: str | None = None) -> Adopted:
    """The live table `name` with everything around it. Raises DynaopsError as `import_table`."""
    check_identity(state, aws)
    scope = Scope(name, name, region or aws.region)
    if name in state.resources:
        raise DynaopsError(
            f"{name} is in the state already",
            "Run `dynaops plan` to compare it with its spec, or `dynaops state rm` to import it anew.",
        )
    known = {name: Known(discover=True)}
    live = list(observe(aws, [scope], ROOMS, known)[name].values())
    if not any(one.kind == "table" for one in live):
        raise DynaopsError(
            f"There is no table {name!r} in {scope.region}", "Check the name and the region (--region)."
        )
    spec = exported(scope, live, aws)
    plan = make_plan([document_of(spec)], state, aws)
    if any(_is_policy(one.address) for one in plan.operations):
        spec = _without_policies(spec, plan)
        plan = make_plan([document_of(spec)], state, aws)
    if plan.operations:
        raise DynaopsError(
            f"{name} has settings that a spec cannot say: {', '.join(_differing(plan))}",
            "Write its spec by hand and run `dynaops plan`, which adopts the table and shows what it would change.",
        )
    return Adopted(name, spec, tuple(change.address for change in plan.changes), plan.updates)


def _is_policy(address: str) -> bool:
    return address.split("/")[1:2] == ["iam"]


def _without_policies(spec: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The spec without those IAM policies that say something else than theirs would: they are left as they are."""
    other = {one.address.rpartition("/")[2] for one in plan.operations if _is_policy(one.address)}
    kept = {part: access for part, access in spec["iam"].items() if part not in other}
    rest = {key: value for key, value in spec.items() if key != "iam"}
    return {**rest, "iam": kept} if kept else rest


def exported(scope: Scope, live: list[Observed], read: Reader) -> dict[str, Any]:
    """The spec, as plain data, that declares what is live."""
    named = [_with_managed_key(one, scope, read) if one.address == scope.address else one for one in live]
    spec: dict[str, Any] = {}
    for room in ROOMS:
        spec.update(room.export(scope, named))
    return spec


def yaml_of(spec: dict[str, Any]) -> str:
    """The spec as YAML, in the order of its keys."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(spec, stream)
    return stream.getvalue()


def _with_managed_key(table: Observed, scope: Scope, read: Reader) -> Observed:
    from dataclasses import replace

    key = table.properties["encryption"].get("kms_key_arn")
    if key is None or key != managed_key(read, scope):
        return table
    return replace(table, properties={**table.properties, "encryption": MANAGED})


def _differing(plan: Plan) -> list[str]:
    return [f"{change.address} {one.path}" for change in plan.changes for one in change.differences]
