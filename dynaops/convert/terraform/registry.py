"""Public modules whose variables are known, recognised by their source address and never by names of variables."""

from __future__ import annotations

import re
from collections.abc import Collection

from dynaops.convert.terraform.defaults import MODULE

PUBLIC_TABLE = MODULE
KNOWN_VERSIONS = range(1, 6)
"""Major versions whose variables are known: all have the same names and defaults. Later versions differ.

Source: https://registry.terraform.io/modules/terraform-aws-modules/dynamodb-table/aws (inputs, outputs, changelog).
"""
ONLY_THERE = frozenset(
    """
    create_table point_in_time_recovery_enabled point_in_time_recovery_period_in_days ttl_enabled ttl_attribute_name
    replica_regions server_side_encryption_enabled server_side_encryption_kms_key_arn autoscaling_enabled
    autoscaling_defaults autoscaling_read autoscaling_write autoscaling_indexes resource_policy
    """.split()  # noqa: SIM905
)
"""Variables that later versions do not have: a call with one of them uses a known version."""
_ADDRESSES = (
    re.compile(
        r"(?:registry\.terraform\.io/|registry\.opentofu\.org/)?terraform-aws-modules/dynamodb-table/aws"
    ),
    re.compile(
        r"(?:git::)?(?:https://|ssh://git@|git@)?github\.com[/:]terraform-aws-modules/"
        r"terraform-aws-dynamodb-table(?:\.git)?(?:\?[^/]*)?"
    ),
)
_REFERENCE = re.compile(r"[?&]ref=([^&]+)")
_CONSTRAINT = re.compile(
    r"(?P<sign>=|~>|<=|<)?\s*v?(?P<major>\d{1,4})(?:\.(?P<minor>\d{1,4}))?(?P<rest>(?:\.\d{1,4})?)"
)
OUTPUTS = {"dynamodb_table_arn": "arn", "dynamodb_table_stream_arn": "stream_arn", "dynamodb_table_id": "id"}
"""Outputs of the module, as attributes of its table."""


def is_public_table(source: str) -> bool:
    """Whether a module's source is terraform-aws-modules/dynamodb-table."""
    return any(address.fullmatch(source) for address in _ADDRESSES)


def why_not_known(source: str, version: str | None, arguments: Collection[str]) -> str | None:
    """Why the variables of the public module's version in a call are not known; None if they are."""
    if ONLY_THERE.intersection(arguments):
        return None
    reference = _REFERENCE.search(source)
    requested = reference[1] if reference else version
    if requested is not None and _is_known(requested):
        return None
    first, last = KNOWN_VERSIONS[0], KNOWN_VERSIONS[-1]
    reason = f"its version is {requested}" if requested else "it does not say its version"
    return (
        f"{reason}, and the variables and defaults of versions {first} to {last} are known: convert the state"
    )


def _is_known(constraint: str) -> bool:
    """Whether all versions that a constraint allows are known. Source: Terraform Language, Version Constraints."""
    for part in constraint.split(","):
        match = _CONSTRAINT.fullmatch(part.strip())
        if match is None:
            continue
        major, minor = int(match["major"]), match["minor"]
        bounded = (match["sign"] or "=") in ("=", "<=") or (match["sign"] == "~>" and minor is not None)
        before = (
            match["sign"] == "<" and major - (0 if _is_above(match["rest"], minor) else 1) in KNOWN_VERSIONS
        )
        if before or (bounded and major in KNOWN_VERSIONS):
            return True
    return False


def _is_above(rest: str | None, minor: str | None) -> bool:
    """Whether a constraint such as ``< 5.2`` allows versions of the same major version."""
    return bool(int(minor or 0)) or bool(rest and rest.strip(".0"))


def is_local(source: str) -> bool:
    """Whether a module's source is a local folder."""
    return source in (".", "..") or source.startswith(("./", "../"))
