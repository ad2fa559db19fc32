"""Late values, known only after an earlier operation: ``${ref:ADDRESS/OUTPUT}`` within any string.

``$${ref:`` is a literal ``${ref:`` (an item may hold any text).
"""

from __future__ import annotations

import re
from typing import Any

import jmespath

from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Effect, Operation
from dynaops.model.state import State

_ANSWER = re.compile(r"^\$\{answer:(.+)\}$")
_REF = re.compile(r"\$(\$\{ref:)|\$\{ref:([^}]+)\}")


def filled(value: Any, state: State) -> Any:
    """`value` with all references filled in from the state. Raises DynaopsError for an unknown reference."""
    if isinstance(value, dict):
        return {key: filled(member, state) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(member, state) for member in value]
    if isinstance(value, str) and "${ref:" in value:
        return _REF.sub(lambda result: result[1] or _looked_up(result[2], state), value)
    return value


def known_now(operation: Operation, state: State) -> Operation:
    """The operation with late values filled in from the state. Raises DynaopsError for an unknown one."""
    waits = {
        name: wait.model_copy(
            update={"parameters": filled(wait.parameters, state), "until": filled(wait.until, state)}
        )
        for name, wait in (("before", operation.before), ("wait", operation.wait))
        if wait is not None
    }
    return operation.model_copy(update={"parameters": filled(operation.parameters, state), **waits})


def known_effects(operation: Operation, state: State) -> tuple[Effect, ...]:
    """The effects with those late values filled in that are known before the call."""
    known = []
    for effect in operation.effects:
        try:
            known.append(effect.model_copy(update={"set": filled(effect.set, state)}))
        except DynaopsError:
            known.append(effect)
    return tuple(known)


def answered(parameters: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """`parameters` with each ``${answer:JMESPATH}`` replaced by its value in the call's `response`."""
    matches = {name: _ANSWER.match(value) for name, value in parameters.items() if isinstance(value, str)}
    values = {name: jmespath.search(match[1], response) for name, match in matches.items() if match}
    return {**parameters, **values}


def _looked_up(name: str, state: State) -> str:
    address, _, output = name.rpartition("/")
    record = state.resources.get(address)
    known: dict[str, Any] = {}
    if record is not None:
        known = {**record.outputs, "arn": record.arn, "id": record.id}
    if known.get(output) is None:
        raise DynaopsError(
            f"{output} of {address} is not known", f"Apply {address} first, then run the command again."
        )
    return str(known[output])
