"""Backups made and listed, by either service; what AWS refuses, told before anything is sent."""

from __future__ import annotations

import pytest

from dynaops.backups.create import Creation, plan_create
from dynaops.backups.find import find
from dynaops.backups.listing import listing
from dynaops.backups.status import jobs, plan_wait
from dynaops.engine.apply import ApplyOptions, apply_plan
from dynaops.engine.plan import PlanRefused
from dynaops.model.backup import Via
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Stage
from dynaops.sandbox.faults import FaultRule
from dynaops.stores.memory import MemoryStore
from tests.backups.shop import Shop
from tests.companions.bench import REGION


def refusals(shop: Shop, *tables: str, **more: object) -> dict[str, str]:
    with pytest.raises(PlanRefused) as error:
        plan_create(Creation(tables, REGION, **more), shop.state, shop.aws)  # type: ignore[arg-type]
    return {one.code: one.message for one in error.value.findings}


def test_on_demand_backups_have_names_ages_and_no_end(shop: Shop) -> None:
    shop.fill(3)
    made = shop.back_up(name="before-migration")
    assert (made.name, made.status, made.kind, made.expires) == (
        "before-migration",
        "AVAILABLE",
        "USER",
        None,
    )
    assert made.size and abs(shop.aws.now - (made.created or 0)) < 600
    assert find(shop.aws, "before-migration", REGION) == made == find(shop.aws, made.arn, "us-east-1")
    default = shop.back_up()
    assert default.name.startswith("users-2") and default.name.endswith("Z")
    assert [one.arn for one in listing(shop.aws, REGION).backups] == [default.arn, made.arn]


def test_recovery_points_have_a_vault_and_an_end(shop: Shop) -> None:
    made = shop.back_up(Via.AWS_BACKUP, days=35)
    assert (made.vault, made.kind, made.status) == ("users-backup", "AWS_BACKUP", "COMPLETED")
    assert made.expires and made.created and made.expires - made.created == 35 * 86_400
    assert find(shop.aws, made.name, REGION) == made == find(shop.aws, made.arn, REGION)
    [sent] = [one for one in shop.server.requests.writes() if one.operation == "StartBackupJob"]
    role = "arn:aws:iam::123456789012:role/service-role/dynaops-backup-default"
    assert sent.body["Lifecycle"] == {"DeleteAfterDays": 35} and sent.body["IamRoleArn"] == role


def test_windows_of_named_tables(shop: Shop) -> None:
    now = shop.now()
    [window] = listing(shop.aws, REGION, ["users"]).windows
    assert window.earliest <= now <= window.latest and window.days == 7
    assert listing(shop.aws, REGION).windows == ()


def test_all_that_is_wrong_is_told_at_once(shop: Shop) -> None:
    assert refusals(shop, "users", "gone", name="a b") == {
        "BACKUP101": "There is no table gone in eu-west-1",
        "BACKUP102": "'a b' is not the name of a backup",
    }
    found = refusals(shop, "users", via=Via.AWS_BACKUP, vault="nowhere", role="nobody")
    assert found == {
        "BACKUP103": "There is no backup vault nowhere in eu-west-1",
        "BACKUP104": "There is no role nobody for AWS Backup to work as",
    }


def test_a_table_of_nobody_goes_to_the_default_vault(shop: Shop) -> None:
    shop.client("dynamodb").create_table(
        TableName="plain",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    shop.pass_time(60)
    assert "no backup vault Default" in refusals(shop, "plain", via=Via.AWS_BACKUP)["BACKUP103"]
    shop.client("backup").create_backup_vault(BackupVaultName="Default")
    plan = plan_create(Creation(("plain",), REGION, Via.AWS_BACKUP), shop.state, shop.aws)
    assert plan.operations[0].parameters["BackupVaultName"] == "Default"


def test_a_lost_answer_makes_no_second_backup(shop: Shop) -> None:
    shop.back_up(name="same")
    shop.server.faults.add(FaultRule("drop_after", operation="CreateBackup"))
    shop.back_up(name="same")
    assert len(listing(shop.aws, REGION).backups) == 2
    with pytest.raises(DynaopsError, match="2 backups are called same") as error:
        find(shop.aws, "same", REGION)
    assert (error.value.hint or "").count("arn:") == 2


def test_what_fails_in_aws_is_told_with_its_reason(shop: Shop) -> None:
    plan = plan_create(Creation(("users",), REGION, Via.AWS_BACKUP), shop.state, shop.aws)
    [operation] = plan.operations
    other = operation.parameters["ResourceArn"].replace("users", "vanished")
    bad = operation.model_copy(update={"parameters": {**operation.parameters, "ResourceArn": other}})
    outcome = shop.run_plan(plan.model_copy(update={"operations": (bad,)}))
    assert "Table not found: vanished" in next(iter(outcome.failed.values()))
    failed = [one for one in jobs(shop.aws, REGION)[0] if not one.running]
    assert [(one.table, one.state, one.message) for one in failed] == [
        ("vanished", "FAILED", "Table not found: vanished")
    ]


def test_a_wait_left_behind_is_picked_up(shop: Shop) -> None:
    shop.server.clock.set_speed(0)
    plan = plan_create(Creation(("users",), REGION, Via.AWS_BACKUP), shop.state, shop.aws)
    outcome = apply_plan(plan, MemoryStore(), shop.aws, lambda _: None, ApplyOptions(wait=False))
    assert len(outcome.left) == 1
    [job] = jobs(shop.aws, REGION, ["users"])[0]
    assert (job.kind, job.table, job.running) == ("backup", "users", True)
    assert jobs(shop.aws, REGION, ["others"])[0] == []
    shop.server.clock.set_speed(3600)
    waiting = plan_wait(shop.aws, [job])
    before = len(shop.server.requests.writes())
    stages = []
    assert apply_plan(waiting, MemoryStore(), shop.aws, lambda one: stages.append(one.stage)).complete
    assert stages[-1] is Stage.DONE and Stage.WAITING in stages
    assert len(shop.server.requests.writes()) == before
    assert jobs(shop.aws, REGION)[0] == []
    assert listing(shop.aws, REGION).backups[0].ready


def test_who_may_not_use_aws_backup_still_sees_the_others(shop: Shop) -> None:
    shop.back_up()
    shop.server.faults.add(FaultRule("access_denied", service="backup", times=None))
    found = listing(shop.aws, REGION)
    assert len(found.backups) == 1
    assert len(found.gaps) == 1 and "backup:ListBackupVaults" in found.gaps[0]
    assert "backup:ListBackupJobs" in jobs(shop.aws, REGION)[1][0]
