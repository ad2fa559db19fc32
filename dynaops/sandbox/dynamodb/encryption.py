"""Server-side encryption: AWS owned, AWS managed or customer managed key, and how often it may change.

Only SSEDescription shows the progress of a change; TableStatus stays ACTIVE (DDB-TABLE-065, 140).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.kms.models import KmsBackend, kms_backends

from dynaops.model.arns import partition_of
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import registry, update_conflicts
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import ApiError, invalid, over_limit, validation
from dynaops.sandbox.world import World

KEY_SHOWN_SECONDS = 8.5
"""The new key's ARN replaces the old one after 8-9 s (DDB-TABLE-140)."""
SETTLED_SECONDS = 22.0
"""21-23 s until the new state is shown (DDB-TABLE-081, 140)."""

_DAY = 86_400
_FREE_CHANGES = 4
_CHANGE_INTERVAL = 21_600
_MANAGED = "alias/aws/dynamodb"


def check_specification(given: dict[str, Any]) -> None:
    """Refuse contradictory members (DDB-TABLE-036, 044)."""
    if not given.get("Enabled"):
        for member in ("SSEType", "KMSMasterKeyId"):
            if given.get(member) is not None and given.get("Enabled") is False:
                raise invalid(f"{member} can not be specified if Enabled is false")
    if given.get("SSEType") == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if given.get("KMSMasterKeyId") is not None and given.get("SSEType") is None:
        raise invalid("SSEType KMS is required if KMSMasterKeyId is specified")


def is_on(given: dict[str, Any]) -> bool:
    """Whether a specification asks for a KMS key (SSEType alone asks for the AWS managed key)."""
    return bool(given.get("Enabled") or given.get("SSEType") or given.get("KMSMasterKeyId"))


def resolve(call: ApiCall, given: dict[str, Any] | None) -> dict[str, Any] | None:
    """The SSEDescription for a specification; None for the AWS owned key.

    Raises ValidationException for contradictions and for keys that cannot be used.
    """
    if given is None:
        return None
    check_specification(given)
    if not is_on(given):
        return None
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key_arn(call, given)}


def key_arn(call: ApiCall, given: dict[str, Any]) -> str:
    """The ARN of the specified key, which is checked to be usable (DDB-TABLE-020 to 023, 461)."""
    keys: KmsBackend = kms_backends[call.account][call.region]
    wanted = given.get("KMSMasterKeyId")
    if wanted is None or is_managed(wanted):
        return _managed_key(keys)
    return _usable_key(call, keys, wanted)


def is_managed(wanted: str) -> bool:
    """Whether a key name is the alias of the AWS managed key."""
    return wanted == _MANAGED or wanted.endswith(f":{_MANAGED}")


def _managed_key(keys: KmsBackend) -> str:
    """The AWS managed key; created when it is first used, as on AWS."""
    if not keys.alias_exists(_MANAGED):
        key = keys.create_key(
            policy="",
            key_usage="ENCRYPT_DECRYPT",
            key_spec="SYMMETRIC_DEFAULT",
            description="Default key that protects my DynamoDB data when no other key is defined",
            tags=None,
        )
        key.key_manager = "AWS"
        keys.create_alias(key.id, _MANAGED)
    arn: str = keys.keys[keys.get_key_id_from_alias(_MANAGED) or ""].arn
    return arn


def _usable_key(call: ApiCall, keys: KmsBackend, wanted: str) -> str:
    if wanted.startswith("arn:") and wanted.split(":")[3] != call.region:
        raise _kms_fault("validation", "NotFoundException", f"Invalid arn {wanted.split(':')[3]}", call)
    key_id = _key_id(keys, wanted)
    key = keys.keys.get(key_id) if key_id else None
    if key is None:
        raise _kms_fault("validation", "NotFoundException", _key_not_found(call, wanted), call)
    if key.key_state == "PendingDeletion":
        raise _kms_fault("validation", "KMSInvalidStateException", f"{key.arn} is pending deletion.", call)
    if key.key_state != "Enabled":
        raise _kms_fault("disabled", "DisabledException", f"{key.arn} is disabled.", call)
    # moto leaves the usage empty where the caller named none.
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.key_usage not in ("ENCRYPT_DECRYPT", "", None):
        raise ApiError("InternalServerError", "Internal server error", status=500)
    arn: str = key.arn
    return arn


def _key_id(keys: KmsBackend, wanted: str) -> str | None:
    bare = wanted.split(":", 5)[-1] if wanted.startswith("arn:") else wanted
    if bare.startswith("alias/"):
        return keys.get_key_id_from_alias(bare) if keys.alias_exists(bare) else None
    return bare.removeprefix("key/")


def _key_not_found(call: ApiCall, wanted: str) -> str:
    prefix = f"arn:{partition_of(call.region)}:kms:{call.region}:{call.account}:"
    if "alias/" in wanted:
        return f"Alias {wanted if wanted.startswith('arn:') else prefix + wanted} is not found."
    return f"Key '{wanted if wanted.startswith('arn:') else f'{prefix}key/{wanted}'}' does not exist"


def _kms_fault(kind: str, code: str, text: str, call: ApiCall) -> ApiError:
    lead = "KMS key disabled error" if kind == "disabled" else "KMS validation error"
    return validation(
        f"{lead}: com.amazonaws.services.kms.model.{code}: {text} (Service: AWSKMS; Status Code: 400; "
        f"Error Code: {code}; Request ID: {call.request_id}; Proxy: null)"
    )


def check_update(call: ApiCall, table: SandboxTable, given: dict[str, Any]) -> None:
    """Refuse a request that changes nothing, or comes too early or too often (DDB-TABLE-079, 081, 082, 141)."""
    check_specification(given)
    update_conflicts.check(table, "encryption")
    if not is_on(given) and table.sse is None:
        raise invalid("Table is already encrypted by default")
    wanted = given.get("KMSMasterKeyId")
    if wanted is not None and table.sse is not None and wanted == table.sse.get("KMSMasterKeyArn"):
        raise invalid(
            "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you "
            "want to change Master Key"
        )
    _check_budget(table, call.now)
    if is_on(given):
        key_arn(call, given)


def _check_budget(table: SandboxTable, now: float) -> None:
    recent = [moment for moment in table.sse_changes if now - moment < _DAY]
    if len(recent) < _FREE_CHANGES or now - recent[-1] >= _CHANGE_INTERVAL:
        return
    raise over_limit(
        f"Encryption mode changes are limited in the 24h window ending at {_timestamp_text(recent[0] + _DAY)}. After "
        "the first 4 change, each subsequent change in the same window can be performed at most once every "
        f"21600 seconds. Number of updates today: {len(recent)}. Last change at {_timestamp_text(recent[-1])}. "
        f"Next changes can be made at {_timestamp_text(recent[-1] + _CHANGE_INTERVAL)}."
    )


def _timestamp_text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def apply_update(call: ApiCall, table: SandboxTable, given: dict[str, Any]) -> None:
    """Start the change: the old key is shown for some seconds, then the new key, then the change ends."""
    target = key_arn(call, given) if is_on(given) else None
    table.sse = {**(table.sse or {}), "Status": "UPDATING"}
    table.sse_changes.append(call.now)
    # An encryption change hides a running class switch: TableStatus is ACTIVE at once (DDB-TABLE-287).
    update_conflicts.finish(table, update_conflicts.CLASS)
    where = registry.address(table)
    call.world.schedule(KEY_SHOWN_SECONDS, "dynamodb.key_shown", **where, key=target)
    call.world.schedule(SETTLED_SECONDS, "dynamodb.encrypted", **where, key=target)


@registry.table_action("dynamodb.key_shown")
def _show_key(_world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    key = {"SSEType": "KMS", "KMSMasterKeyArn": data["key"]} if data["key"] else {}
    table.sse = {"Status": "UPDATING", **key}


@registry.table_action("dynamodb.encrypted")
def _end_change(_world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    key = data["key"]
    table.sse = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key} if key else None
