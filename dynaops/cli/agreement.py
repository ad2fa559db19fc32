"""Agreeing to a plan: consent to what is destroyed is an option, agreement to the rest a question."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.screen import Screen

if TYPE_CHECKING:
    from dynaops.model.plan import Plan


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
        f"If that is meant, add {flags}.",
    )


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
