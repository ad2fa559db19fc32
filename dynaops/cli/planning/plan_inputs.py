"""The inputs of commands that make plans: specs, state store and AWS session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynaops.cli import wiring
from dynaops.cli.notifications import announce
from dynaops.cli.planning.account_check import state_of
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.engine.notify import Recipient
    from dynaops.model.plan import Plan
    from dynaops.model.state import State
    from dynaops.specs.load import Document
    from dynaops.stores.recorded import RecordedStore


@dataclass(frozen=True)
class PlanInputs:
    """The documents of the specs (`read`: their files and folders), the state's store, and the AWS session."""

    settings: GlobalSettings
    documents: list[Document]
    read: tuple[str, ...]
    store: RecordedStore
    aws: Aws

    @classmethod
    def of(cls, settings: GlobalSettings, specs: wiring.SpecSource) -> PlanInputs:
        """Raises SpecError if the specs are not valid for a plan."""
        return cls.of_documents(settings, wiring.plannable(specs), specs.read)

    @classmethod
    def of_documents(
        cls, settings: GlobalSettings, documents: list[Document], read: tuple[str, ...] = ()
    ) -> PlanInputs:
        return cls(settings, documents, read, wiring.store(settings), wiring.aws(settings))

    def state(self) -> State:
        """The stored state, checked to be of the caller's account and endpoint."""
        return state_of(self.store, self.aws)

    @contextmanager
    def locked(self, command: str, recipients: Iterable[Recipient]) -> Iterator[State]:
        """A context that holds the lock and gives the state; `recipients` get a message about the run of `command`."""
        with self.store.lock(command) as lock:
            announce(self.store, recipients, self.aws)
            if lock.note:
                Screen(self.settings).aside(lock.note)
            yield self.state()

    def plan(self, state: State, **options: Any) -> Plan:
        """The plan of these inputs, with the `options` of wiring.make_plan."""
        return wiring.make_plan(self.documents, state, self.aws, read=self.read, **options)
