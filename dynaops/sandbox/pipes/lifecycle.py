"""Pipes: created, described, listed, updated, started, stopped and deleted, slowly as on AWS."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox import constraints
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.errors import ApiError, validation
from dynaops.sandbox.pipes import permissions, settings
from dynaops.sandbox.pipes.model import SandboxPipe, SandboxPipes
from dynaops.sandbox.pipes.tags import check_tags
from dynaops.sandbox.world import World, action

CHANGE_SECONDS = 20.0
"""How long a pipe is CREATING, UPDATING and so on: half a minute to some minutes on AWS."""
MOST = 100
"""Pipes on a page (service model, ListPipes)."""
QUOTA = 1000
"""Pipes of an account and region (EventBridge quotas)."""
_FILTERS = {"NamePrefix": "Name", "SourcePrefix": "Source", "TargetPrefix": "Target"}


@operation("pipes", "CreatePipe")
def create(call: ApiCall) -> dict[str, Any]:
    settings.check(call)
    pipes = call.here.holding(SandboxPipes).by_name
    name = call.body["Name"]
    if name in pipes:
        raise ApiError("ConflictException", f"Pipe {name} already exists.", 409)
    if len(pipes) >= QUOTA:
        raise ApiError("ServiceQuotaExceededException", f"The limit of {QUOTA} pipes is reached.", 402)
    tags = call.body.get("Tags") or {}
    check_tags(tags)
    pipe = SandboxPipe(
        name=name,
        account=call.account,
        region=call.region,
        settings=settings.created(call),
        desired=call.body.get("DesiredState", "RUNNING"),
        state="CREATING",
        created=call.now,
        modified=call.now,
        tags=dict(tags),
    )
    pipes[name] = pipe
    _settle_later(call, pipe)
    return _summary(pipe)


@operation("pipes", "DescribePipe")
def describe(call: ApiCall) -> dict[str, Any]:
    pipe = _named(call)
    result = {**pipe.settings, **_summary(pipe), "Tags": dict(pipe.tags)}
    return {**result, "StateReason": pipe.reason} if pipe.reason else result


@operation("pipes", "ListPipes")
def list_pipes(call: ApiCall) -> dict[str, Any]:
    constraints.check(call, "pipes", "ValidationException")
    result = [
        {**_summary(pipe), **{name: pipe.settings[name] for name in _LISTED if name in pipe.settings}}
        for _, pipe in sorted(call.here.holding(SandboxPipes).by_name.items())
    ]
    result = [summary for summary in result if _is_asked_for(summary, call.body)]
    token = call.body.get("NextToken", "0")
    if not token.isdigit():
        raise validation("NextToken is not valid")
    start, size = int(token), call.body.get("Limit", MOST)
    answer: dict[str, Any] = {"Pipes": result[start : start + size]}
    if start + size < len(result):
        answer["NextToken"] = str(start + size)
    return answer


@operation("pipes", "UpdatePipe")
def update(call: ApiCall) -> dict[str, Any]:
    settings.check(call)
    pipe = _changeable(call)
    pipe.settings = settings.updated(pipe.settings, call)
    pipe.desired = call.body.get("DesiredState", pipe.desired)
    return _changing(call, pipe, "UPDATING")


@operation("pipes", "StartPipe")
def start(call: ApiCall) -> dict[str, Any]:
    pipe = _changeable(call)
    pipe.desired = "RUNNING"
    return _changing(call, pipe, "STARTING")


@operation("pipes", "StopPipe")
def stop(call: ApiCall) -> dict[str, Any]:
    pipe = _changeable(call)
    pipe.desired = "STOPPED"
    return _changing(call, pipe, "STOPPING")


@operation("pipes", "DeletePipe")
def delete(call: ApiCall) -> dict[str, Any]:
    return _changing(call, _changeable(call), "DELETING")


@action("pipes.settle")
def _settle(world: World, data: dict[str, Any]) -> None:
    held = world.region(data["account"], data["region"]).holding(SandboxPipes).by_name
    pipe = held[data["pipe"]]
    if pipe.state == "DELETING":
        del held[pipe.name]
        return
    pipe.reason = permissions.problem(world, pipe) if pipe.state != "STOPPING" else None
    failed = {"CREATING": "CREATE_FAILED", "UPDATING": "UPDATE_FAILED", "STARTING": "START_FAILED"}
    pipe.state = failed[pipe.state] if pipe.reason else pipe.desired
    pipe.modified = world.now()


_LISTED = ("Source", "Target", "Enrichment")


def _summary(pipe: SandboxPipe) -> dict[str, Any]:
    return {
        "Arn": pipe.arn,
        "Name": pipe.name,
        "DesiredState": pipe.desired,
        "CurrentState": pipe.state,
        "CreationTime": pipe.created,
        "LastModifiedTime": pipe.modified,
    }


def _is_asked_for(summary: dict[str, Any], body: dict[str, Any]) -> bool:
    prefixes = all(summary[member].startswith(body.get(name, "")) for name, member in _FILTERS.items())
    return prefixes and all(
        summary[name] == body.get(name, summary[name]) for name in ("DesiredState", "CurrentState")
    )


def _named(call: ApiCall) -> SandboxPipe:
    constraints.check(call, "pipes", "ValidationException")
    pipe = call.here.holding(SandboxPipes).by_name.get(call.body["Name"])
    if pipe is None:
        raise settings.not_found(call.body["Name"])
    return pipe


def _changeable(call: ApiCall) -> SandboxPipe:
    pipe = _named(call)
    if not pipe.changeable:
        raise ApiError("ConflictException", f"Pipe {pipe.name} is {pipe.state}.", 409)
    return pipe


def _changing(call: ApiCall, pipe: SandboxPipe, state: str) -> dict[str, Any]:
    pipe.state, pipe.reason, pipe.modified = state, None, call.now
    _settle_later(call, pipe)
    return _summary(pipe)


def _settle_later(call: ApiCall, pipe: SandboxPipe) -> None:
    call.world.schedule(
        CHANGE_SECONDS, "pipes.settle", account=call.account, region=call.region, pipe=pipe.name
    )
