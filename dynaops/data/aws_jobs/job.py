"""A job of one of AWS's engines, whichever it is: how it stands, and watching it until it has ended."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynaops.aws.classify import ErrorClass
from dynaops.aws.errors import AwsFailure, AwsRefusal, ForeignAnswer, ResponseLost
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_RUNNING = ("IN_PROGRESS", "CANCELLING")
_PATIENCE = 300.0
"""Seconds in which some look has to succeed."""
_FOREIGN = 5
"""Answers that are not AWS's in a row until the watch ends; the job goes on, and can be watched again."""


@dataclass(frozen=True)
class AwsJob:
    """How a job stands. Counts are AWS's; `total` bytes are None where AWS does not tell them (yet)."""

    arn: str
    status: str
    items: int = 0
    failed: int = 0
    bytes: int = 0
    total: int | None = None
    code: str = ""
    message: str = ""
    about: dict[str, Any] | None = None
    """The description that AWS gave."""

    @property
    def running(self) -> bool:
        """Whether AWS is still at it."""
        return self.status in _RUNNING

    @property
    def why(self) -> str:
        """Why it failed, in AWS's words."""
        return ": ".join(filter(None, (self.code, self.message))) or self.status


def watch(aws: Aws, describe: Callable[[], AwsJob], report: Callable[[AwsJob, float], None]) -> AwsJob:
    """Look until the job has ended; `tell` gets each look and the seconds passed. Raises DynaopsError kinds.

    A look that fails in passing is repeated, but one that somebody else answers only a few times.
    """
    began = seen = time.monotonic()
    foreign = 0
    for delay in _delays(aws.poll_cap):
        try:
            job = describe()
        except AwsFailure as error:
            passing = isinstance(error, ResponseLost) or (
                isinstance(error, AwsRefusal) and error.verdict in (ErrorClass.RETRY, ErrorClass.WAIT)
            )
            foreign += isinstance(error, ForeignAnswer)
            if not passing or foreign >= _FOREIGN or time.monotonic() - seen > _PATIENCE:
                raise
        else:
            seen, foreign = time.monotonic(), 0
            report(job, seen - began)
            if not job.running:
                return job
        time.sleep(delay)
    raise AssertionError("delays never end")


def described(response: dict[str, Any] | None, name: str) -> dict[str, Any]:
    """The answer of a Describe call. Raises DynaopsError where AWS does not know the thing."""
    if response is None:
        raise DynaopsError(f"AWS does not know the {name} any more")
    return response


def _delays(cap: float | None) -> Iterator[float]:
    """Seconds between looks: a share of the time already passed, never long, jittered against herds."""
    shortest, longest = (0.02, cap) if cap else (1.0, 15.0)
    began = time.monotonic()
    while True:
        share = (time.monotonic() - began) * 0.1
        yield min(max(share, shortest), longest) * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
