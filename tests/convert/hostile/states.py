"""JSON: states and plans of Terraform, and answers of the AWS CLI."""

from __future__ import annotations

import json
from typing import Any

from tests.convert.hostile.inputs import LARGE, Input


def state(*resources: Any) -> str:
    """A Terraform state of the resources."""
    return json.dumps({"version": 4, "serial": 1, "lineage": "x", "resources": list(resources)})


def resource(kind: str, **attributes: Any) -> dict[str, Any]:
    """A resource of a state."""
    return {"mode": "managed", "type": kind, "name": "t", "instances": [{"attributes": attributes}]}


_PLAIN = {
    "name": "t",
    "hash_key": "id",
    "billing_mode": "PAY_PER_REQUEST",
    "attribute": [{"name": "id", "type": "S"}],
}
_HEAD = '{"version": 4, "serial": 1, "lineage": "x", "resources": '
STATES: dict[str, Input] = {
    "a state nested 100,000 deep": (
        "t.tfstate",
        lambda: _HEAD + "[" * 100_000 + "]" * 100_000 + "}",
        "nested more than",
    ),
    "a state of brackets": ("t.tfstate", lambda: _HEAD + "[" * 1_000_000, "nested more than"),
    "a state cut short": ("t.tfstate", state(resource("aws_dynamodb_table", **_PLAIN))[:-20], "not JSON"),
    "a state with a key twice": (
        "t.tfstate",
        '{"version": 4, "resources": [], "serial": 1,\n "serial": 2}',
        "the key serial stands twice",
    ),
    "a state with a number of a million digits": (
        "t.tfstate",
        lambda: _HEAD + "1" * 1_000_000 + "}",
        "more than 400 digits",
    ),
    "a state with NaN": ("t.tfstate", _HEAD + "NaN}", "NaN is no JSON value"),
    "a state with half a character": ("t.tfstate", _HEAD + '"\\ud800"}', "half a character"),
    "a state of two documents": ("t.tfstate", _HEAD + "[]}" + _HEAD + "[]}", "what is this?"),
    "a state of another version": (
        "t.tfstate",
        '{"version": 99, "serial": 1, "resources": []}',
        "version 99",
    ),
    "a capacity of 400 digits": (
        "t.tfstate",
        state(resource("aws_dynamodb_table", **_PLAIN, read_capacity=10**399)),
        "a whole number",
    ),
    "an infinite capacity": (
        "t.tfstate",
        _HEAD
        + json.dumps([resource("aws_dynamodb_table", **_PLAIN, read_capacity="@")]).replace('"@"', "1e999")
        + "}",
        "a whole number",
    ),
    "a name of 100 kB": (
        "t.tfstate",
        state(resource("aws_dynamodb_table", **{**_PLAIN, "name": "n" * 100_000})),
        "is no table name",
    ),
    "a deep policy": (
        "t.tfstate",
        state(resource("aws_dynamodb_resource_policy", resource_arn="t", policy="[" * 100_000)),
        "not valid JSON",
    ),
    "a deep item": (
        "t.tfstate",
        state(resource("aws_dynamodb_table_item", table_name="t", item='{"a":' * 100_000)),
        "not valid JSON",
    ),
    "an item with half a character": (
        "t.tfstate",
        state(resource("aws_dynamodb_table_item", table_name="t", item='{"a": "\\ud800"}')),
        "not valid JSON",
    ),
    "addresses of brackets": (
        "t.tfstate",
        lambda: state({**resource("aws_backup_plan", name="p", rule=[]), "module": "[" * 200_000}),
        "no selection",
    ),
    "an ARN of beginnings": (
        "t.tfstate",
        lambda: state(resource("aws_dynamodb_tag", resource_arn="${table_arn:" * 20_000, key="a")),
        "its table",
    ),
    "a placeholder of beginnings": (
        "t.tfstate",
        lambda: state(resource("aws_dynamodb_table", **_PLAIN, tags={"a": "${" * 200_000})),
        "a value at most 256",
    ),
    "5,000 replicas": (
        "t.tfstate",
        lambda: state(
            resource("aws_dynamodb_table", **_PLAIN, replica=[{"region_name": f"r{i}"} for i in range(5000)])
        ),
        LARGE,
    ),
    "20,000 unknown settings": (
        "t.tfstate",
        lambda: state(resource("aws_dynamodb_table", **_PLAIN, **{f"s{i}": 1 for i in range(20_000)})),
        "more are not listed",
    ),
    "110,000 tags": (
        "t.tfstate",
        lambda: state(resource("aws_dynamodb_table", **_PLAIN, tags={f"s{i}": "1" for i in range(110_000)})),
        "values that a spec may have",
    ),
    "a name that ends a comment": (
        "t.tfstate",
        state({**resource("aws_dynamodb_table", **{**_PLAIN, "name": "abc"}), "name": "t\nregion: evil"}),
        "converted",
    ),
    "a plan nested deep": (
        "p.json",
        lambda: '{"format_version": "1", "values": ' + '{"root_module": {"child_modules": [' * 1000,
        "nested more than",
    ),
    "a plan that refers to itself": (
        "p.json",
        json.dumps(
            {
                "format_version": "1",
                "planned_values": {
                    "root_module": {
                        "resources": [
                            {
                                "address": "aws_dynamodb_table.t",
                                "mode": "managed",
                                "type": "aws_dynamodb_table",
                                "values": {**_PLAIN, "name": None},
                            }
                        ]
                    }
                },
                "configuration": {
                    "root_module": {
                        "resources": [
                            {
                                "address": "aws_dynamodb_table.t",
                                "expressions": {"name": {"references": ["aws_dynamodb_table.t.name"]}},
                            }
                        ]
                    }
                },
            }
        ),
        "not",
    ),
    "a description nested deep": ("d.json", lambda: '{"Table": ' + "[" * 100_000, "nested more than"),
    "a description with a key twice": (
        "d.json",
        '{"Table": {"TableName": "a", "TableName": "b"}}',
        "the key TableName stands twice",
    ),
    "a description that is a list of lists": (
        "d.json",
        '{"Table": [[[[[]]]]]}',
        "it should be a map of keys",
    ),
    "a description with a capacity of 400 digits": (
        "d.json",
        '{"Table": {"TableName": "abc", "ProvisionedThroughput": {"ReadCapacityUnits": %s}}}' % ("1" * 400),
        "a whole number",
    ),
    "a description with a deep policy": (
        "d.json",
        json.dumps([{"Table": {"TableName": "abc"}}, {"Policy": "[" * 100_000}]),
        "it is no policy document",
    ),
    "10,000 descriptions": ("d.json", lambda: '{"Table": {}}\n' * 10_000, "there is no DynamoDB table"),
    "half a description": ("d.json", '{"Table": {"TableName": "abc"', "not JSON"),
}
