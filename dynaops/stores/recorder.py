"""Record a run: its record is written before the first change, and again at the end.

If a record cannot be written, a warning is shown and the run continues: the state is more important than its history.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dynaops.model.errors import DynaopsError
from dynaops.model.event import Event, Outcome, Stage
from dynaops.model.exits import Exit
from dynaops.model.operation import Operation
from dynaops.model.run_record import OperationResult, RunOperation, RunRecord, RunResult
from dynaops.stores.run_log import RunLog

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.plan import Plan
    from dynaops.model.state import State

About = Callable[[str, "Aws | None", "str | None"], RunRecord]
"""Makes a record with the facts of the process, from the command's name, the AWS session and a region."""
_RESULTS = {
    Stage.BLOCKED: OperationResult.PLANNED,
    Stage.CALLING: OperationResult.STARTED,
    Stage.WAITING: OperationResult.STARTED,
    Stage.DONE: OperationResult.DONE,
    Stage.LEFT: OperationResult.LEFT,
    Stage.SKIPPED: OperationResult.SKIPPED,
    Stage.FAILED: OperationResult.FAILED,
}
_LONGEST_MESSAGE = 2000
"""The most characters of a message that are kept."""


class RunRecorder:
    """Records the runs of one process on one state.

    `about` makes a `RunRecord` without an id, with the facts of the process. `warn` shows a warning to the user.
    """

    def __init__(self, log: RunLog, about: About, warn: Callable[[str], None] = lambda _: None) -> None:
        self.log = log
        self._about = about
        self._warn = warn
        self.aws: Aws | None = None
        """The AWS session, if the command calls AWS."""
        self._region: str | None = None
        self._lock = threading.RLock()
        self._depth = 0
        self._command = ""
        self._record: RunRecord | None = None
        self._operations: dict[str, RunOperation] = {}
        self._outcome: Outcome | None = None
        self._before: State | None = None
        self._after: State | None = None
        self._broken = False
        self.at_end: Callable[[RunRecord], None] | None = None
        """Called with the record at the end of the current run. It must not raise."""

    @contextlib.contextmanager
    def run(self, command: str) -> Iterator[None]:
        """A context for a run of `command`; a nested one is part of the outer run, which ends the record."""
        with self._lock:
            self._depth += 1
            self._command = self._command or command
        error: BaseException | None = None
        try:
            yield
        except BaseException as raised:
            error = raised
            raise
        finally:
            with self._lock:
                self._depth -= 1
                if not self._depth:
                    self._end(error)

    def begin(self, plan: Plan, before: State | None, digest: str | None = None) -> None:
        """Record that the operations of `plan` are about to be run; `digest` is that of a saved plan's file.

        `before` is the state that the plan was made with; None if no state is to be changed.
        """
        with self._lock:
            self._before = self._before or before
            self._region = next((operation.region for operation in plan.operations), None)
            self._operations |= {operation.id: _planned(operation) for operation in plan.operations}
            facts: dict[str, object] = {
                "plan_digest": digest or digest_of(plan),
                "saved_plan": digest is not None,
                "consents": tuple(str(consent) for consent in plan.consents),
            }
            self._write_begin(facts)

    def changing(self, before: State | None) -> None:
        """Record that a state is about to replace `before` (None: the old one cannot be read)."""
        with self._lock:
            if self._before is None and before is not None:
                self._before = before
            if self._record is None:
                self._write_begin({})

    def changed(self, after: State) -> None:
        """Note the new stored state."""
        self._after = after

    def after(self, report: Callable[[Event], None]) -> Callable[[Event], None]:
        """A function that notes an event and passes it on to `report`."""

        def note_and_report(event: Event) -> None:
            self.note(event)
            report(event)

        return note_and_report

    def note(self, event: Event) -> None:
        """Note the new stage of an operation."""
        with self._lock:
            recorded = self._operations.get(event.operation)
            if recorded is not None:
                message = event.detail[:_LONGEST_MESSAGE] if event.stage in _TOLD else ""
                self._operations[event.operation] = recorded.model_copy(
                    update={"result": _RESULTS[event.stage], "message": message}
                )

    def ended(self, outcome: Outcome) -> None:
        """Note how the operations ended."""
        self._outcome = outcome

    def _write_begin(self, facts: Mapping[str, object]) -> None:
        if self._record is None:
            self._record = self._about(self._command, self.aws, self._region)
        before = self._before
        record = self._record.model_copy(
            update={
                **facts,
                # A state that was never saved has another lineage at each load.
                "lineage": before.lineage if before and before.serial else None,
                "serial_before": before.serial if before else None,
                "operations": tuple(self._operations.values()),
            }
        )
        if not record.id:
            record = record.model_copy(update={"id": new_id(record.began_at, before.serial if before else 0)})
        self._record = record
        self._write(record)

    def _end(self, error: BaseException | None) -> None:
        record, self._record = self._record, None
        if record is not None:
            final = record.model_copy(update=self._final(error))
            self._write(final)
            self._forget_oldest()
            if self.at_end is not None:
                self.at_end(final)
        self.at_end = None
        self._command, self._operations, self._outcome = "", {}, None
        self._before = self._after = None

    def _final(self, error: BaseException | None) -> dict[str, object]:
        before = set(self._before.resources) if self._before else set()
        after = set(self._after.resources) if self._after else before
        return {
            "ended_at": now(),
            "result": _result(error, self._outcome),
            "message": _message(error),
            "operations": tuple(self._operations.values()),
            "serial_after": self._after.serial if self._after else None,
            "lineage": self._after.lineage
            if self._after
            else (self._before.lineage if self._before else None),
            "added": tuple(sorted(after - before)),
            "removed": tuple(sorted(before - after)),
        }

    def _write(self, record: RunRecord) -> None:
        try:
            self.log.write(record)
        except DynaopsError as error:
            self._tell_once(f"The record of this run cannot be kept: {error.message}")

    def _forget_oldest(self) -> None:
        with contextlib.suppress(DynaopsError):  # then more records are kept than needed
            self.log.forget_oldest()

    def _tell_once(self, text: str) -> None:
        if not self._broken:
            self._broken = True
            self._warn(f"{text.rstrip('.')}. The run itself, and its state, are not affected")


_TOLD = (Stage.LEFT, Stage.SKIPPED, Stage.FAILED)
"""The stages whose details a record keeps."""


def new_id(began_at: str, serial: int) -> str:
    """The id of a run: its start time, the state's serial at that time, and random digits."""
    time = began_at.replace("-", "").replace(":", "")
    return f"{time}-{min(serial, 10**12 - 1):08d}-{secrets.token_hex(4)}"


def now() -> str:
    """The current time in the format of records."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest_of(plan: Plan) -> str:
    """The SHA-256 of a plan that was not saved."""
    import hashlib

    return hashlib.sha256(plan.model_dump_json().encode()).hexdigest()


def _planned(operation: Operation) -> RunOperation:
    return RunOperation(
        id=operation.id,
        title=operation.title,
        address=operation.address,
        service=operation.service,
        api=operation.api,
        region=operation.region,
    )


def _result(error: BaseException | None, outcome: Outcome | None) -> RunResult:
    if outcome is not None and isinstance(error, OSError):
        error = None  # only the output failed: the run itself had ended
    stopped = isinstance(error, KeyboardInterrupt) or getattr(error, "exit_code", None) == Exit.INTERRUPTED
    if stopped or (outcome is not None and outcome.interrupted):
        return RunResult.INTERRUPTED
    failed = error is not None or (outcome is not None and not outcome.complete)
    return RunResult.FAILED if failed else RunResult.DONE


def _message(error: BaseException | None) -> str | None:
    if error is None:
        return None
    text = error.message if isinstance(error, DynaopsError) else f"{type(error).__name__}: {error}"
    return text[:_LONGEST_MESSAGE]
