"""Consent to what a plan loses: which operations need it, and what a consent that names an address covers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from dynaops.model.change import Change
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Danger, Operation
from dynaops.model.plan import Consent, Plan

_MOST_LISTED = 5


def missing(plan: Plan, allow_replace: bool, allow_destroy: bool) -> list[Operation]:
    """The operations that must not run with the consent given, by these options and by the plan itself.

    `destroy` is itself consent to delete what it is asked for, but never to lift deletion protection, to give up what
    could be restored of something that stays, nor to delete what nothing proves to be dynaops's.
    """
    given = set()
    if allow_replace:
        given.add(Danger.REPLACE)
    if allow_destroy:
        given |= {Danger.DESTROY, Danger.UNPROTECT, Danger.RECOVERY, Danger.UNPROVEN}
    if plan.destroy:
        given.add(Danger.DESTROY)
    return [one for one in plan.destructive if one.danger not in given and not plan.consents_to(one)]


def missing_adoptions(plan: Plan, allow_adopt: bool, take_over: Collection[str]) -> list[Change]:
    """The changes that take something live over without the consent to that, by these options and by the plan itself.

    `allow_adopt` is consent to what no state has marked, `take_over` (ids) to what these states have.
    """
    return [
        adoption
        for adoption in plan.adoptions
        if not (adoption.owner in take_over if adoption.owner else allow_adopt)
        and not plan.consents_to(adoption)
    ]


def parsed(word: str) -> Consent:
    """A consent as it is written, ``destroy:orders/gsi/*``. Raises ValueError, whose text says what is wrong."""
    kind, colon, address = word.partition(":")
    kinds = [danger.value for danger in Danger]
    if not colon or not address:
        raise ValueError(f"{word!r} is not KIND:ADDRESS, such as destroy:orders/gsi/by-date")
    if kind not in kinds:
        near = get_close_matches(kind, kinds, 1)
        known = f"did you mean {near[0]}:{address}?" if near else f"kinds are {', '.join(kinds)}"
        raise ValueError(f"{kind!r} is no kind of consent; {known}")
    return Consent(danger=Danger(kind), address=address)


def agreed(plan: Plan, asked: Sequence[Consent]) -> Plan:
    """The plan with the consents that are `asked`, each resolved to the addresses of the plan that it covers.

    A ``*`` in an address stands for a part of it, up to the next slash. Where the resource itself goes, what lies below
    it is covered too. Raises DynaopsError for one that covers nothing of the plan.
    """
    needs = consents_needed(plan)
    known = frozenset(needs)
    covered: list[Consent] = []
    for consent in asked:
        found = [need for need in needs if _covers(consent, need, known)]
        if not found:
            raise _fits_nothing(consent, needs)
        covered += found
    together = dict.fromkeys((*plan.consents, *covered))
    return plan.model_copy(update={"consents": tuple(together)})


def consents_needed(plan: Plan) -> list[Consent]:
    """Everything that can be consented to in the plan, in the order of its operations."""
    dangers: tuple[Change | Operation, ...] = (*plan.adoptions, *plan.operations)
    needs = (Consent(danger=danger.danger, address=danger.address) for danger in dangers if danger.danger)
    return list(dict.fromkeys(needs))


def _covers(consent: Consent, need: Consent, needs: Collection[Consent]) -> bool:
    if consent.danger is not need.danger:
        return False
    parts = need.address.split("/")
    addresses = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return any(
        _matches(consent.address, address) and Consent(danger=need.danger, address=address) in needs
        for address in addresses
    )


def _matches(pattern: str, address: str) -> bool:
    if pattern == address:
        return True
    patterns, parts = pattern.split("/"), address.split("/")
    return len(patterns) == len(parts) and all(map(fnmatchcase, parts, patterns))


def _fits_nothing(consent: Consent, needs: Sequence[Consent]) -> DynaopsError:
    words = [str(need) for need in needs]
    message = f"Nothing in the plan needs the consent {consent}"
    if not words:
        return DynaopsError(message, "The plan loses nothing: leave --consent out.")
    related = [str(need) for need in needs if _is_related(consent, need)]
    near = related or get_close_matches(str(consent), words, 1, 0.8)
    if near:
        return DynaopsError(message, f"Did you mean {_listed(near)}?")
    return DynaopsError(message, f"What needs consent: {_listed(words)}.")


def _is_related(consent: Consent, need: Consent) -> bool:
    """Whether it is of the same address in another way, or of something below the address."""
    return _matches(consent.address, need.address) or need.address.startswith(f"{consent.address}/")


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _MOST_LISTED
    return ", ".join(words[:_MOST_LISTED]) + (f" or {more} more" if more > 0 else "")
