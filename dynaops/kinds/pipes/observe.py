"""Reads a table's pipes, and the roles that were made for them, from EventBridge and IAM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.kinds.kind import AwsReader, Known
from dynaops.kinds.pipes.mapping import PIPE, ROLE, properties_of
from dynaops.kinds.pipes.role import POLICY_NAME, role_name
from dynaops.kinds.policy_document import canonical
from dynaops.kinds.tags import tags_of
from dynaops.model.resource import Observed, Properties, Resource, Scope
from dynaops.model.state import Record


def made_for(address: str) -> str:
    """The description of a pipe or role that is made for `address`."""
    return f"Made by dynaops for {address}"


def observed(read: AwsReader, scope: Scope, table: Observed | None, known: Known) -> Iterator[Observed]:
    """All pipes on the live stream, the named ones wherever they read, and the roles of both."""
    named, roles = known.of_kinds(PIPE), known.of_kinds(ROLE)
    if not named and not roles and not known.discover:
        return
    names = {_name(address, *sides): address for address, sides in named.items()}
    stream = table.outputs.get("stream_arn") if table else None
    for name in _listed(read, scope, stream) if stream else ():
        names.setdefault(name, scope.below(PIPE, name))
    for name, address in sorted(names.items()):
        record = named.get(address, (None, None))[1]
        pipe = _pipe(read, scope, name, address, record)
        if pipe is not None:
            yield pipe
    wanted = {address: _name(address, *sides) for address, sides in roles.items()}
    for name in names if known.discover else ():
        wanted.setdefault(scope.below(ROLE, name), role_name(scope.region, name))
    for address, name in sorted(wanted.items()):
        role = _role(read, scope, name, address)
        if role is not None and (address in roles or role.raw["description"] == made_for(address)):
            yield role


def _name(address: str, desired: Resource | None, record: Record | None) -> str:
    """The name in AWS of a pipe or role, the recorded one first."""
    for side in (record, desired):
        if side is not None and side.properties.get("name"):
            return str(side.properties["name"])
    return address.rpartition("/")[2]


def _listed(read: AwsReader, scope: Scope, stream: str) -> list[str]:
    pipes = read.read_all("pipes", "ListPipes", scope.region, {"SourcePrefix": stream}, "Pipes") or []
    return [str(pipe["Name"]) for pipe in pipes if pipe.get("Source") == stream]


def _pipe(read: AwsReader, scope: Scope, name: str, address: str, record: Record | None) -> Observed | None:
    pipe = read.read("pipes", "DescribePipe", scope.region, {"Name": name})
    if pipe is None:
        return None
    raw: Properties = {
        "state": pipe.get("CurrentState"),
        "reason": pipe.get("StateReason"),
        "description": pipe.get("Description"),
    }
    properties = properties_of(pipe, record)
    outputs = {"arn": pipe["Arn"]}
    tags = tags_of(pipe.get("Tags"))
    return Observed(address, PIPE, scope.region, properties, outputs, raw=raw, tags=tags)


def _role(read: AwsReader, scope: Scope, name: str, address: str) -> Observed | None:
    answer = read.read("iam", "GetRole", scope.region, {"RoleName": name})
    if answer is None:
        return None
    role: dict[str, Any] = answer["Role"]
    properties: Properties = {"name": name, "trust": canonical(role.get("AssumeRolePolicyDocument") or {})}
    named = {"RoleName": name, "PolicyName": POLICY_NAME}
    policy = read.read("iam", "GetRolePolicy", scope.region, named)
    if policy is not None:
        properties["policy"] = canonical(policy["PolicyDocument"])
    raw = {"others": _others(read, scope, name), "description": role.get("Description")}
    tags = tags_of(role.get("Tags"))
    return Observed(address, ROLE, scope.region, properties, {"arn": role["Arn"]}, raw=raw, tags=tags)


def _others(read: AwsReader, scope: Scope, name: str) -> list[str]:
    """The policies of a role besides that which dynaops gives to it."""
    named = {"RoleName": name}
    attached = read.read_all(
        "iam", "ListAttachedRolePolicies", scope.region, named, "AttachedPolicies", "Marker"
    )
    inline = read.read_all("iam", "ListRolePolicies", scope.region, named, "PolicyNames", "Marker")
    result = [str(policy["PolicyName"]) for policy in attached or ()]
    return result + [str(policy) for policy in inline or () if policy != POLICY_NAME]
