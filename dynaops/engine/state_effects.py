"""Apply the effects of operations to a state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dynaops.model.operation import Effect
from dynaops.model.state import Record, State
from dynaops.stores.state_edits import renamed


def apply_effects(
    state: State, effects: Iterable[Effect], outputs: dict[str, dict[str, Any]], now: float
) -> State:
    """The state after `effects`; `outputs` are values that AWS generated, by address. `now` is epoch seconds."""
    resources = dict(state.resources)
    for effect in effects:
        if effect.moved_from is not None:
            state = renamed(
                state.model_copy(update={"resources": resources}), effect.moved_from, effect.address
            )
            resources = dict(state.resources)
        elif effect.forget:
            resources.pop(effect.address, None)
        else:
            was = resources.get(effect.address)
            if was is None and effect.stamp and not effect.set:
                continue  # a stamp alone does not make the resource ours
            resources[effect.address] = _record(was, effect, outputs.get(effect.address, {}), now)
    return state.model_copy(update={"resources": resources})


def _record(was: Record | None, effect: Effect, minted: dict[str, Any], now: float) -> Record:
    old = was or Record(kind=effect.kind, region=effect.region)
    outputs = {**old.outputs, **effect.values, **minted}
    outputs = {name: value for name, value in outputs.items() if value not in (None, False)}
    identity = outputs.pop("id", None) or old.id
    arn = outputs.pop("arn", None) or old.arn
    stamps = dict(old.stamps) if identity == old.id or old.id is None else {}
    if effect.stamp:
        stamps[effect.stamp] = [*stamps.get(effect.stamp, []), now][-20:]
    return Record(
        kind=effect.kind,
        region=effect.region,
        id=identity,
        arn=arn,
        properties=patched(old.properties, effect.set, effect.unset),
        outputs=outputs,
        depends_on=effect.depends_on or old.depends_on,
        stamps=stamps,
        applied_at=datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        source=effect.source or old.source,
        ignores=old.ignores if effect.ignores is None else effect.ignores,
    )


def patched(properties: dict[str, Any], set_: dict[str, Any], unset: Iterable[str]) -> dict[str, Any]:
    """`properties` with dotted paths set and unset; a map that becomes empty is removed.

    In `unset`, a dotted path has an effect only if its head is a map.
    """
    result = {name: dict(value) if isinstance(value, dict) else value for name, value in properties.items()}
    for path in unset:
        head, _, member = path.partition(".")
        if not member:
            result.pop(head, None)
        elif isinstance(result.get(head), dict):
            result[head].pop(member, None)
            if not result[head]:
                del result[head]
    for path, value in set_.items():
        head, _, member = path.partition(".")
        if member:
            result.setdefault(head, {})[member] = value
        else:
            result[head] = value
    return result
