"""AWS Backup of a table: vault, service role, plan and selection, through their whole life."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dynaops.engine import outputs
from dynaops.engine.plan import PlanRefused
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.check import check
from dynaops.specs.load import document_of
from tests.companions.bench import REGION, Bench, actions, calls
from tests.companions.examples import life

KEY = f"arn:aws:kms:{REGION}:123456789012:key/00000000-0000-0000-0000-00000000000"
MADE = [
    *("CreateRole", "AttachRolePolicy", "AttachRolePolicy"),
    *("CreateBackupVault", "CreateBackupPlan", "CreateBackupSelection"),
]
GONE = [
    *("DeleteBackupPlan", "DeleteBackupVault"),
    *("DetachRolePolicy", "DetachRolePolicy", "DeleteRole"),
]
DAILY: dict[str, Any] = {"daily": {"retention_days": 35}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def spec(table: str = "users", /, **more: Any) -> dict[str, Any]:
    return {"table_name": table, "backup": {**DAILY, **more}}


def vaults(bench: Bench) -> dict[str, Any]:
    listed = bench.client("backup").list_backup_vaults()["BackupVaultList"]
    return {one["BackupVaultName"]: one for one in listed}


def plans(bench: Bench) -> dict[str, Any]:
    client = bench.client("backup")
    ids = [one["BackupPlanId"] for one in client.list_backup_plans()["BackupPlansList"]]
    found = [client.get_backup_plan(BackupPlanId=one)["BackupPlan"] for one in ids]
    assert len({one["BackupPlanName"] for one in found}) == len(found)
    return {one["BackupPlanName"]: {rule["RuleName"]: rule for rule in one["Rules"]} for one in found}


def selections(bench: Bench) -> list[dict[str, Any]]:
    client = bench.client("backup")
    return [
        client.get_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=one["SelectionId"])[
            "BackupSelection"
        ]
        for plan in client.list_backup_plans()["BackupPlansList"]
        for one in client.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]
    ]


def roles(bench: Bench) -> list[str]:
    return [one["RoleName"] for one in bench.client("iam").list_roles(PathPrefix="/service-role/")["Roles"]]


def census(bench: Bench) -> tuple[Any, ...]:
    """All there is around tables."""
    return sorted(vaults(bench)), sorted(plans(bench)), selections(bench), roles(bench)


def recovery_point(bench: Bench, vault: str) -> None:
    """Have one of the table made in the vault."""
    arn = bench.client("dynamodb").describe_table(TableName="users")["Table"]["TableArn"]
    bench.client("backup").start_backup_job(
        BackupVaultName=vault, ResourceArn=arn, IamRoleArn="arn:aws:iam::123456789012:role/r"
    )
    bench.server.advance(3600)


def test_life(bench: Bench) -> None:
    empty = census(bench)
    plan = bench.apply(spec())
    assert calls(plan)[-6:] == MADE
    assert list(vaults(bench)) == ["users-backup"]
    rule = plans(bench)["users-backup"]["daily"]
    assert (rule["TargetBackupVaultName"], rule["Lifecycle"]) == ("users-backup", {"DeleteAfterDays": 35})
    (selection,) = selections(bench)
    assert selection["Resources"] == [f"arn:aws:dynamodb:{REGION}:123456789012:table/users"]
    assert selection["IamRoleArn"].endswith(":role/service-role/dynaops-backup-default")
    weekly = {"weekly": {"retention_days": 365, "cold_storage_after_days": 30}}
    assert calls(bench.apply(spec(**weekly))) == ["UpdateBackupPlan"]
    assert set(plans(bench)["users-backup"]) == {"daily", "weekly"}
    assert calls(bench.apply({})) == ["DeleteBackupSelection", *GONE]
    assert census(bench) == empty
    bench.apply(spec())
    assert calls(bench.destroy()) == ["DeleteBackupSelection", "DeleteTable", *GONE]
    assert census(bench) == empty


def test_any_rules_are_normal_without_change(bench: Bench) -> None:
    copy = "arn:aws:backup:eu-central-1:123456789012:backup-vault:far"
    rules = [
        {"name": "often", "schedule": "cron(0 */6 ? * * *)", "start_window": 60, "completion_window": 120},
        {
            "name": "kept",
            "schedule": "cron(0 5 1 * ? *)",
            "delete_after_days": 400,
            "cold_storage_after_days": 30,
            "copy_to": [{"vault_arn": copy, "delete_after_days": 90}],
        },
    ]
    plan = {"name": "the-plan", "rules": rules}
    bench.apply({"backup": {"vault": {"name": "safe", "kms_key_arn": KEY}, "plan": plan}})
    kept = plans(bench)["the-plan"]["kept"]
    assert kept["CopyActions"] == [{"DestinationBackupVaultArn": copy, "Lifecycle": {"DeleteAfterDays": 90}}]
    assert vaults(bench)["safe"]["EncryptionKeyArn"] == KEY
    renamed = {"name": "other-plan", "rules": rules[:1]}
    changed = {"backup": {"vault": {"name": "safe", "kms_key_arn": KEY}, "plan": renamed}}
    assert calls(bench.apply(changed)) == [
        *("CreateBackupPlan", "CreateBackupSelection"),
        *("DeleteBackupSelection", "DeleteBackupPlan"),
    ]
    assert list(plans(bench)) == ["other-plan"]


def test_the_default_role_of_the_account_is_used(bench: Bench) -> None:
    iam = bench.client("iam")
    name = "AWSBackupDefaultServiceRole"
    iam.create_role(RoleName=name, Path="/service-role/", AssumeRolePolicyDocument=json.dumps(TRUST))
    assert calls(bench.apply(spec()))[-3:] == [
        "CreateBackupVault",
        "CreateBackupPlan",
        "CreateBackupSelection",
    ]
    assert selections(bench)[0]["IamRoleArn"].endswith(name)
    bench.destroy()
    assert roles(bench) == [name]


def test_a_role_of_the_users_own(bench: Bench) -> None:
    bench.apply(spec())
    own = "arn:aws:iam::123456789012:role/own"
    plan = bench.apply(spec(role_arn=own))
    assert actions(plan) == {"users/backup/role": "delete", "users/backup/selection": "replace"}
    assert selections(bench)[0]["IamRoleArn"] == own
    assert roles(bench) == []
    assert calls(bench.apply(spec()))[-1] == "CreateBackupSelection"
    assert roles(bench) == ["dynaops-backup-default"]


def test_an_existing_vault_is_used_and_never_deleted(bench: Bench) -> None:
    existing = {"vault": {"name": "theirs", "create": False}}
    with pytest.raises(PlanRefused, match="no backup vault theirs"):
        bench.plan(spec(**existing))
    bench.client("backup").create_backup_vault(BackupVaultName="theirs")
    assert "CreateBackupVault" not in calls(bench.apply(spec(**existing)))
    bench.destroy()
    assert list(vaults(bench)) == ["theirs"]


def test_a_vault_of_ours_that_is_only_to_be_used_stays(bench: Bench) -> None:
    bench.apply(spec(vault={"name": "safe"}))
    plan = bench.apply(spec(vault={"name": "safe", "create": False}))
    assert calls(plan) == []
    bench.destroy()
    assert list(vaults(bench)) == ["safe"]


@pytest.mark.parametrize("destroy", [False, True])
def test_a_vault_with_recovery_points_stays_and_is_told(bench: Bench, destroy: bool) -> None:
    bench.apply(spec())
    recovery_point(bench, "users-backup")
    plan, outcome = bench.run(*([] if destroy else [{}]), destroy=destroy)
    assert outcome.complete, outcome
    assert "DeleteBackupVault" not in calls(plan)
    (warning,) = [one for one in plan.warnings if one.code == "DDB455"]
    assert "1 recovery point:" in warning.message
    assert "delete-backup-vault" in str(warning.hint)
    assert not any("backup" in address for address in bench.state.resources)
    assert vaults(bench)["users-backup"]["NumberOfRecoveryPoints"] == 1
    assert plans(bench) == {}


def test_another_name_makes_the_new_vault_before_the_old_one_goes(bench: Bench) -> None:
    bench.apply(spec(vault={"name": "old"}))
    plan = bench.apply(spec(vault={"name": "new"}))
    assert calls(plan) == ["CreateBackupVault", "UpdateBackupPlan", "DeleteBackupVault"]
    assert list(vaults(bench)) == ["new"]
    recovery_point(bench, "new")
    plan, outcome = bench.run(spec(vault={"name": "newest"}))
    assert calls(plan) == ["CreateBackupVault", "UpdateBackupPlan"]
    assert [one.code for one in plan.warnings] == ["DDB455"]
    assert outcome.complete
    assert set(vaults(bench)) == {"new", "newest"}
    assert bench.plan(spec(vault={"name": "newest"})).empty


def test_a_key_changes_only_with_an_empty_vault_of_ours(bench: Bench) -> None:
    bench.apply(spec(vault={"name": "safe", "kms_key_arn": f"{KEY}0"}))
    assert bench.plan(spec(vault={"name": "safe"})).empty
    plan = bench.apply(spec(vault={"name": "safe", "kms_key_arn": f"{KEY}1"}))
    assert calls(plan) == ["DeleteBackupVault", "CreateBackupVault"]
    recovery_point(bench, "safe")
    with pytest.raises(PlanRefused, match="cannot be changed"):
        bench.plan(spec(vault={"name": "safe", "kms_key_arn": f"{KEY}2"}))


def test_what_is_there_is_adopted(bench: Bench) -> None:
    bench.apply(spec())
    before = census(bench)
    bench.forget()
    plan = bench.apply(spec())
    assert set(actions(plan).values()) == {"adopt"}
    assert calls(plan) == []
    bench.client("dynamodb").delete_table(TableName="users")
    bench.server.advance(60)
    assert not any("CreateBackup" in api for api in calls(bench.apply(spec())))
    assert census(bench) == before


def test_a_selection_of_something_else_is_not_replaced(bench: Bench) -> None:
    client = bench.client("backup")
    document = {
        "BackupPlanName": "users-backup",
        "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "theirs"}],
    }
    client.create_backup_vault(BackupVaultName="theirs")
    plan = client.create_backup_plan(BackupPlan=document)
    client.create_backup_selection(
        BackupPlanId=plan["BackupPlanId"],
        BackupSelection={
            "SelectionName": "users",
            "IamRoleArn": "arn:aws:iam::123456789012:role/r",
            "Resources": ["arn:aws:s3:::bucket"],
        },
    )
    with pytest.raises(PlanRefused, match="something else"):
        bench.plan(spec())


def test_drift_is_told_and_undone(bench: Bench) -> None:
    bench.apply(spec())
    client = bench.client("backup")
    (plan,) = client.list_backup_plans()["BackupPlansList"]
    document = client.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]
    (rule,) = document["Rules"]
    rule.pop("RuleId")
    rule["Lifecycle"] = {"DeleteAfterDays": 1}
    client.update_backup_plan(BackupPlanId=plan["BackupPlanId"], BackupPlan=document)
    assert [one.address for one in bench.plan(spec()).drift] == ["users/backup/plan"]
    assert calls(bench.apply(spec())) == ["UpdateBackupPlan"]
    (selection,) = client.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]
    client.delete_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=selection["SelectionId"])
    assert calls(bench.apply(spec())) == ["CreateBackupSelection"]
    policy = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
    bench.client("iam").detach_role_policy(RoleName="dynaops-backup-default", PolicyArn=policy)
    assert calls(bench.apply(spec())) == ["AttachRolePolicy"]


def test_two_tables_share_vault_and_role_and_the_last_deletes_them(bench: Bench) -> None:
    empty = census(bench)
    vault = {"vault": {"name": "safe"}}
    bench.apply(spec(**vault), spec("orders", **vault))
    assert (list(vaults(bench)), len(plans(bench)), len(roles(bench))) == (["safe"], 2, 1)
    assert calls(bench.apply({}, spec("orders", **vault))) == ["DeleteBackupSelection", "DeleteBackupPlan"]
    assert calls(bench.apply({}, {"table_name": "orders"})) == ["DeleteBackupSelection", *GONE]
    bench.apply(spec(**vault), spec("orders", **vault))
    bench.destroy()
    assert census(bench) == empty


def test_two_tables_share_a_plan(bench: Bench) -> None:
    empty = census(bench)
    rules = [{"name": "often", "schedule": "cron(0 3 1 1 ? 2090)"}]
    shared = {"vault": {"name": "safe"}, "plan": {"name": "gold", "rules": rules}}
    both = [{"table_name": name, "backup": shared} for name in ("users", "orders")]
    bench.run(*both)
    bench.apply(*both)
    assert (len(plans(bench)), len(selections(bench))) == (1, 2)
    assert calls(bench.apply({}, both[1])) == ["DeleteBackupSelection"]
    bench.apply(*both)
    bench.destroy()
    assert census(bench) == empty


def test_a_plan_that_covers_what_others_selected_stays(bench: Bench) -> None:
    bench.apply(spec())
    client = bench.client("backup")
    (plan,) = client.list_backup_plans()["BackupPlansList"]
    client.create_backup_selection(
        BackupPlanId=plan["BackupPlanId"],
        CreatorRequestId="theirs",
        BackupSelection={
            "SelectionName": "others",
            "IamRoleArn": "arn:aws:iam::123456789012:role/r",
            "Resources": ["arn:aws:s3:::bucket"],
        },
    )
    made = bench.apply({})
    assert [one.code for one in made.warnings] == ["DDB460"]
    assert [one["SelectionName"] for one in selections(bench)] == ["others"]


def test_settings_of_the_region_that_stand_in_the_way_are_told(bench: Bench) -> None:
    client = bench.client("backup")
    client.update_region_settings(
        ResourceTypeOptInPreference={"DynamoDB": False}, ResourceTypeManagementPreference={"DynamoDB": False}
    )
    cold = {"weekly": {"retention_days": 365, "cold_storage_after_days": 30}}
    assert {one.code for one in bench.plan(spec(**cold)).warnings} == {"DDB462", "DDB463"}
    assert {one.code for one in bench.plan(spec()).warnings} == {"DDB463"}


def test_a_new_role_is_waited_for(bench: Bench) -> None:
    refusal = FaultRule(
        "error",
        service="backup",
        operation="CreateBackupSelection",
        code="InvalidParameterValueException",
        message="IAM Role arn:aws:iam::123456789012:role/x cannot be assumed by AWS Backup",
        status=400,
        times=3,
    )
    bench.server.faults.add(refusal)
    bench.apply(spec())
    assert refusal.hit == 3


def test_import_finds_the_plan_that_names_the_table(bench: Bench) -> None:
    bench.apply(spec())
    bench.forget()
    found = bench.exported()
    assert found["backup"]["vault"] == {"name": "users-backup"}, "dynaops has made it"
    assert found["backup"]["plan"]["rules"][0]["delete_after_days"] == 35
    assert "role_arn" not in found["backup"], "dynaops has made it"
    assert bench.apply(found).operations == ()


def test_the_state_knows_ids_and_arns(bench: Bench) -> None:
    bench.apply(spec())
    kept = bench.state.resources
    assert str(kept["users/backup/vault"].arn).endswith("backup-vault:users-backup")
    assert str(kept["users/backup/plan"].arn).endswith(str(kept["users/backup/plan"].id))
    assert kept["users/backup/selection"].outputs["plan_id"] == kept["users/backup/plan"].id
    assert str(kept["users/backup/role"].arn).endswith("role/service-role/dynaops-backup-default")
    assert outputs.of(bench.state)["users"]["backup"] == {
        "vault_name": "users-backup",
        "vault_arn": kept["users/backup/vault"].arn,
        "plan_name": kept["users/backup/plan"].properties["name"],
        "plan_arn": kept["users/backup/plan"].arn,
        "plan_id": kept["users/backup/plan"].id,
        "selection_name": kept["users/backup/selection"].properties["name"],
        "selection_id": kept["users/backup/selection"].id,
        "role_arn": kept["users/backup/role"].arn,
    }


@pytest.mark.parametrize("api", sorted(set(MADE)))
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, api: str, effect: str) -> None:
    empty = census(bench)
    bench.server.faults.add(FaultRule(effect, operation=api, times=7))
    bench.run(spec())
    bench.server.faults.clear()
    bench.apply(spec())
    assert (len(vaults(bench)), len(plans(bench)), len(selections(bench)), len(roles(bench))) == (1, 1, 1, 1)
    bench.destroy()
    assert census(bench) == empty


@pytest.mark.parametrize("api", ["DeleteBackupSelection", *sorted(set(GONE))])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_down_converges(bench: Bench, api: str, effect: str) -> None:
    empty = census(bench)
    bench.apply(spec())
    bench.server.faults.add(FaultRule(effect, operation=api, times=7))
    bench.run({})
    bench.server.faults.clear()
    bench.apply({})
    assert census(bench) == empty


@pytest.mark.parametrize("api", ["CreateBackupVault", "UpdateBackupPlan", "DeleteBackupVault"])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_in_a_move_to_another_vault_leaves_no_orphan(bench: Bench, api: str, effect: str) -> None:
    bench.apply(spec(vault={"name": "old"}))
    bench.server.faults.add(FaultRule(effect, operation=api, times=7))
    bench.run(spec(vault={"name": "new"}))
    bench.server.faults.clear()
    bench.apply(spec(vault={"name": "new"}))
    assert list(vaults(bench)) == ["new"]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({}, "DDB453"),
        ({**DAILY, "vault": {"name": "a.b"}}, "DDB454"),
        ({**DAILY, "plan": {"name": "a b", "rules": []}}, "DDB454"),
        ({**DAILY, "vault": {"name": "safe", "kms_key_arn": "alias/x"}}, "DDB467"),
        ({**DAILY, "plan": {"rules": [{"name": "daily", "schedule": "cron(0 5 ? * * *)"}]}}, "DDB464"),
        ({"plan": {"rules": [{"name": "a", "schedule": "daily"}]}}, "DDB452"),
        ({"weekly": {"retention_days": 100, "cold_storage_after_days": 30}}, "DDB451"),
        ({"daily": {"retention_days": 40_000}}, "DDB451"),
        (
            {"plan": {"rules": [{"name": "a", "schedule": "rate(1 day)", "completion_window": 500}]}},
            "DDB465",
        ),
        ({"plan": {"rules": [{"name": "a", "schedule": "rate(1 day)", "continuous": True}]}}, "DDB466"),
    ],
)
def test_what_aws_backup_would_refuse_is_told_offline(block: dict[str, Any], code: str) -> None:
    base = {"table_name": "users", "hash_key": "id", "attributes": {"id": "S"}}
    assert code in [one.code for one in check([document_of({**base, "backup": block})])]


def test_the_example_applies_changes_and_destroys(bench: Bench) -> None:
    life(bench, "table-with-backup.yaml", lambda data: data["backup"]["daily"].update(retention_days=14))
