"""The Lambda calls of event source mappings."""

from __future__ import annotations

from typing import Any, Unpack

from dynaops.kinds.kind import AddressDiff, AwsReader, Rank, Step
from dynaops.kinds.steps import EffectMembers, Members, step
from dynaops.kinds.trigger.mapping import parameters_of
from dynaops.model.operation import Cooldown, Tolerance, Wait
from dynaops.model.resource import Scope

_SECONDS = 20.0
"""How long Creating, Updating and Deleting last, about."""
_TIMEOUT = 900.0


def listed(read: AwsReader, scope: Scope, stream: str) -> list[dict[str, Any]]:
    """All mappings on a stream."""
    result = read.read_all(
        "lambda",
        "ListEventSourceMappings",
        scope.region,
        {"EventSourceArn": stream},
        "EventSourceMappings",
        "Marker",
        "NextMarker",
    )
    return result or []


def create(entry: AddressDiff, from_start: bool = False, retiring: str | None = None) -> Step:
    """Make the mapping; `from_start`: it follows its stream, and misses nothing of the new one.

    The wait finds the mapping by stream and function, so it does not matter whether the call's answer was lost.
    """
    assert entry.desired is not None, "only a declared mapping is made"
    wanted = entry.desired.properties
    stream, function = wanted["stream"], wanted["function"]
    position = "TRIM_HORIZON" if from_start else wanted["starting_position"]
    optional = {name for name in ("filter_patterns", "on_failure_arn") if name in wanted}
    parameters = {
        "EventSourceArn": stream,
        "FunctionName": function,
        "StartingPosition": position,
        **parameters_of(wanted, {*wanted, *optional} - {"function", "stream", "starting_position"}),
    }
    if not parameters.get("FunctionResponseTypes"):
        parameters.pop("FunctionResponseTypes", None)
    deleting = entry.desired.options.get("deleting")
    state = "Enabled" if wanted["enabled"] else "Disabled"
    return _step(
        entry,
        Rank.MAPPING,
        "CreateEventSourceMapping",
        f"let the stream trigger {function}"
        + (" (on the new stream, from its first record)" if from_start else ""),
        parameters,
        before=_gone(deleting) if deleting else None,
        wait=Wait(
            title=f"the trigger of {function} is {state}",
            service="lambda",
            api="ListEventSourceMappings",
            parameters={"EventSourceArn": stream, "FunctionName": function},
            until=f"EventSourceMappings[0].State=='{state}'",
            expected=_SECONDS,
            timeout=_TIMEOUT,
        ),
        cooldown=Cooldown(
            title=f"IAM lets the role of {function} read the stream",
            prefix="Cannot access stream",
            expected=0,
            timeout=60,
        ),
        tolerate=(Tolerance(code="ResourceConflictException", retried=True),),
        set=dict(wanted),
        unset=_left_over(entry),
        outputs={
            "id": "EventSourceMappings[0].UUID",
            "function_arn": "EventSourceMappings[0].FunctionArn",
        },
        values={"retiring": retiring} if retiring else {},
        depends_on=entry.desired.depends_on,
    )


def _left_over(entry: AddressDiff) -> tuple[str, ...]:
    """What the record says of a mapping that the new one takes over from, and that is wanted no more."""
    recorded = entry.record.properties if entry.record else {}
    wanted = entry.desired.properties if entry.desired else {}
    return tuple(name for name in recorded if name not in wanted)


def update(entry: AddressDiff) -> Step:
    """Bring all that differs to what is wanted, in one call."""
    assert entry.desired is not None and entry.live is not None, (
        "a live mapping is changed to what is declared"
    )
    wanted = entry.desired.properties
    names = (
        {difference.path.partition(".")[0] for difference in entry.change.differences}
        if entry.change
        else set()
    )
    state = "Enabled" if wanted["enabled"] else "Disabled"
    uuid = entry.live.outputs["id"]
    return _step(
        entry,
        Rank.MAPPING,
        "UpdateEventSourceMapping",
        f"change the trigger of {wanted['function']}: {', '.join(sorted(names))}",
        {"UUID": uuid, **parameters_of(wanted, names)},
        wait=Wait(
            title=f"the trigger of {wanted['function']} is {state}",
            service="lambda",
            api="GetEventSourceMapping",
            parameters={"UUID": uuid},
            until=f"State=='{state}'",
            expected=_SECONDS,
            timeout=_TIMEOUT,
        ),
        set={name: wanted[name] for name in names if name in wanted},
        unset=tuple(sorted(name for name in names if name not in wanted)),
    )


def delete(entry: AddressDiff, uuid: str, rank: Rank, retired: bool = False) -> Step:
    """Delete a mapping; `retired`: its successor has taken the address over."""
    effect: EffectMembers = {"values": {"retiring": None}} if retired else {"forget": True}
    return _step(
        entry,
        rank,
        "DeleteEventSourceMapping",
        f"delete the trigger of {entry.name}" + (" on the old stream" if retired else ""),
        {"UUID": uuid},
        wait=_gone(uuid),
        tolerate=(Tolerance(code="ResourceNotFoundException"),),
        removes=aws_name(uuid),
        **effect,
    )


def aws_name(uuid: str) -> str:
    """What AWS calls a mapping."""
    return f"event source mapping {uuid}"


def _gone(uuid: str) -> Wait:
    return Wait(
        title="the mapping is gone",
        service="lambda",
        api="GetEventSourceMapping",
        parameters={"UUID": uuid},
        gone=True,
        expected=_SECONDS,
        timeout=_TIMEOUT,
    )


def _step(
    entry: AddressDiff,
    rank: Rank,
    api: str,
    title: str,
    parameters: dict[str, Any],
    **members: Unpack[Members],
) -> Step:
    """One call of Lambda."""
    members["service"] = "lambda"
    members["reason"] = entry.reason if entry.change else "what it was replaced by is there"
    return step(entry, rank, api, title, parameters, **members)
