"""One operation, from what must hold before it to what its wait last saw."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jmespath

from dynaops.aws.classify import ErrorClass
from dynaops.aws.errors import AwsFailure, AwsRefusal, ResponseLost, one_line
from dynaops.engine.late_values import answered
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Stage
from dynaops.model.operation import Operation, Wait

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_PATIENCE = {ErrorClass.RETRY: 300.0, ErrorClass.WAIT: 1800.0}
"""Seconds to put up with AWS's "not now" before giving in."""
_LOST_ATTEMPTS = 5
"""Answers lost in a row until an operation is given up; the next apply finds out what became of it."""

Tell = Callable[[Stage, str], None]


class StopRequested(Exception):
    """The run was asked to stop. `accepted`: the call had been taken by AWS."""

    def __init__(self, accepted: bool) -> None:
        super().__init__()
        self.accepted = accepted


class Deferred(Exception):
    """The call is in a cooldown that this run does not wait for."""


@dataclass(frozen=True)
class Runner:
    """How operations are run: with which caller, until when, and how patiently."""

    aws: Aws
    stop: threading.Event
    patient: bool
    now: Callable[[], float] = time.monotonic
    """Seconds of the time that passes while `stop` is waited for (a rehearsal's is not the real one)."""

    def prepare(self, operation: Operation, tell: Tell) -> None:
        """Wait for what must hold before the call. Raises Stopped, Deferred, DynaopsError."""
        if operation.before is None:
            return
        tell(Stage.BLOCKED, operation.before.title)
        if not self.patient and not self._holds_now(operation.before, operation.region):
            raise Deferred
        self._wait(operation.before, operation.region, {}, accepted=False)

    def call(self, operation: Operation, tell: Tell, uncertain: bool = False) -> dict[str, Any]:
        """Make the call until AWS takes it. `uncertain`: an earlier run has perhaps made it already.

        Raises Stopped, Deferred, DynaopsError.
        """
        started = self.now()
        tries = _Tries(uncertain=uncertain, unknown=uncertain)
        told = ""
        tell(Stage.CALLING, "")
        parameters = operation.parameters
        for delay in self._delays():
            try:
                if tries.unknown:
                    made = self._made(operation)
                    if made is not None:
                        return made
                    tries.unknown = False
                answer = self.aws.call(
                    operation.service, operation.api, operation.region, parameters, operation.made is None
                )
                left = {name: jmespath.search(path, answer) for name, path in operation.again.items()}
                if not any(left.values()):
                    return answer
                parameters = {**parameters, **left}
            except ResponseLost as error:
                tries.lose(error)
            except AwsRefusal as error:
                unsure = tries.uncertain or error.attempts > 0 or error.status >= 500
                if not tries.unknown and _is_done(operation, error, unsure):
                    return {}
                self._bear(operation, error, self.now() - started, unsure)
                reason = _why_blocked(operation, error)
                if reason != told:
                    told = reason
                    tell(Stage.BLOCKED, told)
            self._sleep(delay, accepted=False)
        raise AssertionError("delays never end")

    def wait(self, operation: Operation, answer: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Wait until AWS is done; what it said last. `answer` is the call's own. Raises Stopped, DynaopsError."""
        if operation.wait is None:
            return {}
        tell(Stage.WAITING, operation.wait.title)
        parameters = answered(operation.wait.parameters, answer)
        wait = operation.wait.model_copy(update={"parameters": parameters})
        return self._wait(wait, operation.region, answer, accepted=True)

    def settle(self, wait: Wait) -> None:
        """Wait for work of AWS that an earlier run left. Raises Stopped, DynaopsError."""
        self._wait(wait, wait.region or self.aws.region, {}, accepted=True)

    def _bear(self, operation: Operation, error: AwsRefusal, elapsed: float, uncertain: bool) -> None:
        """Return where the refusal will pass with time; raise where it will not, or took too long.

        `uncertain`: an earlier request may have had its effect. The refusal of a later one does not tell, so it is
        raised as Lost: the intent stays, and the next apply looks.
        """
        cooldown = operation.cooldown
        if cooldown is not None and error.text.startswith(cooldown.prefix):
            if not self.patient:
                raise Deferred
            if elapsed > cooldown.timeout:
                raise _final(error, uncertain)
            return
        patience = _PATIENCE.get(error.verdict)
        if patience is None or elapsed > patience:
            raise _final(error, uncertain)

    def _wait(self, wait: Wait, region: str, called: dict[str, Any], accepted: bool) -> dict[str, Any]:
        started = self.now()
        seen = False
        tries = _Tries()
        for delay in self._delays():
            answer = self._look(wait, region, tries)
            if answer is None and wait.gone:
                return {}
            if answer is None and seen:
                raise DynaopsError(
                    f"While waiting until {wait.title}: it has vanished",
                    "AWS drops a table whose KMS key it cannot use; check the key and run apply again.",
                )
            if answer is not None:
                seen = True
                if _true(wait.failed, answer):
                    raise DynaopsError(
                        f"AWS reports failure while waiting until {wait.title}{_why(wait, answer)}"
                    )
                if _true(wait.until, answer) and _matches(wait, called, answer):
                    return answer
            if self.now() - started > wait.timeout:
                raise DynaopsError(
                    f"Gave up after {wait.timeout:.0f} s waiting until {wait.title}",
                    "Run apply again: it goes on where it stands.",
                )
            self._sleep(delay, accepted)
        raise AssertionError("delays never end")

    def _made(self, operation: Operation) -> dict[str, Any] | None:
        """What there is of a call whose answer was lost; None where there is nothing, or nobody can tell.

        Raises Lost and Refused where the look fails: the call is not sent again on that.
        """
        wait = operation.made
        if wait is None:
            return None
        answer = self.aws.read(wait.service, wait.api, wait.region or operation.region, wait.parameters)
        return answer if answer and _true(wait.until, answer) else None

    def _holds_now(self, wait: Wait, region: str) -> bool:
        answer = self._look(wait, region, _Tries())
        return (answer is None and wait.gone) or (answer is not None and _true(wait.until, answer))

    def _look(self, wait: Wait, region: str, tries: _Tries) -> dict[str, Any] | None:
        """One look; a refusal that passes with time counts as "not yet", and so do a few lost answers in a row.

        Raises Lost after the last of these: a network that AWS does not answer through is not waited for.
        """
        try:
            answer = self.aws.read(wait.service, wait.api, wait.region or region, wait.parameters)
        except ResponseLost as error:
            tries.lose(error)
            return {}
        except AwsRefusal as error:
            if error.verdict in (ErrorClass.RETRY, ErrorClass.WAIT):
                return {}
            raise
        tries.lost = 0
        return answer

    def _delays(self) -> Iterator[float]:
        """Seconds between looks: a share of the time already passed, never long, jittered against herds."""
        cap = self.aws.poll_cap
        shortest, longest = (0.02, cap) if cap else (0.5, 10.0)
        started = self.now()
        while True:
            share = (self.now() - started) * 0.15
            yield min(max(share, shortest), longest) * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)

    def _sleep(self, seconds: float, accepted: bool) -> None:
        if self.stop.wait(seconds):
            raise StopRequested(accepted)


@dataclass
class _Tries:
    """Answers that did not come. `unknown`: whether AWS took the last call has to be looked up before another."""

    lost: int = 0
    uncertain: bool = False
    unknown: bool = False

    def lose(self, error: ResponseLost) -> None:
        """Count a lost answer; raises `error` where it was the last to be borne."""
        self.lost += 1
        self.uncertain = self.unknown = True
        if self.lost >= _LOST_ATTEMPTS:
            raise error


def _final(error: AwsRefusal, uncertain: bool) -> AwsFailure:
    return (
        ResponseLost(f"{error.message} (an earlier request may have been carried out)", error.hint)
        if uncertain
        else error
    )


def _why_blocked(operation: Operation, error: AwsRefusal) -> str:
    """What a refused call waits for: the cooldown that was foreseen, or what AWS said."""
    cooldown = operation.cooldown
    if cooldown is not None and error.text.startswith(cooldown.prefix):
        return f"until {cooldown.title}"
    return error.text


def _is_done(operation: Operation, error: AwsRefusal, uncertain: bool) -> bool:
    """The refusal says that AWS is as asked already."""
    if error.verdict is ErrorClass.ALREADY:
        return True
    return any(
        error.code == one.code and error.text.startswith(one.prefix) and (uncertain or not one.retried)
        for one in operation.tolerate
    )


def _matches(wait: Wait, called: dict[str, Any], answer: dict[str, Any]) -> bool:
    """The member that `wait` names reads as the call's answer had it (where there was an answer)."""
    wanted = called.get(wait.matches) if wait.matches else None
    return wanted is None or answer.get(wait.matches or "") == wanted


def _why(wait: Wait, answer: dict[str, Any]) -> str:
    reason = jmespath.search(wait.why, answer) if wait.why else None
    return f": {one_line(str(reason))}" if reason else ""


def _true(expression: str | None, answer: dict[str, Any]) -> bool:
    if expression is None:
        return False
    try:
        return bool(jmespath.search(expression, answer))
    except jmespath.exceptions.JMESPathTypeError:
        return False
