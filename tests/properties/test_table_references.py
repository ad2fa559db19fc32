"""Tables that refer to one another at random: their order against graphlib's, and a plan of theirs as it is applied."""

from __future__ import annotations

import random
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.engine.plan import PlanOptions, make_plan
from dynaops.engine.state_check import faults_of
from dynaops.model.finding import Place
from dynaops.model.plan import Plan
from dynaops.sandbox import SandboxServer
from dynaops.specs.load import load
from dynaops.specs.table_references import ReferringTable, TableReference, wrong_references
from dynaops.stores import open_store

PLACE = Place(file="specs.yaml", line=1, column=1)
GRAPHS = st.integers(2, 8).flatmap(
    lambda size: st.lists(
        st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=14, unique=True
    )
)


@given(edges=GRAPHS)
@settings(max_examples=300, deadline=None)
def test_circles_are_those_that_graphlib_finds(edges: list[tuple[int, int]]) -> None:
    edges = [(first, second) for first, second in edges if first != second]
    needs: dict[str, set[str]] = {f"t{number}": set() for number in range(8)}
    for first, second in edges:
        needs[f"t{first}"].add(f"t{second}")
    documents = [
        ReferringTable(name, True, tuple(TableReference(other, "arn", PLACE) for other in sorted(others)))
        for name, others in needs.items()
    ]
    messages = [one.message for one in wrong_references(documents)]
    try:
        TopologicalSorter(needs).prepare()
    except CycleError:
        assert messages
    else:
        assert messages == []
    for message in messages:
        members = message.partition(": ")[2].split(" -> ")
        assert members[0] == members[-1]
        assert len(set(members)) == len(members) - 1 > 1
        assert all(second in needs[first] for first, second in pairwise(members))


def _specs(needs: dict[str, set[str]], chance: random.Random) -> str:
    documents = []
    for name in chance.sample(sorted(needs), len(needs)):
        view = chance.choice(("NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"))
        text = f"table_name: {name}\nhash_key: id\nattributes: {{id: S}}\npoint_in_time_recovery: false\n"
        text += f"stream: {{view_type: {view}}}\n"
        named = [
            f'"${{ref:{other}/{chance.choice(("arn", "stream_arn"))}}}"' for other in sorted(needs[name])
        ]
        if named:
            text += f"iam: {{custom: [{{name: {name}-p, statements: [{{Action: 'dynamodb:*', "
            text += f"Resource: [{', '.join(named)}]}}]}}]}}\n"
        documents.append(text)
    return "---\n".join(documents)


def _before(plan: Plan) -> dict[str, set[str]]:
    """All operations that come before each operation, by id."""
    by_id = {one.id: one for one in plan.operations}
    before: dict[str, set[str]] = {}
    for name in TopologicalSorter({one.id: one.after for one in plan.operations}).static_order():
        before[name] = {*by_id[name].after, *(one for other in by_id[name].after for one in before[other])}
    return before


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 60))]
)
def test_any_graph_is_made_changed_and_deleted_in_its_order(
    seed: int, tmp_path: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    chance = random.Random(seed)
    names = [f"tab-{number}" for number in chance.sample(range(100), 5)]
    store = open_store(str(tmp_path / "state.json"), check=faults_of)
    aws = Aws(region="eu-west-1", endpoint_url=server.url, poll_cap=0.02)
    path = tmp_path / "specs.yaml"

    def made(destroy: bool = False) -> Plan:
        with store.lock("apply"):
            plan = make_plan(load([path]), store.load(), aws, PlanOptions(destroy=destroy))
            outcome = apply_plan(plan, store, aws, lambda _: None)
        assert outcome.complete, outcome
        return plan

    for turn in range(2):
        needs = {
            name: {other for other in names[:place] if chance.random() < 0.5}
            for place, name in enumerate(names)
        }
        needs[names[1]].add(names[0])
        path.write_text(_specs(needs, chance))
        plan = made()
        before = _before(plan)
        if turn == 0:
            for name, others in needs.items():
                for other in others:
                    assert f"{other}:CreateTable" in before[f"{name}/iam/custom/{name}-p:CreatePolicy"]
        again = make_plan(load([path]), store.load(), aws)
        assert again.empty, again.operations
        assert not again.drift
    before = _before(made(destroy=True))
    for name, others in needs.items():
        for other in others:
            assert f"{name}/iam/custom/{name}-p:DeletePolicy" in before[f"{other}:DeleteTable"]
