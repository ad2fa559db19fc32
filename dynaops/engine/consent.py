"""Which operations of a plan lack the consent they need."""

from __future__ import annotations

from dynaops.model.operation import Danger, Operation
from dynaops.model.plan import Plan


def missing(plan: Plan, allow_replace: bool, allow_destroy: bool) -> list[Operation]:
    """The operations that must not run with the consent given.

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
    return [operation for operation in plan.destructive if operation.danger not in given]


def flag(danger: Danger) -> str:
    """The option that gives the consent."""
    return "--allow-replace" if danger is Danger.REPLACE else "--allow-destroy"
