"""Run one operation: wait for its precondition, make the call with retries, and wait for its result."""

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
"""Seconds for which a call is retried, by the class of the error."""
_LOST_ATTEMPTS = 5
"""Lost responses in a row after which an operation fails; the next apply finds out what happened to it."""

Report = Callable[[Stage, str], None]


class StopRequested(Exception):
    """The run was asked to stop. `accepted`: AWS had accepted the call before."""

    def __init__(self, accepted: bool) -> None:
        super().__init__()
        self.accepted = accepted


class Deferred(Exception):
    """The call has to wait for a cooldown, and this run does not wait (``--no-wait``)."""


@dataclass(frozen=True)
class Runner:
    """Runs operations with a caller of AWS, until `stop` is set. `patient`: waits for slow work of AWS."""

    aws: Aws
    stop: threading.Event
    patient: bool
    now: Callable[[], float] = time.monotonic
    """The clock that waits are measured by, in seconds (a rehearsal has a simulated one)."""

    def prepare(self, operation: Operation, report: Report) -> None:
        """Wait for the precondition of the call. Raises StopRequested, Deferred, DynaopsError."""
        if operation.before is None:
            return
        report(Stage.BLOCKED, operation.before.title)
        if not self.patient and not self._holds_now(operation.before, operation.region):
            raise Deferred
        self._wait(operation.before, operation.region, {}, accepted=False)

    def call(self, operation: Operation, report: Report, uncertain: bool = False) -> dict[str, Any]:
        """Make the call until AWS accepts it. `uncertain`: an earlier run has perhaps made it already.

        Raises StopRequested, Deferred, DynaopsError.
        """
        started = self.now()
        tries = _Tries(uncertain=uncertain, unknown=uncertain)
        reported = ""
        report(Stage.CALLING, "")
        parameters = operation.parameters
        for delay in self._delays():
            try:
                if tries.unknown:
                    existing = self._existing(operation)
                    if existing is not None:
                        return existing
                    tries.unknown = False
                response = self.aws.call(
                    operation.service, operation.api, operation.region, parameters, operation.made is None
                )
                repeat = {name: jmespath.search(path, response) for name, path in operation.again.items()}
                if not any(repeat.values()):
                    return response
                parameters = {**parameters, **repeat}
            except ResponseLost as error:
                tries.lose(error)
            except AwsRefusal as error:
                is_uncertain = tries.uncertain or error.attempts > 0 or error.status >= 500
                if not tries.unknown and _is_done(operation, error, is_uncertain):
                    return {}
                self._check_refusal(operation, error, self.now() - started, is_uncertain)
                reason = _why_blocked(operation, error)
                if reason != reported:
                    reported = reason
                    report(Stage.BLOCKED, reported)
            self._sleep(delay, accepted=False)
        raise AssertionError("delays never end")

    def wait(self, operation: Operation, response: dict[str, Any], report: Report) -> dict[str, Any]:
        """Wait until AWS is done and return the last response; `response` is that of the call.

        Raises StopRequested, DynaopsError.
        """
        if operation.wait is None:
            return {}
        report(Stage.WAITING, operation.wait.title)
        parameters = answered(operation.wait.parameters, response)
        wait = operation.wait.model_copy(update={"parameters": parameters})
        return self._wait(wait, operation.region, response, accepted=True)

    def settle(self, wait: Wait) -> None:
        """Wait for work of AWS that an earlier run did not wait for. Raises StopRequested, DynaopsError."""
        self._wait(wait, wait.region or self.aws.region, {}, accepted=True)

    def _check_refusal(
        self, operation: Operation, error: AwsRefusal, elapsed: float, uncertain: bool
    ) -> None:
        """Return if the call can be retried; raise if it cannot, or was retried for too long.

        `uncertain`: an earlier request may have had its effect. The refusal of a later request does not show whether it
        had, so ResponseLost is raised: the intent stays in the state, and the next apply reads AWS.
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

    def _wait(self, wait: Wait, region: str, call_response: dict[str, Any], accepted: bool) -> dict[str, Any]:
        started = self.now()
        seen = False
        tries = _Tries()
        for delay in self._delays():
            response = self._read_status(wait, region, tries)
            if response is None and wait.gone:
                return {}
            if response is None and seen:
                raise DynaopsError(
                    f"While waiting until {wait.title}: it has vanished",
                    "AWS drops a table whose KMS key it cannot use; check the key and run apply again.",
                )
            if response is not None:
                seen = True
                if _is_true(wait.failed, response):
                    raise DynaopsError(
                        f"AWS reports failure while waiting until {wait.title}{_why(wait, response)}"
                    )
                if _is_true(wait.until, response) and _matches(wait, call_response, response):
                    return response
            if self.now() - started > wait.timeout:
                raise DynaopsError(
                    f"Gave up after {wait.timeout:.0f} s waiting until {wait.title}",
                    "Run apply again: it goes on where it stands.",
                )
            self._sleep(delay, accepted)
        raise AssertionError("delays never end")

    def _existing(self, operation: Operation) -> dict[str, Any] | None:
        """The resource that a call with a lost response has made; None if there is none, or it cannot be read.

        Raises ResponseLost and AwsRefusal if reading fails: the call is not sent again then.
        """
        wait = operation.made
        if wait is None:
            return None
        response = self.aws.read(wait.service, wait.api, wait.region or operation.region, wait.parameters)
        return response if response and _is_true(wait.until, response) else None

    def _holds_now(self, wait: Wait, region: str) -> bool:
        response = self._read_status(wait, region, _Tries())
        return (response is None and wait.gone) or (response is not None and _is_true(wait.until, response))

    def _read_status(self, wait: Wait, region: str, tries: _Tries) -> dict[str, Any] | None:
        """Read the status once; empty ("not yet") after a temporary refusal and after a few lost responses in a row.

        Raises ResponseLost after `_LOST_ATTEMPTS` lost responses.
        """
        try:
            response = self.aws.read(wait.service, wait.api, wait.region or region, wait.parameters)
        except ResponseLost as error:
            tries.lose(error)
            return {}
        except AwsRefusal as error:
            if error.verdict in (ErrorClass.RETRY, ErrorClass.WAIT):
                return {}
            raise
        tries.lost = 0
        return response

    def _delays(self) -> Iterator[float]:
        """Seconds between two reads: 15 % of the elapsed time within limits, with jitter so that clients spread out."""
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
    """Counts lost responses. `unknown`: AWS must be read to see whether it accepted the last call."""

    lost: int = 0
    uncertain: bool = False
    unknown: bool = False

    def lose(self, error: ResponseLost) -> None:
        """Count a lost response; raises `error` when there were too many in a row."""
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
    """What a refused call waits for: its cooldown, or else the error text of AWS."""
    cooldown = operation.cooldown
    if cooldown is not None and error.text.startswith(cooldown.prefix):
        return f"until {cooldown.title}"
    return error.text


def _is_done(operation: Operation, error: AwsRefusal, uncertain: bool) -> bool:
    """Whether the refusal says that the resource is as wanted already."""
    if error.verdict is ErrorClass.ALREADY:
        return True
    return any(
        error.code == tolerance.code
        and error.text.startswith(tolerance.prefix)
        and (uncertain or not tolerance.retried)
        for tolerance in operation.tolerate
    )


def _matches(wait: Wait, call_response: dict[str, Any], response: dict[str, Any]) -> bool:
    """Whether the member that `wait` names has the value of the call's response (if there was a response)."""
    wanted = call_response.get(wait.matches) if wait.matches else None
    return wanted is None or response.get(wait.matches or "") == wanted


def _why(wait: Wait, response: dict[str, Any]) -> str:
    reason = jmespath.search(wait.why, response) if wait.why else None
    return f": {one_line(str(reason))}" if reason else ""


def _is_true(expression: str | None, response: dict[str, Any]) -> bool:
    if expression is None:
        return False
    try:
        return bool(jmespath.search(expression, response))
    except jmespath.exceptions.JMESPathTypeError:
        return False
