"""The IAM permissions of the calls made in the rehearsal sandbox; and a caller there who has only some of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.access.needs import needs
from dynaops.access.policy import minimal_policy
from dynaops.access.rules import Need
from dynaops.aws.route import Credentials
from dynaops.aws.session import Aws

if TYPE_CHECKING:
    from dynaops.rehearsal.run import RehearsalSandbox

_NAME = "caller"


def needs_since(begin: int, sandbox: RehearsalSandbox, account: str) -> set[Need]:
    """The permissions of the calls after request number `begin`, with the live account's ids."""
    entries = sandbox.server.requests.since(begin)
    paths = {
        entry.body["RoleName"]: entry.body.get("Path", "/")
        for entry in entries
        if entry.operation == "CreateRole"
    }
    result: dict[str, Need] = {}
    for entry in entries:
        bodies = (
            _with_paths(account, entry.region, paths, entry.body) if entry.service == "iam" else (entry.body,)
        )
        for body in bodies:
            for need in needs(entry.service, entry.operation, entry.region, account, body):
                result[json.dumps(need)] = need
    return {
        Need(need.action, sandbox.translated_back(need.resource), _live_context(need, sandbox))
        for need in result.values()
    }


def _live_context(need: Need, sandbox: RehearsalSandbox) -> tuple[tuple[str, str], ...]:
    return tuple((key, sandbox.translated_back(value)) for key, value in need.context)


def _with_paths(
    account: str, region: str, paths: Mapping[str, str], body: Mapping[str, Any]
) -> Iterable[Mapping[str, Any]]:
    """The body with each possible path of its role: the ARN has a path, but calls do not give it."""
    from dynaops.sandbox.permissions import with_path

    name = str(body.get("RoleName", ""))
    if name not in paths or body.get("Path"):
        return (with_path(account, region, "iam", dict(body)),)
    return ({**body, "Path": "/"}, {**body, "Path": paths[name]})


def as_caller(sandbox: RehearsalSandbox, allowed: Iterable[Need]) -> RehearsalSandbox:
    """The rehearsal sandbox with a caller who has only the permissions `allowed` (with the live account's ids)."""
    policy = json.dumps(minimal_policy(allowed))
    for live in sorted(sandbox.sandbox_ids, key=len, reverse=True):
        policy = policy.replace(live, sandbox.sandbox_ids[live])
    iam = sandbox.server.client("iam")
    iam.create_user(UserName=_NAME)
    iam.put_user_policy(UserName=_NAME, PolicyName="permissions", PolicyDocument=policy)
    key = iam.create_access_key(UserName=_NAME)["AccessKey"]
    caller = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    aws = Aws(
        sandbox.aws.region,
        endpoint_url=sandbox.server.url,
        poll_cap=sandbox.aws.poll_cap,
        attempts=1,
        only=caller,
        mark=sandbox.aws.mark,
    )
    return replace(sandbox, aws=aws)
