"""Records of runs: who changed a state or AWS, when, with what command, and what came of it.

Times are ISO 8601 in UTC. A record is written when a run begins to change anything, and again when it ends.
"""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import ConfigDict

from dynaops.model.base import Model

FORMAT_VERSION = 1
RUN_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-\d{8,12}-[0-9a-f]{8}")
"""The time it began, the serial of the state then, and eight random digits: ids sort by time."""


class RunResult(StrEnum):
    """How a run ended."""

    BEGUN = "begun"
    """It has not ended: it is still at work, or it was killed."""
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class OperationResult(StrEnum):
    """What became of one operation of a run."""

    PLANNED = "planned"
    """Not sent yet when the record was written."""
    STARTED = "started"
    """Sent, or about to be; the record was written before its end."""
    DONE = "done"
    LEFT = "left"
    """Accepted by AWS, which goes on by itself."""
    SKIPPED = "skipped"
    FAILED = "failed"


class _Part(Model):
    """Part of a record. Members that a newer version adds are ignored: an old version can still list the runs."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Who(_Part):
    """Who ran it: the AWS caller as far as it is known (else `note` says why not), and the user of the machine."""

    arn: str | None = None
    account: str | None = None
    note: str | None = None
    user: str
    host: str


class Commit(_Part):
    """The git commit that the working directory was at. `dirty`: tracked files differed from it (None: not known)."""

    id: str
    dirty: bool | None = None


class RunOperation(_Part):
    """One operation of a run, and what became of it."""

    id: str
    title: str
    address: str
    service: str
    api: str
    region: str
    result: OperationResult = OperationResult.PLANNED
    message: str = ""


class RunRecord(_Part):
    """One run that changed AWS or a state.

    `arguments` is its command line, without values that may be secret. `plan_digest` is the SHA-256 of the saved plan's
    file (`saved_plan`), or of the plan as it was made. `added` and `removed` are addresses that the state gained and
    lost. Serials are None where the run did not save the state.
    """

    format_version: int = FORMAT_VERSION
    id: str
    command: str
    arguments: tuple[str, ...] = ()
    began_at: str
    ended_at: str | None = None
    result: RunResult = RunResult.BEGUN
    message: str | None = None
    who: Who
    commit: Commit | None = None
    environment: str | None = None
    state: str | None = None
    lineage: str | None = None
    serial_before: int | None = None
    serial_after: int | None = None
    plan_digest: str | None = None
    saved_plan: bool = False
    consents: tuple[str, ...] = ()
    operations: tuple[RunOperation, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    dynaops_version: str = ""

    def counts(self) -> dict[OperationResult, int]:
        """How many operations there are of each result."""
        results = [operation.result for operation in self.operations]
        return {result: results.count(result) for result in OperationResult if result in results}
