"""The states of a table's own alarms, as `validate --live` tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaops.model.health import Result, Status
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import Bench
from tests.health.bed import look, result

SPEC: dict[str, Any] = {
    "attributes": {"id": "S", "mail": "S"},
    "global_secondary_indexes": [{"name": "by-mail", "hash_key": "mail"}],
    "alarms": {"throttles": True, "system_errors": True},
}
THROTTLES = "dynaops/users/throttles"


@pytest.fixture
def bench(tmp_path: Path, server: SandboxServer) -> Bench:
    made = Bench(tmp_path, server)
    made.apply(SPEC)
    server.clock.set_speed(1)
    for name in (THROTTLES, f"{THROTTLES}/by-mail", "dynaops/users/system_errors"):
        state(made, name, "OK")
    return made


def state(bench: Bench, name: str, value: str, reason: str = "as the test says") -> None:
    bench.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=value, StateReason=reason)


def told(bench: Bench, spec: dict[str, Any] | None = SPEC) -> Result:
    return result(look(bench, spec), "LIVE209")


@pytest.mark.parametrize("spec", [SPEC, None], ids=["spec", "state"])
def test_those_of_the_spec_or_else_of_the_state_are_looked_at(
    bench: Bench, spec: dict[str, Any] | None
) -> None:
    assert (told(bench, spec).status, told(bench, spec).evidence) == (Status.PASS, "3 alarms OK")
    state(bench, f"{THROTTLES}/by-mail", "ALARM", "too many")
    found = told(bench, spec)
    assert found.status is Status.FAIL
    assert found.evidence.startswith("throttles/by-mail is ALARM since 2")
    assert found.evidence.endswith("UTC (too many); 2 alarms OK")


def test_what_is_no_alarm_of_ours_is_not_looked_at(bench: Bench) -> None:
    bench.client("cloudwatch").put_metric_alarm(
        AlarmName="dynaops/users/other",
        Namespace="X",
        MetricName="y",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    state(bench, "dynaops/users/other", "ALARM")
    assert told(bench).status is Status.PASS
    assert told(bench, {}).evidence == "none"


def test_not_enough_data_is_not_known_to_be_good(bench: Bench) -> None:
    state(bench, THROTTLES, "INSUFFICIENT_DATA")
    found = told(bench)
    assert found.status is Status.WARN
    assert "throttles is INSUFFICIENT_DATA" in found.evidence


def test_an_alarm_that_tells_nobody_is_a_warning(bench: Bench) -> None:
    bench.client("cloudwatch").disable_alarm_actions(AlarmNames=[THROTTLES])
    found = told(bench)
    assert found.status is Status.WARN
    assert "actions disabled, nobody is told: throttles; 3 alarms OK" in found.evidence
    state(bench, THROTTLES, "ALARM")
    assert told(bench).status is Status.FAIL
    assert "actions disabled" in told(bench).evidence


def test_an_alarm_that_is_missing_fails(bench: Bench) -> None:
    bench.client("cloudwatch").delete_alarms(AlarmNames=[THROTTLES])
    found = told(bench)
    assert (found.status, found.evidence) == (Status.FAIL, "missing: throttles; 2 alarms OK")
    assert found.remedy == "Run dynaops apply."


def test_alarms_that_may_not_be_read_are_not_checked(bench: Bench) -> None:
    bench.server.faults.add(FaultRule("access_denied", operation="DescribeAlarms", times=None))
    assert told(bench).status is Status.UNKNOWN
    assert "cloudwatch:DescribeAlarms" in told(bench).evidence
