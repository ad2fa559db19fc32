"""Encryption keys of replicas: one per region, all of one kind (DDB-TABLE-309, 312, 313)."""

from __future__ import annotations

import dataclasses
from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import encryption
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import ApiError, invalid, validation

_ONE_KIND = "All replica keys must either be Customer Managed CMK or AWS Managed CMK."


def in_region(call: ApiCall, region: str) -> ApiCall:
    """The call with another region."""
    return dataclasses.replace(call, region=region)


def check_create(call: ApiCall, table: SandboxTable, given: dict[str, Any]) -> None:
    """Refuse a replica key where it is not allowed, and its absence (or another kind of key) where it is required."""
    wanted = given.get("KMSMasterKeyId")
    if _is_customers(call, table):
        if wanted is None:
            raise invalid("KMSMasterKeyId must be specified for each replica.")
        if encryption.is_managed(wanted):
            raise invalid(_ONE_KIND)
        _check_usable(call, given)
    elif wanted is not None and not (table.sse is not None and encryption.is_managed(wanted)):
        raise invalid(
            "KMSMasterKeyId must be specified for each replica." if table.sse is None else _ONE_KIND
        )


def _is_customers(call: ApiCall, table: SandboxTable) -> bool:
    if table.sse is None:
        return False
    managed = encryption.key_arn(in_region(call, table.region), {"SSEType": "KMS"})
    return table.sse.get("KMSMasterKeyArn") != managed


def _check_usable(call: ApiCall, given: dict[str, Any]) -> None:
    region = given["RegionName"]
    try:
        encryption.key_arn(in_region(call, region), given)
    except ApiError as refused:
        if refused.message.startswith("KMS key disabled error"):
            raise validation(
                "Operation cannot be performed while replica server-side encryption status is in UPDATING "
                "state. Please retry the request after the status is updated to ENABLED."
            ) from None
        text = refused.message.replace(
            "KMS validation error:", f"KMS validation error for region {region}:", 1
        )
        raise validation(text) from None


def description(call: ApiCall, table: SandboxTable, given: dict[str, Any]) -> dict[str, Any] | None:
    """The SSEDescription of the new replica."""
    if table.sse is None:
        return None
    key = encryption.key_arn(in_region(call, given["RegionName"]), given)
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
