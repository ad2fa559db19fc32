"""Permission checks for callers that use an access key of an IAM user of the sandbox; other callers may do everything.

So permissions are opt-in: create a user, attach policies to it and use its access key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from dynaops.access.needs import needs
from dynaops.access.policy import decision
from dynaops.access.rules import Need
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.iam_backend import iam_backend


def check(service: str, api: str, region: str, account: str, access_key: str, body: dict[str, Any]) -> None:
    """Raise AccessDeniedException, with AWS's message, for an action that the key's user is not allowed."""
    user = _user_of(account, region, access_key)
    if user is None:
        return
    documents = list(_documents(account, region, user))
    for need in needs(service, api, region, account, with_path(account, region, service, body)):
        effect = decision(documents, need)
        if effect != "allowed":
            raise _denied(user.arn, need, effect)


def _denied(user: str, need: Need, effect: str) -> ApiError:
    why = (
        f"because no identity-based policy allows the {need.action} action"
        if effect == "implicitDeny"
        else "with an explicit deny in an identity-based policy"
    )
    return ApiError(
        "AccessDeniedException",
        f"User: {user} is not authorized to perform: {need.action} on resource: {need.resource} {why}",
    )


def with_path(account: str, region: str, service: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body of a call with the role's path added: the role's ARN has a path, but calls of IAM do not give it."""
    if service != "iam" or "RoleName" not in body or body.get("Path"):
        return body
    role = next(
        (role for role in iam_backend(account, region).roles.values() if role.name == body["RoleName"]), None
    )
    return {**body, "Path": role.path if role is not None else "/"}


def _user_of(account: str, region: str, access_key: str) -> Any:
    users = iam_backend(account, region).users.values()
    return next((user for user in users for key in user.access_keys if key.access_key_id == access_key), None)


def issued_keys() -> list[dict[str, str]]:
    """The access keys of all users and assumed roles: id, and SHA-256 (hex) of secret and session token."""
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    keys = [
        (key.access_key_id, key.secret_access_key, "")
        for account in list(iam_backends.values())
        for backend in list(account.values())
        for user in backend.users.values()
        for key in user.access_keys
    ]
    keys += [
        (role.access_key_id, role.secret_access_key, role.session_token)
        for account in list(sts_backends.values())
        for backend in list(account.values())
        for role in backend.assumed_roles
    ]
    return [{"id": id, "secret": _digest(secret), "token": _digest(token)} for id, secret, token in keys]


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _documents(account: str, region: str, user: Any) -> Iterator[dict[str, Any]]:
    """The policies of a user or role: inline and managed, and those of the user's groups."""
    holders = [
        user,
        *(group for group in iam_backend(account, region).groups.values() if user in group.users),
    ]
    for holder in holders:
        for document in holder.policies.values():
            yield _parsed_document(document)
        for policy in holder.managed_policies.values():
            yield _parsed_document(policy.document)


def _parsed_document(document: Any) -> dict[str, Any]:
    result: dict[str, Any] = document if isinstance(document, dict) else json.loads(document)
    return result


@operation("iam", "SimulatePrincipalPolicy")
def simulate(call: ApiCall) -> dict[str, Any]:
    """Evaluate a user's or role's policies for each action on each resource."""
    arn = str(call.body["PolicySourceArn"])
    backend = iam_backend(call.account, call.region)
    holders = [*backend.users.values(), *backend.roles.values()]
    holder = next((entry for entry in holders if entry.arn == arn), None)
    if holder is None:
        raise ApiError("NoSuchEntity", f"The entity with ARN {arn} cannot be found.", 404)
    documents = list(_documents(call.account, call.region, holder))
    context = tuple(
        (str(entry["ContextKeyName"]), str(entry["ContextKeyValues"][0]))
        for entry in call.body.get("ContextEntries", ())
    )
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": decision(documents, Need(action, resource, context)),
            "MatchedStatements": [],
            "MissingContextValues": [],
        }
        for action in call.body["ActionNames"]
        for resource in call.body.get("ResourceArns") or ["*"]
    ]
    return {"EvaluationResults": results, "IsTruncated": False}
