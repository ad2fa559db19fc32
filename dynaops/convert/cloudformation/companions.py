"""Resources around a template's tables: scaling, event source mappings, AWS Backup, log groups, IAM policies."""

from __future__ import annotations

from typing import Any

from dynaops.convert import shapes
from dynaops.convert.cloudformation.stack import Stack, table_named
from dynaops.convert.part import SourceMap
from dynaops.convert.pieces import Named, PieceKind, Spec
from dynaops.convert.policies import statements_of
from dynaops.convert.scaling import dimension

_NOT_OURS = "it does not scale a table"


def scalable_target(stack: Stack, logical: str, part: SourceMap) -> None:
    """The minimum and maximum capacity of one scalable dimension, with its scheduled actions."""
    part.skip("RoleARN", "ServiceNamespace", "SuspendedState")
    resource, name = part.text("ResourceId"), part.text("ScalableDimension")
    scaled = dimension(resource or "", name or "")
    if scaled is None:
        part.skip(*part.names)
        stack.pieces.notes.lost(part.where, _NOT_OURS)
        return
    stack.targets[logical] = {"resource": str(resource), "dimension": str(name)}
    bounds = {"min": part.open_number("MinCapacity"), "max": part.open_number("MaxCapacity")}
    stack.pieces.add(PieceKind.TARGET, scaled["table"], {**scaled, **bounds}, part)
    for action in part.parts("ScheduledActions"):
        stack.pieces.add(PieceKind.SCHEDULE, scaled["table"], {**scaled, **shapes.schedule(action)}, action)


def scaling_policy(stack: Stack, logical: str, part: SourceMap) -> None:  # noqa: ARG001
    """A target tracking policy. It names its scalable target by id, or by resource id and dimension."""
    part.skip("PolicyName", "ServiceNamespace")
    target = part.text("ScalingTargetId") or part.text("ScalableTargetId")
    known = stack.targets.get((target or "").removeprefix("${id:").removesuffix("}"), {})
    resource = part.text("ResourceId") or known.get("resource", "")
    name = part.text("ScalableDimension") or known.get("dimension", "")
    scaled = dimension(resource, name)
    kind = part.text("PolicyType")
    if scaled is None or kind not in (None, "TargetTrackingScaling"):
        part.skip(*part.names)
        stack.pieces.notes.lost(
            part.where, _NOT_OURS if scaled is None else f"a spec has no scaling by {kind}"
        )
        return
    stack.pieces.add(PieceKind.POLICY, scaled["table"], {**scaled, **shapes.target_tracking(part)}, part)


def event_source_mapping(stack: Stack, logical: str, part: SourceMap) -> None:  # noqa: ARG001
    source, function = part.text("EventSourceArn"), part.text("FunctionName")
    data = shapes.trigger(part, (function or "").rpartition("function:")[2])
    if not source or not function:
        return
    if ":dynamodb:" not in source and not source.startswith("${stream_arn:"):
        part.skip(*part.names)
        stack.pieces.notes.lost(part.where, "its source is not a table's stream")
        return
    stack.pieces.add(PieceKind.TRIGGER, table_named(source), data, part)


def vault(stack: Stack, logical: str, part: SourceMap) -> None:
    name = stack.name(logical, part, "BackupVaultName")
    data: Spec = {"name": name, "kms_key_arn": part.open_text("EncryptionKeyArn")}
    if name is not None:
        data = {key: value for key, value in data.items() if value is not None}
        stack.pieces.vaults.append(Named(name, data, part.where))


def backup_plan(stack: Stack, logical: str, part: SourceMap) -> None:
    part.skip("BackupPlanTags")
    whole = part.part("BackupPlan")
    if whole is None:
        return
    name = whole.text("BackupPlanName")
    rules = [_rule(part) for part in whole.parts("BackupPlanRule")]
    if name and rules and all(rule["vault"] for rule in rules):
        stack.pieces.plans.append(Named(f"${{id:{logical}}}", {"name": name, "rules": rules}, part.where))


def _rule(part: SourceMap) -> Spec:
    """A rule of a backup plan; `backups` checks its vault and time zone."""
    rule: Spec = {
        "name": part.text("RuleName"),
        "schedule": part.text("ScheduleExpression"),
        "timezone": part.text("ScheduleExpressionTimezone"),
        "start_window": part.open_number("StartWindowMinutes"),
        "completion_window": part.open_number("CompletionWindowMinutes"),
        "continuous": part.flag("EnableContinuousBackup"),
        "vault": part.text("TargetBackupVault"),
        **_lifecycle(part),
    }
    copies = [
        {"vault_arn": part.text("DestinationBackupVaultArn"), **_lifecycle(part)}
        for part in part.parts("CopyActions")
    ]
    return {**rule, "copy_to": copies} if copies else rule


def _lifecycle(part: SourceMap) -> Spec:
    block = part.part("Lifecycle")
    if block is None:
        return {}
    return {
        "delete_after_days": block.open_number("DeleteAfterDays"),
        "cold_storage_after_days": block.open_number("MoveToColdStorageAfterDays"),
    }


def selection(stack: Stack, logical: str, part: SourceMap) -> None:
    whole = part.part("BackupSelection")
    plan = part.text("BackupPlanId")
    if whole is None or plan is None:
        return
    if whole.is_open("IamRoleArn") or whole.is_open("Resources"):
        for name in ("IamRoleArn", "Resources"):
            whole.value(name)
        whole.skip(*whole.names)
        return
    whole.skip("SelectionName")
    others = [name for name in ("ListOfTags", "Conditions", "NotResources") if name in whole]
    whole.skip(*others)
    data: dict[str, Any] = {
        "plan": plan,
        "resources": whole.strings("Resources") or [],
        "role_arn": whole.text("IamRoleArn"),
        "other": " and ".join(others),
    }
    stack.pieces.selections.append(Named(logical, data, part.where))


def log_group(stack: Stack, logical: str, part: SourceMap) -> None:
    part.skip("Tags")
    name = stack.name(logical, part, "LogGroupName")
    data = {
        "name": name,
        "retention_days": part.open_number("RetentionInDays"),
        "kms_key_arn": part.open_text("KmsKeyId"),
    }
    if name is not None:
        settings = {key: value for key, value in data.items() if value is not None}
        stack.pieces.log_groups.append(Named(name, settings, part.where))


def managed_policy(stack: Stack, logical: str, part: SourceMap) -> None:
    """A managed policy with an explicit name; a name that CloudFormation generates is not known here."""
    part.skip("Description")
    name, statements = part.text("ManagedPolicyName"), statements_of(part.value("PolicyDocument"))
    roles = part.strings("Roles")
    path = part.text("Path")
    if statements is None:
        return
    if name is None:
        stack.pieces.notes.lost(
            part.where, "it has no ManagedPolicyName, so a spec cannot say which policy it is"
        )
        return
    data: Spec = {"name": name, "statements": statements}
    if path and path != "/":
        data["path"] = path
    if roles:
        data["attach_to_roles"] = roles
    stack.pieces.policies.append(Named(f"${{id:{logical}}}", data, part.where))
