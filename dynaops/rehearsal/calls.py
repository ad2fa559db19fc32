"""The IAM permissions of the calls made in the rehearsal sandbox; and a caller there who has only some of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.access.needs import Need, needs
from dynaops.access.policy import least
from dynaops.aws.route import Credentials
from dynaops.aws.session import Aws

if TYPE_CHECKING:
    from dynaops.rehearsal.run import RehearsalSandbox

_NAME = "caller"


def needs_since(begin: int, there: RehearsalSandbox, account: str) -> set[Need]:
    """The permissions of the calls after request number `begin`, with the live account's ids."""
    entries = there.server.requests.since(begin)
    paths = {
        entry.body["RoleName"]: entry.body.get("Path", "/")
        for entry in entries
        if entry.operation == "CreateRole"
    }
    found: dict[str, Need] = {}
    for entry in entries:
        bodies = (
            _with_paths(account, entry.region, paths, entry.body) if entry.service == "iam" else (entry.body,)
        )
        for body in bodies:
            for need in needs(entry.service, entry.operation, entry.region, account, body):
                found[json.dumps(need)] = need
    return {
        Need(need.action, there.translated_back(need.resource), _back(need, there)) for need in found.values()
    }


def _back(need: Need, there: RehearsalSandbox) -> tuple[tuple[str, str], ...]:
    return tuple((key, there.translated_back(value)) for key, value in need.context)


def _with_paths(
    account: str, region: str, paths: Mapping[str, str], body: Mapping[str, Any]
) -> Iterable[Mapping[str, Any]]:
    """The body with each possible path of its role: the ARN has a path, but calls do not give it."""
    from dynaops.sandbox.permissions import with_path

    name = str(body.get("RoleName", ""))
    if name not in paths or body.get("Path"):
        return (with_path(account, region, "iam", dict(body)),)
    return ({**body, "Path": "/"}, {**body, "Path": paths[name]})


def as_caller(there: RehearsalSandbox, may: Iterable[Need]) -> RehearsalSandbox:
    """The rehearsal sandbox with a caller who has only the permissions `allowed` (with the live account's ids)."""
    policy = json.dumps(least(may))
    for live in sorted(there.minted, key=len, reverse=True):
        policy = policy.replace(live, there.minted[live])
    iam = there.server.client("iam")
    iam.create_user(UserName=_NAME)
    iam.put_user_policy(UserName=_NAME, PolicyName="permissions", PolicyDocument=policy)
    key = iam.create_access_key(UserName=_NAME)["AccessKey"]
    caller = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    aws = Aws(
        there.aws.region,
        endpoint_url=there.server.url,
        poll_cap=there.aws.poll_cap,
        attempts=1,
        only=caller,
        mark=there.aws.mark,
    )
    return replace(there, aws=aws)
