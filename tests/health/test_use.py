"""The checks of use: CloudWatch's numbers against what is paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaops.model.health import Status
from dynaops.sandbox import SandboxServer
from tests.companions.bench import Bench
from tests.health.bed import feed, look, result, units

PROVISIONED: dict[str, Any] = {
    "attributes": {"id": "S", "mail": "S"},
    "billing_mode": "PROVISIONED",
    "read_capacity": 100,
    "write_capacity": 10,
    "global_secondary_indexes": [
        {"name": "by-mail", "hash_key": "mail", "read_capacity": 5, "write_capacity": 5}
    ],
}


@pytest.fixture
def bench(tmp_path: Path, server: SandboxServer) -> Bench:
    return Bench(tmp_path, server)


def made(bench: Bench, spec: dict[str, Any]) -> Bench:
    bench.apply(spec)
    bench.server.clock.set_speed(1)
    return bench


def test_a_table_well_used_passes(bench: Bench) -> None:
    made(bench, PROVISIONED)
    feed(bench, "ConsumedReadCapacityUnits", units(60))
    feed(bench, "ConsumedWriteCapacityUnits", units(6))
    feed(bench, "ConsumedReadCapacityUnits", units(1), GlobalSecondaryIndexName="by-mail")
    feed(bench, "SuccessfulRequestLatency", lambda _: 4.0, Operation="GetItem")
    report = look(bench, PROVISIONED)
    assert [one for one in report.results if one.code >= "LIVE2" and one.status is not Status.PASS] == []
    assert result(report, "LIVE204").evidence == "peak users 60.0 of 100 RCU (60%)"
    assert result(report, "LIVE203").evidence.endswith("GetItem 4.0 ms")
    chart = report.charts[0]
    assert (chart.title, len(chart.values)) == ("read capacity", 24)
    assert chart.summary.startswith("peak 60.0 of 100 provisioned RCU, average ")
    assert [one.title for one in report.charts] == ["read capacity", "write capacity", "GetItem latency"]


def test_throttles_errors_and_latency_are_told_with_numbers(bench: Bench) -> None:
    made(bench, PROVISIONED)
    feed(bench, "WriteThrottleEvents", lambda ago: 3.0 * (ago == 2))
    feed(bench, "ReadThrottleEvents", lambda ago: 2.0 * (ago == 9), GlobalSecondaryIndexName="by-mail")
    feed(bench, "SystemErrors", lambda ago: 1.0 * (ago == 2), Operation="Query")
    feed(bench, "SuccessfulRequestLatency", lambda ago: 80.0 if ago == 4 else 3.0, Operation="PutItem")
    report = look(bench, PROVISIONED)
    assert result(report, "LIVE201").evidence == "throttled in 24 h: users: 3 writes, by-mail: 2 reads"
    assert result(report, "LIVE202").evidence == "in 24 h: Query 1"
    latency = result(report, "LIVE203")
    assert latency.status is Status.WARN and "PutItem 80.0 ms" in latency.evidence
    [throttles] = [one for one in report.charts if one.title == "write throttles"]
    assert sum(value or 0 for value in throttles.values) == 3


@pytest.mark.parametrize(("rate", "status"), [(79, Status.PASS), (81, Status.WARN), (100, Status.FAIL)])
def test_headroom(bench: Bench, rate: float, status: Status) -> None:
    made(bench, PROVISIONED)
    feed(bench, "ConsumedReadCapacityUnits", units(rate))
    assert result(look(bench, PROVISIONED), "LIVE204").status is status


def test_over_provisioned_says_what_would_do_and_what_it_saves(bench: Bench) -> None:
    made(bench, PROVISIONED)
    feed(bench, "ConsumedReadCapacityUnits", units(7))
    feed(bench, "ConsumedWriteCapacityUnits", units(9))
    found = result(look(bench, PROVISIONED), "LIVE205")
    assert found.status is Status.WARN
    # 90 RCU less, at Ireland's 0.000147 dollars an hour, for 730 hours
    assert found.evidence.startswith("users 7.0 of 100 RCU (7%): 10 would do; it costs about $10 a month")


def test_billing_hints_both_ways(bench: Bench) -> None:
    made(bench, {**PROVISIONED, "read_capacity": 200})
    found = result(look(bench, PROVISIONED), "LIVE206")
    assert found.status is Status.WARN and found.remedy == "Set billing_mode: PAY_PER_REQUEST."
    # 205 RCU at 0.000147 and 15 WCU at 0.000735 dollars an hour, for 730 hours
    assert found.evidence.startswith("provisioned $30.05, on demand $0.00 ")


def test_a_busy_table_on_demand_is_dear(bench: Bench) -> None:
    made(bench, {})
    feed(bench, "ConsumedWriteCapacityUnits", units(100))
    found = result(look(bench, {}), "LIVE206")
    assert found.status is Status.WARN and "PROVISIONED with autoscaling" in str(found.remedy)


@pytest.mark.parametrize(
    ("read", "used", "status"), [(0, 1, Status.WARN), (1, 1, Status.PASS), (0, 0, Status.PASS)]
)
def test_unused_indexes(bench: Bench, read: float, used: float, status: Status) -> None:
    made(bench, PROVISIONED)
    feed(bench, "ConsumedReadCapacityUnits", units(used))
    feed(bench, "ConsumedReadCapacityUnits", units(read), GlobalSecondaryIndexName="by-mail")
    feed(bench, "ConsumedWriteCapacityUnits", units(2), GlobalSecondaryIndexName="by-mail")
    found = result(look(bench, PROVISIONED), "LIVE207")
    assert found.status is status
    if status is Status.WARN:
        assert "not read in 14 days: by-mail (wrote " in found.evidence


@pytest.mark.parametrize(("milliseconds", "status"), [(800, Status.PASS), (60_000, Status.WARN)])
def test_replication(bench: Bench, milliseconds: float, status: Status) -> None:
    replicated = {"replicas": [{"region": "us-east-1"}]}
    made(bench, replicated)
    assert result(look(bench, replicated), "LIVE208").evidence == "nothing was replicated in 24 h"
    feed(bench, "ReplicationLatency", lambda _: milliseconds, ReceivingRegion="us-east-1")
    found = result(look(bench, replicated), "LIVE208")
    assert found.status is status
    assert found.evidence.endswith(f"us-east-1 {milliseconds:,.0f} ms")
