"""After a crash: find out from the live resources whether a call that was in flight had its effect.

An intent is saved before its call and its effect after it. If the process died between the two, the effect counts as
having happened as far as the live resource shows it.
"""

from __future__ import annotations

from typing import Any

from dynaops.engine.ownership_check import foreign
from dynaops.engine.ownership_mark import StateMark
from dynaops.engine.state_check import is_whole
from dynaops.engine.state_effects import apply_effects
from dynaops.kinds.property_rules import Satisfied
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.operation import Effect
from dynaops.model.resource import Observed
from dynaops.model.state import Intent, State


def recovered(
    state: State, live: dict[str, Observed], tables: set[str], now: float, claim: StateMark
) -> tuple[State, tuple[Effect, ...]]:
    """(the state with the intents of `tables` (addresses) resolved, the effects that resolve them).

    A resource with another state's mark was not made by the call.
    """
    effects: list[Effect] = []
    outputs: dict[str, dict[str, Any]] = {}
    remaining = dict(state.in_flight)
    for key, intent in state.in_flight.items():
        if intent.address.partition("/")[0] not in tables:
            continue
        del remaining[key]
        for effect in intent.effects:
            observed = live.get(effect.address)
            if effect.address not in state.resources and observed and foreign(observed.tags, claim):
                continue
            happened = _happened(effect, observed)
            if happened is not None and _leaves_whole(state, happened):
                effects.append(happened)
                if effect.address in live:
                    outputs[effect.address] = live[effect.address].outputs
    resolved = apply_effects(state, effects, outputs, now)
    return resolved.model_copy(update={"in_flight": remaining}), tuple(
        effect.model_copy(update={"values": {**effect.values, **outputs.get(effect.address, {})}})
        for effect in effects
    )


def _leaves_whole(state: State, effect: Effect) -> bool:
    """Whether the record would be complete: a live resource that lacks required properties was made by others."""
    if effect.forget or effect.address in state.resources:
        return True
    made = apply_effects(state, [effect], {}, 0).resources.get(effect.address)
    return made is None or is_whole(made)


def had_effect(intent: Intent, live: dict[str, Observed]) -> bool:
    """Whether the live resources show all effects of an operation in flight (False if it has no visible effect)."""
    return bool(intent.effects) and all(
        _happened(effect, live.get(effect.address)) == effect for effect in intent.effects
    )


def _happened(effect: Effect, live: Observed | None) -> Effect | None:
    if effect.forget:
        return effect if live is None else None
    if live is None:
        return None
    rules = PROPERTY_RULES[effect.kind]
    present = {
        path: value
        for path, value in effect.set.items()
        if path in rules.remembered or _holds(_at(live.properties, path), value, rules.satisfied.get(path))
    }
    absent = tuple(path for path in effect.unset if _at(live.properties, path) is None)
    return effect.model_copy(update={"set": present, "unset": absent})


def _holds(live: Any, wanted: Any, is_satisfied: Satisfied | None = None) -> bool:
    if is_satisfied is not None and live is not None and is_satisfied(wanted, live):
        return True
    if isinstance(live, dict) and isinstance(wanted, dict):
        return all(live.get(member) == value for member, value in wanted.items())
    return bool(live == wanted)


def _at(properties: dict[str, Any], path: str) -> Any:
    head, _, member = path.partition(".")
    value = properties.get(head)
    return value.get(member) if member and isinstance(value, dict) else value
