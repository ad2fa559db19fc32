"""IAM in the sandbox: quotas, names, what cannot be deleted, service-linked roles."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
SCALING = "dynamodb.application-autoscaling.amazonaws.com"
SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"


def document(size: int = 0, indent: int | None = None) -> str:
    """A policy of at least `size` characters that are not white space."""
    statement = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*", "Sid": ""}
    body = {"Version": "2012-10-17", "Statement": [statement]}
    statement["Sid"] = "x" * max(0, size - len(json.dumps(body, separators=(",", ":"))))
    return json.dumps(body, indent=indent, separators=(",", ":"))


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    return sandbox.client("iam")


def refused(call: Any, code: str, status: int, text: str = "") -> None:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    found = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
    assert found == (code, status), response["Error"]
    assert text in response["Error"]["Message"]


def policy(iam: Any, name: str = "p", **more: Any) -> str:
    arn: str = iam.create_policy(PolicyName=name, PolicyDocument=document(), **more)["Policy"]["Arn"]
    return arn


def role(iam: Any, name: str = "r", **more: Any) -> None:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)


class TestPolicies:
    def test_size_is_counted_without_white_space(self, iam: Any) -> None:
        wide = document(6_144, indent=40)
        assert len(wide) > 6_144
        arn = iam.create_policy(PolicyName="fits", PolicyDocument=wide)["Policy"]["Arn"]
        for call in (
            lambda: iam.create_policy(PolicyName="p", PolicyDocument=document(6_145)),
            lambda: iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(6_145)),
        ):
            refused(call, "LimitExceeded", 409, "PolicySize: 6144")
        assert [one["PolicyName"] for one in iam.list_policies(Scope="Local")["Policies"]] == ["fits"]

    @pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"Version":"2012-10-17"}'])
    def test_malformed(self, iam: Any, text: str) -> None:
        role(iam)
        arn = policy(iam)
        for call in (
            lambda: iam.create_policy(PolicyName="q", PolicyDocument=text),
            lambda: iam.create_policy_version(PolicyArn=arn, PolicyDocument=text),
            lambda: iam.put_role_policy(RoleName="r", PolicyName="q", PolicyDocument=text),
            lambda: iam.create_role(RoleName="s", AssumeRolePolicyDocument=text),
            lambda: iam.update_assume_role_policy(RoleName="r", PolicyDocument=text),
        ):
            refused(call, "MalformedPolicyDocument", 400)

    def test_names_differ_in_more_than_case_and_path(self, iam: Any) -> None:
        policy(iam, "Orders")
        refused(
            lambda: policy(iam, "orders", Path="/x/"), "EntityAlreadyExists", 409, "A policy called orders"
        )

    def test_names_have_a_form(self, iam: Any) -> None:
        refused(lambda: policy(iam, "my policy"), "ValidationError", 400, "policyName")

    def test_deleting_after_all_else(self, iam: Any) -> None:
        arn = policy(iam)
        role(iam)
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        refused(lambda: iam.delete_policy(PolicyArn=arn), "DeleteConflict", 409, "attached to entities")
        iam.detach_role_policy(RoleName="r", PolicyArn=arn)
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(300), SetAsDefault=True)
        refused(lambda: iam.delete_policy(PolicyArn=arn), "DeleteConflict", 409, "more than one version")
        refused(
            lambda: iam.delete_policy_version(PolicyArn=arn, VersionId="v2"),
            "DeleteConflict",
            409,
            "default version",
        )
        iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
        iam.delete_policy(PolicyArn=arn)
        refused(lambda: iam.delete_policy(PolicyArn=arn), "NoSuchEntity", 404)

    def test_five_versions(self, iam: Any) -> None:
        arn = policy(iam)
        for _ in range(4):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())
        refused(
            lambda: iam.create_policy_version(PolicyArn=arn, PolicyDocument=document()), "LimitExceeded", 409
        )


class TestRoles:
    def test_names_differ_in_more_than_case(self, iam: Any) -> None:
        role(iam, "Orders")
        refused(lambda: role(iam, "orders", Path="/x/"), "EntityAlreadyExists", 409, "Role with name orders")

    def test_ten_policies(self, iam: Any) -> None:
        role(iam)
        arns = [policy(iam, f"p{number}") for number in range(11)]
        for arn in arns[:10]:
            iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        iam.attach_role_policy(RoleName="r", PolicyArn=arns[0])
        assert iam.get_policy(PolicyArn=arns[0])["Policy"]["AttachmentCount"] == 1
        refused(
            lambda: iam.attach_role_policy(RoleName="r", PolicyArn=arns[10]),
            "LimitExceeded",
            409,
            "PoliciesPerRole: 10",
        )

    def test_aws_policies_can_be_attached(self, iam: Any) -> None:
        role(iam)
        arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
        assert attached == [{"PolicyName": "AWSLambdaDynamoDBExecutionRole", "PolicyArn": arn}]

    def test_inline_policies_share_a_quota(self, iam: Any) -> None:
        role(iam)
        iam.put_role_policy(RoleName="r", PolicyName="a", PolicyDocument=document(6_000))
        iam.put_role_policy(RoleName="r", PolicyName="a", PolicyDocument=document(6_000))
        refused(
            lambda: iam.put_role_policy(RoleName="r", PolicyName="b", PolicyDocument=document(6_000)),
            "LimitExceeded",
            409,
            "Maximum policy size of 10240 bytes exceeded for role r",
        )

    def test_a_trust_policys_quota(self, iam: Any) -> None:
        trust = json.loads(TRUST)
        trust["Statement"][0]["Sid"] = "x" * 2_048
        refused(
            lambda: iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust)),
            "LimitExceeded",
            409,
            "ACLSizePerRole: 2048",
        )

    def test_deleting_after_all_else(self, iam: Any) -> None:
        role(iam)
        arn = policy(iam)
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=document())
        iam.create_instance_profile(InstanceProfileName="i")
        iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
        steps: tuple[Callable[[], Any], ...] = (
            lambda: iam.detach_role_policy(RoleName="r", PolicyArn=arn),
            lambda: iam.delete_role_policy(RoleName="r", PolicyName="inline"),
            lambda: iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r"),
        )
        for step in steps:
            refused(lambda: iam.delete_role(RoleName="r"), "DeleteConflict", 409)
            step()
        iam.delete_role(RoleName="r")
        assert iam.list_roles()["Roles"] == []


class TestLinkedRoles:
    def test_made_once(self, iam: Any) -> None:
        made = iam.create_service_linked_role(AWSServiceName=SCALING)["Role"]
        assert made["RoleName"] == SCALING_ROLE
        assert made["Arn"] == f"arn:aws:iam::123456789012:role/aws-service-role/{SCALING}/{SCALING_ROLE}"
        assert made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": SCALING}
        assert iam.get_role(RoleName=SCALING_ROLE)["Role"]["CreateDate"] == made["CreateDate"]
        refused(
            lambda: iam.create_service_linked_role(AWSServiceName=SCALING),
            "InvalidInput",
            400,
            f"Service role name {SCALING_ROLE} has been taken in this account",
        )

    def test_only_its_service_changes_it(self, iam: Any) -> None:
        iam.create_service_linked_role(AWSServiceName=SCALING)
        arn = policy(iam)
        for call in (
            lambda: iam.delete_role(RoleName=SCALING_ROLE),
            lambda: iam.attach_role_policy(RoleName=SCALING_ROLE, PolicyArn=arn),
            lambda: iam.put_role_policy(RoleName=SCALING_ROLE, PolicyName="a", PolicyDocument=document()),
        ):
            refused(call, "UnmodifiableEntity", 400, "only modifiable by AWS")
        refused(lambda: role(iam, "r", Path=f"/aws-service-role/{SCALING}/"), "ValidationError", 400)
