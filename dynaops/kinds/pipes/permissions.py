"""The AWS calls that pipes and their roles take in their whole life."""

from __future__ import annotations

from dynaops.kinds.permissions import Permissions, calls

PERMISSIONS = Permissions(
    reads=calls("pipes", "DescribePipe", "ListPipes")
    | calls("iam", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"),
    writes=calls("pipes", "CreatePipe", "UpdatePipe", "DeletePipe")
    | calls("iam", "CreateRole", "UpdateAssumeRolePolicy", "DeleteRole", "PutRolePolicy", "DeleteRolePolicy"),
    changes={
        "pipes:CreatePipe": ("pipes:UpdatePipe",),
        "pipes:TagResource": ("pipes:UntagResource",),
        "iam:CreateRole": ("iam:UpdateAssumeRolePolicy",),
        "iam:TagRole": ("iam:UntagRole",),
    },
)
