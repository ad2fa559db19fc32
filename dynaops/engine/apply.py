"""Applying: run the plan's operations, remembering every step before and after it is taken.

The intent is saved before each call and the effect after it, so that a run that dies anywhere can be
resolved by observing. Tables go side by side; one table's operations go one after another.
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
    """`wait`: see slow work through (else leave it to the next apply). `parallelism`: tables at work at once.

    AWS refuses a third to a half of ten concurrent control-plane writes; 2 to 4 pass (live finding DDB-TABLE-132).
    `saved_plan` is the SHA-256 of the file of a saved plan, whose run can then be gone on with; `happened` are the
    operations of which an earlier run made the call and AWS shows the effect: they are only waited for.
    """

    wait: bool = True
    parallelism: int = 4
    saved_plan: str | None = None
    happened: frozenset[str] = frozenset()


class JobRunner(Protocol):
    """Who carries out jobs side by side."""

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def submit(self, job: Callable[[Any], None], what: Any) -> Future[None]:
        """Let `job` be done with `what`, as soon as there is a hand free."""

    def ended(self, running: Iterable[Future[None]]) -> Iterable[Future[None]]:
        """Wait until one of `running` has ended: those that have."""


class ThreadedJobs:
    """The usual crew: so many threads."""

    def __init__(self, parallelism: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=max(1, parallelism), thread_name_prefix="apply")

    def __enter__(self) -> ThreadedJobs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def submit(self, job: Callable[[Any], None], what: Any) -> Future[None]:
        return self._pool.submit(job, what)

    def ended(self, running: Iterable[Future[None]]) -> Iterable[Future[None]]:
        return wait(running, return_when=FIRST_COMPLETED).done


class StateRecorder:
    """The state while operations run: every change of it is saved before anyone goes on.

    Tables are worked on side by side, so while one save is under way the changes of others gather, and the next save
    keeps them all: nobody waits for more than two.
    """

    def __init__(self, store: Keeper, saved_plan: str | None = None, lineage: str = "") -> None:
        self._store = store
        self._saved_plan = saved_plan
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._changes = self._kept = 0
        self.state = store.load().planned_for(lineage)
        run = self.state.run_of(saved_plan)
        self.begun = frozenset(self.state.in_flight) if run else frozenset()
        """The operations that an earlier run of the same saved plan was at, when it ended or died."""

    def begin(self, plan: Plan, aws: Aws) -> None:
        """Record what the plan found out without calls (adoptions, what a crash left), if there is anything."""
        new = Run(plan=self._saved_plan, serial=self.state.serial) if self._saved_plan else None
        run = self.state.run_of(self._saved_plan) or new
        known = stamped(self.state, aws.caller(next(iter(plan.regions), None)))
        self.state = known.model_copy(update={"run": run})
        state = apply_effects(self.state, plan.updates, {}, time.time())
        kept = {
            key: intent
            for key, intent in state.in_flight.items()
            if intent.address.partition("/")[0] not in plan.tables or key in self.begun
        }
        if plan.updates or len(kept) != len(state.in_flight):
            self._change(lambda _: state.model_copy(update={"in_flight": kept}))

    def intend(self, operation: Operation) -> None:
        """Save that the call is about to be made."""
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
        """Save that the call was refused, or not made after all."""
        if operation.id in self.state.in_flight:
            self._change(lambda state: self._without(state, operation))

    def record(self, operation: Operation, answer: dict[str, Any]) -> None:
        """Save the operation's effects; `answer` is what AWS said last."""
        outputs = {
            effect.address: {name: jmespath.search(path, answer) for name, path in effect.outputs.items()}
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
        in_flight = {key: one for key, one in state.in_flight.items() if key != operation.id}
        return state.model_copy(update={"in_flight": in_flight})

    def _change(self, edit: Callable[[State], State]) -> None:
        """Change the state; on return it is saved, by this thread or by one that came after."""
        with self._lock:
            self.state = edit(self.state)
            self._changes += 1
            mine = self._changes
        with self._saving:
            if self._kept >= mine:
                return
            with self._lock:
                state, until = _with_serial(self.state), self._changes
            saved = self._store.save(state)
            with self._lock:
                self.state = self.state.model_copy(update={"serial": saved.serial})
                self._kept = until


def _with_serial(state: State) -> State:
    """The state as it is about to be saved, with a run that says so."""
    if state.run is None:
        return state
    run = state.run.model_copy(update={"serial": state.serial + 1})
    return state.model_copy(update={"run": run})


@dataclass
class _Progress:
    """What became of the operations so far."""

    stages: dict[str, Stage] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)

    def ids(self, stage: Stage) -> tuple[str, ...]:
        return tuple(name for name, one in self.stages.items() if one is stage)


def apply_plan(
    plan: Plan,
    store: Keeper,
    aws: Aws,
    emit: Emit,
    options: ApplyOptions | None = None,
    stop: threading.Event | None = None,
    crew: JobRunner | None = None,
    now: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Carry out `plan`; the caller holds the store's lock. `stop` ends the run after the call in progress.

    A rehearsal brings a `crew` and a time (`now`, in seconds) of its own.
    Failures of operations are told in the outcome, not raised. Raises LockHeld or StateMoved where the state became
    somebody else's to save: the run ends at once, and what was sent is found out by the next plan.
    """
    chosen = options or ApplyOptions()
    runner = Runner(aws, stop or threading.Event(), chosen.wait, now)
    run = _Run(plan, StateRecorder(store, chosen.saved_plan, plan.lineage), chosen.happened, runner, emit)
    started = now()
    run.ledger.begin(plan, aws)
    run.everything(crew or ThreadedJobs(chosen.parallelism))
    if run.displaced is not None:
        raise run.displaced
    if run.faults:
        raise run.faults[0]
    progress = run.progress
    return Outcome(
        done=progress.ids(Stage.DONE),
        left=progress.ids(Stage.LEFT),
        skipped=progress.ids(Stage.SKIPPED),
        failed=progress.failed,
        hints=progress.hints,
        interrupted=run.runner.stop.is_set(),
        serial=run.ledger.state.serial,
        seconds=round(now() - started, 3),
    )


class _Run:
    """One run over a plan's operations."""

    def __init__(
        self, plan: Plan, ledger: StateRecorder, happened: frozenset[str], runner: Runner, emit: Emit
    ) -> None:
        self.plan = plan
        self.ledger = ledger
        self._happened = happened
        self.runner = runner
        self.progress = _Progress()
        self.displaced: LockHeld | StateMoved | None = None
        """Why the state is not this run's to save any more."""
        self.faults: list[Exception] = []
        """Faults of dynaops: raised when the operations of other tables have ended."""
        self._emit = emit
        self._positions = {one.id: number for number, one in enumerate(plan.operations, 1)}

    def everything(self, crew: JobRunner) -> None:
        """Start each operation when all it comes after have ended well."""
        waiting = {operation.id: operation for operation in self.plan.operations}
        running: dict[Future[None], str] = {}
        with crew:
            settling = {crew.submit(self._settle, one) for one in self.plan.settle if self.runner.patient}
            while settling:
                for future in crew.ended(settling):
                    settling.discard(future)
                    future.result()
            while waiting or running:
                for operation in [one for one in waiting.values() if self._is_due(one)]:
                    del waiting[operation.id]
                    if self._may_run(operation):
                        running[crew.submit(self._one, operation)] = operation.id
                    else:
                        self._tell(operation, Stage.SKIPPED, "left for the next apply")
                if running:
                    for future in crew.ended(running):
                        del running[future]
                        future.result()

    def _is_due(self, operation: Operation) -> bool:
        ended = {Stage.DONE, Stage.LEFT, Stage.SKIPPED, Stage.FAILED}
        return all(self.progress.stages.get(one) in ended for one in operation.after)

    def _may_run(self, operation: Operation) -> bool:
        """All that it needs is done, and no call that comes before is still at work where it needs an idle table."""
        if self.runner.stop.is_set():
            return False
        if any(self.progress.stages.get(one) is not Stage.DONE for one in operation.needs):
            return False
        before = self._before(operation)
        return not (operation.needs_idle and any(self.progress.stages[one] is Stage.LEFT for one in before))

    def _before(self, operation: Operation) -> set[str]:
        """All operations that come before this one."""
        by_id = {operation.id: operation for operation in self.plan.operations}
        found: set[str] = set()
        unseen = list(operation.after)
        while unseen:
            name = unseen.pop()
            if name not in found:
                found.add(name)
                unseen.extend(by_id[name].after)
        return found

    def _settle(self, pending: Any) -> None:
        try:
            self.runner.settle(pending)
        except StopRequested:
            return

    def _one(self, operation: Operation) -> None:
        try:
            self._attempt(operation)
        except (LockHeld, StateMoved) as error:
            # Somebody else is at work: no more is sent, and what waits for AWS ends its wait.
            self.displaced = error
            self.runner.stop.set()
            self._tell(operation, Stage.FAILED, error.message)
        except OSError:
            raise  # the state cannot be kept: nothing more is sent
        except Exception as error:  # a fault of ours must not end the work on other tables half way
            self.faults.append(error)
            self._tell(operation, Stage.FAILED, f"{type(error).__name__}: {error}")

    def _attempt(self, operation: Operation) -> None:
        def tell(stage: Stage, detail: str) -> None:
            self._tell(operation, stage, detail)

        accepted = False
        try:
            operation = known_now(operation, self.ledger.state)
            answer: dict[str, Any] = {}
            if operation.id not in self._happened:
                self.runner.prepare(operation, tell)
                self.ledger.intend(operation)
                answer = self.runner.call(operation, tell, operation.id in self.ledger.begun)
            accepted = True
            if operation.slow and not self.runner.patient:
                tell(Stage.LEFT, "accepted by AWS, which goes on by itself")
                return
            answer = self.runner.wait(operation, answer, tell) or answer
            self.ledger.record(operation, answer)
            tell(Stage.DONE, "")
        except StopRequested as stopped:
            self._stopped(operation, stopped.accepted)
        except Deferred:
            self.ledger.withdraw(operation)
            tell(Stage.SKIPPED, "left for the next apply")
        except (LockHeld, StateMoved):
            raise
        except DynaopsError as error:
            self._failed(operation, error, accepted)

    def _stopped(self, operation: Operation, accepted: bool) -> None:
        if accepted:
            self._tell(operation, Stage.LEFT, "accepted by AWS, which goes on by itself")
            return
        if self.displaced is None:
            self.ledger.withdraw(operation)
        self._tell(operation, Stage.SKIPPED, "interrupted before AWS took it")

    def _failed(self, operation: Operation, error: DynaopsError, accepted: bool) -> None:
        """A refused call had no effect; after anything else the intent stays, for the next run to find out."""
        from dynaops.aws.errors import AwsRefusal

        if isinstance(error, AwsRefusal) and not accepted:
            self.ledger.withdraw(operation)
        self.progress.failed[operation.id] = error.message
        if error.hint:
            self.progress.hints[operation.id] = error.hint
        self._tell(operation, Stage.FAILED, error.message)

    def _tell(self, operation: Operation, stage: Stage, detail: str) -> None:
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
