"""The calls of AWS Backup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dynaops.access.rules import Body, CallLocation, Need, ServiceRules, TagsAtCreation

_VAULT_KEY = ("CreateGrant", "GenerateDataKey", "Decrypt", "RetireGrant", "DescribeKey")


def _resources(_api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if body.get("BackupVaultName"):
        return (location.arn("backup", f"backup-vault:{body['BackupVaultName']}"),)
    if body.get("BackupPlanId") or body.get("BackupPlan"):
        return (location.arn("backup", "backup-plan:*"),)
    resource = str(body.get("ResourceArn", "*"))
    plan = ":backup-plan:"
    return (resource.partition(plan)[0] + f"{plan}*" if plan in resource else resource,)


def _dependent_needs(api: str, _location: CallLocation, body: Body) -> Iterator[Need]:
    if api == "CreateBackupSelection":
        role = str(body["BackupSelection"]["IamRoleArn"])
        yield Need("iam:PassRole", role, (("iam:PassedToService", "backup.amazonaws.com"),))
    if api == "CreateBackupVault":
        yield Need("backup-storage:MountCapsule", "*")
        if body.get("EncryptionKeyArn"):
            for action in _VAULT_KEY:
                yield Need(f"kms:{action}", str(body["EncryptionKeyArn"]))


RULES = ServiceRules(
    resources=_resources,
    dependent_needs=_dependent_needs,
    tagged={
        "CreateBackupVault": TagsAtCreation("BackupVaultTags", "backup:TagResource"),
        "CreateBackupPlan": TagsAtCreation("BackupPlanTags", "backup:TagResource"),
    },
)
