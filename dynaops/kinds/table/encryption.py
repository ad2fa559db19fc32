"""Which KMS key is meant: a spec may say none, an alias or an id; AWS always answers the key's full ARN.

Only the exact key ARN is a no-op for AWS; an alias sent again re-encrypts the table and spends one of the
day's few encryption changes (live findings DDB-TABLE-082, -141). So names are resolved before comparing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dynaops.kinds.kind import AddressDiff, AwsReader
from dynaops.model.resource import Observed, Scope

MANAGED_ALIAS = "alias/aws/dynamodb"
MANAGED = {"enabled": True}
"""The normal form of encryption with the AWS managed key: on, and no key named."""


def resolve(read: AwsReader | None, scope: Scope, entries: Sequence[AddressDiff]) -> dict[str, AddressDiff]:
    """The table's entry with its wanted key as an ARN, and a live AWS managed key as such."""
    entry = next((entry for entry in entries if entry.address == scope.address), None)
    if entry is None or read is None:
        return {}
    resolved = _resolve_live(read, scope, _resolve_desired(read, scope, entry))
    return {} if resolved is entry else {entry.address: resolved}


def with_managed_key(read: AwsReader, scope: Scope, table: Observed) -> Observed:
    """The live table with the AWS managed key as such, where it is encrypted with that."""
    key = table.properties["encryption"].get("kms_key_arn")
    if key is None or key != managed_key(read, scope):
        return table
    return replace(table, properties={**table.properties, "encryption": MANAGED})


def _resolve_desired(read: AwsReader, scope: Scope, entry: AddressDiff) -> AddressDiff:
    key = entry.desired.properties["encryption"].get("kms_key_arn") if entry.desired else None
    if entry.desired is None or not key or ":key/" in key:
        return entry
    arn = _key_arn(read, scope, key)
    if arn is None:
        return entry
    properties = {**entry.desired.properties, "encryption": {"enabled": True, "kms_key_arn": arn}}
    return replace(entry, desired=replace(entry.desired, properties=properties))


def _resolve_live(read: AwsReader, scope: Scope, entry: AddressDiff) -> AddressDiff:
    key = entry.live.properties["encryption"].get("kms_key_arn") if entry.live else None
    if entry.live is None or not key or not _is_managed(read, scope, entry, key):
        return entry
    properties = {**entry.live.properties, "encryption": MANAGED}
    return replace(entry, live=replace(entry.live, properties=properties))


def _is_managed(read: AwsReader, scope: Scope, entry: AddressDiff, key: str) -> bool:
    """Is `key` the AWS managed one? What the state remembers saves the look at KMS."""
    record = entry.record
    if record and record.outputs.get("kms_key_arn") == key:
        return bool(record.properties.get("encryption") == MANAGED)
    sides = (entry.desired.properties if entry.desired else {}, record.properties if record else {})
    if not any(side.get("encryption") == MANAGED for side in sides):
        return False
    return managed_key(read, scope) == key


def managed_key(read: AwsReader, scope: Scope) -> str | None:
    """The ARN of the region's AWS managed key for DynamoDB; None before its first use."""
    return _key_arn(read, scope, MANAGED_ALIAS)


def _key_arn(read: AwsReader, scope: Scope, key: str) -> str | None:
    answer: dict[str, Any] | None = read.read("kms", "DescribeKey", scope.region, {"KeyId": key})
    return answer["KeyMetadata"]["Arn"] if answer else None
