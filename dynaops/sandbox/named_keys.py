"""KMS keys with ids that the caller chooses, which CreateKey does not offer."""

from __future__ import annotations

from typing import Any

from dynaops.model.arns import partition_of


def put_key(account: str, region: str, name: str, description: dict[str, Any]) -> None:
    """Create a key with `name` (an id, ARN or alias), as described by `description`, a response of DescribeKey.

    If `description` is empty, a usable key is created for the name.
    """
    from moto.kms.models import kms_backends

    keys = kms_backends[account][region]
    key = keys.create_key(
        policy="",
        key_usage=description.get("KeyUsage", "ENCRYPT_DECRYPT"),
        key_spec=description.get("KeySpec", "SYMMETRIC_DEFAULT"),
        description="",
        tags=None,
    )
    del keys.keys[key.id]
    alias = name[name.index("alias/") :] if "alias/" in name else None
    key.id = description.get("KeyId") or (key.id if alias else name.rpartition("/")[2])
    key.arn = description.get("Arn") or f"arn:{partition_of(region)}:kms:{region}:{account}:key/{key.id}"
    key.key_state = description.get("KeyState", "Enabled")
    key.key_manager = description.get("KeyManager", "CUSTOMER")
    keys.keys[key.id] = key
    if alias and not keys.alias_exists(alias):
        keys.create_alias(key.id, alias)
