"""The AWS calls that backup plans, vaults, selections and the role of AWS Backup take in their whole life."""

from __future__ import annotations

from dynaops.kinds.permissions import Permissions, calls

PERMISSIONS = Permissions(
    reads=calls(
        "backup",
        "DescribeRegionSettings",
        "GetBackupPlan",
        "GetBackupSelection",
        "ListBackupPlans",
        "ListBackupSelections",
        "ListBackupVaults",
    )
    | calls("iam", "GetRole", "ListAttachedRolePolicies")
    | calls("dynamodb", "ListTagsOfResource"),
    writes=calls(
        "backup",
        "CreateBackupPlan",
        "UpdateBackupPlan",
        "DeleteBackupPlan",
        "CreateBackupSelection",
        "DeleteBackupSelection",
        "CreateBackupVault",
        "DeleteBackupVault",
    )
    | calls(
        "iam",
        "CreateRole",
        "UpdateAssumeRolePolicy",
        "DeleteRole",
        "AttachRolePolicy",
        "DetachRolePolicy",
    ),
    changes={
        "iam:CreateRole": ("iam:UpdateAssumeRolePolicy",),
        "backup:CreateBackupPlan": ("backup:UpdateBackupPlan",),
        "iam:TagRole": ("iam:UntagRole",),
        "backup:TagResource": ("backup:UntagResource",),
    },
)
