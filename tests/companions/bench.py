"""A workbench for companion kinds: plan and apply specs against a sandbox over HTTP, through the library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.engine.exported import exported
from dynaops.engine.observe import observe
from dynaops.engine.plan import PlanOptions, make_plan
from dynaops.engine.state_check import faults_of
from dynaops.kinds.kind import Known
from dynaops.kinds.registry import HANDLERS
from dynaops.model.event import Outcome
from dynaops.model.plan import Plan
from dynaops.model.resource import Scope
from dynaops.model.state import State
from dynaops.sandbox import SandboxServer
from dynaops.specs.load import document_of
from dynaops.stores import open_store

REGION = "eu-west-1"
BASE: dict[str, Any] = {"table_name": "users", "hash_key": "id", "attributes": {"id": "S"}}


class Bench:
    """One state and one sandbox; specs are maps laid over `BASE`."""

    def __init__(self, folder: Path, server: SandboxServer) -> None:
        self.server = server
        self.store = open_store(str(folder / "state.json"), check=faults_of)
        self.aws = Aws(region=REGION, endpoint_url=server.url, poll_cap=0.02)

    @property
    def state(self) -> State:
        return self.store.load()

    def client(self, service: str, region: str = REGION) -> Any:
        return self.server.client(service, region)

    def plan(self, *specs: dict[str, Any], destroy: bool = False) -> Plan:
        documents = [document_of({**BASE, **spec}) for spec in specs]
        return make_plan(documents, self.state, self.aws, PlanOptions(destroy=destroy))

    def run(self, *specs: dict[str, Any], destroy: bool = False) -> tuple[Plan, Outcome]:
        """Plan and apply, whatever becomes of it."""
        with self.store.lock("apply"):
            plan = self.plan(*specs, destroy=destroy)
            return plan, apply_plan(plan, self.store, self.aws, lambda _: None)

    def apply(self, *specs: dict[str, Any]) -> Plan:
        """Plan and apply; all must go well, and nothing be left to do, to record or to wonder about."""
        plan, outcome = self.run(*specs)
        assert outcome.complete, outcome
        again = self.plan(*specs)
        assert again.empty, (again.changes, again.operations)
        assert not again.updates, again.updates
        assert not again.drift, again.drift
        return plan

    def destroy(self) -> Plan:
        """Destroy all that the state owns."""
        plan, outcome = self.run(destroy=True)
        assert outcome.complete, outcome
        left = self.state.resources
        assert left == {}, left
        return plan

    def forget(self) -> None:
        """Lose the state, as one who comes to live resources with a spec alone."""
        self.store.save(
            State.empty().model_copy(update={"serial": self.state.serial, "lineage": self.state.lineage})
        )

    def exported(self, name: str = "users") -> dict[str, Any]:
        """The spec that import would write."""
        scope = Scope(name, name, REGION)
        live = observe(self.aws, [scope], HANDLERS, {name: Known(discover=True)})[name]
        return exported(scope, list(live.values()), self.aws)


def calls(plan: Plan) -> list[str]:
    """The APIs of a plan, in order."""
    return [operation.api for operation in plan.operations]


def actions(plan: Plan) -> dict[str, str]:
    """Address -> action."""
    return {change.address: change.action.value for change in plan.changes}
