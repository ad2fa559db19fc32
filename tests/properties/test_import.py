"""Spec, apply, import: the imported spec means what the first one does.

The long form: ``DYNAOPS_EXAMPLES=500 scripts/test tests/properties``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from dynaops.engine.import_table import adopt
from dynaops.kinds.registry import HANDLERS
from dynaops.model.resource import Scope
from dynaops.sandbox import SandboxServer
from dynaops.specs.load import document_of, load
from tests.companions.bench import Bench
from tests.companions.examples import SPECS
from tests.companions.functions import make_function
from tests.properties.strategies import Spec, specs
from tests.properties.test_edits import CAMPAIGN, FLYING, REGION, make_surroundings

EXAMPLES = sorted(path.name for path in SPECS.glob("*.yaml"))
NOT_THE_TABLES = {"items", "log_group"}
"""What AWS ties to no table: it is adopted by a spec that names it. So are policies of one's own (`custom`)."""


def declared(spec: Spec) -> dict[str, Any]:
    """The resources that a spec wants, in normal form: its meaning, without capacities that autoscaling moves."""
    document = document_of(spec)
    scope = Scope(document.spec.table_name, document.spec.table_name, document.spec.region or REGION)
    found = {}
    for handler in HANDLERS:
        for one in handler.declare(scope, document.spec):
            if one.kind not in NOT_THE_TABLES and "/iam/custom/" not in one.address:
                kept = {name: value for name, value in one.properties.items() if name not in one.ignored}
                found[one.address] = _comparable(one.kind, kept)
    return found


def _comparable(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: cooldowns and modes that are AWS's own, where a trigger once started."""
    kept = dict(properties)
    kept.pop("warm_throughput", None)
    if kind == "trigger":
        del kept["starting_position"]
    if kind == "resource_policy":  # AWS's has the table's ARN for its placeholder
        arn = f"arn:aws:dynamodb:{REGION}:123456789012:table/things"
        kept = json.loads(json.dumps(kept).replace("${table_arn}", arn))
    if kind == "contributor_insights":
        kept["mode"] = kept.get("mode") or "ACCESSED_AND_THROTTLED_KEYS"
    return kept


def check_round_trip(bench: Bench, spec: Spec) -> None:
    """Apply, forget, import: nothing is left to do for the imported spec, and nothing to send for the first."""
    name = spec["table_name"]
    bench.apply(spec)
    bench.forget()
    adopted = adopt(name, bench.state, bench.aws)
    bench.store.save(adopted.into(bench.state, bench.aws.caller()))
    again = bench.plan(adopted.spec)
    assert again.empty and not again.updates and not again.drift, again.changes
    first = bench.plan(spec)
    assert not first.operations, [(one.api, one.parameters) for one in first.operations]
    assert declared(adopted.spec) == declared(spec)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_comes_back_as_it_was(tmp_path: Path, server: SandboxServer, name: str) -> None:
    bench = Bench(tmp_path, server)
    for function in ("order-processor", "order-audit"):
        make_function(bench, function)
    (document,) = load([SPECS / name])
    bench.aws = type(bench.aws)(document.spec.region or REGION, endpoint_url=server.url, poll_cap=0.02)
    check_round_trip(bench, document.node.plain())


@given(spec=specs())
@CAMPAIGN
def test_any_spec_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, spec: Spec) -> None:
    with SandboxServer(speed=FLYING) as server:
        make_surroundings(server)
        check_round_trip(Bench(tmp_path_factory.mktemp("state"), server), spec)
