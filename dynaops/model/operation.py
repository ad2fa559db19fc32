"""Operations: one AWS call each, whole and as plain data.

Because an operation is data, what a plan shows is what apply does: it can be printed, saved, checked
offline, rehearsed and executed from the same object, and the state after it is just its effects.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dynaops.model.base import Json, Model


class Danger(StrEnum):
    """What consent an operation needs."""

    DESTROY = "destroy"
    """A table, index or data store is lost (``--allow-destroy``)."""
    REPLACE = "replace"
    """It is lost in order to be built anew (``--allow-replace``)."""
    UNPROTECT = "unprotect"
    """Deletion protection is lifted (``--allow-destroy``, also for `destroy`)."""
    RECOVERY = "recovery"
    """Times that could be restored are given up, and the data stays (``--allow-destroy``, also for `destroy`)."""
    UNPROVEN = "unproven"
    """Something is deleted that nothing proves to be made by dynaops (``--allow-destroy``, also for `destroy`)."""
    ADOPT = "adopt"
    """Something live is taken over that the state does not record (``--allow-adopt``), or that another state has marked
    as its own (``--take-over STATE_ID``)."""


class Wait(Model):
    """What must become true in AWS before going on.

    `api` is polled with `parameters`; `until` and `failed` are JMESPath conditions on its answer. With `gone`, the
    wait is over when AWS no longer knows the resource. `expected` and `timeout` are seconds of AWS's time.
    `parameters` may hold ``${answer:JMESPATH}``, a value that the call's answer gives (a job's id).
    """

    title: str
    service: str = "dynamodb"
    api: str = "DescribeTable"
    parameters: dict[str, Json]
    region: str | None = None
    """Where to look, if not in the operation's own region."""
    until: str | None = None
    failed: str | None = None
    why: str | None = None
    """Where AWS tells why it failed (JMESPath)."""
    gone: bool = False
    matches: str | None = None
    """A member of the polled answer that must read as in the answer of the call (a revision id)."""
    expected: float = 5
    timeout: float = 900


class Cooldown(Model):
    """AWS may refuse the call for a while; the call is repeated until it is accepted.

    `prefix` is how AWS's refusal begins; `expected` is how long it lasts at the most by AWS's word, in seconds.
    """

    title: str
    prefix: str
    expected: float
    timeout: float


class Tolerance(Model):
    """A refusal that means "already so". With `retried`, only when the call may have been received before."""

    code: str
    prefix: str = ""
    retried: bool = False


class Effect(Model):
    """What the state says of one address once the operation is done.

    `set` and `unset` change recorded properties, one level deep with dotted paths for map members. `outputs` are
    JMESPath expressions on the wait's last answer (or the call's, where there is no wait). `stamp` adds the present
    time to a named list (AWS's per-table budgets are invisible, so they are remembered). `forget` drops the record.
    """

    address: str
    kind: str
    region: str
    set: dict[str, Json] = {}
    unset: tuple[str, ...] = ()
    outputs: dict[str, str] = {}
    values: dict[str, Json] = {}
    """Outputs that are known at plan time (of an adopted resource)."""
    depends_on: tuple[str, ...] = ()
    source: str | None = None
    ignores: tuple[str, ...] | None = None
    """What the record ignores from then on (`Record.ignores`); None: as before."""
    stamp: str | None = None
    forget: bool = False
    moved_from: str | None = None
    """What the state knew as this address, with all below it, goes by `address` from now on."""


class Operation(Model):
    """One AWS write, with all that is needed to run it, to explain it and to record it.

    `api` is AWS's name of the call (``UpdateTable``). Strings in `parameters`, waits and effects may hold
    ``${ref:ADDRESS/OUTPUT}``, a value that is known once what is at ADDRESS was made. `before` must hold before the
    call, `wait` after it. `needs_idle`: AWS refuses it while the table is busy. `slow`: ``--no-wait`` may leave its
    wait to the next apply.
    """

    id: str
    address: str
    kind: str
    title: str
    reason: str
    service: str
    api: str
    region: str
    parameters: dict[str, Json]
    carried: tuple[str, ...] = ()
    """Parameters (``A/0/B``) that only repeat what is live, since AWS takes them together with those that change."""
    after: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Those of `after` that must have succeeded; what failed elsewhere does not stop this operation."""
    again: dict[str, str] = {}
    """Parameters (by name) to send again as the answer gives them (JMESPath), until it gives none."""
    made: Wait | None = None
    """How to find out that a call whose answer was lost had its effect; what was looked at is then the answer."""
    before: Wait | None = None
    wait: Wait | None = None
    cooldown: Cooldown | None = None
    tolerate: tuple[Tolerance, ...] = ()
    effects: tuple[Effect, ...] = ()
    danger: Danger | None = None
    loses: str | None = None
    """What is lost for good where that is not the resource itself, or more than it; in words, after "loses"."""
    removes: str | None = None
    """What AWS calls the resource that the call removes: its ARN, or else its type and id."""
    needs_idle: bool = False
    slow: bool = False
    marks: bool = False
    """All that it does is to mark something live as the state's, with a tag."""

    @property
    def destructive(self) -> bool:
        return self.danger is not None

    @property
    def expected_wait(self) -> float:
        """Seconds that AWS is expected to take: what stands before the call, its cooldown, and its own wait."""
        waits = (self.before, self.cooldown, self.wait)
        return sum(wait.expected for wait in waits if wait is not None)

    def public(self) -> dict[str, Any]:
        """The operation as ``plan --json`` prints it (public interface, version 1)."""
        return {
            "id": self.id,
            "address": self.address,
            "title": self.title,
            "reason": self.reason,
            "service": self.service,
            "api": self.api,
            "region": self.region,
            "parameters": self.parameters,
            "after": list(self.after),
            "needs": list(self.needs),
            "destructive": self.destructive,
            "danger": self.danger,
            "loses": self.loses,
            "removes": self.removes,
            "expected_wait": self.expected_wait,
            "waits_for": self.wait.title if self.wait else None,
        }
