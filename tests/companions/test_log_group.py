"""The log group of stream processing, through its whole life."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import Bench, actions, calls

NAME = "/aws/lambda/orders"


def spec(**more: Any) -> dict[str, Any]:
    return {"log_group": {"name": NAME, **more}}


def groups(bench: Bench) -> dict[str, Any]:
    return {one["logGroupName"]: one for one in bench.client("logs").describe_log_groups()["logGroups"]}


def test_life(bench: Bench) -> None:
    assert calls(bench.apply(spec(retention_days=30)))[-2:] == ["CreateLogGroup", "PutRetentionPolicy"]
    assert groups(bench)[NAME]["retentionInDays"] == 30
    assert calls(bench.apply(spec(retention_days=7))) == ["PutRetentionPolicy"]
    assert calls(bench.apply(spec())) == ["DeleteRetentionPolicy"]
    assert "retentionInDays" not in groups(bench)[NAME]
    assert calls(bench.apply({})) == ["DeleteLogGroup"]
    assert groups(bench) == {}
    bench.apply(spec())
    assert calls(bench.destroy()) == ["DeleteTable", "DeleteLogGroup"]
    assert groups(bench) == {}


def test_its_key_comes_changes_and_goes(bench: Bench) -> None:
    keys = [bench.client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    bench.apply(spec(kms_key_arn=keys[0]))
    assert groups(bench)[NAME]["kmsKeyId"] == keys[0]
    assert calls(bench.apply(spec(kms_key_arn=keys[1]))) == ["AssociateKmsKey"]
    assert groups(bench)[NAME]["kmsKeyId"] == keys[1]
    assert calls(bench.apply(spec())) == ["DisassociateKmsKey"]
    assert "kmsKeyId" not in groups(bench)[NAME]


def test_its_deletion_needs_consent(bench: Bench) -> None:
    bench.apply(spec())
    assert [one.api for one in bench.plan({}).destructive] == ["DeleteLogGroup"]


def test_an_existing_group_is_adopted(bench: Bench) -> None:
    bench.client("logs").create_log_group(logGroupName=NAME)
    plan = bench.apply(spec(retention_days=14))
    assert actions(plan)["users/log_group"] == "adopt"
    assert "CreateLogGroup" not in calls(plan)
    assert groups(bench)[NAME]["retentionInDays"] == 14


def test_it_is_found_again_without_the_table_or_the_state(bench: Bench) -> None:
    bench.apply(spec(retention_days=14))
    bench.client("dynamodb").delete_table(TableName="users")
    bench.server.advance(60)
    plan = bench.apply(spec(retention_days=14))
    assert "CreateLogGroup" not in calls(plan)
    bench.forget()
    assert calls(bench.apply(spec(retention_days=14))) == []


def test_drift_is_told_and_undone(bench: Bench) -> None:
    bench.apply(spec(retention_days=14))
    bench.client("logs").put_retention_policy(logGroupName=NAME, retentionInDays=1)
    plan = bench.plan(spec(retention_days=14))
    assert [one.address for one in plan.drift] == ["users/log_group"]
    bench.apply(spec(retention_days=14))
    bench.client("logs").delete_log_group(logGroupName=NAME)
    assert calls(bench.apply(spec(retention_days=14))) == ["CreateLogGroup", "PutRetentionPolicy"]


def test_two_tables_share_it_and_the_last_deletes_it(bench: Bench) -> None:
    other = {**spec(), "table_name": "orders"}
    bench.apply(spec(), other)
    assert calls(bench.apply({}, other)) == []
    assert NAME in groups(bench)
    assert calls(bench.apply({}, {"table_name": "orders"})) == ["DeleteLogGroup"]


@pytest.mark.parametrize("api", ["CreateLogGroup", "PutRetentionPolicy"])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, api: str, effect: str) -> None:
    bench.server.faults.add(FaultRule(effect, service="logs", operation=api, times=7))
    bench.run(spec(retention_days=30))
    bench.server.faults.clear()
    bench.apply(spec(retention_days=30))
    assert list(groups(bench)) == [NAME]
