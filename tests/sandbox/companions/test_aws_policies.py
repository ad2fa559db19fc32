"""The policies that AWS keeps can be attached, without loading all of them."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox

ARN = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"


def test_a_policy_of_aws_is_there_when_it_is_named(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam", "eu-west-1")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    iam.attach_role_policy(RoleName="r", PolicyArn=ARN)
    attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [ARN]
    version = iam.get_policy(PolicyArn=ARN)["Policy"]["DefaultVersionId"]
    assert iam.get_policy_version(PolicyArn=ARN, VersionId=version)["PolicyVersion"]["Document"]["Statement"]


def test_one_that_aws_does_not_keep_is_not(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam", "eu-west-1")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
