"""The checks of settings: each passes on a table as its spec wants it, and tells what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaops.health.checks import CHECKS
from dynaops.model.health import Status
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.dynamodb.replica_changes import ENTRY_SECONDS
from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import Bench
from tests.health.bed import look, result

FULL: dict[str, Any] = {
    "attributes": {"id": "S", "mail": "S"},
    "global_secondary_indexes": [{"name": "by-mail", "hash_key": "mail"}],
    "stream": {"view_type": "NEW_IMAGE"},
    "ttl": {"attribute": "gone"},
    "deletion_protection": True,
}
PLAIN: dict[str, Any] = {"point_in_time_recovery": False, "encryption": False}


@pytest.fixture
def bench(tmp_path: Path, server: SandboxServer) -> Bench:
    return Bench(tmp_path, server)


def still(bench: Bench) -> None:
    """From here on a second takes a second."""
    bench.server.clock.set_speed(1)


def test_a_table_as_its_spec_wants_it_passes_everything_but_the_drill(bench: Bench) -> None:
    bench.apply(FULL)
    still(bench)
    before = bench.server.requests.count
    report = look(bench, FULL)
    assert [one.code for one in report.results] == [one.code for one in CHECKS]
    assert {one.code: one.status for one in report.results if one.status is not Status.PASS} == {
        "LIVE111": Status.WARN
    }
    assert report.managed
    assert result(report, "LIVE104").evidence == "on, 35 days are kept"
    assert result(report, "LIVE106").evidence.startswith("NEW_IMAGE, arn:aws:dynamodb:")
    assert bench.server.requests.writes(before) == []


def test_metrics_are_asked_for_in_two_requests(bench: Bench) -> None:
    bench.apply(FULL)
    still(bench)
    before = bench.server.requests.count
    look(bench, FULL)
    asked = [one.operation for one in bench.server.requests.since(before)]
    assert asked.count("GetMetricData") == 2


def test_what_is_not_as_the_spec_wants_it_fails(bench: Bench) -> None:
    bench.apply(PLAIN)
    still(bench)
    report = look(bench, FULL)
    failed = {one.code for one in report.results if one.status is Status.FAIL}
    assert failed == {"LIVE104", "LIVE105", "LIVE106", "LIVE107", "LIVE108"}
    assert result(report, "LIVE108").evidence == "0 of 1 index: by-mail missing"
    assert all(one.remedy for one in report.results if one.status is not Status.PASS)


def test_without_a_spec_good_practice_is_judged(bench: Bench) -> None:
    bench.apply(PLAIN)
    still(bench)
    warned = {one.code for one in look(bench).results if one.status is Status.WARN}
    assert warned == {"LIVE103", "LIVE104", "LIVE111"}


def test_production_is_to_be_protected(bench: Bench) -> None:
    bench.apply({"tags": {"env": "production"}})
    still(bench)
    assert result(look(bench), "LIVE105").status is Status.WARN


def test_no_such_table(bench: Bench) -> None:
    report = look(bench, table="nothing")
    [only] = report.results
    assert (only.code, only.status) == ("LIVE101", Status.FAIL)
    assert only.evidence == "there is no table nothing in eu-west-1"
    assert report.charts == ()


def test_an_index_that_is_not_in_the_spec(bench: Bench) -> None:
    bench.apply(FULL)
    still(bench)
    found = result(
        look(bench, {**FULL, "attributes": {"id": "S"}, "global_secondary_indexes": None}), "LIVE108"
    )
    assert (found.status, found.evidence) == (Status.WARN, "by-mail: not in the spec")


def test_a_table_that_aws_works_on(bench: Bench) -> None:
    bench.apply(FULL)
    still(bench)
    bench.client("dynamodb").update_table(
        TableName="users",
        AttributeDefinitions=[{"AttributeName": "day", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-day",
                    "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    report = look(bench)
    assert result(report, "LIVE102").status is Status.WARN
    assert result(report, "LIVE108").evidence == "by-day is CREATING"


def test_replicas(bench: Bench) -> None:
    bench.apply({"replicas": [{"region": "us-east-1"}]})
    still(bench)
    assert (
        result(look(bench, {"replicas": [{"region": "us-east-1"}]}), "LIVE112").evidence == "us-east-1 ACTIVE"
    )
    both = {"replicas": [{"region": "us-east-1"}, {"region": "eu-central-1"}]}
    found = result(look(bench, both), "LIVE112")
    assert (found.status, found.evidence) == (Status.FAIL, "eu-central-1 missing")
    bench.client("dynamodb").update_table(
        TableName="users", ReplicaUpdates=[{"Create": {"RegionName": "eu-central-1"}}]
    )
    bench.server.advance(ENTRY_SECONDS + 1)
    found = result(look(bench, both), "LIVE112")
    assert (found.status, found.evidence) == (Status.WARN, "us-east-1 ACTIVE, eu-central-1 CREATING")


def test_drift_is_told(bench: Bench) -> None:
    bench.apply(FULL)
    bench.client("dynamodb").update_table(TableName="users", DeletionProtectionEnabled=False)
    still(bench)
    found = result(look(bench, FULL), "LIVE110")
    assert found.status is Status.WARN
    assert "users (deletion_protection)" in found.evidence
    bench.forget()
    found = result(look(bench, FULL), "LIVE110")
    assert found.status is Status.UNKNOWN and "not recorded" in found.evidence


@pytest.mark.parametrize(
    ("days", "identical", "status"),
    [(1, True, Status.PASS), (91, True, Status.WARN), (1, False, Status.FAIL)],
)
def test_restore_drills(bench: Bench, days: int, identical: bool, status: Status) -> None:
    bench.apply({})
    still(bench)
    at = bench.server.clock.now() - days * 86400
    drill = {"at": int(at), "source": "pitr", "method": "digest", "identical": identical}
    found = result(look(bench, {}, drills={"eu-west-1/users": drill}), "LIVE111")
    assert found.status is status
    assert (found.remedy == "Run dynaops backup verify users --latest.") is (status is not Status.PASS)


@pytest.mark.parametrize(
    ("operation", "unknown"),
    [
        ("DescribeContinuousBackups", {"LIVE104", "LIVE110"}),
        ("DescribeTimeToLive", {"LIVE107", "LIVE110"}),
        ("GetMetricData", {"LIVE201", "LIVE202", "LIVE203", "LIVE206"}),
    ],
)
def test_what_may_not_be_read_is_not_checked(bench: Bench, operation: str, unknown: set[str]) -> None:
    bench.apply({})
    still(bench)
    bench.server.faults.add(FaultRule("access_denied", operation=operation, times=None))
    report = look(bench, {})
    assert {one.code for one in report.results if one.status is Status.UNKNOWN} == unknown
    told = next(one for one in report.results if one.status is Status.UNKNOWN)
    assert told.evidence.startswith("AWS denied ") and operation in told.evidence


def test_a_table_that_may_not_be_looked_at_fails(bench: Bench) -> None:
    bench.apply({})
    bench.server.faults.add(FaultRule("access_denied", operation="DescribeTable", times=None))
    [only] = look(bench, {}).results
    assert (only.code, only.status) == ("LIVE101", Status.FAIL)
    assert "denied" in only.evidence


def test_a_suppressed_finding_keeps_its_evidence_and_has_a_reason(bench: Bench) -> None:
    bench.apply(PLAIN)
    still(bench)
    accepted = {**PLAIN, "suppress": [{"finding": "LIVE104", "reason": "a cache"}]}
    found = result(look(bench, accepted), "LIVE104")
    assert (found.status, found.reason, found.remedy) == (Status.SUPPRESSED, "a cache", None)
    assert found.evidence.startswith("off")
