"""A job of AWS (import, bulk put or export): its status, and waiting until it has ended."""

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
"""Seconds within which at least one Describe call must succeed."""
_FOREIGN = 5
"""Consecutive responses that are not AWS's after which waiting ends; the job continues, and can be watched again."""


@dataclass(frozen=True)
class AwsJob:
    """The status of a job. Counts are AWS's; `total` bytes are None if AWS does not report them (yet)."""

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
        """Whether the job is in progress."""
        return self.status in _RUNNING

    @property
    def why(self) -> str:
        """Why the job failed: AWS's code and message."""
        return ": ".join(filter(None, (self.code, self.message))) or self.status


def watch(aws: Aws, describe: Callable[[], AwsJob], report: Callable[[AwsJob, float], None]) -> AwsJob:
    """Poll until the job has ended; `report` is called with each status and the seconds passed. Raises DynaopsError.

    A call that fails temporarily is repeated; if the response is not AWS's, only a few times.
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
    """The response of a Describe call. Raises DynaopsError if there is none, because the job is not known to AWS."""
    if response is None:
        raise DynaopsError(f"AWS does not know the {name} any more")
    return response


def _delays(cap: float | None) -> Iterator[float]:
    """Seconds between polls: a tenth of the time already passed, within bounds, with jitter."""
    shortest, longest = (0.02, cap) if cap else (1.0, 15.0)
    began = time.monotonic()
    while True:
        share = (time.monotonic() - began) * 0.1
        yield min(max(share, shortest), longest) * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
