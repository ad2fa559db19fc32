"""What a rehearsal knows of the past: budgets and cooldowns that AWS shows, and those that only the state remembers."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dynaops.model.rehearsal import Rehearsal
from dynaops.rehearsal.live_account import LiveAccount, gather
from dynaops.rehearsal.run import rehearse
from dynaops.sandbox import SandboxServer
from tests.companions.bench import REGION, Bench

HOUR = 3600.0
DAY = 24 * HOUR
PROVISIONED = {"billing_mode": "PROVISIONED", "read_capacity": 9, "write_capacity": 9}
Spec = dict[str, Any]


def rehearsed(
    folder: Path, before: Spec, after: Spec, stamps: dict[str, list[float]], **described: Any
) -> Rehearsal:
    """Rehearse a change of an applied table whose record has `stamps` (seconds ago), and DescribeTable's members."""
    now = time.time()
    with SandboxServer(speed=3600) as server:
        bench = Bench(folder, server)
        bench.apply(before)
        plan = bench.plan(after)
        state, facts = bench.state, gather(plan, {"users": REGION}, bench.state, bench.aws)
    record = state.resources["users"]
    past = {name: [now - ago for ago in agos] for name, agos in stamps.items()}
    resources = {**state.resources, "users": record.model_copy(update={"stamps": past})}
    return rehearse(plan, state.model_copy(update={"resources": resources}), _shown(facts, described))


def _shown(facts: LiveAccount, described: dict[str, Any]) -> LiveAccount:
    (table,) = facts.tables
    units = table.described.get("ProvisionedThroughput", {})
    shown = {**table.described, "ProvisionedThroughput": {**units, **described}}
    facts.tables[:] = [replace(table, described=shown)]
    return facts


@pytest.mark.parametrize(
    ("before", "after", "stamps", "message"),
    [
        (
            {},
            {"table_class": "STANDARD_INFREQUENT_ACCESS"},
            {"table_class": [5 * DAY, 29 * DAY]},
            "limited to 2 times in 30 day(s)",
        ),
        (
            {"encryption": False},
            {"encryption": True},
            {"encryption": [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR]},
            "Encryption mode changes are limited in the 24h window",
        ),
    ],
)
def test_what_only_the_state_remembers(
    tmp_path: Path, before: Spec, after: Spec, stamps: dict[str, list[float]], message: str
) -> None:
    """A budget that is used up fails; with one change less it would pass."""
    (failed,) = rehearsed(tmp_path / "spent", before, after, stamps).failed
    assert message in (failed.message or "")
    kept = {name: agos[1:] for name, agos in stamps.items()}
    assert rehearsed(tmp_path / "left", before, after, kept).passes


def test_decreases_of_today_are_waited_for(tmp_path: Path) -> None:
    lowered = {**PROVISIONED, "read_capacity": 8}
    today = {"NumberOfDecreasesToday": 4, "LastDecreaseDateTime": datetime.now(UTC)}
    (failed,) = rehearsed(tmp_path / "spent", PROVISIONED, lowered, {}, **today).failed
    assert "Provisioned throughput decreases are limited within a given UTC day" in (failed.message or "")
    today["NumberOfDecreasesToday"] = 3
    assert rehearsed(tmp_path / "left", PROVISIONED, lowered, {}, **today).passes


def test_a_ttl_change_is_waited_for(tmp_path: Path) -> None:
    done = rehearsed(tmp_path, {}, {"ttl": {"attribute": "gone"}}, {"ttl": [600]})
    assert done.passes
    (waited,) = [one for one in done.operations if one.blocked_for]
    assert 1200 <= waited.blocked_for < 1350  # half an hour after the last change in the sandbox
