"""Defaults of the Terraform AWS provider: the only list of the defaults that converting relies on.

Each line has the resource's argument, its value when it is absent or null, and the documentation that says so.
Variables of the public module whose defaults differ from the provider's are listed too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynaops.convert.defaults import DocumentedDefault
from dynaops.convert.part import SourceMap

TABLE = "aws_dynamodb_table"
REPLICA = "aws_dynamodb_table_replica"
SCALING_POLICY = "aws_appautoscaling_policy"
BACKUP_PLAN = "aws_backup_plan"
TRIGGER = "aws_lambda_event_source_mapping"
MODULE = "terraform-aws-modules/dynamodb-table/aws"
_INPUTS = f"Terraform Registry, {MODULE}, Inputs: "
_REFERENCE = "Terraform AWS provider, Resource: "


DEFAULTS: dict[tuple[str, str], DocumentedDefault] = {
    (TABLE, "billing_mode"): DocumentedDefault("PROVISIONED", f"{_REFERENCE}{TABLE}, billing_mode"),
    (TABLE, "table_class"): DocumentedDefault("STANDARD", f"{_REFERENCE}{TABLE}, table_class"),
    (TABLE, "deletion_protection_enabled"): DocumentedDefault(
        False, f"{_REFERENCE}{TABLE}, deletion_protection_enabled"
    ),
    (TABLE, "stream_enabled"): DocumentedDefault(False, f"{_REFERENCE}{TABLE}, stream_enabled"),
    (TABLE, "ttl.enabled"): DocumentedDefault(False, f"{_REFERENCE}{TABLE}, ttl: enabled"),
    (TABLE, "point_in_time_recovery.enabled"): DocumentedDefault(
        False, f"{_REFERENCE}{TABLE}, point_in_time_recovery: without the block it is off"
    ),
    (TABLE, "point_in_time_recovery.recovery_period_in_days"): DocumentedDefault(
        35, f"{_REFERENCE}{TABLE}, point_in_time_recovery: recovery_period_in_days"
    ),
    (TABLE, "server_side_encryption.enabled"): DocumentedDefault(
        False,
        f"{_REFERENCE}{TABLE}, server_side_encryption: without the block the key is the one that AWS owns",
    ),
    (TABLE, "replica.consistency_mode"): DocumentedDefault(
        "EVENTUAL", f"{_REFERENCE}{TABLE}, replica: consistency_mode"
    ),
    (TABLE, "replica.point_in_time_recovery"): DocumentedDefault(
        False, f"{_REFERENCE}{TABLE}, replica: point_in_time_recovery"
    ),
    (TABLE, "replica.propagate_tags"): DocumentedDefault(
        False, f"{_REFERENCE}{TABLE}, replica: propagate_tags"
    ),
    (REPLICA, "point_in_time_recovery"): DocumentedDefault(
        False, f"{_REFERENCE}{REPLICA}, point_in_time_recovery"
    ),
    (SCALING_POLICY, "policy_type"): DocumentedDefault(
        "StepScaling", f"{_REFERENCE}{SCALING_POLICY}, policy_type"
    ),
    (TRIGGER, "enabled"): DocumentedDefault(True, f"{_REFERENCE}{TRIGGER}, enabled"),
    (TRIGGER, "batch_size"): DocumentedDefault(100, f"{_REFERENCE}{TRIGGER}, batch_size: of DynamoDB"),
    (BACKUP_PLAN, "start_window"): DocumentedDefault(
        60, f"{_REFERENCE}{BACKUP_PLAN}, the schema of rule: start_window"
    ),
    (BACKUP_PLAN, "completion_window"): DocumentedDefault(
        180, f"{_REFERENCE}{BACKUP_PLAN}, the schema of rule: completion_window"
    ),
    (MODULE, "billing_mode"): DocumentedDefault("PAY_PER_REQUEST", f"{_INPUTS}billing_mode"),
    (MODULE, "table_class"): DocumentedDefault("STANDARD", f"{_INPUTS}table_class: null, so the provider's"),
    (MODULE, "deletion_protection_enabled"): DocumentedDefault(
        False, f"{_INPUTS}deletion_protection_enabled: null, so the provider's"
    ),
    (MODULE, "server_side_encryption_enabled"): DocumentedDefault(
        False, f"{_INPUTS}server_side_encryption_enabled"
    ),
    (MODULE, "point_in_time_recovery_enabled"): DocumentedDefault(
        False, f"{_INPUTS}point_in_time_recovery_enabled"
    ),
    (MODULE, "ttl_enabled"): DocumentedDefault(False, f"{_INPUTS}ttl_enabled"),
    (MODULE, "stream_enabled"): DocumentedDefault(False, f"{_INPUTS}stream_enabled"),
    (MODULE, "autoscaling_enabled"): DocumentedDefault(False, f"{_INPUTS}autoscaling_enabled"),
    (MODULE, "scale_in_cooldown"): DocumentedDefault(0, f"{_INPUTS}autoscaling_defaults"),
    (MODULE, "scale_out_cooldown"): DocumentedDefault(0, f"{_INPUTS}autoscaling_defaults"),
    (MODULE, "target_value"): DocumentedDefault(70, f"{_INPUTS}autoscaling_defaults"),
}


def default(kind: str, name: str) -> Any:
    """The default of an argument of the resource type `kind`."""
    return DEFAULTS[kind, name].value


def value_or_default(
    part: SourceMap | None, argument: str, read: Callable[[SourceMap, str], Any], kind: str, name: str
) -> Any:
    """The value in the source, else the default of `kind` and `name`. None for a wrong type, which is noted."""
    if part is None or argument not in part:
        if part is not None:
            part.skip(argument)
        return default(kind, name)
    return read(part, argument)
