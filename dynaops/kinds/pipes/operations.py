"""The calls of EventBridge Pipes and IAM that make, change and delete pipes and their roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from dynaops.kinds.kind import AddressDiff, Rank, Step
from dynaops.kinds.pipes.mapping import create_parameters, state_of, update_parameters
from dynaops.kinds.pipes.observe import made_for
from dynaops.kinds.pipes.role import POLICY_NAME
from dynaops.kinds.policy_document import text
from dynaops.kinds.steps import Members, step
from dynaops.kinds.tags import TagCalls
from dynaops.model.operation import Tolerance, Wait
from dynaops.model.resource import Properties

PIPE_TAGS = TagCalls(
    "pipes",
    Rank.MAPPING,
    target="resourceArn",
    create="CreatePipe",
    member="tags",
    keys_member="tagKeys",
    as_map=True,
)
ROLE_TAGS = TagCalls(
    "iam",
    Rank.ATTACHMENT,
    target="RoleName",
    create="CreateRole",
    add="TagRole",
    remove="UntagRole",
    read="ListRoleTags",
)
_SECONDS = 45.0
"""How long CREATING, UPDATING and DELETING last, about."""
_TIMEOUT = 1800.0
_GONE = (Tolerance(code="NotFoundException"), Tolerance(code="NoSuchEntity"))


def create_pipe(entry: AddressDiff, from_start: bool = False) -> Step:
    """Make the pipe; `from_start`: it follows its stream, and misses nothing of the new one."""
    properties = _wanted(entry)
    position = "TRIM_HORIZON" if from_start else properties["starting_position"]
    parameters = create_parameters(properties, position) | {"Description": made_for(entry.address)}
    deleting = bool(entry.desired and entry.desired.options.get("deleting"))
    return _step(
        entry,
        Rank.MAPPING,
        "CreatePipe",
        f"create pipe {properties['name']} to {properties['target_arn']}"
        + (" (on the new stream, from its first record)" if from_start else ""),
        parameters,
        before=_deleted(properties["name"]) if deleting else None,
        wait=_settled(properties),
        tolerate=(Tolerance(code="ConflictException", retried=True),),
        set=dict(properties),
        unset=tuple(name for name in _recorded(entry) if name not in properties),
        outputs={"arn": "Arn"},
        depends_on=entry.desired.depends_on if entry.desired else (),
    )


def update_pipe(entry: AddressDiff) -> Step:
    """Bring all that differs to what is wanted, in one call."""
    properties = _wanted(entry)
    changed = {
        difference.path.partition(".")[0] for difference in (entry.change.differences if entry.change else ())
    }
    parameters = update_parameters(properties, changed)
    return _step(
        entry,
        Rank.MAPPING,
        "UpdatePipe",
        f"change pipe {properties['name']}: {', '.join(sorted(changed))}",
        parameters,
        carried=() if "role_arn" in changed else ("RoleArn",),
        wait=_settled(properties),
        set={name: properties[name] for name in sorted(changed) if name in properties},
        unset=tuple(sorted(name for name in changed if name not in properties)),
    )


def delete_pipe(entry: AddressDiff, rank: Rank) -> Step:
    """Delete the pipe; records that it has not sent are not sent."""
    assert entry.live is not None, "only a live pipe is deleted"
    name = str(entry.live.properties["name"])
    return _step(
        entry,
        rank,
        "DeletePipe",
        f"delete pipe {name}",
        {"Name": name},
        wait=_deleted(name),
        tolerate=_GONE,
        removes=str(entry.live.outputs["arn"]),
        forget=True,
    )


def create_role(entry: AddressDiff) -> Iterator[Step]:
    """The role, and its one inline policy."""
    properties = _wanted(entry)
    arn = entry.desired.options.get("arn") if entry.desired else None
    yield _step(
        entry,
        Rank.POLICY,
        "CreateRole",
        f"create role {properties['name']} for pipe {entry.name}",
        {
            "RoleName": properties["name"],
            "AssumeRolePolicyDocument": text(properties["trust"]),
            "Description": made_for(entry.address),
        },
        service="iam",
        tolerate=(Tolerance(code="EntityAlreadyExists", retried=True),),
        set={"name": properties["name"], "trust": properties["trust"]},
        depends_on=entry.desired.depends_on if entry.desired else (),
        **({"values": {"arn": arn}} if arn else {"outputs": {"arn": "Role.Arn"}}),
    )
    yield _put_policy(entry)


def update_role(entry: AddressDiff) -> Iterator[Step]:
    """Who may use it and its policy, as they should be."""
    properties = _wanted(entry)
    if entry.difference("trust") is not None:
        yield _step(
            entry,
            Rank.POLICY,
            "UpdateAssumeRolePolicy",
            f"let EventBridge use role {properties['name']} for pipe {entry.name}",
            {"RoleName": properties["name"], "PolicyDocument": text(properties["trust"])},
            service="iam",
            set={"trust": properties["trust"]},
        )
    if entry.difference("policy") is not None:
        yield _put_policy(entry)


def delete_role(entry: AddressDiff) -> Iterator[Step]:
    """Its policy, then the role."""
    assert entry.live is not None, "only a live role is deleted"
    name = str(entry.live.properties["name"])
    if "policy" in entry.live.properties:
        yield _step(
            entry,
            Rank.CLEAN_UP,
            "DeleteRolePolicy",
            f"delete the policy of role {name}",
            {"RoleName": name, "PolicyName": POLICY_NAME},
            service="iam",
            tolerate=_GONE,
            unset=("policy",),
        )
    yield _step(
        entry,
        Rank.CLEAN_UP,
        "DeleteRole",
        f"delete role {name}",
        {"RoleName": name},
        service="iam",
        tolerate=_GONE,
        removes=str(entry.live.outputs["arn"]),
        forget=True,
    )


def _put_policy(entry: AddressDiff) -> Step:
    properties = _wanted(entry)
    return _step(
        entry,
        Rank.ATTACHMENT,
        "PutRolePolicy",
        f"put the policy of role {properties['name']}",
        {
            "RoleName": properties["name"],
            "PolicyName": POLICY_NAME,
            "PolicyDocument": text(properties["policy"]),
        },
        service="iam",
        set={"policy": properties["policy"]},
    )


def _settled(properties: Properties) -> Wait:
    """The pipe runs, or is stopped, as it should; a failed state comes with AWS's reason."""
    state = state_of(properties)
    return Wait(
        title=f"pipe {properties['name']} is {state}",
        service="pipes",
        api="DescribePipe",
        parameters={"Name": properties["name"]},
        until=f"CurrentState=='{state}'",
        failed="ends_with(CurrentState, '_FAILED')",
        why="StateReason",
        expected=_SECONDS,
        timeout=_TIMEOUT,
    )


def _deleted(name: str) -> Wait:
    return Wait(
        title=f"pipe {name} is deleted",
        service="pipes",
        api="DescribePipe",
        parameters={"Name": name},
        failed="CurrentState=='DELETE_FAILED'",
        why="StateReason",
        gone=True,
        expected=_SECONDS,
        timeout=_TIMEOUT,
    )


def _wanted(entry: AddressDiff) -> Properties:
    assert entry.desired is not None, "only what is declared is made or changed"
    return entry.desired.properties


def _recorded(entry: AddressDiff) -> Properties:
    return entry.record.properties if entry.record else {}


def _step(
    entry: AddressDiff,
    rank: Rank,
    api: str,
    title: str,
    parameters: dict[str, Any],
    **members: Unpack[Members],
) -> Step:
    """One call of EventBridge Pipes, or of the service in `members`."""
    members.setdefault("service", "pipes")
    return step(entry, rank, api, title, parameters, **members)
