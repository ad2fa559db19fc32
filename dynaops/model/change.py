"""Changes: how an address gets from what is live to what is desired, and why."""

from __future__ import annotations

from enum import StrEnum

from dynaops.model.base import Json, Model
from dynaops.model.operation import Danger


class Action(StrEnum):
    """What happens to a resource. The values are public interface."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    MOVE = "move"
    NO_OP = "no-op"


class Difference(Model):
    """One property that differs. `before` is None where it was absent, `after` None where it goes.

    `note` explains, in words, what a reader would otherwise have to know of AWS.
    """

    path: str
    before: Json = None
    after: Json = None
    forces_replacement: bool = False
    note: str | None = None


class Change(Model):
    """What becomes of one address.

    `reason` is a sentence for people. `before` is the live resource in normal form (None: absent), `after` the
    desired one. An ADOPT may carry differences: it is recorded first, then updated in place.
    """

    address: str
    kind: str
    region: str
    action: Action
    reason: str
    before: Json = None
    after: Json = None
    differences: tuple[Difference, ...] = ()
    previous_address: str | None = None
    """The address that the state knew it by, where a `moved` block gives it another."""
    block: str | None = None
    """Where the `moved`, `removed` or `import` block stands that asks for it: file:line:column."""
    removes: tuple[str, ...] = ()
    """What AWS calls that which a DELETE or REPLACE removes: ARNs, or else types and ids. The address is our name."""
    danger: Danger | None = None
    """The consent that the change itself needs, whatever calls it takes: to take over what is live (`Danger.ADOPT`)."""
    owner: str | None = None
    """The id of the state that has marked what is taken over; None: no state has."""


class Drift(Model):
    """How live differs from what was last applied: shown apart from changes, so that it is never a surprise."""

    address: str
    kind: str
    vanished: bool = False
    differences: tuple[Difference, ...] = ()


class Unmanaged(Model):
    """Something live that neither spec nor state names: shown, never touched."""

    address: str
    path: str | None = None
    value: Json = None
