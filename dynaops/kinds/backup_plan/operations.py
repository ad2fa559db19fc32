"""The calls of AWS Backup and IAM that make, change and delete a table's backup."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from dynaops.kinds.backup_plan.mapping import MADE_BY, SELECTION, document_of, selection_document
from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.policy_document import text
from dynaops.kinds.steps import step
from dynaops.kinds.tags import TagCalls
from dynaops.model.late_values import reference
from dynaops.model.operation import Cooldown, Tolerance, Wait
from dynaops.model.resource import Properties

VAULT_TAGS = TagCalls(
    "backup",
    Rank.VAULT,
    create="CreateBackupVault",
    create_member="BackupVaultTags",
    read="ListTags",
    keys_member="TagKeyList",
    as_map=True,
)
PLAN_TAGS = TagCalls(
    "backup",
    Rank.BACKUP_PLAN,
    create="CreateBackupPlan",
    create_member="BackupPlanTags",
    read="ListTags",
    keys_member="TagKeyList",
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
_GONE = (Tolerance(code="ResourceNotFoundException"), Tolerance(code="NoSuchEntity"))
_THERE = (Tolerance(code="AlreadyExistsException"), Tolerance(code="EntityAlreadyExists"))
"""Several tables may share what is made, and be applied side by side."""

_NEW_ROLE = Cooldown(title="AWS Backup knows the new role", prefix="IAM Role", expected=10, timeout=180)
"""A role lags some seconds behind its making: it "cannot be assumed", or "is not authorized to call" something."""


def create_vault(work: TableChanges, entry: AddressDiff, retired: str | None = None) -> Step:
    """Make the vault; `retired` is the one whose place it takes, to be deleted after."""
    wanted = _wanted(entry)
    parameters = {"BackupVaultName": wanted["name"], "CreatorRequestId": _token(work, entry)}
    if wanted.get("kms_key_arn"):
        parameters["EncryptionKeyArn"] = wanted["kms_key_arn"]
    arn = entry.desired.options.get("arn") if entry.desired else None
    return _step(
        entry,
        Rank.VAULT,
        "CreateBackupVault",
        f"create backup vault {wanted['name']}",
        parameters,
        tolerate=_THERE,
        set={**wanted, **({"retired": retired} if retired else {})},
        **({"values": {"arn": arn}} if arn else {"outputs": {"arn": "BackupVaultArn"}}),
    )


def delete_vault(entry: AddressDiff, name: str, rank: Rank, **effect: Any) -> Step:
    """Delete an empty vault; AWS refuses one with recovery points."""
    title = f"delete the empty backup vault {name}"
    return _step(
        entry,
        rank,
        "DeleteBackupVault",
        title,
        {"BackupVaultName": name},
        tolerate=_GONE,
        removes=vault_name_in(entry, name),
        **effect,
    )


def vault_name_in(entry: AddressDiff, name: str) -> str:
    """What AWS calls the vault `name` beside the live one of `entry`."""
    arn = str(entry.live.outputs.get("arn", "")) if entry.live else ""
    return f"{arn.rpartition(':')[0]}:{name}" if arn else f"backup vault {name}"


def create_role(entry: AddressDiff) -> Iterator[Step]:
    """The service role with AWS's policies for it."""
    wanted = _wanted(entry)
    arn = entry.desired.options.get("arn") if entry.desired else None
    yield _step(
        entry,
        Rank.POLICY,
        "CreateRole",
        f"create role {wanted['name']} for AWS Backup",
        {
            "RoleName": wanted["name"],
            "Path": "/service-role/",
            "AssumeRolePolicyDocument": text(wanted["trust"]),
            "Description": "Made by dynaops: lets AWS Backup make and restore recovery points",
        },
        service="iam",
        tolerate=_THERE,
        set={"name": wanted["name"], "trust": wanted["trust"]},
        **({"values": {"arn": arn}} if arn else {"outputs": {"arn": "Role.Arn"}}),
    )
    for policy in wanted["policies"]:
        yield _attachment(entry, policy)


def change_role(entry: AddressDiff) -> Iterator[Step]:
    """Its trust and its policies as they should be."""
    name = _wanted(entry)["name"]
    trust = entry.difference("trust")
    if trust is not None:
        yield _step(
            entry,
            Rank.POLICY,
            "UpdateAssumeRolePolicy",
            f"let AWS Backup use role {name}",
            {"RoleName": name, "PolicyDocument": text(trust.after)},
            service="iam",
            set={"trust": trust.after},
        )
    for difference in entry.differences("policies"):
        policy = difference.path.partition(".")[2]
        yield (
            _attachment(entry, policy)
            if difference.after is not None
            else _detachment(entry, policy, Rank.ATTACHMENT)
        )


def delete_role(entry: AddressDiff) -> Iterator[Step]:
    """Take its policies from it, and delete it."""
    assert entry.live is not None, "only a live role is deleted"
    name = entry.live.properties["name"]
    for policy in entry.live.properties.get("policies", ()):
        yield _detachment(entry, policy, Rank.CLEAN_UP)
    yield _step(
        entry,
        Rank.CLEAN_UP,
        "DeleteRole",
        f"delete role {name}",
        {"RoleName": name},
        service="iam",
        tolerate=_GONE,
        removes=str(entry.live.outputs.get("arn") or f"role {name}"),
        forget=True,
    )


def create_plan(work: TableChanges, entry: AddressDiff) -> Step:
    """Make the plan. It is looked up by what made it, else by name, since names are not unique."""
    wanted, token = _wanted(entry), _token(work, entry)
    ours = f"BackupPlansList[?CreatorRequestId=='{token}']"
    result = f"({ours} || BackupPlansList[?BackupPlanName=='{wanted['name']}'])"
    return _step(
        entry,
        Rank.BACKUP_PLAN,
        "CreateBackupPlan",
        f"create backup plan {wanted['name']}",
        {"BackupPlan": document_of(wanted), "CreatorRequestId": token},
        tolerate=_THERE,
        wait=Wait(
            title=f"backup plan {wanted['name']} is there",
            service="backup",
            api="ListBackupPlans",
            parameters={"MaxResults": 1000},
            until=f"length({result})>`0`",
            expected=1,
            timeout=120,
        ),
        set=wanted,
        outputs={"id": f"{result} | [0].BackupPlanId", "arn": f"{result} | [0].BackupPlanArn"},
    )


def change_plan(entry: AddressDiff) -> Step:
    """Replace the plan's document: AWS knows no smaller change."""
    assert entry.live is not None, "only a live plan is changed"
    wanted = _wanted(entry)
    return _step(
        entry,
        Rank.BACKUP_PLAN,
        "UpdateBackupPlan",
        f"change backup plan {wanted['name']}",
        {
            "BackupPlanId": entry.live.outputs["id"],
            "BackupPlan": document_of(wanted, entry.live.properties.get("settings")),
        },
        carried=("BackupPlan/AdvancedBackupSettings",),
        set=wanted,
        values=entry.live.outputs,
    )


def delete_plan(entry: AddressDiff, rank: Rank) -> Step:
    """Delete the plan, once nothing is selected in it; another table's selection may be going just now."""
    assert entry.live is not None, "only a live plan is deleted"
    return _step(
        entry,
        rank,
        "DeleteBackupPlan",
        f"delete backup plan {entry.live.properties['name']}",
        {"BackupPlanId": entry.live.outputs["id"]},
        tolerate=_GONE,
        removes=str(entry.live.outputs.get("arn") or f"backup plan {entry.live.outputs['id']}"),
        cooldown=Cooldown(
            title="nothing is selected in the plan any more",
            prefix="Related backup plan selections",
            expected=0,
            timeout=60,
        ),
        forget=True,
    )


def create_selection(work: TableChanges, entry: AddressDiff, plan: AddressDiff, new_role: bool) -> Step:
    """Put the table into the plan. `new_role`: the role is made in this run, and AWS Backup does not know it yet."""
    wanted = _wanted(entry)
    plan_id = plan.live.outputs["id"] if plan.live else reference(plan.address, "id")
    result = f"BackupSelectionsList[?SelectionName=='{wanted['name']}']"
    return _step(
        entry,
        Rank.SELECTION,
        "CreateBackupSelection",
        f"back up {_selected(work, wanted)} by plan {plan.desired.properties['name'] if plan.desired else ''}",
        {
            "BackupPlanId": plan_id,
            "BackupSelection": selection_document(wanted),
            "CreatorRequestId": _token(work, entry),
        },
        tolerate=_THERE,
        cooldown=_NEW_ROLE if new_role else None,
        wait=Wait(
            title=f"{_selected(work, wanted)} is selected",
            service="backup",
            api="ListBackupSelections",
            parameters={"BackupPlanId": plan_id, "MaxResults": 1000},
            until=f"length({result})>`0`",
            expected=1,
            timeout=120,
        ),
        set=wanted,
        outputs={"id": f"{result} | [0].SelectionId", "plan_id": f"{result} | [0].BackupPlanId"},
    )


def delete_selection(work: TableChanges, entry: AddressDiff, rank: Rank) -> Step:
    """Take the table out of the plan; its recovery points stay."""
    assert entry.live is not None, "only a live selection is deleted"
    outputs = entry.live.outputs
    return _step(
        entry,
        rank,
        "DeleteBackupSelection",
        f"end the backup of {_selected(work, entry.live.properties)} by plan",
        {"BackupPlanId": outputs["plan_id"], "SelectionId": outputs["id"]},
        tolerate=_GONE,
        removes=selection_name(outputs),
        forget=True,
    )


def _selected(work: TableChanges, selection: Properties) -> str:
    if "tags" not in selection:
        return work.scope.table_name
    return "tables with " + ", ".join(f"{key}={value}" for key, value in sorted(selection["tags"].items()))


def selection_name(outputs: dict[str, Any]) -> str:
    """What AWS calls a selection: ids only."""
    return f"backup selection {outputs.get('id')} of plan {outputs.get('plan_id')}"


def _attachment(entry: AddressDiff, policy: str) -> Step:
    name = _wanted(entry)["name"]
    return _step(
        entry,
        Rank.ATTACHMENT,
        "AttachRolePolicy",
        f"attach {policy.rpartition('/')[2]} to role {name}",
        {"RoleName": name, "PolicyArn": policy},
        service="iam",
        set={f"policies.{policy}": True},
    )


def _detachment(entry: AddressDiff, policy: str, rank: Rank) -> Step:
    assert entry.live is not None, "only what is attached is detached"
    name = entry.live.properties["name"]
    return _step(
        entry,
        rank,
        "DetachRolePolicy",
        f"detach {policy.rpartition('/')[2]} from role {name}",
        {"RoleName": name, "PolicyArn": policy},
        service="iam",
        tolerate=_GONE,
        unset=(f"policies.{policy}",),
    )


def _wanted(entry: AddressDiff) -> dict[str, Any]:
    assert entry.desired is not None, "only what is declared is made or changed"
    return entry.desired.properties


def _token(work: TableChanges, entry: AddressDiff) -> str:
    """A CreatorRequestId: a call that is repeated makes nothing twice, while a later plan is a new request.

    Tables that share something ask for it with the same one, so that it is made once.
    """
    wanted = _wanted(entry)
    shared = entry.kind != SELECTION or "tags" in wanted
    what = f"{entry.kind} {wanted.get('plan', wanted['name'])}" if shared else entry.address
    settings = f"{entry.region} {what} {work.now}"
    return MADE_BY + hashlib.sha256(settings.encode()).hexdigest()[:24]


def _step(
    entry: AddressDiff, rank: Rank, api: str, title: str, parameters: dict[str, Any], **more: Any
) -> Step:
    """One call of AWS Backup, or of the service in `more`."""
    if not more.get("forget"):
        more["depends_on"] = entry.desired.depends_on if entry.desired else ()
    return step(entry, rank, api, title, parameters, **{"service": "backup", **more})
