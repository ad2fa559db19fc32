"""Modules of others whose variables are known, by their source address. The names of variables decide nothing."""

from __future__ import annotations

import re
from collections.abc import Collection

from dynaops.convert.terraform.defaults import MODULE

PUBLIC_TABLE = MODULE
KNOWN_VERSIONS = range(1, 6)
"""Major versions whose variables are known: the same names and defaults in all. Later ones have others for both.

Source: https://registry.terraform.io/modules/terraform-aws-modules/dynamodb-table/aws (inputs, outputs, changelog).
"""
ONLY_THERE = frozenset(
    """
    create_table point_in_time_recovery_enabled point_in_time_recovery_period_in_days ttl_enabled ttl_attribute_name
    replica_regions server_side_encryption_enabled server_side_encryption_kms_key_arn autoscaling_enabled
    autoscaling_defaults autoscaling_read autoscaling_write autoscaling_indexes resource_policy
    """.split()  # noqa: SIM905
)
"""Variables that later versions have not: a call that gives one is of a version that is known."""
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
    """Why the version of a call of the public module is not known; None where its variables are."""
    if ONLY_THERE.intersection(arguments):
        return None
    reference = _REFERENCE.search(source)
    said = reference[1] if reference else version
    if said is not None and _is_known(said):
        return None
    first, last = KNOWN_VERSIONS[0], KNOWN_VERSIONS[-1]
    told = f"its version is {said}" if said else "it does not say its version"
    return (
        f"{told}, and the variables and defaults of versions {first} to {last} are known: convert the state"
    )


def _is_known(constraint: str) -> bool:
    """Whether all versions that a constraint allows are known. Source: Terraform Language, Version Constraints."""
    for part in constraint.split(","):
        found = _CONSTRAINT.fullmatch(part.strip())
        if found is None:
            continue
        major, minor = int(found["major"]), found["minor"]
        bounded = (found["sign"] or "=") in ("=", "<=") or (found["sign"] == "~>" and minor is not None)
        before = (
            found["sign"] == "<" and major - (0 if _is_above(found["rest"], minor) else 1) in KNOWN_VERSIONS
        )
        if before or (bounded and major in KNOWN_VERSIONS):
            return True
    return False


def _is_above(rest: str | None, minor: str | None) -> bool:
    """Whether ``< 5.2`` lets versions of its own major in."""
    return bool(int(minor or 0)) or bool(rest and rest.strip(".0"))


def is_local(source: str) -> bool:
    """Whether a module's source is a folder beside the configuration."""
    return source in (".", "..") or source.startswith(("./", "../"))
