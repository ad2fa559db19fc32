"""Plan the mark of a state (a tag with the state's id) on resources that a plan creates, adopts or changes.

The mark is set by the call that creates the resource, if it takes tags, or by a call that changes its tags anyway. A
recorded resource without the mark gets it with its next change, so a missing mark alone is never a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dynaops.engine.ownership_mark import Ownership, StateMark, has_handler, without_mark
from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.registry import HANDLER_OF, PROPERTY_RULES
from dynaops.kinds.steps import step
from dynaops.kinds.tags import MOST_TAGS, TagCalls
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN136, PLAN137
from dynaops.model.findings.rule import make_finding
from dynaops.model.jmespath import literal
from dynaops.model.operation import Effect, Wait
from dynaops.model.resource import Scope

_MAKING = (Action.CREATE, Action.REPLACE)
_GOING = (Action.DELETE, Action.FORGET)


def marked(
    steps: Iterable[Step], work: TableChanges, claim: StateMark, targets: Sequence[str] = ()
) -> tuple[list[Step], list[Finding]]:
    """(`steps` with the marks of the resources that they create or change, findings for what cannot be marked).

    `targets` are the addresses of --target: a table outside them is not marked for a change below it.
    """
    planned: list[Step] = list(steps)
    findings: list[Finding] = []
    if claim.key is None:
        return planned, findings
    for _, entry in sorted(work.entries.items()):
        calls = PROPERTY_RULES[entry.kind].tags
        if calls is None or entry.let_go or entry.action in _GOING or entry.desired is None:
            continue
        tags = _tags_after(entry)
        if tags is None or not _is_due(entry, work, claim, targets):
            continue
        if claim.mark and has_handler(tags, claim.key):
            planned = _with_mark(planned, entry, work, calls, claim)
            continue
        findings.append(_unmarked(entry, claim))
        if entry.live and entry.action not in _MAKING and claim.key in (entry.live.tags or {}):
            planned.insert(
                0,
                unmark(entry, work.scope, claim.key, "to make room for the other tags", Rank(calls.rank)),
            )
    return planned, findings


def _tags_after(entry: AddressDiff) -> dict[str, str] | None:
    """The tags of a resource after the plan, without its new mark; None if they are not known."""
    if entry.action in _MAKING:
        return dict(entry.desired.properties.get("tags", {})) if entry.desired else None
    if entry.live is None or entry.live.tags is None:
        return None
    tags = dict(entry.live.tags)
    for difference in entry.differences("tags"):
        key = difference.path.partition(".")[2]
        tags.pop(key, None)
        if difference.after is not None:
            tags[key] = str(difference.after)
    return tags


def _is_due(entry: AddressDiff, work: TableChanges, claim: StateMark, targets: Sequence[str]) -> bool:
    """Whether the plan changes the resource and its mark is missing (or must go, since there are too many tags)."""
    if entry.action in _MAKING:
        return True
    if entry.record is None and entry.change is None:
        return False
    assert entry.live is not None and entry.live.tags is not None, "asked where tags are known"
    ownership = claim.ownership(entry.live.tags)
    if ownership is Ownership.OTHER_STATE:
        return False
    if ownership is Ownership.OURS:
        after = _tags_after(entry) or {}
        return bool(entry.differences("tags")) and not has_handler(after, claim.key)
    if entry.change is not None:
        return True
    if entry.kind == "table":
        return _is_targeted(entry.address, targets) and any(
            entry.change is not None and entry.action is not Action.FORGET and _follows(entry)
            for entry in work.entries.values()
        )
    return entry.owner is not None and _is_marked(work.entries.get(entry.owner), work, claim, targets)


def _is_marked(
    owner: AddressDiff | None, work: TableChanges, claim: StateMark, targets: Sequence[str]
) -> bool:
    """Whether the owner table has the mark, or gets it in this plan."""
    if owner is None or owner.live is None or owner.live.tags is None or owner.action in _GOING:
        return False
    if claim.bears_mark(owner.live.tags):
        return True
    return has_handler(owner.live.tags, claim.key) and _is_due(owner, work, claim, targets)


def _is_targeted(address: str, targets: Sequence[str]) -> bool:
    return not targets or any(address == target or address.startswith(f"{target}/") for target in targets)


def _follows(entry: AddressDiff) -> bool:
    return entry.owner is not None or PROPERTY_RULES[entry.kind].tags is None


def _with_mark(
    steps: list[Step], entry: AddressDiff, work: TableChanges, calls: TagCalls, claim: StateMark
) -> list[Step]:
    """`steps` with the mark in the call that creates or tags the resource, else in a call of its own."""
    member = calls.create_member
    api = calls.create if entry.action in _MAKING and calls.create else calls.add
    if api == calls.add:
        member = calls.member
    for position, planned in enumerate(steps):
        operation = planned.operation
        if (operation.address, operation.kind, operation.api) != (entry.address, entry.kind, api):
            continue
        tags = calls.merged(operation.parameters.get(member), claim.mark)
        parameters = {**operation.parameters, member: tags}
        changed = replace(planned, operation=operation.model_copy(update={"parameters": parameters}))
        return [*steps[:position], changed, *steps[position + 1 :]]
    if api == calls.create:
        return steps  # another resource's call creates it, and marks that resource
    return [*steps, _mark(entry, work, calls, claim)]


def _mark(entry: AddressDiff, work: TableChanges, calls: TagCalls, claim: StateMark) -> Step:
    is_present = " && ".join(
        f"length({calls.member}[?Key=={literal(key)} && Value=={literal(value)}])==`1`"
        for key, value in claim.mark.items()
    )
    parameters = {calls.member: calls.written(claim.mark)}
    return _step(
        entry,
        work.scope,
        calls,
        calls.add,
        parameters,
        f"mark {entry.address} as this state's ({claim.key})",
        is_present,
    )


def unmark(
    entry: AddressDiff, scope: Scope, key: str, reason: str, rank: Rank, effects: tuple[Effect, ...] = ()
) -> Step:
    """The step that removes the mark (the tag `key`) from the live resource of `entry`, whose kind has tags."""
    calls = PROPERTY_RULES[entry.kind].tags
    assert calls is not None, "what has no tags has no mark"
    is_absent = f"length({calls.member}[?Key=={literal(key)}])==`0`"
    title = f"take the mark from {entry.address} ({key}), {reason}"
    call = _step(entry, scope, calls, calls.remove, {calls.keys_member: [key]}, title, is_absent)
    return replace(call, rank=rank, operation=call.operation.model_copy(update={"effects": effects}))


def _step(
    entry: AddressDiff,
    scope: Scope,
    calls: TagCalls,
    api: str,
    parameters: dict[str, object],
    title: str,
    until: str,
) -> Step:
    target = {calls.target: HANDLER_OF[entry.kind].tag_target(scope, entry)}
    wait = Wait(
        title=f"the mark of {entry.address} is as wanted",
        service=calls.service,
        api=calls.read,
        parameters=target,
        until=until,
        expected=3,
        timeout=120,
    )
    return step(
        entry,
        Rank(calls.rank),
        api,
        title,
        {**target, **parameters},
        apart=True,
        reason="the mark tells other states whose it is",
        service=calls.service,
        wait=wait if calls.settles else None,
        marks=True,
    )


def _unmarked(entry: AddressDiff, claim: StateMark) -> Finding:
    number = len(without_mark(_tags_after(entry) or {}, claim.key))
    why = (
        f"it has {number} tags, of the {MOST_TAGS} that AWS allows"
        if claim.mark
        else f"the state's id {claim.state!r} is no value of a tag"
    )
    return make_finding(PLAN136, f"{entry.address} gets no mark ({claim.key}): {why}", address=entry.address)


def reserved(entries: Iterable[AddressDiff], claim: StateMark) -> Iterator[Finding]:
    """An error for each tag in a spec that has the key of a mark, which only dynaops may set."""
    for entry in entries:
        tags = entry.desired.properties.get("tags", {}) if entry.desired else {}
        for key in sorted(set(tags) - set(without_mark(tags, claim.key))):
            yield make_finding(
                PLAN137,
                f"{entry.address}: the tag {key} is the mark by which states tell what is theirs",
                address=entry.address,
            )
