"""The AWS calls that IAM policies take in their whole life."""

from __future__ import annotations

from dynaops.kinds.permissions import Permissions, calls

PERMISSIONS = Permissions(
    reads=calls(
        "iam", "GetPolicy", "GetPolicyVersion", "GetRole", "ListEntitiesForPolicy", "ListPolicyVersions"
    )
    | calls("lambda", "GetFunctionConfiguration"),
    writes=calls(
        "iam",
        "CreatePolicy",
        "CreatePolicyVersion",
        "DeletePolicyVersion",
        "DeletePolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
    ),
    changes={
        "iam:CreatePolicy": (
            "iam:CreatePolicyVersion",
            "iam:DeletePolicyVersion",
        ),
        "iam:TagPolicy": ("iam:UntagPolicy",),
    },
)
