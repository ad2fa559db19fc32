"""Values of attributes of resources and data sources that others refer to, as far as the configuration has them."""

from __future__ import annotations

from collections.abc import Mapping

from dynaops.convert.arns import stream_arn, table_arn
from dynaops.convert.part import Unknown
from dynaops.convert.terraform import documents, resources
from dynaops.convert.terraform.blocks import mapped
from dynaops.convert.terraform.evaluate import NameScope, evaluated
from dynaops.convert.terraform.hcl import HclBlock
from dynaops.convert.terraform.values import (
    NOWHERE,
    ExpressionError,
    UnsupportedArguments,
    flag_of,
    is_scalar,
    number_of,
    text_of,
)
from dynaops.specs.yaml_tree import YamlNode

_EVERYWHERE = {
    ("aws_caller_identity", "account_id"): "AWS::AccountId",
    ("aws_caller_identity", "id"): "AWS::AccountId",
    ("aws_region", "name"): "AWS::Region",
    ("aws_region", "region"): "AWS::Region",
    ("aws_region", "id"): "AWS::Region",
    ("aws_partition", "partition"): "AWS::Partition",
    ("aws_partition", "id"): "AWS::Partition",
}
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_NUMBERS = (
    "capacity",
    "batch_size",
    "retention_in_days",
    "_in_seconds",
    "factor",
    "attempts",
    "cooldown",
    "value",
)
_FLAGS = ("enabled",)
_NULL = ("range_key", "stream_view_type", "region")
"""Attributes of a table that are null where they are not set."""
_LAMBDA_ARNS = ("arn", "id")


def is_everywhere(kind: str) -> bool:
    """Whether all blocks of a data source's type have the same attributes (for example the account id)."""
    return any(kind == known for known, _ in _EVERYWHERE)


def of_data(
    kind: str,
    name: str,
    block: HclBlock | None,
    scope: NameScope,
    region: str | None,
    given: Mapping[str, str],
) -> YamlNode | None:
    """The value of an attribute of a data source; None if it is not known."""
    if kind == "aws_iam_policy_document" and name in ("json", "minified_json") and block is not None:
        return YamlNode(documents.policy(mapped(block.body, scope, _META), scope.budget), block.spot)
    pseudo = _EVERYWHERE.get((kind, name))
    if pseudo is not None:
        return YamlNode(_pseudo(pseudo, region, given), NOWHERE)
    if block is None:
        return None
    if kind == resources.TABLE and "name" in block.body.attributes:
        return _of_table(block, name, scope)
    return _of_function(block, name, scope) if kind == "aws_lambda_function" else None


_META = ("provider", "depends_on", "count", "for_each", "lifecycle")


def _pseudo(name: str, region: str | None, given: Mapping[str, str]) -> str:
    """The given account id, region or partition; a placeholder ``${AWS::...}`` if it is not known."""
    if name in given:
        return given[name]
    if name == "AWS::Region" and region:
        return region
    if name == "AWS::Partition" and region and not region.startswith(("us-iso", "eu-iso", "eusc-")):
        return next(
            (partition for prefix, partition in _PARTITIONS.items() if region.startswith(prefix)), "aws"
        )
    return f"${{{name}}}"


def of_resource(block: HclBlock, name: str, address: str, scope: NameScope) -> YamlNode | None:
    """The value of a resource's attribute: from its block, or a placeholder for its ARN or id; else None."""
    kind = block.labels[0]
    source = block.body.attributes.get(name)
    if source is not None:
        return _typed(evaluated(source, scope), kind, name)
    if kind == resources.TABLE and name in _NULL and not _has_block(block, name):
        return YamlNode(None, block.spot)
    if kind == resources.TABLE and "name" in block.body.attributes:
        return _of_table(block, name, scope)
    if kind == "aws_lambda_function":
        return _of_function(block, name, scope)
    if kind in resources.READERS and name in ("id", "arn"):
        return YamlNode(f"${{id:{address}}}", block.spot)
    return None


def _has_block(block: HclBlock, name: str) -> bool:
    return any(name in (block.type, *block.labels) for block in block.body.blocks)


def _typed(node: YamlNode, kind: str, name: str) -> YamlNode:
    """The value converted to the type of the provider's attribute, if that type is known."""
    if not is_scalar(node.value):
        return node
    try:
        if name.endswith(_NUMBERS):
            return YamlNode(number_of(node.value), node.spot)
        if name.endswith(_FLAGS):
            return YamlNode(flag_of(node.value), node.spot)
        if kind in resources.READERS or isinstance(node.value, str):
            return YamlNode(text_of(node.value), node.spot)
    except (UnsupportedArguments, ExpressionError):
        pass
    return YamlNode(Unknown(f"the type of {kind}'s {name} is not known here"), node.spot)


def _of_table(block: HclBlock, name: str, scope: NameScope) -> YamlNode | None:
    node = evaluated(block.body.attributes["name"], scope)
    return of_table(node, name)


def of_table(node: YamlNode, name: str) -> YamlNode | None:
    """The value of a table's attribute that follows from the table's name; None for other attributes."""
    if not isinstance(node.value, str):
        return node if isinstance(node.value, Unknown) else None
    made = {
        "arn": table_arn(node.value),
        "stream_arn": stream_arn(node.value),
        "id": node.value,
        "name": node.value,
    }
    return YamlNode(made[name], node.spot) if name in made else None


def _of_function(block: HclBlock, name: str, scope: NameScope) -> YamlNode | None:
    source = block.body.attributes.get("function_name")
    if source is None or name not in _LAMBDA_ARNS:
        return None
    node = evaluated(source, scope)
    if not isinstance(node.value, str) or (name == "id" and block.type == "resource"):
        return node
    arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
    return YamlNode(f"{arn}{node.value}", node.spot)
