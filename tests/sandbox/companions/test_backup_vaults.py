"""Backup vaults, their locks and policies, tags, and the region's settings."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.companions.backup_bench import DAY, INVALID, Bench

ACCOUNT = "123456789012"


def test_a_vault_is_described_in_full(backup: Bench) -> None:
    client = backup.client()
    client.create_backup_vault(BackupVaultName="own", BackupVaultTags={"a": "b"}, CreatorRequestId="one")
    found = client.describe_backup_vault(BackupVaultName="own")
    assert found["BackupVaultArn"] == f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:own"
    assert found["EncryptionKeyArn"].startswith(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/")
    assert (
        found["EncryptionKeyArn"] == client.describe_backup_vault(BackupVaultName="main")["EncryptionKeyArn"]
    )
    assert (found["NumberOfRecoveryPoints"], found["Locked"], found["CreatorRequestId"]) == (0, False, "one")
    assert client.list_tags(ResourceArn=found["BackupVaultArn"])["Tags"] == {"a": "b"}


@pytest.mark.parametrize("name", ["x", "a" * 51, "with.dot", "with space"])
def test_vault_names_are_checked(backup: Bench, name: str) -> None:
    backup.refused(INVALID, "Invalid vault name", "create_backup_vault", BackupVaultName=name)


def test_a_key_must_be_a_keys_arn(backup: Bench) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/mine"
    backup.refused(INVALID, "key ARN", "create_backup_vault", BackupVaultName="own", EncryptionKeyArn=key)


def test_a_request_can_be_repeated_but_a_name_not_taken_twice(backup: Bench) -> None:
    client = backup.client()
    first = client.create_backup_vault(BackupVaultName="own", CreatorRequestId="one")
    backup.pass_time(60)
    again = client.create_backup_vault(BackupVaultName="own", CreatorRequestId="one")
    assert again["CreationDate"] == first["CreationDate"]
    error = backup.refused("AlreadyExistsException", "", "create_backup_vault", BackupVaultName="own")
    assert (error["Arn"], error["CreatorRequestId"]) == (first["BackupVaultArn"], "one")


def test_a_missing_vault_is_told_as_lacking_rights_to_readers(backup: Bench) -> None:
    error = backup.refused(
        "AccessDeniedException",
        "Insufficient privileges",
        "describe_backup_vault",
        BackupVaultName="nothing",
    )
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    backup.refused("ResourceNotFoundException", "nothing", "delete_backup_vault", BackupVaultName="nothing")


def test_a_vault_is_deleted_only_when_empty(backup: Bench) -> None:
    point = backup.back_up()
    client = backup.client()
    assert client.describe_backup_vault(BackupVaultName="main")["NumberOfRecoveryPoints"] == 1
    backup.refused("InvalidRequestException", "contains 1 ", "delete_backup_vault", BackupVaultName="main")
    client.delete_recovery_point(BackupVaultName="main", RecoveryPointArn=point)
    backup.pass_time(20)
    client.delete_backup_vault(BackupVaultName="main")
    assert [one["BackupVaultName"] for one in client.list_backup_vaults()["BackupVaultList"]] == ["spare"]


def test_vaults_are_listed_in_pages(backup: Bench) -> None:
    client = backup.client()
    for number in range(5):
        client.create_backup_vault(BackupVaultName=f"vault-{number}")
    pages = client.get_paginator("list_backup_vaults").paginate(PaginationConfig={"PageSize": 3})
    names = [[one["BackupVaultName"] for one in page["BackupVaultList"]] for page in pages]
    assert names == [
        ["main", "spare", "vault-0"],
        ["vault-1", "vault-2", "vault-3"],
        ["vault-4"],
    ]


def test_pages_survive_what_is_deleted_meanwhile(backup: Bench) -> None:
    client = backup.client()
    first = client.list_backup_vaults(MaxResults=1)
    client.delete_backup_vault(BackupVaultName="main")
    rest = client.list_backup_vaults(NextToken=first["NextToken"])["BackupVaultList"]
    assert [one["BackupVaultName"] for one in rest] == ["spare"]
    backup.refused(INVALID, "NextToken", "list_backup_vaults", NextToken="nonsense")
    backup.refused(INVALID, "MaxResults", "list_backup_vaults", MaxResults=1001)


@pytest.mark.parametrize(
    "lock",
    [
        {"MinRetentionDays": 0},
        {"MaxRetentionDays": 36_501},
        {"ChangeableForDays": 2},
        {"MinRetentionDays": 8, "MaxRetentionDays": 7},
    ],
)
def test_locks_are_checked(backup: Bench, lock: dict[str, int]) -> None:
    backup.refused(INVALID, "", "put_backup_vault_lock_configuration", BackupVaultName="main", **lock)
    assert not backup.client().describe_backup_vault(BackupVaultName="main")["Locked"]


def test_a_lock_becomes_final(backup: Bench) -> None:
    client = backup.client()
    client.put_backup_vault_lock_configuration(
        BackupVaultName="main", MinRetentionDays=7, MaxRetentionDays=30, ChangeableForDays=3
    )
    found = client.describe_backup_vault(BackupVaultName="main")
    assert (found["Locked"], found["MinRetentionDays"], found["MaxRetentionDays"]) == (True, 7, 30)
    assert (found["LockDate"] - found["CreationDate"]).total_seconds() == pytest.approx(3 * DAY, abs=1)
    backup.pass_time(2 * DAY)
    client.delete_backup_vault_lock_configuration(BackupVaultName="main")
    client.put_backup_vault_lock_configuration(BackupVaultName="main", ChangeableForDays=3)
    backup.pass_time(3 * DAY)
    for operation in ("delete_backup_vault_lock_configuration", "put_backup_vault_lock_configuration"):
        backup.refused("InvalidRequestException", "final", operation, BackupVaultName="main")


@pytest.mark.parametrize("days", [6, 31, None])
def test_a_locked_vault_fails_jobs_that_keep_too_short_or_long(backup: Bench, days: int | None) -> None:
    client = backup.client()
    client.put_backup_vault_lock_configuration(
        BackupVaultName="main", MinRetentionDays=7, MaxRetentionDays=30
    )
    job = backup.start(Lifecycle={"DeleteAfterDays": days} if days else {})
    backup.finish()
    found = client.describe_backup_job(BackupJobId=job)
    assert (found["State"], "vault lock" in found["StatusMessage"]) == ("FAILED", True)
    assert backup.points() == []


def test_a_locked_vault_lets_nothing_go(backup: Bench) -> None:
    client = backup.client()
    client.put_backup_vault_lock_configuration(BackupVaultName="main", MinRetentionDays=7)
    named = {
        "BackupVaultName": "main",
        "RecoveryPointArn": backup.back_up(Lifecycle={"DeleteAfterDays": 7}),
    }
    backup.refused("InvalidRequestException", "locked", "delete_recovery_point", **named)
    backup.refused("InvalidRequestException", "locked", "update_recovery_point_lifecycle", **named)
    backup.pass_time(8 * DAY)
    assert backup.points() == []


def test_access_policies(backup: Bench) -> None:
    client = backup.client()
    backup.refused(
        "ResourceNotFoundException", "policy", "get_backup_vault_access_policy", BackupVaultName="main"
    )
    for text in ("{", "[]", '{"Statement": [{"Action": "*"}]}'):
        backup.refused(
            INVALID, "policy", "put_backup_vault_access_policy", BackupVaultName="main", Policy=text
        )
    policy = json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]})
    client.put_backup_vault_access_policy(BackupVaultName="main", Policy=policy)
    assert client.get_backup_vault_access_policy(BackupVaultName="main")["Policy"] == policy
    client.delete_backup_vault_access_policy(BackupVaultName="main")
    backup.refused(
        "ResourceNotFoundException", "policy", "get_backup_vault_access_policy", BackupVaultName="main"
    )


def test_tags(backup: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # botocore repeats a LimitExceededException
    client = backup.client()
    arn = client.describe_backup_vault(BackupVaultName="main")["BackupVaultArn"]
    client.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2", "c": "3"})
    client.tag_resource(ResourceArn=arn, Tags={"a": "4"})
    client.untag_resource(ResourceArn=arn, TagKeyList=["b"])
    first = client.list_tags(ResourceArn=arn, MaxResults=1)
    assert first["Tags"] == {"a": "4"}
    assert client.list_tags(ResourceArn=arn, NextToken=first["NextToken"])["Tags"] == {"c": "3"}
    backup.refused(INVALID, "aws:", "tag_resource", ResourceArn=arn, Tags={"aws:x": "y"})
    many = {str(number): "x" for number in range(49)}
    backup.refused("LimitExceededException", "50", "tag_resource", ResourceArn=arn, Tags=many)
    backup.refused("ResourceNotFoundException", "", "list_tags", ResourceArn=arn + "s")


def test_region_settings(backup: Bench) -> None:
    client = backup.client()
    client.update_region_settings(
        ResourceTypeOptInPreference={"DynamoDB": False},
        ResourceTypeManagementPreference={"DynamoDB": False},
    )
    found = client.describe_region_settings()
    assert found["ResourceTypeOptInPreference"]["DynamoDB"] is False
    assert found["ResourceTypeOptInPreference"]["EC2"] is True
    assert found["ResourceTypeManagementPreference"]["DynamoDB"] is False
    assert "DynamoDB" in client.get_supported_resource_types()["ResourceTypes"]
    unknown = {"Toaster": True}
    backup.refused(INVALID, "Toaster", "update_region_settings", ResourceTypeOptInPreference=unknown)
