"""State: what dynaops applied, and so owns."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from dynaops.model.base import Json, Model
from dynaops.model.operation import Effect

FORMAT_VERSION = 1


class Record(Model):
    """What was last applied at an address (not what was last read: drift is the difference).

    `id` tells a resource from a re-created one of the same ARN (a table's TableId). `stamps` are times (epoch
    seconds) of changes that AWS counts but does not show. `applied_at` is ISO 8601 in UTC.
    """

    kind: str
    region: str
    id: str | None = None
    arn: str | None = None
    properties: dict[str, Json] = {}
    outputs: dict[str, Json] = {}
    depends_on: tuple[str, ...] = ()
    stamps: dict[str, list[float]] = {}
    applied_at: str | None = None
    source: str | None = None
    """The spec file a table came from: only a plan that reads that file (or its folder) may find the table gone."""
    ignores: tuple[str, ...] = ()
    """Of a table: `lifecycle.ignore_changes` of the spec that was applied. What changes there is no drift."""


class Intent(Model):
    """An operation that was about to be sent when the state was last saved; the next run finds out whether it was.

    `at` is in epoch seconds.
    """

    operation: str
    api: str
    address: str
    effects: tuple[Effect, ...]
    at: float


class RecordFault(NamedTuple):
    """What is wrong at `path` (member names) of a state. `newer`: a newer dynaops may have written it."""

    path: tuple[str, ...]
    message: str
    newer: bool = False


class Run(Model):
    """How far a saved plan was carried out by the run that saved this state last.

    `plan` is the SHA-256 of the plan's file, `serial` that of the state when the run last saved it: where the state
    has another one, somebody else has changed it since. `done` are the ids of the operations that are done.
    """

    plan: str
    serial: int
    done: tuple[str, ...] = ()


class State(Model):
    """The whole state: `serial` grows with every save, `lineage` never changes and tells states apart."""

    format_version: int = FORMAT_VERSION
    serial: int = 0
    lineage: str
    origin: str | None = None
    """Which AWS it is of: ``aws``, ``local`` (an endpoint on this machine, such as the sandbox), or an endpoint."""
    account: str | None = None
    """The account that its resources belong to; None where the endpoint did not tell, or an older dynaops wrote it."""
    partition: str | None = None
    """The AWS partition of that account: ``aws``, ``aws-cn``, ``aws-us-gov``."""
    world: str | None = None
    """Which of the endpoints on this machine it is of: ``sandbox ID`` or ``port N``; see `aws.caller.Caller`."""
    resources: dict[str, Record] = {}
    in_flight: dict[str, Intent] = {}
    run: Run | None = None

    def run_of(self, plan: str | None) -> Run | None:
        """The run of the saved plan with that SHA-256, where it is the last that has changed this state."""
        known = self.run is not None and self.run.plan == plan and self.run.serial == self.serial
        return self.run if known else None

    def unlocked(self) -> State:
        """The same state under the next serial: whoever still believes to hold its lock can save it no more."""
        run = self.run_of(self.run.plan) if self.run else None
        followed = run.model_copy(update={"serial": self.serial + 1}) if run else self.run
        return self.model_copy(update={"serial": self.serial + 1, "run": followed})

    def planned_for(self, lineage: str) -> State:
        """This state under the lineage that a plan was made for (empty: any), where it was never saved.

        Such a state has a new lineage whenever it is loaded, and what the plan marks bears the plan's.
        """
        return self.model_copy(update={"lineage": lineage}) if lineage and not self.serial else self

    @classmethod
    def empty(cls) -> State:
        """A state that owns nothing, of a new lineage."""
        return cls(lineage=str(uuid.uuid4()))
