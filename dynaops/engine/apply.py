"""Apply a plan: run its operations, and save the state before and after each call.

The intent is saved before each call and the effect after it, so that the next run can find out by reading AWS what a
run that died has done. Several tables are worked on in parallel; the operations of one table run one after another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import jmespath

from dynaops.engine.execute import Deferred, Runner, StopRequested
from dynaops.engine.late_values import filled, known_effects, known_now
from dynaops.engine.state_account import stamped
from dynaops.engine.state_effects import apply_effects
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Event, Outcome, Stage
from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.model.state import Intent, Run, State
from dynaops.stores.base import LockHeld, StateMoved

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.stores.base import Keeper

Emit = Callable[[Event], None]


@dataclass(frozen=True)
class ApplyOptions:
    """Options of an apply. `wait`: wait until slow work of AWS is done (else the next apply waits for it).

    `parallelism` is the number of tables that are worked on at the same time.

    AWS refuses a third to a half of ten concurrent control-plane writes; 2 to 4 pass (live finding DDB-TABLE-132).
    `saved_plan` is the SHA-256 of the file of a saved plan, whose run can then be resumed. `happened` are the ids of
    operations whose call an earlier run made and whose effect AWS shows: they are not called again, only waited for.
    """

    wait: bool = True
    parallelism: int = 4
    saved_plan: str | None = None
    happened: frozenset[str] = frozenset()


class JobRunner(Protocol):
    """Runs jobs in parallel (threads, or the simulated scheduler of a rehearsal)."""

    def __enter__(self) -> Any: ...

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def submit(self, job: Callable[[Any], None], item: Any) -> Future[None]:
        """Run `job` with `item` as soon as a worker is free."""

    def ended(self, running: Iterable[Future[None]]) -> Iterable[Future[None]]:
        """Wait until at least one of `running` has ended, and return those that have ended."""


class ThreadedJobs:
    """Runs jobs in a pool of threads."""

    def __init__(self, parallelism: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=max(1, parallelism), thread_name_prefix="apply")

    def __enter__(self) -> ThreadedJobs:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def submit(self, job: Callable[[Any], None], item: Any) -> Future[None]:
        return self._pool.submit(job, item)

    def ended(self, running: Iterable[Future[None]]) -> Iterable[Future[None]]:
        return wait(running, return_when=FIRST_COMPLETED).done


class StateRecorder:
    """Holds the state while operations run, and saves every change before the thread that made it continues.

    Several threads change the state. While one save runs, the changes of other threads collect, and the next save
    writes them all: no thread waits for more than two saves.
    """

    def __init__(self, store: Keeper, saved_plan: str | None = None, lineage: str = "") -> None:
        self._store = store
        self._saved_plan = saved_plan
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._changes = self._saved_changes = 0
        self.state = store.load().planned_for(lineage)
        run = self.state.run_of(saved_plan)
        self.begun = frozenset(self.state.in_flight) if run else frozenset()
        """Ids of operations that were in flight when an earlier run of the same saved plan ended or died."""

    def begin(self, plan: Plan, aws: Aws) -> None:
        """Save the state updates that need no call (adoptions, effects found after a crash), if there are any."""
        new_run = Run(plan=self._saved_plan, serial=self.state.serial) if self._saved_plan else None
        run = self.state.run_of(self._saved_plan) or new_run
        account_state = stamped(self.state, aws.caller(next(iter(plan.regions), None)))
        self.state = account_state.model_copy(update={"run": run})
        state = apply_effects(self.state, plan.updates, {}, time.time())
        in_flight = {
            key: intent
            for key, intent in state.in_flight.items()
            if intent.address.partition("/")[0] not in plan.tables or key in self.begun
        }
        if plan.updates or len(in_flight) != len(state.in_flight):
            self._change(lambda _: state.model_copy(update={"in_flight": in_flight}))

    def intend(self, operation: Operation) -> None:
        """Save the intent: the call is about to be made."""
        intent = Intent(
            operation=operation.id,
            api=operation.api,
            address=operation.address,
            effects=known_effects(operation, self.state),
            at=time.time(),
        )
        self._change(
            lambda state: state.model_copy(update={"in_flight": {**state.in_flight, operation.id: intent}})
        )

    def withdraw(self, operation: Operation) -> None:
        """Remove the intent: the call was refused or not made."""
        if operation.id in self.state.in_flight:
            self._change(lambda state: self._without(state, operation))

    def record(self, operation: Operation, response: dict[str, Any]) -> None:
        """Save the operation's effects; `response` is the last response of AWS."""
        outputs = {
            effect.address: {name: jmespath.search(path, response) for name, path in effect.outputs.items()}
            for effect in operation.effects
        }

        def recorded(state: State) -> State:
            effects = [
                effect.model_copy(update={"set": filled(effect.set, state)}) for effect in operation.effects
            ]
            changed = self._without(apply_effects(state, effects, outputs, time.time()), operation)
            if changed.run is None:
                return changed
            run = changed.run.model_copy(update={"done": (*changed.run.done, operation.id)})
            return changed.model_copy(update={"run": run})

        self._change(recorded)

    def _without(self, state: State, operation: Operation) -> State:
        in_flight = {key: intent for key, intent in state.in_flight.items() if key != operation.id}
        return state.model_copy(update={"in_flight": in_flight})

    def _change(self, edit: Callable[[State], State]) -> None:
        """Change the state and return when the change is saved (by this thread or by a later save of another one)."""
        with self._lock:
            self.state = edit(self.state)
            self._changes += 1
            own_change = self._changes
        with self._saving:
            if self._saved_changes >= own_change:
                return
            with self._lock:
                state, last_change = _with_serial(self.state), self._changes
            saved = self._store.save(state)
            with self._lock:
                self.state = self.state.model_copy(update={"serial": saved.serial})
                self._saved_changes = last_change


def _with_serial(state: State) -> State:
    """The state with its next serial number recorded in its run, as it is about to be saved."""
    if state.run is None:
        return state
    run = state.run.model_copy(update={"serial": state.serial + 1})
    return state.model_copy(update={"run": run})


@dataclass
class _Progress:
    """The stage and the failure of each operation so far, by operation id."""

    stages: dict[str, Stage] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)

    def ids(self, stage: Stage) -> tuple[str, ...]:
        return tuple(operation_id for operation_id, reached in self.stages.items() if reached is stage)


def apply_plan(
    plan: Plan,
    store: Keeper,
    aws: Aws,
    emit: Emit,
    options: ApplyOptions | None = None,
    stop: threading.Event | None = None,
    jobs: JobRunner | None = None,
    now: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Apply `plan`; the caller holds the store's lock. `stop` ends the run after the call in progress.

    A rehearsal passes its own `jobs` runner and clock (`now`, in seconds). Failures of operations are part of the
    outcome, not raised. Raises LockHeld or StateMoved if another run has taken over the state: this run ends at once,
    and the next plan finds out what was sent.
    """
    settings = options or ApplyOptions()
    runner = Runner(aws, stop or threading.Event(), settings.wait, now)
    run = _Run(plan, StateRecorder(store, settings.saved_plan, plan.lineage), settings.happened, runner, emit)
    started = now()
    run.recorder.begin(plan, aws)
    run.run_all(jobs or ThreadedJobs(settings.parallelism))
    if run.lost_state is not None:
        raise run.lost_state
    if run.internal_errors:
        raise run.internal_errors[0]
    progress = run.progress
    return Outcome(
        done=progress.ids(Stage.DONE),
        left=progress.ids(Stage.LEFT),
        skipped=progress.ids(Stage.SKIPPED),
        failed=progress.failed,
        hints=progress.hints,
        interrupted=run.runner.stop.is_set(),
        serial=run.recorder.state.serial,
        seconds=round(now() - started, 3),
    )


class _Run:
    """One run of a plan's operations."""

    def __init__(
        self, plan: Plan, recorder: StateRecorder, happened: frozenset[str], runner: Runner, emit: Emit
    ) -> None:
        self.plan = plan
        self.recorder = recorder
        self._happened = happened
        self.runner = runner
        self.progress = _Progress()
        self.lost_state: LockHeld | StateMoved | None = None
        """The error that says that this run may not save the state any more."""
        self.internal_errors: list[Exception] = []
        """Errors in dynaops itself: raised when the operations of the other tables have ended."""
        self._emit = emit
        self._positions = {operation.id: number for number, operation in enumerate(plan.operations, 1)}

    def run_all(self, jobs: JobRunner) -> None:
        """Run every operation as soon as all operations in its `after` have ended."""
        waiting = {operation.id: operation for operation in self.plan.operations}
        running: dict[Future[None], str] = {}
        with jobs:
            settling = {
                jobs.submit(self._settle, operation) for operation in self.plan.settle if self.runner.patient
            }
            while settling:
                for future in jobs.ended(settling):
                    settling.discard(future)
                    future.result()
            while waiting or running:
                for operation in [operation for operation in waiting.values() if self._is_due(operation)]:
                    del waiting[operation.id]
                    if self._may_run(operation):
                        running[jobs.submit(self._run_operation, operation)] = operation.id
                    else:
                        self._report(operation, Stage.SKIPPED, "left for the next apply")
                if running:
                    for future in jobs.ended(running):
                        del running[future]
                        future.result()

    def _is_due(self, operation: Operation) -> bool:
        ended = {Stage.DONE, Stage.LEFT, Stage.SKIPPED, Stage.FAILED}
        return all(self.progress.stages.get(earlier) in ended for earlier in operation.after)

    def _may_run(self, operation: Operation) -> bool:
        """Whether its `needs` are done and, if it needs an idle table, no earlier operation is still in progress."""
        if self.runner.stop.is_set():
            return False
        if any(self.progress.stages.get(operation_id) is not Stage.DONE for operation_id in operation.needs):
            return False
        earlier = self._before(operation)
        return not (
            operation.needs_idle
            and any(self.progress.stages[operation_id] is Stage.LEFT for operation_id in earlier)
        )

    def _before(self, operation: Operation) -> set[str]:
        """The ids of all operations that run before this one, directly or indirectly."""
        by_id = {operation.id: operation for operation in self.plan.operations}
        earlier: set[str] = set()
        unseen = list(operation.after)
        while unseen:
            operation_id = unseen.pop()
            if operation_id not in earlier:
                earlier.add(operation_id)
                unseen.extend(by_id[operation_id].after)
        return earlier

    def _settle(self, pending: Any) -> None:
        try:
            self.runner.settle(pending)
        except StopRequested:
            return

    def _run_operation(self, operation: Operation) -> None:
        try:
            self._attempt(operation)
        except (LockHeld, StateMoved) as error:
            # Another run holds the state: no more calls are sent, and threads that wait for AWS stop waiting.
            self.lost_state = error
            self.runner.stop.set()
            self._report(operation, Stage.FAILED, error.message)
        except OSError:
            raise  # the state cannot be saved: no more calls are sent
        except Exception as error:  # an error in dynaops must not stop the work on other tables half way
            self.internal_errors.append(error)
            self._report(operation, Stage.FAILED, f"{type(error).__name__}: {error}")

    def _attempt(self, operation: Operation) -> None:
        def report(stage: Stage, detail: str) -> None:
            self._report(operation, stage, detail)

        accepted = False
        try:
            operation = known_now(operation, self.recorder.state)
            response: dict[str, Any] = {}
            if operation.id not in self._happened:
                self.runner.prepare(operation, report)
                self.recorder.intend(operation)
                response = self.runner.call(operation, report, operation.id in self.recorder.begun)
            accepted = True
            if operation.slow and not self.runner.patient:
                report(Stage.LEFT, "accepted by AWS, which goes on by itself")
                return
            response = self.runner.wait(operation, response, report) or response
            self.recorder.record(operation, response)
            report(Stage.DONE, "")
        except StopRequested as stopped:
            self._stopped(operation, stopped.accepted)
        except Deferred:
            self.recorder.withdraw(operation)
            report(Stage.SKIPPED, "left for the next apply")
        except (LockHeld, StateMoved):
            raise
        except DynaopsError as error:
            self._failed(operation, error, accepted)

    def _stopped(self, operation: Operation, accepted: bool) -> None:
        if accepted:
            self._report(operation, Stage.LEFT, "accepted by AWS, which goes on by itself")
            return
        if self.lost_state is None:
            self.recorder.withdraw(operation)
        self._report(operation, Stage.SKIPPED, "interrupted before AWS took it")

    def _failed(self, operation: Operation, error: DynaopsError, accepted: bool) -> None:
        """Record a failure. A refused call had no effect; after any other error the intent stays for the next run."""
        from dynaops.aws.errors import AwsRefusal

        if isinstance(error, AwsRefusal) and not accepted:
            self.recorder.withdraw(operation)
        self.progress.failed[operation.id] = error.message
        if error.hint:
            self.progress.hints[operation.id] = error.hint
        self._report(operation, Stage.FAILED, error.message)

    def _report(self, operation: Operation, stage: Stage, detail: str) -> None:
        if stage not in (Stage.BLOCKED, Stage.CALLING, Stage.WAITING):
            self.progress.stages[operation.id] = stage
        expected = operation.wait.expected if stage is Stage.WAITING and operation.wait else None
        self._emit(
            Event(
                at=time.time(),
                operation=operation.id,
                address=operation.address,
                title=operation.title,
                stage=stage,
                detail=detail,
                expected=expected,
                position=self._positions[operation.id],
                total=len(self._positions),
            )
        )
