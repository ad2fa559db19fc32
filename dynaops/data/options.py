"""What a load is asked to do, what it tells on its way, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from dynaops.data.notes import LoadNote
from dynaops.data.parsing.parser import make_parser
from dynaops.data.rows import InputBlock, InputFault, Keys, Parsed, Reject


class Mode(StrEnum):
    """What is done with each row."""

    PUT = "put"
    """Written, in place of a row of the same key."""
    IF_NOT_EXISTS = "if-not-exists"
    """Written where no row of that key is there; else counted as skipped."""
    UPDATE = "update"
    """Its attributes are set; others of the row in the table stay."""
    DELETE = "delete"
    """The row of that key is deleted; only key attributes count."""


def default_workers() -> int:
    """One worker for each core that this process may use, 8 at most."""
    return max(
        1, min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    )


@dataclass(frozen=True)
class LoadOptions:
    """How to load. Times are in seconds.

    `plan` is what `make_parser` needs in a worker process; both must survive pickling. `rate` is in write capacity
    units a second, None for as much as the table bears. `checkpoint` is the folder for what must survive a kill;
    `inputs` name what is loaded there, and `fingerprint` tells whether it is still the same. `rejects` is for a new
    load: one that is resumed goes on with its own file. `patience` is how long
    AWS may take nothing at all before the load ends (to be resumed). `in_flight` bounds the requests that one worker
    has under way.
    """

    keys: Keys
    plan: Any
    make_parser: Callable[[Any], Callable[[InputBlock], Parsed]] = make_parser
    mode: Mode = Mode.PUT
    workers: int = field(default_factory=default_workers)
    rate: float | None = None
    rejects: Path | None = None
    fail_fast: bool = False
    checkpoint: Path = Path(".dynaops/load")
    inputs: tuple[str, ...] = ()
    fingerprint: str = ""
    resume: bool = False
    in_flight: int = 64
    timeout: float = 30.0
    patience: float = 300.0


class _Sums:
    """Numbers that are summed up, member by member."""

    def add(self, other: Self) -> None:
        """Add the numbers of `other`."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Counts(_Sums):
    """What happened to rows: read = written + deleted + skipped + unsure + rejected + not_loaded.

    `bytes` are the input's.
    """

    read: int = 0
    written: int = 0
    skipped: int = 0
    """Another row of that key was there, and the mode leaves it."""
    unsure: int = 0
    """In the table as the input has them, but an answer was lost: written by this load, or there before."""
    rejected: int = 0
    deleted: int = 0
    """Rows that are delete requests of a batch-write file, in a load whose other rows are put."""
    not_loaded: int = 0
    """Rows that are meant for another table."""
    replaced: int = 0
    """Of those written or deleted: rows that a later one of the same key had replaced before they were sent."""
    bytes: int = 0

    @property
    def accounted(self) -> int:
        """Rows of which is known what became of them: has to be `read`."""
        return self.written + self.deleted + self.skipped + self.unsure + self.rejected + self.not_loaded


@dataclass
class Traffic(_Sums):
    """What the writing cost. `consumed` is in write capacity units, as AWS counted them."""

    requests: int = 0
    consumed: float = 0.0
    throttles: int = 0
    """Requests refused for throughput, and those that left items unprocessed."""
    retries: int = 0
    """Requests that had to be repeated, for whatever reason."""
    rows: int = 0
    """Rows done with so far, also of blocks that are not confirmed as a whole."""
    bytes: int = 0
    """The input's bytes that these rows stand for."""


@dataclass(frozen=True)
class LoadProgress:
    """How a load stands: `counts` of this load as a whole, `traffic` and `seconds` of this run."""

    counts: Counts
    traffic: Traffic
    seconds: float
    in_flight: int
    workers: int


@dataclass(frozen=True)
class LoadSummary:
    """What came of a load. `counts` hold what was there when it was resumed, `traffic` and `seconds` are this run's."""

    counts: Counts
    traffic: Traffic
    seconds: float
    resumed: bool
    complete: bool
    """Whether all of the input was read; not so where `stopped` says why."""
    stopped: Reject | None = None
    """The reject at which --fail-fast ended the load."""
    samples: tuple[Reject, ...] = ()
    """The first rejects of this run."""
    notes: tuple[LoadNote, ...] = ()
    """What was noted about rows, of the whole load."""
    faults: tuple[InputFault, ...] = ()
    """Inputs that could not be read to their ends; what was read of them is loaded."""
    rejects: Path | None = None
    """Where rejected rows are, if there are any."""
