"""What a plan may take over: live resources that the state does not record, or that another state has marked.

A resource that this state has marked is its own, and so is what a record of it names. One that nobody has marked is
taken over with consent; one that another state has marked is refused, unless that state is taken over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from dynaops.engine.addresses import is_below
from dynaops.engine.observe import in_parallel
from dynaops.engine.ownership_mark import Ownership, StateMark
from dynaops.engine.shared_resources import identity_of
from dynaops.engine.table_diff import TableDiff
from dynaops.kinds.kind import AddressDiff, AwsReader
from dynaops.kinds.registry import HANDLER_OF, PROPERTY_RULES
from dynaops.kinds.tags import live_tags
from dynaops.model.change import Action, Change
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN131, PLAN132, PLAN133, PLAN134, PLAN135
from dynaops.model.findings.rule import FindingRule, make_finding
from dynaops.model.operation import Danger
from dynaops.model.resource import Scope
from dynaops.model.state import Record

_TAKING = (Action.ADOPT, Action.UPDATE, Action.REPLACE)
TAKE_OVER = (
    "If that state is lost or gives it up: --take-over {owner}, or `take_over` in an `import` block. Else leave it to "
    "that state."
)


@dataclass
class _Verdicts:
    """What becomes of the entries, and what is said about it."""

    entries: dict[str, AddressDiff]
    used: set[str] = field(default_factory=set)
    """Addresses of what is used as it is, and neither changed nor recorded."""
    findings: list[Finding] = field(default_factory=list)

    def tell(self, entry: AddressDiff, rule: FindingRule, message: str, hint: str | None = None) -> None:
        finding = make_finding(rule, message, hint, address=entry.address)
        self.findings.append(finding)


def with_live_tags(judged: TableDiff, scope: Scope, claim: StateMark, read: AwsReader | None) -> TableDiff:
    """`judged` with the tags of what is to be taken over, changed or deleted, where they are not known yet."""
    if read is None:
        return judged
    wanted = [entry for entry in judged.entries.values() if _asks_for_tags(entry, claim)]
    found = in_parallel([partial(_with_tags, entry, scope, read) for entry in wanted])
    return replace(judged, entries={**judged.entries, **{entry.address: entry for entry in found}})


def _asks_for_tags(entry: AddressDiff, claim: StateMark) -> bool:
    if PROPERTY_RULES[entry.kind].tags is None or entry.live is None or entry.live.tags is not None:
        return False
    if entry.record is None:
        return entry.desired is not None
    if claim.key is not None and entry.desired is None:
        return True  # it leaves the state: deleted if it is ours, or kept without the mark
    return bool(claim.take_over) or (entry.change is not None and claim.key is not None)


def _with_tags(entry: AddressDiff, scope: Scope, read: AwsReader) -> AddressDiff:
    calls = PROPERTY_RULES[entry.kind].tags
    assert calls is not None and entry.live is not None, "only live resources with tags are asked for them"
    tags = live_tags(read, calls, HANDLER_OF[entry.kind].tag_target(scope, entry), entry.region)
    return replace(entry, live=replace(entry.live, tags=tags))


def claimed(
    judged: TableDiff, claim: StateMark, records: Mapping[str, Record], imported: Iterable[str] = ()
) -> tuple[TableDiff, list[Finding]]:
    """`judged` as far as `claim` goes, and what it refuses or has to say.

    `records` are those of the state. `imported` are addresses of `import` blocks: what lies below them and nobody has
    marked needs no other consent.
    """
    verdicts = _Verdicts(dict(judged.entries))
    for entry in judged.entries.values():
        if entry.live is None or entry.live.tags is None or PROPERTY_RULES[entry.kind].tags is None:
            continue
        if entry.action is Action.FORGET:
            continue  # it is nobody's of this state from now on
        ownership, owner = claim.ownership(entry.live.tags), claim.owner_in(entry.live.tags)
        if ownership is Ownership.ANOTHERS:
            _anothers(entry, str(owner), verdicts)
        elif ownership is Ownership.TAKEN_OVER and (entry.record or entry.desired):
            verdicts.entries[entry.address] = _taken_over(entry, str(owner))
        elif ownership is Ownership.NOBODYS and _takes(entry) and not _is_proven(entry, records, imported):
            _nobodys(entry, verdicts)
    _hold_to_table(judged.entries, verdicts)
    updates = tuple(update for update in judged.updates if update.address not in verdicts.used)
    return replace(judged, entries=verdicts.entries, updates=updates), verdicts.findings


def _takes(entry: AddressDiff) -> bool:
    """Whether the plan makes something the state's that it does not record."""
    return entry.record is None and entry.desired is not None and entry.action in _TAKING


def _is_proven(entry: AddressDiff, records: Mapping[str, Record], imported: Iterable[str]) -> bool:
    """Whether it is part of a table (and follows that), an import block or another record of the state names it."""
    if entry.owner is not None or any(is_below(entry.address, root) for root in imported):
        return True
    assert entry.live is not None, "only what is live is proven to be ours"
    policy = PROPERTY_RULES[entry.kind]
    identity = identity_of(entry.kind, entry.region, entry.live.properties, policy)
    return identity is not None and any(
        identity_of(record.kind, record.region, record.properties, policy) == identity
        for record in records.values()
        if record.kind == entry.kind
    )


def _nobodys(entry: AddressDiff, verdicts: _Verdicts) -> None:
    title, name = _title(entry), _name(entry)
    becomes = PROPERTY_RULES[entry.kind].unmarked
    if becomes == "use":
        _use(entry, f"{title} {name} is there already, and no state has marked it", verdicts)
    elif becomes == "adopt":
        verdicts.tell(
            entry, PLAN132, f"{entry.address}: {title} {name} is there already, and is taken over as it is"
        )
    else:
        verdicts.entries[entry.address] = _with_danger(entry, None)


def _anothers(entry: AddressDiff, owner: str, verdicts: _Verdicts) -> None:
    title, name = _title(entry), _name(entry)
    policy = PROPERTY_RULES[entry.kind]
    take_over = TAKE_OVER.format(owner=owner)
    if entry.change is None:
        if entry.record is not None and entry.desired is not None:
            verdicts.tell(
                entry,
                PLAN133,
                f"{entry.address} is recorded here, but {title} {name} bears the mark of another state, {owner}",
                f"It is left alone. Forget it: dynaops state rm {entry.address}. {take_over}",
            )
    elif policy.unmarked == "use" and entry.record is None:
        _use(entry, f"{title} {name} bears the mark of another state, {owner}", verdicts)
    elif entry.action is Action.DELETE and policy.shared:
        verdicts.entries[entry.address] = replace(entry, change=None, let_go=True)
        verdicts.tell(
            entry,
            PLAN134,
            f"{entry.address}: {title} {name} stays, since it bears the mark of another state, {owner}",
            f"This state forgets it. {take_over}",
        )
    else:
        verdicts.tell(
            entry,
            PLAN131,
            f"{entry.address}: {title} {name} is not this state's: it bears the mark of another, {owner}",
            take_over,
        )


def _use(entry: AddressDiff, why: str, verdicts: _Verdicts) -> None:
    verdicts.entries[entry.address] = replace(entry, change=None)
    verdicts.used.add(entry.address)
    verdicts.tell(entry, PLAN135, f"{entry.address}: {why}")


def _taken_over(entry: AddressDiff, owner: str) -> AddressDiff:
    if entry.change is not None:
        return _with_danger(entry, owner)
    made = Change(
        address=entry.address,
        kind=entry.kind,
        region=entry.region,
        action=Action.ADOPT,
        reason="it is as the spec says: only its mark is changed",
        before=entry.live.properties if entry.live else None,
        after=entry.desired.properties if entry.desired else None,
    )
    return _with_danger(replace(entry, change=made), owner)


def _with_danger(entry: AddressDiff, owner: str | None) -> AddressDiff:
    assert entry.change is not None, "only a change needs consent"
    change = entry.change.model_copy(update={"danger": Danger.ADOPT, "owner": owner})
    return replace(entry, change=change)


def _hold_to_table(entries: Mapping[str, AddressDiff], verdicts: _Verdicts) -> None:
    """What has no tags follows its table: nothing of a table that is another state's is changed."""
    held = {one.address for one in verdicts.findings if one.code == PLAN133.code}
    for table in (entry for entry in entries.values() if entry.kind == "table" and entry.address in held):
        changed = [
            one
            for one in entries.values()
            if one.change and one.action is not Action.FORGET and _follows(one)
        ]
        if changed:
            said = next(one for one in verdicts.findings if one.address == table.address)
            verdicts.tell(changed[0], PLAN131, said.message, said.hint)


def _follows(entry: AddressDiff) -> bool:
    return entry.owner is not None or PROPERTY_RULES[entry.kind].tags is None


def foreign(tags: Mapping[str, str] | None, claim: StateMark) -> bool:
    """Whether a resource with these tags (None: not looked at) is another state's."""
    return tags is not None and claim.ownership(tags) is Ownership.ANOTHERS


def _title(entry: AddressDiff) -> str:
    return PROPERTY_RULES[entry.kind].title or entry.kind


def _name(entry: AddressDiff) -> str:
    named = entry.live.properties.get("name") if entry.live else None
    return str(named or entry.address)
