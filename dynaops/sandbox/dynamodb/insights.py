"""CloudWatch Contributor Insights of tables and global secondary indexes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import registry
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import not_found, validation
from dynaops.sandbox.world import World

ON_SECONDS, OFF_SECONDS = 6.0, 2.0
"""1-16 s to switch on, 2 s to switch off (DDB-TABLE-090)."""
DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"


@dataclass
class IndexInsights:
    """Contributor Insights of the table or of one index. `changed` is virtual time."""

    status: str = "DISABLED"
    mode: str = DEFAULT_MODE
    changed: float | None = None


@dataclass
class InsightsState:
    """Contributor Insights by index name; the empty name is the table itself."""

    by_index: dict[str, IndexInsights] = field(default_factory=dict)


@operation("dynamodb", "UpdateContributorInsights")
def update_contributor_insights(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table, index = _requested_table_and_index(call)
    registry.require_settled(table)
    insights = table.facet(InsightsState).by_index.setdefault(index, IndexInsights())
    wanted = call.body["ContributorInsightsAction"] == "ENABLE"
    mode = call.body.get("ContributorInsightsMode") or (
        insights.mode if insights.status == "ENABLED" else DEFAULT_MODE
    )
    if insights.status in ("ENABLING", "DISABLING"):
        raise validation("Table or Index is not in a valid state to update Key Access Insights")
    settled = insights.status == ("ENABLED" if wanted else "DISABLED")
    if not settled or (wanted and insights.mode != mode):
        insights.status = "ENABLING" if wanted else "DISABLING"
        insights.mode = mode if wanted else insights.mode
        insights.changed = call.now
        seconds = ON_SECONDS if wanted else OFF_SECONDS
        call.world.schedule(seconds, "dynamodb.insights", index=index, **registry.address(table))
    answer: dict[str, Any] = {
        "TableName": table.name,
        "ContributorInsightsStatus": insights.status,
        "ContributorInsightsMode": insights.mode,
    }
    return {**answer, "IndexName": index} if index else answer


@registry.table_action("dynamodb.insights")
def _end_change(_world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    insights = table.facet(InsightsState).by_index.get(data["index"])
    if insights is not None:
        insights.status = {"ENABLING": "ENABLED", "DISABLING": "DISABLED"}.get(
            insights.status, insights.status
        )


@operation("dynamodb", "DescribeContributorInsights")
def describe_contributor_insights(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table, index = _requested_table_and_index(call)
    insights = table.facet(InsightsState).by_index.get(index, IndexInsights())
    response: dict[str, Any] = {"TableName": table.name, "ContributorInsightsStatus": insights.status}
    if index:
        response["IndexName"] = index
    if insights.changed is not None:
        response["LastUpdateDateTime"] = insights.changed
    if insights.status in ("ENABLED", "ENABLING"):
        response["ContributorInsightsMode"] = insights.mode
        response["ContributorInsightsRuleList"] = _rules(table, index, insights)
    return response


def _rules(table: SandboxTable, index: str, index_insights: IndexInsights) -> list[str]:
    """Names of its CloudWatch rules: for each kind one for the hash key, and one with the range key if there is one."""
    schema = table.global_indexes[index].key_schema if index else table.key_schema
    keys = ["PKC", "SKC"] if len(schema) > 1 else ["PKC"]
    kinds = [*(f"{key}" for key in keys), *(f"{key.replace('C', 'T')}" for key in keys)]
    if index_insights.mode == "THROTTLED_KEYS":
        kinds = kinds[len(keys) :]
    middle = f"{table.name}-{index}" if index else table.name
    stamp = int((index_insights.changed or 0) * 1000)
    return [f"DynamoDBContributorInsights-{kind}-{middle}-{stamp}" for kind in kinds]


@operation("dynamodb", "ListContributorInsights")
def list_contributor_insights(call: ApiCall) -> dict[str, Any]:
    """ListContributorInsights: those that are not DISABLED, of one table or of all (DDB-TABLE-344)."""
    check_shape(call.operation, call.body)
    if "TableName" in call.body:
        tables = [registry.lookup(call, call.body["TableName"])]
    else:
        tables = list(registry.tables_in(call.world, call.account, call.region).values())
    summaries = []
    for table in tables:
        for index, insights in sorted(table.facet(InsightsState).by_index.items()):
            if insights.status == "DISABLED" or (index and index not in table.global_indexes):
                continue
            summary: dict[str, Any] = {
                "TableName": table.name,
                "ContributorInsightsStatus": insights.status,
                "ContributorInsightsMode": insights.mode,
            }
            summaries.append({**summary, "IndexName": index} if index else summary)
    return {"ContributorInsightsSummaries": summaries}


def forget_index(table: SandboxTable, index: str) -> None:
    """Delete the Contributor Insights of a deleted index."""
    table.facet(InsightsState).by_index.pop(index, None)


def _requested_table_and_index(call: ApiCall) -> tuple[SandboxTable, str]:
    table = registry.lookup(call, call.body["TableName"])
    index = call.body.get("IndexName") or ""
    if index and index not in table.global_indexes:
        raise not_found(f"Index: {index} for table {table.name}")
    return table, index
