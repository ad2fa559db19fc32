"""Consent to destructive operations: which operations need it, and which of them a given consent covers."""

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
    """The operations that lack consent, after these options and the plan's own consents.

    The command `destroy` is itself consent to delete the resources that it names, but not to disable deletion
    protection, to give up recovery points of a table that stays, or to delete a resource that dynaops cannot prove to
    have made.
    """
    given = set()
    if allow_replace:
        given.add(Danger.REPLACE)
    if allow_destroy:
        given |= {Danger.DESTROY, Danger.UNPROTECT, Danger.RECOVERY, Danger.UNPROVEN}
    if plan.destroy:
        given.add(Danger.DESTROY)
    return [
        operation
        for operation in plan.destructive
        if operation.danger not in given and not plan.consents_to(operation)
    ]


def missing_adoptions(plan: Plan, allow_adopt: bool, take_over: Collection[str]) -> list[Change]:
    """The adoptions of live resources that lack consent, after these options and the plan's own consents.

    `allow_adopt` is consent to adopt what no state has marked, `take_over` (ids) what these states have marked.
    """
    return [
        adoption
        for adoption in plan.adoptions
        if not (adoption.owner in take_over if adoption.owner else allow_adopt)
        and not plan.consents_to(adoption)
    ]


def parsed(word: str) -> Consent:
    """Parse a consent such as ``destroy:orders/gsi/*``. Raises ValueError with a message for the user."""
    kind, colon, address = word.partition(":")
    kinds = [danger.value for danger in Danger]
    if not colon or not address:
        raise ValueError(f"{word!r} is not KIND:ADDRESS, such as destroy:orders/gsi/by-date")
    if kind not in kinds:
        near = get_close_matches(kind, kinds, 1)
        known = f"did you mean {near[0]}:{address}?" if near else f"kinds are {', '.join(kinds)}"
        raise ValueError(f"{kind!r} is no kind of consent; {known}")
    return Consent(danger=Danger(kind), address=address)


def agreed(plan: Plan, consents: Sequence[Consent]) -> Plan:
    """The plan with the given consents, each resolved to the addresses of the plan that it covers.

    A ``*`` in an address matches characters of one segment. A consent for a resource that is deleted covers everything
    below it too. Raises DynaopsError for a consent that covers nothing in the plan.
    """
    needs = consents_needed(plan)
    needed = frozenset(needs)
    covered: list[Consent] = []
    for consent in consents:
        matching = [need for need in needs if _covers(consent, need, needed)]
        if not matching:
            raise _fits_nothing(consent, needs)
        covered += matching
    all_consents = dict.fromkeys((*plan.consents, *covered))
    return plan.model_copy(update={"consents": tuple(all_consents)})


def consents_needed(plan: Plan) -> list[Consent]:
    """All consents that the plan needs, in the order of its operations."""
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
    """Whether a needed consent is of the same address but another kind, or of an address below."""
    return _matches(consent.address, need.address) or need.address.startswith(f"{consent.address}/")


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _MOST_LISTED
    return ", ".join(words[:_MOST_LISTED]) + (f" or {more} more" if more > 0 else "")
