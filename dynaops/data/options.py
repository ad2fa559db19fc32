"""The options, the progress and the result of a load."""

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
    """What a load does with each row."""

    PUT = "put"
    """The item is written, and replaces an item of the same key."""
    IF_NOT_EXISTS = "if-not-exists"
    """The item is written if the table has none of that key; else it is counted as skipped."""
    UPDATE = "update"
    """The row's attributes are set; other attributes of the item in the table are kept."""
    DELETE = "delete"
    """The item of that key is deleted; only the row's key attributes are used."""


def default_workers() -> int:
    """One worker for each core that this process may use, 8 at most."""
    return max(
        1, min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    )


@dataclass(frozen=True)
class LoadOptions:
    """The options of a load. Times are in seconds.

    `plan` is the argument of `make_parser` in a worker process; both must be picklable. `rate` is in write capacity
    units a second, None for as much as the table can take. `checkpoint` is the folder of the checkpoint file, `inputs`
    are the names of the inputs in it, and `fingerprint` changes when the inputs change. `rejects` is the rejects file
    of a new load; a resumed load continues its own. If AWS accepts nothing for `patience` seconds, the load ends and
    can be resumed. `in_flight` is the highest number of concurrent requests of one worker.
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
    """Numbers that are added field by field."""

    def add(self, other: Self) -> None:
        """Add the numbers of `other`."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Counts(_Sums):
    """Counts of rows: read = written + deleted + skipped + unsure + rejected + not_loaded.

    `bytes` is the size of the input.
    """

    read: int = 0
    written: int = 0
    skipped: int = 0
    """Rows for which an item of that key existed, and which the mode therefore does not write."""
    unsure: int = 0
    """Rows in the table as in the input, but a response was lost: this load wrote them, or they existed before."""
    rejected: int = 0
    deleted: int = 0
    """Rows that are delete requests of a BatchWriteItem file, in a load that puts its other rows."""
    not_loaded: int = 0
    """Rows that belong to another table."""
    replaced: int = 0
    """How many of the written or deleted rows were not sent, because a later row of the same key replaced them."""
    bytes: int = 0

    @property
    def accounted(self) -> int:
        """The sum of the counts of all outcomes, which must equal `read`."""
        return self.written + self.deleted + self.skipped + self.unsure + self.rejected + self.not_loaded


@dataclass
class Traffic(_Sums):
    """The requests and costs of writing. `consumed` is in write capacity units, as AWS counted them."""

    requests: int = 0
    consumed: float = 0.0
    throttles: int = 0
    """Requests that were throttled or left items unprocessed."""
    retries: int = 0
    """Requests that had to be repeated for any reason."""
    rows: int = 0
    """Finished rows, including those of blocks that are not yet confirmed."""
    bytes: int = 0
    """The size of these rows in the input, in bytes."""


@dataclass(frozen=True)
class LoadProgress:
    """The progress of a load: `counts` of the whole load, `traffic` and `seconds` of this run."""

    counts: Counts
    traffic: Traffic
    seconds: float
    in_flight: int
    workers: int


@dataclass(frozen=True)
class LoadSummary:
    """The result of a load. `counts` include earlier runs that it resumed; `traffic` and `seconds` are this run's."""

    counts: Counts
    traffic: Traffic
    seconds: float
    resumed: bool
    complete: bool
    """Whether all of the input was read; if not, `stopped` or `faults` say why."""
    stopped: Reject | None = None
    """The reject at which --fail-fast ended the load."""
    samples: tuple[Reject, ...] = ()
    """The first rejects of this run."""
    notes: tuple[LoadNote, ...] = ()
    """The notes about rows of the whole load."""
    faults: tuple[InputFault, ...] = ()
    """Inputs that could not be read completely; the rows read until then are loaded."""
    rejects: Path | None = None
    """The path of the rejects file, if there is one."""
