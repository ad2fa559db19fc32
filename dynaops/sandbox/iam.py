"""IAM's rules that moto does not implement; after these checks moto answers.

Quotas and messages as in the IAM User Guide, "IAM and STS quotas", and the service model's documentation. moto checks
the grammar of policies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dynaops.sandbox import aws_policies, constraints, linked_roles
from dynaops.sandbox.dispatch import PASS, ApiCall, operation
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.iam_backend import iam_backend

POLICY_SIZE = 6_144
"""Characters of a managed policy, white space not counted."""
INLINE_SIZE = 10_240
"""Characters of all inline policies of a role together, white space not counted."""
TRUST_SIZE = 2_048
"""Characters of a role's trust policy."""
ATTACHED = 10
"""Largest number of managed policies of a role."""
_CONFLICT = 409


@operation("iam", "CreatePolicy")
def create_policy(call: ApiCall) -> dict[str, Any]:
    """Refuse a name that exists already, also in another case or path."""
    _check_shape(call)
    _check_document(call.body["PolicyDocument"])
    name = call.body["PolicyName"]
    if _name_exists(name, (policy.name for policy in _own_policies(call))):
        raise _already_exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
    _check_policy_size(call.body["PolicyDocument"])
    return PASS


@operation("iam", "CreatePolicyVersion")
def create_policy_version(call: ApiCall) -> dict[str, Any]:
    _check_shape(call)
    _check_document(call.body["PolicyDocument"])
    _check_policy_size(call.body["PolicyDocument"])
    return PASS


@operation("iam", "DeletePolicy")
def delete_policy(call: ApiCall) -> dict[str, Any]:
    """Refused while the policy is attached, or has versions besides its default."""
    policy = _backend(call).managed_policies.get(call.body["PolicyArn"])
    if policy is None:
        return PASS
    if policy.attachment_count:
        raise _conflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise _conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    return PASS


@operation("iam", "AttachRolePolicy")
def attach_role_policy(call: ApiCall) -> dict[str, Any]:
    """Attach a policy; attaching it again changes nothing, and the eleventh policy is refused."""
    aws_policies.load_named_policy(call)
    role = _role(call, call.body["RoleName"])
    if role is None:
        return PASS
    _check_modifiable(role)
    if call.body["PolicyArn"] in role.managed_policies:
        return {}
    if len(role.managed_policies) >= ATTACHED:
        raise _over_quota(f"Cannot exceed quota for PoliciesPerRole: {ATTACHED}")
    return PASS


@operation("iam", "DetachRolePolicy")
def detach_role_policy(call: ApiCall) -> dict[str, Any]:
    _require_modifiable(call)
    return PASS


@operation("iam", "CreateRole")
def create_role(call: ApiCall) -> dict[str, Any]:
    """Refuse a name that exists already, also in another case or path."""
    _check_shape(call)
    _check_trust(call.body["AssumeRolePolicyDocument"])
    name = call.body["RoleName"]
    if call.body.get("Path", "/").startswith("/aws-service-role/"):
        raise ApiError("ValidationError", "Roles under /aws-service-role/ are made by AWS services only.")
    if _name_exists(name, (role.name for role in _backend(call).roles.values())):
        raise _already_exists(f"Role with name {name} already exists.")
    return PASS


@operation("iam", "UpdateAssumeRolePolicy")
def update_trust(call: ApiCall) -> dict[str, Any]:
    _check_shape(call)
    _require_modifiable(call)
    _check_trust(call.body["PolicyDocument"])
    return PASS


@operation("iam", "UpdateRole")
def update_role(call: ApiCall) -> dict[str, Any]:
    _check_shape(call)
    _require_modifiable(call)
    return PASS


@operation("iam", "PutRolePolicy")
def put_role_policy(call: ApiCall) -> dict[str, Any]:
    """Put an inline policy; all inline policies of a role share one quota."""
    _check_shape(call)
    _require_modifiable(call)
    _check_document(call.body["PolicyDocument"])
    role = _role(call, call.body["RoleName"])
    if role is not None:
        others = [text for name, text in role.policies.items() if name != call.body["PolicyName"]]
        if sum(_size(text) for text in (*others, call.body["PolicyDocument"])) > INLINE_SIZE:
            raise _over_quota(f"Maximum policy size of {INLINE_SIZE} bytes exceeded for role {role.name}")
    return PASS


@operation("iam", "DeleteRolePolicy")
def delete_role_policy(call: ApiCall) -> dict[str, Any]:
    _require_modifiable(call)
    return PASS


@operation("iam", "DeleteRole")
def delete_role(call: ApiCall) -> dict[str, Any]:
    """Refused for a service-linked role; moto refuses roles with attached policies."""
    _require_modifiable(call)
    return PASS


@operation("iam", "CreateServiceLinkedRole")
def create_linked_role(call: ApiCall) -> dict[str, Any]:
    """Create a service-linked role; moto answers for services that are not known here."""
    service = call.body["AWSServiceName"]
    name = linked_roles.name_of(service)
    if name is None or call.body.get("CustomSuffix"):
        return PASS
    if linked_roles.find(call.account, call.region, service) is not None:
        raise ApiError(
            "InvalidInput",
            f"Service role name {name} has been taken in this account, please try a different suffix.",
        )
    role = linked_roles.ensure(call.account, call.region, service, call.body.get("Description", ""))
    return {
        "Role": {
            "Path": role.path,
            "RoleName": role.name,
            "RoleId": role.id,
            "Arn": role.arn,
            "CreateDate": role.create_date,
            "AssumeRolePolicyDocument": role.assume_role_policy_document,
        }
    }


def _check_shape(call: ApiCall) -> None:
    constraints.check(call, "iam", "ValidationError")


def _check_document(document: str) -> None:
    """Refuse a document that is not a policy; moto checks the grammar of statements."""
    try:
        parsed = json.loads(document)
    except ValueError:
        raise _malformed("This policy contains invalid Json") from None
    if not isinstance(parsed, dict) or "Statement" not in parsed:
        raise _malformed("Syntax errors in policy.")


def _check_trust(document: str) -> None:
    _check_document(document)
    if len(document) > TRUST_SIZE:
        raise _over_quota(f"Cannot exceed quota for ACLSizePerRole: {TRUST_SIZE}")


def _check_policy_size(document: str) -> None:
    if _size(document) > POLICY_SIZE:
        raise _over_quota(f"Cannot exceed quota for PolicySize: {POLICY_SIZE}")


def _size(document: str | dict[str, Any]) -> int:
    text = document if isinstance(document, str) else json.dumps(document)
    return sum(1 for character in text if not character.isspace())


def _backend(call: ApiCall) -> Any:
    return iam_backend(call.account, call.region)


def _own_policies(call: ApiCall) -> Iterable[Any]:
    return (policy for arn, policy in _backend(call).managed_policies.items() if ":iam::aws:" not in arn)


def _role(call: ApiCall, name: str) -> Any:
    return next((role for role in _backend(call).roles.values() if role.name == name), None)


def _require_modifiable(call: ApiCall) -> None:
    role = _role(call, call.body["RoleName"])
    if role is not None:
        _check_modifiable(role)


def _check_modifiable(role: Any) -> None:
    """Refuse a change of a service-linked role: only its service may change it."""
    if role.path.startswith("/aws-service-role/"):
        raise ApiError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable "
            "by AWS",
        )


def _name_exists(name: str, names: Iterable[str]) -> bool:
    return any(name.lower() == other.lower() for other in names)


def _malformed(message: str) -> ApiError:
    return ApiError("MalformedPolicyDocument", message)


def _over_quota(message: str) -> ApiError:
    return ApiError("LimitExceeded", message, _CONFLICT)


def _conflict(message: str) -> ApiError:
    return ApiError("DeleteConflict", message, _CONFLICT)


def _already_exists(message: str) -> ApiError:
    return ApiError("EntityAlreadyExists", message, _CONFLICT)
