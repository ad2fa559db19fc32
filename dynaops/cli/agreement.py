"""Agreeing to a plan: consent to what is destroyed is an option, agreement to the rest a question."""

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
    """What ``--consent`` says. Raises BadParameter."""
    if not words:
        return ()
    from dynaops.engine.consent import parsed

    try:
        return tuple(parsed(word) for word in words)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--consent") from None


def require_consent(plan: Plan, allow_replace: bool, allow_destroy: bool) -> None:
    """Raise DynaopsError, naming steps and options, where the plan destroys what was not agreed to."""
    lacking = wiring.lacking_consent(plan, allow_replace, allow_destroy)
    if not lacking:
        return
    from dynaops.model.errors import DynaopsError
    from dynaops.views.plan import loss
    from dynaops.views.wording import consent, count

    steps = "".join(
        f"\n  {one.address}{loss(one, one.danger, plan)} ({consent(one.danger)})"
        for one in lacking
        if one.danger
    )
    flags = " ".join(sorted({consent(one.danger) for one in lacking if one.danger}))
    raise DynaopsError(
        f"Nothing was sent: {count(len(lacking), 'step')} of the plan would destroy something:{steps}",
        f"If that is meant, add {flags}, or agree to single ones: --consent {lacking[0].danger}:{lacking[0].address}",
    )


def is_agreed(plan: Plan) -> bool:
    """Whether a saved plan holds consent to all that it loses: nothing is left to ask then."""
    return bool(plan.consents) and not wiring.lacking_consent(plan, allow_replace=False, allow_destroy=False)


def require_agreement(screen: Screen, question: str, yes: bool, gravely: bool = False) -> None:
    """Ask; where it is grave, only the whole word ``yes`` will do.

    Raises DynaopsError where the user says no, or where nobody can be asked and ``--yes`` is not given.
    """
    if yes:
        return
    from dynaops.model.errors import DynaopsError

    if sys.stdin is None or not sys.stdin.isatty():
        raise DynaopsError(
            "Nothing was sent: there is no terminal to ask on", "Add --yes to agree to the plan beforehand."
        )
    accepted = ("yes",) if gravely else ("y", "yes")
    screen.people.write(f"\n{question} [{accepted[0]}/N] ")
    screen.people.flush()
    if sys.stdin.readline().strip().lower() not in accepted:
        raise DynaopsError("Nothing was changed: you did not agree")
