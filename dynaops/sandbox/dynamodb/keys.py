"""Checks of items' keys against a table and its indexes, with the messages of each operation.

The messages were observed on AWS in four regions (June to October 2026).
"""

from __future__ import annotations

from dataclasses import dataclass

from moto.dynamodb.limits import HASH_KEY_MAX_LENGTH, RANGE_KEY_MAX_LENGTH
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table as MotoTable

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import moto_bridge, registry, schema
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.values import Attributes
from dynaops.sandbox.errors import ApiError, invalid, validation

MISMATCH = "The provided key element does not match the schema"
_NOT_VALID = "One or more parameter values are not valid. "
_KINDS = {"S": "string", "B": "binary"}
_TOO_LONG = {
    "HASH": (HASH_KEY_MAX_LENGTH, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    "RANGE": (
        RANGE_KEY_MAX_LENGTH,
        "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    ),
}
_PUT = "A value specified for a secondary index key is not supported. "
_UPDATE = "The update expression attempted to update a secondary index key to a value that is not supported. "


@dataclass(frozen=True)
class Rules:
    """The key rules of a table's items. `indexed` holds (index, attribute, type, HASH or RANGE), by index name."""

    table: SandboxTable
    data: MotoTable
    keys: tuple[tuple[str, str, str], ...]
    indexed: tuple[tuple[str, str, str, str], ...]

    @property
    def names(self) -> list[str]:
        """The key attributes, HASH first."""
        return [name for name, _, _ in self.keys]

    def check_put(self, attributes: Attributes) -> None:
        """Refuse an item whose keys PutItem does not accept."""
        for name, kind, role in self.keys:
            value = attributes.get(name)
            if value is None:
                raise invalid(f"Missing the key {name} in the item")
            if value.type != kind:
                raise invalid(f"Type mismatch for key {name} expected: {kind} actual: {value.type}")
            _check_length(name, value, role)
        self.check_indexed(attributes)

    def check_batch_put(self, attributes: Attributes) -> None:
        """Refuse an item whose keys BatchWriteItem does not accept (its messages differ from PutItem's)."""
        self._check_own(attributes)
        self.check_indexed(attributes)

    def check_key(self, attributes: Attributes) -> None:
        """Refuse attributes that are not exactly the table's key."""
        if len(attributes) != len(self.keys):
            raise validation(MISMATCH)
        self._check_own(attributes)

    def _check_own(self, attributes: Attributes) -> None:
        for name, kind, role in self.keys:
            value = attributes.get(name)
            if value is None or value.type != kind:
                raise validation(MISMATCH)
            _check_length(name, value, role)

    def check_indexed(self, attributes: Attributes, update: bool = False) -> None:
        """Refuse attributes that do not fit the keys of the indexes; attributes may be absent."""
        for index, name, kind, role in self.indexed:
            value = attributes.get(name)
            if value is None:
                continue
            if value.type != kind:
                raise invalid(
                    f"Type mismatch for Index Key {name} Expected: {kind} Actual: {value.type} IndexName: {index}"
                )
            if kind != "N" and not value.value:
                preamble = _UPDATE if update else _PUT
                message = f"{preamble}The AttributeValue for a key attribute cannot contain an empty "
                where = "" if update else f" IndexName: {index}, IndexKey: {name}"
                raise validation(f"{_NOT_VALID}{message}{_KINDS[kind]} value.{where}")
            _check_length(name, value, role)

    def key_of(self, attributes: Attributes) -> tuple[DynamoType, ...]:
        """The key attributes of the item."""
        return tuple(attributes[name] for name, _, _ in self.keys)

    def pair(self, attributes: Attributes) -> tuple[DynamoType, DynamoType | None]:
        """The key as moto expects it: (hash key, range key or None)."""
        key = self.key_of(attributes)
        return key[0], key[1] if len(key) > 1 else None


def _check_length(name: str, value: DynamoType, role: str) -> None:
    if value.type == "N":
        return
    if not value.value:
        raise validation(
            f"{_NOT_VALID}The AttributeValue for a key attribute cannot contain an empty {_KINDS[value.type]} "
            f"value. Key: {name}"
        )
    most, text = _TOO_LONG[role]
    content = value.value
    if len(content if isinstance(content, bytes) else content.encode()) > most:
        raise invalid(text)


def rules(call: ApiCall, name_or_arn: str) -> Rules:
    """The rules of a table that data calls can access.

    Raises ResourceNotFoundException "Requested resource not found", also if the table is CREATING or DELETING.
    """
    table = registry.tables_in(call.world, call.account, call.region).get(
        registry.table_name(call, name_or_arn)
    )
    if table is None:
        raise ApiError("ResourceNotFoundException", "Requested resource not found")
    data = moto_bridge.backend(table).tables.get(table.name)
    if data is None:
        raise ApiError("ResourceNotFoundException", "Requested resource not found")
    return rules_of(table, data)


def rules_of(table: SandboxTable, data: MotoTable) -> Rules:
    """The rules of a table whose items are in `data`."""
    kinds = table.attributes
    own = [(key["AttributeName"], kinds[key["AttributeName"]], key["KeyType"]) for key in table.key_schema]
    own.sort(key=lambda each: each[2])  # HASH before RANGE
    table_keys = set(schema.names(table.key_schema))
    indexed: dict[str, tuple[str, str, str, str]] = {}
    held = [*table.global_indexes.values(), *table.local_indexes.values()]
    for index in sorted(held, key=lambda each: each.name):
        for key in index.key_schema:
            name = key["AttributeName"]
            if name not in table_keys and name in kinds:
                indexed.setdefault(name, (index.name, name, kinds[name], key["KeyType"]))
    return Rules(table, data, tuple(own), tuple(indexed.values()))
