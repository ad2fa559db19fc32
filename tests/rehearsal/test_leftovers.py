"""What surrounds a table is on the stage too while the table is gone, was never there, or does not use it yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dynaops.model.rehearsal import Rehearsal
from dynaops.rehearsal.live_account import gather
from dynaops.rehearsal.run import rehearse
from dynaops.sandbox import SandboxServer
from tests.companions.bench import REGION, Bench
from tests.companions.functions import make_function

_TOPIC = "arn:aws:sns:eu-west-1:123456789012:ops"


class Case(NamedTuple):
    """A spec that was applied, the one that is to be, and a call that changes what was left of the first."""

    before: dict[str, Any]
    after: dict[str, Any]
    api: str


CASES = {
    "backup plan": Case(
        {"backup": {"vault": {"name": "kept"}, "daily": {"retention_days": 35}}},
        {"backup": {"vault": {"name": "kept"}, "daily": {"retention_days": 14}}},
        "UpdateBackupPlan",
    ),
    "policy": Case(
        {"iam": {"read_only": True}},
        {
            "iam": {"read_only": True},
            "global_secondary_indexes": [
                {"name": "by-mail", "hash_key": "mail", "projection": {"type": "ALL"}}
            ],
            "attributes": {"id": "S", "mail": "S"},
        },
        "CreatePolicyVersion",
    ),
    "alarm": Case(
        {"alarms": {"sns_topic_arns": [_TOPIC], "throttles": 5}},
        {"alarms": {"sns_topic_arns": [_TOPIC], "throttles": 9}},
        "PutMetricAlarm",
    ),
    "log group": Case(
        {"log_group": {"name": "/users", "retention_days": 14}},
        {"log_group": {"name": "/users", "retention_days": 30}},
        "PutRetentionPolicy",
    ),
    "scaling": Case(
        {
            "billing_mode": "PROVISIONED",
            "read_capacity": 5,
            "write_capacity": 5,
            "autoscaling": {"read": {"min": 5, "max": 50}},
        },
        {
            "billing_mode": "PROVISIONED",
            "read_capacity": 5,
            "write_capacity": 5,
            "autoscaling": {"read": {"min": 5, "max": 70}},
        },
        "RegisterScalableTarget",
    ),
    "event source mapping": Case(
        {"lambda_triggers": [{"function": "mailer"}]},
        {"lambda_triggers": [{"function": "mailer", "batch_size": 20}]},
        "CreateEventSourceMapping",
    ),
}


@pytest.mark.parametrize("known", [True, False], ids=["recorded", "state lost"])
@pytest.mark.parametrize("name", CASES)
def test_what_a_deleted_table_leaves_is_rehearsed(tmp_path: Path, name: str, known: bool) -> None:
    case = CASES[name]
    with SandboxServer(speed=3600) as server:
        bench = Bench(tmp_path, server)
        make_function(bench, "mailer")
        bench.apply(case.before)
        dynamodb = bench.client("dynamodb")
        dynamodb.delete_table(TableName="users")
        dynamodb.get_waiter("table_not_exists").wait(TableName="users", WaiterConfig={"Delay": 1})
        if not known:
            bench.forget()
        rehearsal, apis = _rehearsed_and_applied(bench, case.after)
    assert {"CreateTable", case.api} <= apis
    assert not rehearsal.failed, rehearsal.failed
    assert not rehearsal.notes


@pytest.mark.parametrize("live", [True, False], ids=["table is there", "no table"])
def test_a_vault_that_somebody_made_is_rehearsed(tmp_path: Path, live: bool) -> None:
    with SandboxServer(speed=3600) as server:
        bench = Bench(tmp_path, server)
        bench.client("backup").create_backup_vault(BackupVaultName="company")
        if live:
            bench.apply({})
        rehearsal, apis = _rehearsed_and_applied(
            bench,
            {"backup": {"vault": {"name": "company", "create": False}, "daily": {"retention_days": 35}}},
        )
    assert "CreateBackupPlan" in apis
    assert not rehearsal.failed, rehearsal.failed
    assert not rehearsal.notes


def _rehearsed_and_applied(bench: Bench, spec: dict[str, Any]) -> tuple[Rehearsal, set[str]]:
    """The rehearsal of a spec's plan, and the plan's calls, which then are sent and succeed."""
    plan = bench.plan(spec)
    facts = gather(plan, {"users": REGION}, bench.state, bench.aws)
    rehearsal = rehearse(plan, bench.state, facts)
    bench.server.install()  # the rehearsal had moto ask its own sandbox
    bench.apply(spec)
    return rehearsal, {one.api for one in plan.operations}
