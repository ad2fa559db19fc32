"""Check which live resources a plan may adopt: those that the state does not record or that another state has marked.

A resource belongs to this state if it has this state's mark or a record names it. An unmarked resource is adopted with
consent. A resource with another state's mark is refused, unless --take-over names that state.
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
    """The checked entries and the findings about them."""

    entries: dict[str, AddressDiff]
    used: set[str] = field(default_factory=set)
    """Addresses of resources that are used as they are, neither changed nor recorded."""
    findings: list[Finding] = field(default_factory=list)

    def add(self, entry: AddressDiff, rule: FindingRule, message: str, hint: str | None = None) -> None:
        finding = make_finding(rule, message, hint, address=entry.address)
        self.findings.append(finding)


def with_live_tags(diff: TableDiff, scope: Scope, claim: StateMark, read: AwsReader | None) -> TableDiff:
    """`diff` with the live tags of resources to be adopted, changed or deleted, if they were not read yet."""
    if read is None:
        return diff
    wanted = [entry for entry in diff.entries.values() if _asks_for_tags(entry, claim)]
    tagged = in_parallel([partial(_with_tags, entry, scope, read) for entry in wanted])
    return replace(diff, entries={**diff.entries, **{entry.address: entry for entry in tagged}})


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
    diff: TableDiff, claim: StateMark, records: Mapping[str, Record], imported: Iterable[str] = ()
) -> tuple[TableDiff, list[Finding]]:
    """(`diff` limited to what the state of `claim` may change, findings about the rest).

    `records` are those of the state. `imported` are addresses of `import` blocks: unmarked resources below them need
    no further consent.
    """
    verdicts = _Verdicts(dict(diff.entries))
    for entry in diff.entries.values():
        if entry.live is None or entry.live.tags is None or PROPERTY_RULES[entry.kind].tags is None:
            continue
        if entry.action is Action.FORGET:
            continue  # the state forgets it, whoever has marked it
        ownership, owner = claim.ownership(entry.live.tags), claim.owner_in(entry.live.tags)
        if ownership is Ownership.OTHER_STATE:
            _check_foreign(entry, str(owner), verdicts)
        elif ownership is Ownership.TAKEN_OVER and (entry.record or entry.desired):
            verdicts.entries[entry.address] = _taken_over(entry, str(owner))
        elif ownership is Ownership.UNOWNED and _takes(entry) and not _is_proven(entry, records, imported):
            _check_unmarked(entry, verdicts)
    _protect_parts(diff.entries, verdicts)
    updates = tuple(update for update in diff.updates if update.address not in verdicts.used)
    return replace(diff, entries=verdicts.entries, updates=updates), verdicts.findings


def _takes(entry: AddressDiff) -> bool:
    """Whether the plan adopts a resource that the state does not record."""
    return entry.record is None and entry.desired is not None and entry.action in _TAKING


def _is_proven(entry: AddressDiff, records: Mapping[str, Record], imported: Iterable[str]) -> bool:
    """Whether it is part of a table (whose owner counts), or an import block or another record names it."""
    if entry.owner is not None or any(is_below(entry.address, root) for root in imported):
        return True
    assert entry.live is not None, "only what is live is proven to be ours"
    rules = PROPERTY_RULES[entry.kind]
    identity = identity_of(entry.kind, entry.region, entry.live.properties, rules)
    return identity is not None and any(
        identity_of(record.kind, record.region, record.properties, rules) == identity
        for record in records.values()
        if record.kind == entry.kind
    )


def _check_unmarked(entry: AddressDiff, verdicts: _Verdicts) -> None:
    title, name = _title(entry), _name(entry)
    becomes = PROPERTY_RULES[entry.kind].unmarked
    if becomes == "use":
        _use(entry, f"{title} {name} is there already, and no state has marked it", verdicts)
    elif becomes == "adopt":
        verdicts.add(
            entry, PLAN132, f"{entry.address}: {title} {name} is there already, and is taken over as it is"
        )
    else:
        verdicts.entries[entry.address] = _with_danger(entry, None)


def _check_foreign(entry: AddressDiff, owner: str, verdicts: _Verdicts) -> None:
    title, name = _title(entry), _name(entry)
    rules = PROPERTY_RULES[entry.kind]
    take_over = TAKE_OVER.format(owner=owner)
    if entry.change is None:
        if entry.record is not None and entry.desired is not None:
            verdicts.add(
                entry,
                PLAN133,
                f"{entry.address} is recorded here, but {title} {name} bears the mark of another state, {owner}",
                f"It is left alone. Forget it: dynaops state rm {entry.address}. {take_over}",
            )
    elif rules.unmarked == "use" and entry.record is None:
        _use(entry, f"{title} {name} bears the mark of another state, {owner}", verdicts)
    elif entry.action is Action.DELETE and rules.shared:
        verdicts.entries[entry.address] = replace(entry, change=None, let_go=True)
        verdicts.add(
            entry,
            PLAN134,
            f"{entry.address}: {title} {name} stays, since it bears the mark of another state, {owner}",
            f"This state forgets it. {take_over}",
        )
    else:
        verdicts.add(
            entry,
            PLAN131,
            f"{entry.address}: {title} {name} is not this state's: it bears the mark of another, {owner}",
            take_over,
        )


def _use(entry: AddressDiff, why: str, verdicts: _Verdicts) -> None:
    verdicts.entries[entry.address] = replace(entry, change=None)
    verdicts.used.add(entry.address)
    verdicts.add(entry, PLAN135, f"{entry.address}: {why}")


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


def _protect_parts(entries: Mapping[str, AddressDiff], verdicts: _Verdicts) -> None:
    """Refuse changes of parts without tags if another state has marked their table."""
    held = {item.address for item in verdicts.findings if item.code == PLAN133.code}
    for table in (entry for entry in entries.values() if entry.kind == "table" and entry.address in held):
        changed = [
            item
            for item in entries.values()
            if item.change and item.action is not Action.FORGET and _follows(item)
        ]
        if changed:
            table_finding = next(item for item in verdicts.findings if item.address == table.address)
            verdicts.add(changed[0], PLAN131, table_finding.message, table_finding.hint)


def _follows(entry: AddressDiff) -> bool:
    return entry.owner is not None or PROPERTY_RULES[entry.kind].tags is None


def foreign(tags: Mapping[str, str] | None, claim: StateMark) -> bool:
    """Whether a resource with these tags (None: not read) has the mark of another state."""
    return tags is not None and claim.ownership(tags) is Ownership.OTHER_STATE


def _title(entry: AddressDiff) -> str:
    return PROPERTY_RULES[entry.kind].title or entry.kind


def _name(entry: AddressDiff) -> str:
    name = entry.live.properties.get("name") if entry.live else None
    return str(name or entry.address)
