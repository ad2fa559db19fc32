"""The IAM calls of policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from dynaops.kinds.kind import AddressDiff, Rank, Step
from dynaops.kinds.policy_document import text
from dynaops.kinds.steps import Members, step
from dynaops.model.change import Action
from dynaops.model.late_values import reference
from dynaops.model.operation import Tolerance

VERSIONS = 5
"""Versions that a managed policy may have (IAM quotas)."""
_GONE = (Tolerance(code="NoSuchEntity"),)


def made_for(address: str) -> str:
    """The description of a policy that is made for `address`: it can never be changed, so it tells whose it is."""
    return f"Made by dynaops for {address}"


def create(entry: AddressDiff) -> Step:
    """Make the policy. Policies are found by name and path, so one made by a call whose answer was lost is too."""
    assert entry.desired is not None, "only a declared policy is made"
    wanted = entry.desired.properties
    arn = entry.desired.options.get("arn")
    return _step(
        entry,
        Rank.POLICY,
        "CreatePolicy",
        f"create IAM policy {wanted['name']}",
        {
            "PolicyName": wanted["name"],
            "Path": wanted["path"],
            "PolicyDocument": text(wanted["document"]),
            "Description": made_for(entry.address),
        },
        tolerate=(Tolerance(code="EntityAlreadyExists", retried=True),),
        set={name: value for name, value in wanted.items() if name != "roles"},
        outputs={"arn": "Policy.Arn", "id": "Policy.PolicyId"},
        values={"arn": arn} if arn else {},
        depends_on=entry.desired.depends_on,
    )


def change(entry: AddressDiff) -> Iterator[Step]:
    """A new default version, after the oldest was dropped where there are five."""
    assert entry.desired is not None and entry.live is not None, (
        "a live policy is changed to what is declared"
    )
    versions = entry.live.raw.get("versions", [])
    if len(versions) + 1 >= VERSIONS:
        yield _drop(entry, versions[0], "IAM keeps five versions of a policy", Rank.POLICY)
    wanted = entry.desired.properties
    yield _step(
        entry,
        Rank.POLICY,
        "CreatePolicyVersion",
        f"change IAM policy {wanted['name']}",
        {"PolicyArn": _live_arn(entry), "PolicyDocument": text(wanted["document"]), "SetAsDefault": True},
        tolerate=(Tolerance(code="LimitExceeded", retried=True),),
        set={"document": wanted["document"]},
    )


def attach(entry: AddressDiff, role: str) -> Step:
    """Attach it to a role; doing so twice is once."""
    assert entry.desired is not None, "only a declared policy is attached"
    return _step(
        entry,
        Rank.ATTACHMENT,
        "AttachRolePolicy",
        f"attach IAM policy {entry.desired.properties['name']} to role {role}",
        {"RoleName": role, "PolicyArn": _new_arn(entry)},
        set={f"roles.{role}": True},
    )


def detach(entry: AddressDiff, role: str, leaving: bool = False, forget: bool = False) -> Step:
    """Take it from a role that we attached it to."""
    return _step(
        entry,
        Rank.CLEAN_UP if leaving else Rank.ATTACHMENT,
        "DetachRolePolicy",
        f"detach IAM policy {_live_name(entry)} from role {role}",
        {"RoleName": role, "PolicyArn": _live_arn(entry)},
        tolerate=_GONE,
        **({"forget": True} if forget else {"unset": (f"roles.{role}",)}),
    )


def delete(entry: AddressDiff) -> Iterator[Step]:
    """Its other versions, then the policy."""
    for version in entry.live.raw.get("versions", ()) if entry.live else ():
        yield _drop(
            entry, version, "a policy is deleted when only its default version is left", Rank.CLEAN_UP
        )
    yield _step(
        entry,
        Rank.CLEAN_UP,
        "DeletePolicy",
        f"delete IAM policy {_live_name(entry)}",
        {"PolicyArn": _live_arn(entry)},
        tolerate=_GONE,
        removes=_live_arn(entry),
        forget=True,
    )


def _drop(entry: AddressDiff, version: str, reason: str, rank: Rank) -> Step:
    return _step(
        entry,
        rank,
        "DeletePolicyVersion",
        f"delete version {version} of IAM policy {_live_name(entry)}",
        {"PolicyArn": _live_arn(entry), "VersionId": version},
        reason=reason,
        tolerate=_GONE,
    )


def _live_arn(entry: AddressDiff) -> str:
    assert entry.live is not None, "only a live policy is changed or deleted"
    return str(entry.live.outputs["arn"])


def _live_name(entry: AddressDiff) -> str:
    assert entry.live is not None, "only a live policy is changed or deleted"
    return str(entry.live.properties["name"])


def _new_arn(entry: AddressDiff) -> str:
    """Of the policy as it will be."""
    if entry.live is not None and entry.action is not Action.REPLACE:
        return _live_arn(entry)
    known = entry.desired.options.get("arn") if entry.desired else None
    return str(known or reference(entry.address, "arn"))


def _step(
    entry: AddressDiff,
    rank: Rank,
    api: str,
    title: str,
    parameters: dict[str, Any],
    **members: Unpack[Members],
) -> Step:
    """One call of IAM."""
    members["service"] = "iam"
    return step(entry, rank, api, title, parameters, **members)
