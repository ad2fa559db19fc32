"""Modules of others whose variables are known, by their source address. The names of variables decide nothing."""

from __future__ import annotations

import re

from dynaops.convert.terraform.defaults import MODULE

PUBLIC_TABLE = MODULE
"""Versions 1 to 5: variables and outputs of one name mean the same in all; what a version lacks, no call of it has.

Source: https://registry.terraform.io/modules/terraform-aws-modules/dynamodb-table/aws (inputs, outputs).
"""
_ADDRESSES = (
    re.compile(
        r"(?:registry\.terraform\.io/|registry\.opentofu\.org/)?terraform-aws-modules/dynamodb-table/aws"
    ),
    re.compile(
        r"(?:git::)?(?:https://|ssh://git@|git@)?github\.com[/:]terraform-aws-modules/"
        r"terraform-aws-dynamodb-table(?:\.git)?(?:\?[^/]*)?"
    ),
)
OUTPUTS = {"dynamodb_table_arn": "arn", "dynamodb_table_stream_arn": "stream_arn", "dynamodb_table_id": "id"}
"""Outputs of the module, as attributes of its table."""


def is_public_table(source: str) -> bool:
    """Whether a module's source is terraform-aws-modules/dynamodb-table."""
    return any(address.fullmatch(source) for address in _ADDRESSES)


def is_local(source: str) -> bool:
    """Whether a module's source is a folder beside the configuration."""
    return source in (".", "..") or source.startswith(("./", "../"))
