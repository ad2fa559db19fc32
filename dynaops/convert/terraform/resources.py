"""Which reader takes which of Terraform's resources."""

from __future__ import annotations

from collections.abc import Callable

from dynaops.convert.part import SourceMap
from dynaops.convert.terraform import companions, tables
from dynaops.convert.terraform.context import ReadContext

Reader = Callable[[ReadContext, SourceMap, str], None]
TABLE = "aws_dynamodb_table"
READERS: dict[str, Reader] = {
    TABLE: lambda world, part, address: tables.table(world, part),  # noqa: ARG005
    "aws_dynamodb_table_replica": companions.replica,
    "aws_dynamodb_global_secondary_index": companions.index,
    "aws_dynamodb_kinesis_streaming_destination": companions.kinesis,
    "aws_dynamodb_contributor_insights": companions.insights,
    "aws_dynamodb_resource_policy": companions.resource_policy,
    "aws_dynamodb_table_item": companions.item,
    "aws_dynamodb_tag": companions.tag,
    "aws_appautoscaling_target": companions.scalable_target,
    "aws_appautoscaling_policy": companions.scaling_policy,
    "aws_appautoscaling_scheduled_action": companions.scheduled_action,
    "aws_lambda_event_source_mapping": companions.event_source_mapping,
    "aws_backup_vault": companions.vault,
    "aws_backup_plan": companions.backup_plan,
    "aws_backup_selection": companions.selection,
    "aws_cloudwatch_log_group": companions.log_group,
    "aws_iam_policy": companions.iam_policy,
    "aws_iam_role_policy_attachment": companions.attachment,
    "aws_iam_policy_attachment": companions.attachment,
}
ELSEWHERE = "it is not about a table, or nothing that a spec can say"


def read(world: ReadContext, kind: str, part: SourceMap, address: str) -> None:
    """Take a resource of a type that is among the READERS. What nothing can be made of is told."""
    pieces = world.pieces
    pieces.ledger.found(part.where)
    before = pieces.size + len(pieces.notes)
    READERS[kind](world, part, address)
    part.close()
    if pieces.size + len(pieces.notes) == before:
        pieces.notes.lost(part.where, "it says too little to be carried over")
