"""Builds effects, operations and steps: the one module that calls their constructors for what a plan changes."""

from __future__ import annotations

from typing import Any, Protocol, TypedDict, Unpack

from dynaops.kinds.kind import Rank, Step
from dynaops.model.base import Json
from dynaops.model.operation import Cooldown, Danger, Effect, Operation, Tolerance, Wait


class Subject(Protocol):
    """What a call is about, and why it is made: an `Entry`, or a `Change`."""

    @property
    def address(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def reason(self) -> str: ...


class EffectMembers(TypedDict, total=False):
    """Members of `Effect` that a kind may give."""

    set: dict[str, Json]
    unset: tuple[str, ...]
    outputs: dict[str, str]
    values: dict[str, Json]
    depends_on: tuple[str, ...]
    stamp: str | None
    forget: bool


class Members(EffectMembers, total=False):
    """Members of `Operation` besides those of every call, and those of its effect on what it is about."""

    id: str
    reason: str
    service: str
    region: str
    carried: tuple[str, ...]
    after: tuple[str, ...]
    needs: tuple[str, ...]
    again: dict[str, str]
    made: Wait | None
    before: Wait | None
    wait: Wait | None
    cooldown: Cooldown | None
    tolerate: tuple[Tolerance, ...]
    effects: tuple[Effect, ...]
    """Effects on other records, after the one on the subject's own."""
    danger: Danger | None
    loses: str | None
    removes: str | None
    needs_idle: bool
    slow: bool
    marks: bool


def effect_on(subject: Subject, **members: Unpack[EffectMembers]) -> Effect:
    """An effect on the record of `subject`."""
    return Effect(address=subject.address, kind=subject.kind, region=subject.region, **members)


def operation(
    subject: Subject, api: str, title: str, parameters: dict[str, Any], **members: Unpack[Members]
) -> Operation:
    """A call of DynamoDB (or of `service`) in the region of `subject` (or in `region`).

    Members of an effect make one on the record of `subject`, before further `effects`.
    """
    given: dict[str, Any] = dict(members)
    own: Any = {name: given.pop(name) for name in EffectMembers.__annotations__ if name in given}
    given["effects"] = (*([effect_on(subject, **own)] if own else []), *given.get("effects", ()))
    common = {
        "id": "",
        "address": subject.address,
        "kind": subject.kind,
        "reason": subject.reason,
        "service": "dynamodb",
        "region": subject.region,
    }
    return Operation(api=api, title=title, parameters=parameters, **{**common, **given})


def polling(subject: Subject, poll: Wait, title: str, **members: Unpack[Members]) -> Operation:
    """An operation that changes nothing: its call is the first one of its wait, `poll`."""
    members |= {"service": poll.service, "wait": poll}
    return operation(subject, poll.api, title, poll.parameters, **members)


def step(
    subject: Subject,
    rank: Rank,
    api: str,
    title: str,
    parameters: dict[str, Any],
    *,
    apart: bool = False,
    **members: Unpack[Members],
) -> Step:
    """An `operation` at its `rank` among those of its table; `apart` as in `Step`."""
    return Step(operation(subject, api, title, parameters, **members), rank, apart)
