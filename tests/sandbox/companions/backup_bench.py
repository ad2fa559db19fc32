"""AWS Backup in a sandbox, with a table and two vaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox

REGION, AWAY = "us-east-1", "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/backup"
INVALID = "InvalidParameterValueException"
DAY = 86_400.0


@dataclass
class Bench:
    """A sandbox with the table orders (five items) and the empty vaults main and spare."""

    sandbox: Sandbox
    table: str

    def client(self, region: str = REGION) -> Any:
        return self.sandbox.client("backup", region)

    @property
    def tables(self) -> Any:
        return self.sandbox.client("dynamodb", REGION)

    def refused(self, code: str, text: str, operation: str, **asked: Any) -> dict[str, Any]:
        """Assert that a call is refused; the error."""
        with pytest.raises(ClientError) as caught:
            getattr(self.client(), operation)(**asked)
        error = caught.value.response["Error"]
        assert (error["Code"], text in error["Message"]) == (code, True), error
        return dict(caught.value.response)

    def start(self, vault: str = "main", **more: Any) -> str:
        """Start a backup job; its id."""
        asked = {"BackupVaultName": vault, "ResourceArn": self.table, "IamRoleArn": ROLE, **more}
        return str(self.client().start_backup_job(**asked)["BackupJobId"])

    def pass_time(self, seconds: float, steps: int = 1) -> None:
        for _ in range(steps):
            self.sandbox.advance(seconds / steps)

    def finish(self) -> None:
        """Let a job run from its start to its end, and the copies that its rule asks for."""
        self.pass_time(480, steps=8)

    def back_up(self, vault: str = "main", **more: Any) -> str:
        """Make a recovery point; its ARN."""
        job = self.start(vault, **more)
        self.finish()
        return str(self.client().describe_backup_job(BackupJobId=job)["RecoveryPointArn"])

    def points(self, vault: str = "main", region: str = REGION) -> list[dict[str, Any]]:
        found = self.client(region).list_recovery_points_by_backup_vault(BackupVaultName=vault)
        points: list[dict[str, Any]] = found["RecoveryPoints"]
        return points


def make_bench(sandbox: Sandbox) -> Bench:
    """The table and the vaults, ready."""
    tables = sandbox.client("dynamodb", REGION)
    made = tables.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    sandbox.advance(20)
    for number in range(5):
        tables.put_item(TableName="orders", Item={"id": {"S": str(number)}})
    for name in ("main", "spare"):
        sandbox.client("backup", REGION).create_backup_vault(BackupVaultName=name)
    return Bench(sandbox, made["TableDescription"]["TableArn"])
