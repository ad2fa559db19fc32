"""Plan the blocks `moved`, `removed` and `import`: what they change in the state, and what is wrong with them.

A block that has been applied has no further effect, so it may stay in the spec for states that it was not applied to
yet. A block whose address does not exist is an error only if the plan would create or delete a resource with a similar
address, which was probably meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TypeVar

from dynaops.engine.addresses import is_below, selected, table_of
from dynaops.engine.moved_records import check_move
from dynaops.engine.ownership_mark import StateMark
from dynaops.engine.state_effects import apply_effects
from dynaops.engine.table_scopes import RunTarget, recorded_tables, scope_of
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.change import Action, Change
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.finding import Finding, Place
from dynaops.model.findings.plans import PLAN123, PLAN124
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC034, SPEC035, SPEC036, SPEC037, SPEC038, SPEC039
from dynaops.model.operation import Effect
from dynaops.model.resource import Resource
from dynaops.model.state import State
from dynaops.specs.refactoring import Blocks, ImportTarget, Move, Removal, destinations

T = TypeVar("T")
_MOST_PLACES = 3
"""How many blocks without effect a message lists."""


@dataclass(frozen=True)
class Refactored:
    """The result of the blocks: the state after all moves, and what remains for the plan of each table.

    `effects` make the moves. `moved` (by new address), `removed` (the record at the address is forgotten) and
    `imported` (not recorded yet) are by address. `done` are the places of blocks that have no effect any more.
    """

    state: State
    effects: tuple[Effect, ...] = ()
    moved: Mapping[str, Move] = field(default_factory=dict)
    removed: Mapping[str, Removal] = field(default_factory=dict)
    imported: Mapping[str, ImportTarget] = field(default_factory=dict)
    done: tuple[Place, ...] = ()


def refactored(
    blocks: Blocks, declared: Mapping[str, Resource], state: State, tables: Collection[str]
) -> Refactored:
    """Evaluate `blocks` against a state and the declared resources; `tables` are those in the plan.

    Raises SpecError for blocks that cannot be carried out.
    """
    if not blocks:
        return Refactored(state)
    findings = list(unknown_addresses(blocks))
    if findings:
        raise SpecError(findings)
    work = _Work(blocks, declared, state, tables)
    result = work.result()
    if work.findings:
        raise SpecError(work.findings)
    return result


def aimed(targets: Iterable[RunTarget], work: Refactored) -> list[RunTarget]:
    """The targets with their blocks, and a target for each other table from which something is removed."""
    targets_with_blocks = [_with_blocks(target, work) for target in targets]
    known = {target.scope.address for target in targets_with_blocks}
    others = sorted({table_of(address) for address in work.removed} - known)
    regions = recorded_tables(work.state)
    return [
        *targets_with_blocks,
        *(_with_blocks(RunTarget(scope_of(work.state, table, regions[table])), work) for table in others),
    ]


def _with_blocks(target: RunTarget, work: Refactored) -> RunTarget:
    table = target.scope.address

    def own(blocks: Mapping[str, T]) -> dict[str, T]:
        return {address: block for address, block in blocks.items() if table_of(address) == table}

    return replace(target, moved=own(work.moved), removed=own(work.removed), imported=own(work.imported))


def claim_with_imports(claim: StateMark, target: RunTarget) -> StateMark:
    """The claim of a state, with the states that `import` blocks of the table take resources over from."""
    owners = {block.take_over for block in target.imported.values() if block.take_over}
    return replace(claim, take_over=claim.take_over | owners)


def with_blocks(
    entries: Mapping[str, AddressDiff], target: RunTarget, patterns: Sequence[str]
) -> dict[str, AddressDiff]:
    """The entries with the block that asks for a change named in the change."""
    explained = dict(entries)
    for address, move in target.moved.items():
        entry = explained.get(address)
        if entry is not None and selected(address, patterns):
            explained[address] = replace(entry, change=_moved(entry, move))
    for address, entry in entries.items():
        block = next(
            (import_block for root, import_block in target.imported.items() if is_below(address, root)), None
        )
        if block and entry.change and entry.action is Action.ADOPT:
            reason = f"{entry.change.reason}; an `import` block asks for it"
            update: dict[str, object] = {"reason": reason, "block": str(block.place)}
            if entry.change.owner is not None and entry.change.owner == block.take_over:
                update["danger"] = None  # the block is the consent
            change = entry.change.model_copy(update=update)
            explained[address] = replace(entry, change=change)
    return explained


def _moved(entry: AddressDiff, move: Move) -> Change:
    reason = f"the state knew it as {move.source}, and a `moved` block gives it this address"
    update = {"previous_address": move.source, "block": str(move.place)}
    if entry.change is not None:
        return entry.change.model_copy(update={**update, "reason": f"{entry.change.reason}; {reason}"})
    live = entry.live.properties if entry.live else None
    return Change(
        address=entry.address,
        kind=entry.kind,
        region=entry.region,
        action=Action.MOVE,
        reason=reason,
        before=live,
        after=live,
        **update,
    )


def missing(entries: Mapping[str, AddressDiff], target: RunTarget, refreshed: bool) -> Iterator[Finding]:
    """An error for each `import` block whose resource does not exist in AWS."""
    for address, block in target.imported.items():
        entry = entries.get(address)
        if entry is not None and entry.live is not None:
            continue
        hint = "Check its name and region; without the block, the plan creates it."
        if not refreshed:
            hint = "Leave out --no-refresh: an import takes a look at AWS."
        yield make_finding(
            PLAN123,
            f"{address} is to be imported, and AWS has no such {_title(address)} in "
            f"{block.region or target.scope.region}",
            hint,
            place=block.place,
            address=address,
        )


def _title(address: str) -> str:
    kind = kind_of(address)
    return PROPERTY_RULES[kind].title if kind else "resource"


def nothing_to_do(work: Refactored) -> Iterator[Finding]:
    """One finding about all blocks that have no effect on this state."""
    if work.done:
        places = ", ".join(map(str, work.done[:_MOST_PLACES]))
        more = f" and {len(work.done) - _MOST_PLACES} more" if len(work.done) > _MOST_PLACES else ""
        yield make_finding(PLAN124, f"blocks that have nothing to do in this state: {places}{more}")


def unknown_addresses(blocks: Blocks) -> Iterator[Finding]:
    """An error for each address in a block that is not the address of any kind of resource."""
    addresses = [
        *((address, move.place) for move in blocks.moved for address in (move.source, move.target)),
        *((removal.address, removal.place) for removal in blocks.removed),
        *((wanted.address, wanted.place) for wanted in blocks.imported),
    ]
    for address, place in addresses:
        if kind_of(address) is None:
            yield make_finding(
                SPEC034, f"{address} is the address of no kind of resource", _suggested(address), place=place
            )


def kind_of(address: str) -> str | None:
    """The kind of resource that has addresses of this form; None if no kind has."""
    table, slash, below = address.partition("/")
    if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,255}", table):
        return None
    if not slash:
        return "table"
    return next(
        (
            kind
            for kind, rules in PROPERTY_RULES.items()
            if rules.address and re.fullmatch(rules.address, below)
        ),
        None,
    )


def _suggested(address: str) -> str:
    """A hint with the address corrected, if one segment was probably mistyped."""
    table, *below = address.split("/")
    words = {word for rules in PROPERTY_RULES.values() for word in re.findall(r"[a-z_]{2,}", rules.address)}
    for position, segment in enumerate(below):
        for word in get_close_matches(segment, sorted(words), 3):
            corrected = "/".join((table, *below[:position], word, *below[position + 1 :]))
            if kind_of(corrected) is not None:
                return f"Did you mean {corrected}?"
    return "`dynaops state list` shows all addresses."


class _Work:
    """Applies the blocks one after another to a state and collects effects and findings."""

    def __init__(
        self, blocks: Blocks, declared: Mapping[str, Resource], state: State, tables: Collection[str]
    ) -> None:
        self.findings: list[Finding] = []
        self._blocks = blocks
        self._declared = declared
        self._around_declared = _with_owners(declared)
        self._state = state
        self._tables = tables
        self._effects: list[Effect] = []
        self._done: list[Place] = []

    def result(self) -> Refactored:
        moved = dict(self._moves())
        removed = dict(self._removals())
        imported = dict(self._imports())
        return Refactored(self._state, tuple(self._effects), moved, removed, imported, tuple(self._done))

    def _moves(self) -> Iterator[tuple[str, Move]]:
        ends = destinations(self._blocks.moved)
        for move in self._blocks.moved:
            end = ends[move.source] or move.target
            if self._below(move.source):
                if self._may_move(move, end):
                    self._move(move, end)
                    yield end, move
            elif not self._below(end) and end in self._around_declared:
                self._not_there("moved", move.source, move.place)
            else:
                self._done.append(move.place)

    def _move(self, move: Move, end: str) -> None:
        record = self._state.resources[self._below(move.source)[0]]
        effect = Effect(address=end, kind=record.kind, region=record.region, moved_from=move.source)
        self._state = apply_effects(self._state, [effect], {}, 0)
        self._effects.append(effect)

    def _may_move(self, move: Move, end: str) -> bool:
        if move.source in self._around_declared:
            message, hint = f"{move.source} is still declared", f"Declare it as {end} alone."
        elif self._below(end):
            message = f"the state knows both {move.source} and {end}"
            hint = f"To let the state forget {move.source}, write a `removed` block for it instead."
        elif end not in self._around_declared:
            message = f"no spec declares {end}"
            hint = _meant(end, set(self._declared) - set(self._state.resources)) or (
                "Declare it there; to let go of it, write a `removed` block."
            )
        else:
            try:
                check_move(self._state, move.source, end)
                return True
            except DynaopsError as error:
                message, hint = error.message, error.hint or ""
        self.findings.append(make_finding(SPEC038, f"moved: {message}", hint, place=move.place))
        return False

    def _removals(self) -> Iterator[tuple[str, Removal]]:
        for removal in self._blocks.removed:
            if removal.address in self._around_declared:
                self.findings.append(
                    make_finding(
                        SPEC035, f"removed: {removal.address} is still declared", place=removal.place
                    )
                )
            elif self._below(removal.address):
                yield removal.address, removal
            else:
                self._not_there("removed", removal.address, removal.place)

    def _imports(self) -> Iterator[tuple[str, ImportTarget]]:
        for wanted in self._blocks.imported:
            resource = self._declared.get(wanted.address)
            if resource is None:
                self.findings.append(
                    make_finding(
                        SPEC036,
                        f"import: no spec declares {wanted.address}",
                        _meant(wanted.address, set(self._declared) - set(self._state.resources))
                        or f"Write its spec, or let `dynaops import {table_of(wanted.address)}` write it.",
                        place=wanted.place,
                    )
                )
            elif wanted.region not in (None, resource.region):
                self.findings.append(
                    make_finding(
                        SPEC037,
                        f"import: {wanted.address} is to be in {wanted.region}, and its spec is for {resource.region}",
                        place=wanted.place,
                    )
                )
            elif wanted.address in self._state.resources:
                self._done.append(wanted.place)
            else:
                yield wanted.address, wanted

    def _not_there(self, kind: str, address: str, place: Place) -> None:
        """Handle a block whose resource is not in the state: it is done, or another resource was meant."""
        going = [
            known
            for known in self._state.resources
            if known not in self._around_declared
            and table_of(known) in self._tables
            and kind_of(known) == kind_of(address)
        ]
        meant = _meant(address, going)
        if meant:
            self.findings.append(
                make_finding(SPEC039, f"{kind}: the state knows no {address}", meant, place=place)
            )
        else:
            self._done.append(place)

    def _below(self, address: str) -> list[str]:
        """The recorded addresses that are `address` or below it."""
        return sorted(known for known in self._state.resources if is_below(known, address))


def _meant(address: str, known: Iterable[str]) -> str:
    near = get_close_matches(address, sorted(known), 1, 0.8)
    return f"Did you mean {near[0]}?" if near else ""


def _with_owners(addresses: Iterable[str]) -> set[str]:
    """The addresses and all addresses above them."""
    parts = (address.split("/") for address in addresses)
    return {"/".join(names[:length]) for names in parts for length in range(1, len(names) + 1)}
