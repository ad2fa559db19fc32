"""Backup, restore and copy jobs, and the life of recovery points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.sandbox.companions.backup_bench import AWAY, DAY, INVALID, ROLE, Bench

REQUEST, STATE = "InvalidRequestException", "InvalidResourceStateException"


def restore(backup: Bench, point: str, region: str = "us-east-1", **metadata: str) -> str:
    answer = backup.client(region).start_restore_job(
        RecoveryPointArn=point, IamRoleArn=ROLE, Metadata={"targetTableName": "again", **metadata}
    )
    return str(answer["RestoreJobId"])


def test_a_backup_job_goes_its_way(backup: Bench) -> None:
    client = backup.client()
    started = client.start_backup_job(BackupVaultName="main", ResourceArn=backup.table, IamRoleArn=ROLE)
    job = started["BackupJobId"]
    assert client.describe_backup_job(BackupJobId=job)["State"] == "CREATED"
    assert backup.points() == []
    backup.pass_time(11)
    assert client.describe_backup_job(BackupJobId=job)["State"] == "RUNNING"
    assert [one["Status"] for one in backup.points()] == ["CREATING"]
    backup.pass_time(121)
    found = client.describe_backup_job(BackupJobId=job)
    assert (found["State"], found["PercentDone"], found["ResourceName"]) == ("COMPLETED", "100.0", "orders")
    (point,) = backup.points()
    assert point["RecoveryPointArn"] == started["RecoveryPointArn"] == found["RecoveryPointArn"]
    assert (point["Status"], point["ResourceArn"], point["IamRoleArn"]) == ("COMPLETED", backup.table, ROLE)
    vault = client.describe_backup_vault(BackupVaultName="main")
    assert point["EncryptionKeyArn"] == vault["EncryptionKeyArn"]
    assert client.list_tags(ResourceArn=point["RecoveryPointArn"])["Tags"] == {"team": "shop"}


def test_a_missing_table_fails_the_job(backup: Bench) -> None:
    job = backup.start(ResourceArn=backup.table + "2")
    backup.finish()
    found = backup.client().describe_backup_job(BackupJobId=job)
    assert (found["State"], found["StatusMessage"]) == ("FAILED", "Table not found: orders2")
    assert "RecoveryPointArn" not in found


@pytest.mark.parametrize(
    ("code", "text", "more"),
    [
        ("ResourceNotFoundException", "none", {"BackupVaultName": "none"}),
        (INVALID, "Invalid resource ARN", {"ResourceArn": "orders"}),
        (
            INVALID,
            "account and region",
            {"ResourceArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"},
        ),
        (
            "NotImplemented",
            "only DynamoDB",
            {"ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1"},
        ),
        (INVALID, "role", {"IamRoleArn": "backup"}),
        (INVALID, "StartWindow", {"StartWindowMinutes": 59}),
        (INVALID, "CompletionWindow", {"StartWindowMinutes": 100, "CompleteWindowMinutes": 159}),
        (INVALID, "90 days", {"Lifecycle": {"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 90}}),
        (INVALID, "aws:", {"RecoveryPointTags": {"aws:x": "y"}}),
    ],
)
def test_requests_for_jobs_are_checked(backup: Bench, code: str, text: str, more: dict[str, Any]) -> None:
    asked = {"BackupVaultName": "main", "ResourceArn": backup.table, "IamRoleArn": ROLE, **more}
    backup.refused(code, text, "start_backup_job", **asked)
    assert backup.client().list_backup_jobs()["BackupJobs"] == []


def test_a_request_can_be_repeated_with_its_token(backup: Bench) -> None:
    first = backup.start(IdempotencyToken="one")
    assert backup.start(IdempotencyToken="one") == first
    assert backup.start("spare", IdempotencyToken="one") != first
    assert backup.start() != backup.start()


def test_a_job_can_be_stopped(backup: Bench) -> None:
    client, job = backup.client(), backup.start()
    backup.pass_time(11)
    client.stop_backup_job(BackupJobId=job)
    assert client.describe_backup_job(BackupJobId=job)["State"] == "ABORTING"
    backup.finish()
    assert client.describe_backup_job(BackupJobId=job)["State"] == "ABORTED"
    assert backup.points() == []
    backup.refused(REQUEST, "ABORTED", "stop_backup_job", BackupJobId=job)
    backup.refused("ResourceNotFoundException", "", "stop_backup_job", BackupJobId="none")


def test_jobs_are_listed_latest_first_filtered_and_in_pages(backup: Bench) -> None:
    client = backup.client()
    jobs = []
    for vault in ("main", "spare", "main"):
        jobs.append(backup.start(vault))
        backup.finish()
    late = backup.start()

    def listed(**asked: Any) -> list[str]:
        return [one["BackupJobId"] for one in client.list_backup_jobs(**asked)["BackupJobs"]]

    assert listed() == [late, *reversed(jobs)]
    assert listed(ByState="CREATED") == [late]
    assert listed(ByBackupVaultName="spare") == [jobs[1]]
    assert listed(ByResourceArn=backup.table + "2") == []
    created = client.describe_backup_job(BackupJobId=jobs[2])["CreationDate"]
    assert listed(ByCreatedAfter=created) == [late, jobs[2]]
    assert listed(ByCreatedBefore=created) == [jobs[1], jobs[0]]
    assert listed(ByCompleteAfter=created) == [jobs[2]]
    pages = client.get_paginator("list_backup_jobs").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["BackupJobs"]) for page in pages] == [3, 1]


def test_a_recovery_point_lives_as_long_as_it_is_told(backup: Bench) -> None:
    client = backup.client()
    life = {"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 91}
    named = {"BackupVaultName": "main", "RecoveryPointArn": backup.back_up(Lifecycle=life)}
    found = client.describe_recovery_point(**named)
    assert (found["Lifecycle"], found["StorageClass"]) == (life, "WARM")
    moved, deleted = (found["CalculatedLifecycle"][name] for name in ("MoveToColdStorageAt", "DeleteAt"))
    assert (moved - found["CreationDate"]).days == 1
    assert (deleted - found["CreationDate"]).days == 91
    backup.pass_time(DAY)
    assert client.describe_recovery_point(**named)["StorageClass"] == "COLD"
    changed = {"MoveToColdStorageAfterDays": 2, "DeleteAfterDays": 95}
    backup.refused(
        INVALID, "cannot be changed", "update_recovery_point_lifecycle", **named, Lifecycle=changed
    )
    backup.pass_time(90 * DAY)
    backup.refused("ResourceNotFoundException", "", "describe_recovery_point", **named)
    assert client.describe_backup_vault(BackupVaultName="main")["NumberOfRecoveryPoints"] == 0


def test_a_lifecycle_can_be_changed_and_taken_away(backup: Bench) -> None:
    client = backup.client()
    named = {"BackupVaultName": "main", "RecoveryPointArn": backup.back_up(Lifecycle={"DeleteAfterDays": 2})}
    bad = {"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 2}
    backup.refused(INVALID, "90 days", "update_recovery_point_lifecycle", **named, Lifecycle=bad)
    answer = client.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 5})
    assert answer["Lifecycle"] == {"DeleteAfterDays": 5}
    backup.pass_time(3 * DAY)
    client.update_recovery_point_lifecycle(**named, Lifecycle={})
    backup.pass_time(300 * DAY)
    assert len(backup.points()) == 1


def test_deleting_takes_a_moment_and_not_what_is_busy(backup: Bench) -> None:
    client, job = backup.client(), backup.start()
    backup.pass_time(11)
    named = {"BackupVaultName": "main", "RecoveryPointArn": backup.points()[0]["RecoveryPointArn"]}
    backup.refused(STATE, "CREATING", "delete_recovery_point", **named)
    backup.finish()
    assert client.describe_backup_job(BackupJobId=job)["State"] == "COMPLETED"
    restore(backup, named["RecoveryPointArn"])
    backup.refused(STATE, "restored", "delete_recovery_point", **named)
    backup.finish()
    client.delete_recovery_point(**named)
    assert backup.points()[0]["Status"] == "DELETING"
    backup.refused(STATE, "DELETING", "delete_recovery_point", **named)
    backup.refused(
        REQUEST,
        "DELETING",
        "start_restore_job",
        RecoveryPointArn=named["RecoveryPointArn"],
        IamRoleArn=ROLE,
        Metadata={"targetTableName": "again"},
    )
    backup.pass_time(11)
    assert backup.points() == []


def test_recovery_points_and_protected_resources_are_listed(backup: Bench) -> None:
    client = backup.client()
    assert client.list_protected_resources()["Results"] == []
    backup.refused("ResourceNotFoundException", "", "describe_protected_resource", ResourceArn=backup.table)
    points = [backup.back_up(vault) for vault in ("main", "spare", "main")]
    assert [one["RecoveryPointArn"] for one in backup.points()] == [points[2], points[0]]
    pages = client.get_paginator("list_recovery_points_by_resource").paginate(
        ResourceArn=backup.table, PaginationConfig={"PageSize": 2}
    )
    assert [one["RecoveryPointArn"] for page in pages for one in page["RecoveryPoints"]] == points[::-1]
    (resource,) = client.list_protected_resources()["Results"]
    assert (resource["ResourceArn"], resource["LastRecoveryPointArn"]) == (backup.table, points[2])
    found = client.describe_protected_resource(ResourceArn=backup.table)
    assert (found["ResourceType"], found["ResourceName"]) == ("DynamoDB", "orders")


def test_a_restored_table_has_the_items_of_the_backup_and_loses_what_a_restore_loses(backup: Bench) -> None:
    point = backup.back_up()
    backup.tables.put_item(TableName="orders", Item={"id": {"S": "late"}})
    client, job = backup.client(), restore(backup, point)
    assert client.describe_restore_job(RestoreJobId=job)["Status"] == "PENDING"
    backup.pass_time(11)
    running = client.describe_restore_job(RestoreJobId=job)
    assert (running["Status"], running["CreatedResourceArn"]) == (
        "RUNNING",
        backup.table.replace("orders", "again"),
    )
    assert backup.tables.describe_table(TableName="again")["Table"]["TableStatus"] == "CREATING"
    backup.pass_time(121)
    assert client.describe_restore_job(RestoreJobId=job)["Status"] == "COMPLETED"
    made = backup.tables.describe_table(TableName="again")["Table"]
    assert (made["TableStatus"], "StreamSpecification" in made) == ("ACTIVE", False)
    assert made["DeletionProtectionEnabled"] is False
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert backup.tables.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"] == []
    ids = {item["id"]["S"] for item in backup.tables.scan(TableName="again")["Items"]}
    assert ids == {"0", "1", "2", "3", "4"}
    shown = client.describe_recovery_point(BackupVaultName="main", RecoveryPointArn=point)
    assert "LastRestoreTime" in shown


def test_a_restored_table_can_have_tags_and_another_key(backup: Bench) -> None:
    point = backup.back_up()
    backup.client().start_restore_job(
        RecoveryPointArn=point,
        IamRoleArn=ROLE,
        Metadata={"TargetTableName": "again", "encryptionType": "KMS"},
        CopySourceTagsToRestoredResource=True,
    )
    backup.finish()
    made = backup.tables.describe_table(TableName="again")["Table"]
    assert made["SSEDescription"]["SSEType"] == "KMS"
    tags = backup.tables.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "shop"}]


def test_a_taken_name_fails_the_restore(backup: Bench) -> None:
    job = restore(backup, backup.back_up(), targetTableName="orders")
    backup.finish()
    found = backup.client().describe_restore_job(RestoreJobId=job)
    assert (found["Status"], found["StatusMessage"]) == ("FAILED", "Table already exists: orders")
    listed = backup.client().list_restore_jobs(ByStatus="FAILED")["RestoreJobs"]
    assert [one["RestoreJobId"] for one in listed] == [job]


@pytest.mark.parametrize(
    ("text", "metadata"),
    [
        ("targetTableName", {}),
        ("encryptionType", {"targetTableName": "again", "encryptionType": "ROT13"}),
        (
            "kmsMasterKeyArn",
            {"targetTableName": "again", "encryptionType": "Default", "kmsMasterKeyArn": "k"},
        ),
        ("colour", {"targetTableName": "again", "colour": "red"}),
    ],
)
def test_restore_metadata_are_checked(backup: Bench, text: str, metadata: dict[str, str]) -> None:
    point = backup.back_up()
    asked = {"RecoveryPointArn": point, "IamRoleArn": ROLE, "Metadata": metadata}
    backup.refused(INVALID, text, "start_restore_job", **asked)
    del asked["IamRoleArn"]
    backup.refused("MissingParameterValueException", "IamRoleArn", "start_restore_job", **asked)


def test_the_restore_metadata_of_a_point(backup: Bench) -> None:
    found = backup.client().get_recovery_point_restore_metadata(
        BackupVaultName="main", RecoveryPointArn=backup.back_up()
    )
    assert found["RestoreMetadata"] == {"originalTableName": "orders", "encryptionType": "Default"}


def copy(backup: Bench, point: str, target: str, **more: Any) -> str:
    answer = backup.client().start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName="main",
        DestinationBackupVaultArn=target,
        IamRoleArn=ROLE,
        **more,
    )
    return str(answer["CopyJobId"])


def test_a_copy_in_another_region_can_be_restored_there(backup: Bench) -> None:
    away = backup.client(AWAY).create_backup_vault(BackupVaultName="away")["BackupVaultArn"]
    point = backup.back_up(Lifecycle={"DeleteAfterDays": 3})
    job = copy(backup, point, away, Lifecycle={"DeleteAfterDays": 30})
    assert backup.client().describe_copy_job(CopyJobId=job)["CopyJob"]["State"] == "CREATED"
    backup.finish()
    found = backup.client().describe_copy_job(CopyJobId=job)["CopyJob"]
    (copied,) = backup.points("away", AWAY)
    assert (found["State"], found["DestinationRecoveryPointArn"]) == ("COMPLETED", copied["RecoveryPointArn"])
    assert copied["SourceBackupVaultArn"].endswith(":backup-vault:main")
    assert copied["Lifecycle"] == {"DeleteAfterDays": 30}
    backup.pass_time(4 * DAY)
    assert (len(backup.points()), len(backup.points("away", AWAY))) == (0, 1)
    restore(backup, copied["RecoveryPointArn"], AWAY)
    backup.finish()
    assert backup.sandbox.client("dynamodb", AWAY).scan(TableName="again")["Count"] == 5


def test_copies_need_a_vault_and_a_finished_point(backup: Bench) -> None:
    client, point = backup.client(), backup.back_up()
    main = client.describe_backup_vault(BackupVaultName="main")["BackupVaultArn"]
    job = copy(backup, point, main + "-none")
    backup.finish()
    found = client.list_copy_jobs(ByState="FAILED")["CopyJobs"]
    assert [(one["CopyJobId"], "not found" in one["StatusMessage"]) for one in found] == [(job, True)]
    asked = {"RecoveryPointArn": point, "SourceBackupVaultName": "main", "IamRoleArn": ROLE}
    for target in ("away", main):
        backup.refused(INVALID, "vault", "start_copy_job", **asked, DestinationBackupVaultArn=target)
    spare = client.describe_backup_vault(BackupVaultName="spare")["BackupVaultArn"]
    assert copy(backup, point, spare, IdempotencyToken="1") == copy(
        backup, point, spare, IdempotencyToken="1"
    )


def test_without_advanced_features_backups_are_dynamodbs_own(backup: Bench) -> None:
    client = backup.client()
    client.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": False})
    started = client.start_backup_job(
        BackupVaultName="main",
        ResourceArn=backup.table,
        IamRoleArn=ROLE,
        Lifecycle={"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 100},
    )
    assert "RecoveryPointArn" not in started
    backup.finish()
    (point,) = backup.points()
    assert point["RecoveryPointArn"].startswith(f"{backup.table}/backup/")
    assert point["Lifecycle"] == {"DeleteAfterDays": 100}
    spare = client.describe_backup_vault(BackupVaultName="spare")["BackupVaultArn"]
    backup.refused(
        REQUEST,
        "advanced features",
        "start_copy_job",
        RecoveryPointArn=point["RecoveryPointArn"],
        SourceBackupVaultName="main",
        DestinationBackupVaultArn=spare,
        IamRoleArn=ROLE,
    )
    restore(backup, point["RecoveryPointArn"])
    backup.finish()
    assert backup.tables.scan(TableName="again")["Count"] == 5


ORDERS: dict[str, Any] = {
    "TableName": "orders",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_jobs_and_items_are_kept_on_disk(tmp_path: Path) -> None:
    with SandboxServer(speed=0, data_dir=tmp_path) as server:
        tables = server.client("dynamodb")
        arn = tables.create_table(**ORDERS)["TableDescription"]["TableArn"]
        server.advance(20)
        tables.put_item(TableName="orders", Item={"id": {"S": "1"}})
        client = server.client("backup")
        client.create_backup_vault(BackupVaultName="main")
        job = client.start_backup_job(BackupVaultName="main", ResourceArn=arn, IamRoleArn=ROLE)
        server.advance(11)
    with SandboxServer(speed=0, data_dir=tmp_path) as server:
        client = server.client("backup")
        server.advance(130)
        assert client.describe_backup_job(BackupJobId=job["BackupJobId"])["State"] == "COMPLETED"
        metadata = {"targetTableName": "again"}
        client.start_restore_job(RecoveryPointArn=job["RecoveryPointArn"], IamRoleArn=ROLE, Metadata=metadata)
        server.advance(11)
        server.advance(130)
        assert server.client("dynamodb").scan(TableName="again")["Count"] == 1


def test_it_works_over_http(server: SandboxServer) -> None:
    tables, client = server.client("dynamodb"), server.client("backup")
    arn = tables.create_table(**ORDERS)["TableDescription"]["TableArn"]
    server.advance(20)
    client.create_backup_vault(BackupVaultName="main")
    plan = {"BackupPlanName": "p", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "main"}]}
    made = client.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    assert client.get_backup_plan(BackupPlanId=made)["BackupPlan"]["BackupPlanName"] == "p"
    client.start_backup_job(BackupVaultName="main", ResourceArn=arn, IamRoleArn=ROLE)
    server.advance(20)
    server.advance(130)
    (point,) = client.list_recovery_points_by_resource(ResourceArn=arn)["RecoveryPoints"]
    named = {"BackupVaultName": "main", "RecoveryPointArn": point["RecoveryPointArn"]}
    client.tag_resource(ResourceArn=point["RecoveryPointArn"], Tags={"a": "b"})
    assert client.list_tags(ResourceArn=point["RecoveryPointArn"])["Tags"] == {"a": "b"}
    assert client.describe_recovery_point(**named)["Status"] == "COMPLETED"
    with pytest.raises(client.exceptions.ClientError, match="InvalidRequestException"):
        client.delete_backup_vault(BackupVaultName="main")
    client.delete_recovery_point(**named)
    server.advance(20)
    client.delete_backup_vault(BackupVaultName="main")
    client.delete_backup_plan(BackupPlanId=made)
