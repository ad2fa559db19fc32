"""Any spec, then any other of the same table, then the first again: always converges, with no call too many.

The long form: ``DYNAOPS_EXAMPLES=500 scripts/test tests/properties``.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.engine.exported import exported
from dynaops.engine.late_values import filled
from dynaops.engine.observe import observe
from dynaops.engine.plan import PlanOptions, PlanRefused, make_plan
from dynaops.kinds.kind import Known
from dynaops.kinds.registry import HANDLERS
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Scope
from dynaops.sandbox import SandboxServer
from dynaops.specs.load import document_of
from dynaops.stores import open_store
from dynaops.stores.base import Store
from tests.companions.bench import Bench
from tests.companions.functions import make_function, make_role
from tests.properties.strategies import Spec, specs

EXAMPLES = int(os.environ.get("DYNAOPS_EXAMPLES", "6"))
CAMPAIGN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    # An example takes seconds, so a failing one is only made smaller when that is asked for.
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
        *([Phase.shrink] if "DYNAOPS_SHRINK" in os.environ else []),
    ],
)
REGION = "eu-west-1"
FLYING = 200_000.0


class Run:
    """One sandbox, one state, and what is applied to them."""

    def __init__(self, server: SandboxServer, store: Store) -> None:
        self.server = server
        self.store = store
        self.aws = Aws(region=REGION, endpoint_url=server.url, poll_cap=0.01)

    def client(self, service: str) -> Any:
        return self.server.client(service, REGION)

    def plan(self, spec: Spec) -> Plan:
        document = document_of(spec, "spec.yaml")
        return make_plan([document], self.store.load(), self.aws, PlanOptions(read=("spec.yaml",)))

    def apply(self, spec: Spec) -> Plan:
        """Apply, and hold everything that must hold afterwards."""
        plan = self.plan(spec)
        before = self._last()
        outcome = apply_plan(plan, self.store, self.aws, lambda _: None)
        assert outcome.complete, outcome
        sent = [(one.operation, one.body) for one in self.server.requests.writes(before)]
        assert [one for one, _ in sent] == [one.api for one in plan.operations], "the plan is the truth"
        state = self.store.load()
        assert [body for _, body in sent] == [filled(one.parameters, state) for one in plan.operations]
        again = self.plan(spec)
        assert again.empty, (again.changes, again.operations)
        assert not again.updates, again.updates
        assert not again.drift, again.drift
        return plan

    def live(self) -> dict[str, Any]:
        """The live table, as the spec that would declare it.

        But for where its triggers started (one that followed its stream started at the stream's beginning), and for
        capacities that autoscaling moves: they are where it left them.
        """
        scope = Scope("things", "things", REGION)
        spec = exported(scope, self._observed(scope), self.aws)
        for trigger in spec.get("lambda_triggers", ()):
            del trigger["starting_position"]
        _drop_scaled(spec)
        return spec

    def _observed(self, scope: Scope) -> list[Observed]:
        known = {scope.address: Known(discover=True)}
        return list(observe(self.aws, [scope], HANDLERS, known)[scope.address].values())

    def _last(self) -> int:
        entries = self.server.requests.since()
        return entries[-1].number if entries else 0


def make_surroundings(server: SandboxServer) -> None:
    """The roles, functions and Kinesis streams that specs lean on."""
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), server)
        for name in ("r1", "r2"):
            make_role(bench, name)
        for name in ("f1", "f2"):
            make_function(bench, name)
        for name in ("s1", "s2"):
            bench.client("kinesis").create_stream(StreamName=name, ShardCount=1)


@given(first=specs(), second=specs())
@CAMPAIGN
def test_there_and_back(tmp_path_factory: pytest.TempPathFactory, first: Spec, second: Spec) -> None:
    with SandboxServer(speed=FLYING) as server:
        make_surroundings(server)
        run = Run(server, open_store(str(tmp_path_factory.mktemp("state") / "state.json")))
        run.apply(first)
        shown = run.live()
        plan = run.apply(second)
        assert _index_operations(plan) == _minimal(first, second)
        run.apply(first)
        assert _same(run.live(), shown)
        assert Path(run.store.location).exists()


@given(theirs=specs(), ours=specs())
@CAMPAIGN
def test_any_live_table_is_adopted(
    tmp_path_factory: pytest.TempPathFactory, theirs: Spec, ours: Spec
) -> None:
    """Whatever others made: ours is laid over it, what only they have stays, and nothing is left to do."""
    folder = tmp_path_factory.mktemp("state")
    with SandboxServer(speed=FLYING) as server:
        make_surroundings(server)
        Run(server, open_store(str(folder / "theirs.json"))).apply(theirs)
        run = Run(server, open_store(str(folder / "ours.json")))
        try:
            run.apply(ours)
        except PlanRefused as refused:
            assert {one.code for one in refused.findings} <= {"PLAN102", "DDB473", "DDB474"}, refused.findings
            return
        names = {index["name"] for index in run.live().get("global_secondary_indexes", [])}
        assert names == _indexes(theirs).keys() | _indexes(ours).keys()


def _drop_scaled(spec: Spec) -> None:
    scaling = spec.get("autoscaling", {})
    indexes = scaling.get("indexes", {})
    for side in ("read", "write"):
        if side in scaling:
            spec.pop(f"{side}_capacity", None)
        for index in spec.get("global_secondary_indexes", ()):
            if side in (scaling if indexes == "all" else indexes.get(index["name"], {})):
                index.pop(f"{side}_capacity", None)


def _index_operations(plan: Plan) -> int:
    updates = [op.parameters.get("GlobalSecondaryIndexUpdates", []) for op in plan.operations]
    return sum(1 for one in updates for entry in one if "Create" in entry or "Delete" in entry)


def _minimal(first: Spec, second: Spec) -> int:
    """One call for an index that comes or goes, two for one whose keys, key types or projection change."""
    old, new = (_indexes(spec) for spec in (first, second))
    changed = sum(2 for name in old.keys() & new.keys() if old[name] != new[name])
    return len(old.keys() ^ new.keys()) + changed


def _indexes(spec: Spec) -> dict[str, Any]:
    found = {}
    for index in spec.get("global_secondary_indexes", []):
        keys = [index[key] for key in ("hash_key", "range_key") if key in index]
        projection = dict(index["projection"])
        projection["non_key_attributes"] = sorted(projection.get("non_key_attributes", []))
        found[index["name"]] = (keys, [spec["attributes"][key] for key in keys], projection)
    return found


def _same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Equal but for the order of lists of named things."""
    ordered = []
    for spec in (left, right):
        indexes = sorted(spec.get("global_secondary_indexes", []), key=lambda one: one["name"])
        ordered.append({**spec, "global_secondary_indexes": indexes})
    return ordered[0] == ordered[1]
