"""Backups, system backups and restores, as seen live (DDB-BACKUP-003, 011, DDB-TABLE-167, -215, -277, -444)."""

from __future__ import annotations

from tests.sandbox.dynamodb.desk import Desk, on_demand

BACKUPS_OFF = "ContinuousBackupsUnavailableException"


def test_a_backup_outlives_its_table_and_is_restored_with_its_rows() -> None:
    desk = Desk()
    desk.create()
    desk.put(pk={"S": "one"})
    arn = desk.call("CreateBackup", TableName="orders", BackupName="daily")["BackupDetails"]["BackupArn"]
    desk.call("DeleteTable", TableName="orders")
    desk.pass_time(20)
    listed = desk.call("ListBackups")["BackupSummaries"]
    assert [one["BackupArn"] for one in listed] == [arn]
    shown = desk.call("RestoreTableFromBackup", TargetTableName="orders", BackupArn=arn)
    assert shown["TableDescription"]["RestoreSummary"]["RestoreInProgress"] is True
    desk.refused("DeleteBackup", "BackupInUseException", "", BackupArn=arn)
    desk.refused(
        "RestoreTableFromBackup", "BackupInUseException", "", TargetTableName="other-table", BackupArn=arn
    )
    desk.pass_time(200)
    assert desk.table()["RestoreSummary"]["RestoreInProgress"] is False
    assert desk.rows() == [{"pk": {"S": "one"}}]
    desk.call("DeleteBackup", BackupArn=arn)
    assert desk.call("ListBackups")["BackupSummaries"] == []


def test_recovery_leaves_a_system_backup_that_nobody_can_delete() -> None:
    desk = Desk()
    desk.create()
    desk.call(
        "UpdateContinuousBackups",
        TableName="orders",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    desk.call("DeleteTable", TableName="orders")
    desk.pass_time(20)
    assert desk.call("ListBackups")["BackupSummaries"] == []
    (system,) = desk.call("ListBackups", BackupType="SYSTEM")["BackupSummaries"]
    assert system["BackupName"] == "orders$DeletedTableBackup"
    desk.refused(
        "DeleteBackup",
        "ValidationException",
        "User is not allowed to delete the system backup",
        BackupArn=system["BackupArn"],
    )
    desk.pass_time(36 * 86_400)
    assert desk.call("ListBackups", BackupType="SYSTEM")["BackupSummaries"] == []


def test_a_restore_to_a_time_needs_recovery_and_a_time_within_it() -> None:
    desk = Desk()
    desk.create()
    body = {"SourceTableName": "orders", "TargetTableName": "restored"}
    desk.refused(
        "RestoreTableToPointInTime",
        "PointInTimeRecoveryUnavailableException",
        "",
        UseLatestRestorableTime=True,
        **body,
    )
    desk.call(
        "UpdateContinuousBackups",
        TableName="orders",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    desk.pass_time(60)
    desk.refused("RestoreTableToPointInTime", "InvalidRestoreTimeException", "", RestoreDateTime=1.0, **body)
    desk.call("RestoreTableToPointInTime", UseLatestRestorableTime=True, **body)
    desk.refused("RestoreTableToPointInTime", "TableInUseException", "", UseLatestRestorableTime=True, **body)


def test_overrides_are_applied() -> None:
    desk = Desk()
    desk.create(on_demand())
    arn = desk.call("CreateBackup", TableName="orders", BackupName="daily")["BackupDetails"]["BackupArn"]
    desk.call(
        "RestoreTableFromBackup",
        TargetTableName="restored",
        BackupArn=arn,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
    )
    desk.pass_time(200)
    assert desk.table(name="restored")["ProvisionedThroughput"]["ReadCapacityUnits"] == 3


def test_what_is_missing_is_told_with_its_own_codes() -> None:
    desk = Desk()
    desk.refused(
        "CreateBackup", "TableNotFoundException", "Table not found", TableName="gone", BackupName="abc"
    )
    desk.refused(
        "DescribeBackup",
        "BackupNotFoundException",
        "",
        BackupArn="arn:aws:dynamodb:us-east-1:123456789012:table/x/backup/01489602797149-73d8d5bc",
    )
    desk.call("CreateTable", **on_demand())
    desk.refused(
        "CreateBackup", BACKUPS_OFF, "Backups are being enabled", TableName="orders", BackupName="abc"
    )
