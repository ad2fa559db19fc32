"""The data that a deployment of functions needs to use a table (``grant --out``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynaops.engine.grant_functions import Function
from dynaops.model.resource import Observed, Properties, Scope


def configuration(
    scope: Scope, table: Observed | None, policy: Properties, functions: Sequence[Function]
) -> dict[str, Any]:
    """Table, stream, policy, functions with their roles, and the environment variables that the functions need.

    `policy` is included unchanged. For a table that does not exist, only name and region are known.
    """
    outputs = table.outputs if table else {}
    keys = table.properties if table else {}
    variables = {
        "TABLE_NAME": scope.table_name,
        "TABLE_ARN": outputs.get("arn"),
        "STREAM_ARN": outputs.get("stream_arn"),
    }
    environment = {name: value for name, value in variables.items() if value is not None}
    return {
        "table": {
            "name": scope.table_name,
            "region": scope.region,
            "arn": outputs.get("arn"),
            "id": outputs.get("id"),
            "hash_key": keys.get("hash_key"),
            "range_key": keys.get("range_key"),
            "indexes": _indexes(table),
        },
        "stream": _stream(table),
        "policy": policy,
        "functions": [
            {
                "name": function.name,
                "arn": function.arn,
                "role": function.role,
                "role_arn": function.role_arn,
                "environment": environment,
            }
            for function in functions
        ],
    }


def _stream(table: Observed | None) -> Properties | None:
    if table is None or "stream_arn" not in table.outputs:
        return None
    return {
        "arn": table.outputs["stream_arn"],
        "label": table.outputs.get("stream_label"),
        "view_type": table.properties.get("stream", {}).get("view_type"),
    }


def _indexes(table: Observed | None) -> dict[str, str]:
    """Name to ARN, of global and local indexes."""
    members = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes", "VectorIndexes")
    listed = [index for member in members for index in (table.raw.get(member, ()) if table else ())]
    return {index["IndexName"]: index["IndexArn"] for index in listed if "IndexArn" in index}
