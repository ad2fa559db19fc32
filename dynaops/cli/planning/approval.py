"""Consent to destructive operations (options), and confirmation of the plan (a question on the terminal)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from dynaops.cli import wiring
from dynaops.cli.screen import Screen

if TYPE_CHECKING:
    from dynaops.model.plan import Consent, Plan


def consents_of(words: Sequence[str] | None) -> tuple[Consent, ...]:
    """The consents given by ``--consent``. Raises BadParameter."""
    if not words:
        return ()
    from dynaops.engine.consent import parsed

    try:
        return tuple(parsed(word) for word in words)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--consent") from None


def require_consent(plan: Plan, allow_replace: bool, allow_destroy: bool) -> None:
    """Raise DynaopsError with steps and options if the plan has destructive operations without consent."""
    lacking = wiring.lacking_consent(plan, allow_replace, allow_destroy)
    if not lacking:
        return
    from dynaops.model.errors import DynaopsError
    from dynaops.views.plan import loss
    from dynaops.views.wording import consent, count

    steps = "".join(
        f"\n  {operation.address}{loss(operation, operation.danger, plan)} ({consent(operation.danger)})"
        for operation in lacking
        if operation.danger
    )
    flags = " ".join(sorted({consent(operation.danger) for operation in lacking if operation.danger}))
    raise DynaopsError(
        f"Nothing was sent: {count(len(lacking), 'step')} of the plan would destroy something:{steps}",
        f"If that is meant, add {flags}, or agree to single ones: --consent {lacking[0].danger}:{lacking[0].address}",
    )


def require_adoption(plan: Plan, allow_adopt: bool, take_over: Sequence[str]) -> None:
    """Raise DynaopsError with addresses and options if the plan adopts resources without consent."""
    from dynaops.engine.consent import missing_adoptions

    lacking = missing_adoptions(plan, allow_adopt, take_over)
    if not lacking:
        return
    from dynaops.model.errors import DynaopsError
    from dynaops.views.wording import adoption, count, take_over_option

    changes = "".join(
        f"\n  {change.address} {adoption(change.owner)} ({take_over_option(change.owner)})"
        for change in lacking
    )
    flags = " ".join(sorted({take_over_option(change.owner) for change in lacking}))
    raise DynaopsError(
        f"Nothing was sent: the plan takes over {count(len(lacking), 'resource')} that the state does not "
        f"own:{changes}",
        f"If that is meant, add {flags}, or agree to single ones: --consent adopt:{lacking[0].address}",
    )


def is_agreed(plan: Plan) -> bool:
    """Whether a saved plan contains all consents that it needs, so that the user is not asked."""
    from dynaops.engine.consent import missing, missing_adoptions

    lacking = missing(plan, allow_replace=False, allow_destroy=False) or missing_adoptions(plan, False, ())
    return bool(plan.consents) and not lacking


def require_agreement(screen: Screen, question: str, yes: bool, whole_word: bool = False) -> None:
    """Ask the user to confirm; for a destructive plan, only the whole word ``yes`` is accepted.

    Raises DynaopsError if the user says no, or if there is no terminal and ``--yes`` is not given.
    """
    if yes:
        return
    from dynaops.model.errors import DynaopsError

    if sys.stdin is None or not sys.stdin.isatty():
        raise DynaopsError(
            "Nothing was sent: there is no terminal to ask on", "Add --yes to agree to the plan beforehand."
        )
    accepted = ("yes",) if whole_word else ("y", "yes")
    screen.people.write(f"\n{question} [{accepted[0]}/N] ")
    screen.people.flush()
    if sys.stdin.readline().strip().lower() not in accepted:
        raise DynaopsError("Nothing was changed: you did not agree")
