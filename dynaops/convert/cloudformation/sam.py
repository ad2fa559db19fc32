"""SAM: AWS::Serverless::SimpleTable, and functions with DynamoDB events (AWS SAM specification)."""

from __future__ import annotations

from dynaops.convert import shapes
from dynaops.convert.cloudformation import tables
from dynaops.convert.cloudformation.defaults import SIMPLE_TABLE, default
from dynaops.convert.cloudformation.stack import Stack, table_named
from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap
from dynaops.convert.pieces import PieceKind, Spec

_TYPES = {"String": "S", "Number": "N", "Binary": "B"}


def simple_table(stack: Stack, logical: str, part: SourceMap) -> None:
    """AWS::Serverless::SimpleTable: a table with a hash key only; on demand unless capacity is given."""
    name = stack.name(logical, part, "TableName")
    if name is None:
        part.skip(*part.names)
        return
    key = part.part("PrimaryKey")
    key_name = (key.text("Name") if key else None) or default(SIMPLE_TABLE, "PrimaryKey.Name")
    key_type = (key.text("Type") if key else None) or default(SIMPLE_TABLE, "PrimaryKey.Type")
    if part.is_open("PrimaryKey") or (key and (key.is_open("Name") or key.is_open("Type"))):
        part.skip(*part.names)
        stack.pieces.notes.lost(part.where, "its PrimaryKey is not known, and is not guessed")
        return
    capacity = shapes.capacity(part)
    provisioned = part.says("ProvisionedThroughput")
    billing = "PROVISIONED" if provisioned else default(SIMPLE_TABLE, "BillingMode")
    if part.is_open("ProvisionedThroughput"):  # its presence decides the billing mode
        billing = part.opened("ProvisionedThroughput", None)
    spec: Spec = {
        "table_name": name,
        "region": stack.region,
        "hash_key": key_name,
        "attributes": {key_name: _TYPES.get(key_type, key_type)},
        "billing_mode": billing,
        **capacity,
        "encryption": tables.encryption(part) if "SSESpecification" in part else _global_encryption(stack),
        "point_in_time_recovery": tables.recovery(part),
        "tags": shapes.tags(part),
    }
    if stack.lifecycle:
        spec["lifecycle"] = stack.lifecycle
    stack.pieces.table(spec, part.where, part.tree)


def function(stack: Stack, logical: str, part: SourceMap) -> None:
    """AWS::Serverless::Function: only its events of type DynamoDB are related to tables."""
    events = part.entries("Events")
    streams = {name: event for name, event in events.items() if event.text("Type") == "DynamoDB"}
    part.skip(*part.names)
    for name, event in events.items():
        if name not in streams:
            event.skip(*event.names)
    for event in streams.values():
        _event(stack, logical, part, event)
    rest = "" if streams else ", and has no DynamoDB event"
    stack.pieces.notes.lost(part.where, f"functions are no part of a spec{rest}: it stays with its stack")


def _event(stack: Stack, logical: str, part: SourceMap, event: SourceMap) -> None:
    properties = event.part("Properties")
    if properties is None or ("Stream" not in properties and not properties.is_open("Stream")):
        stack.pieces.notes.lost(event.where, "it does not say which stream it reads")
        event.skip("Properties")
        if properties is not None:
            properties.skip(*properties.names)
        return
    function = stack.name(logical, part, "FunctionName")
    source = properties.text("Stream")
    data = shapes.trigger(properties, function or logical)
    if function is not None and source:
        stack.pieces.add(PieceKind.TRIGGER, table_named(source), data, properties)


def _global_encryption(stack: Stack) -> Spec | str:
    node = stack.globals.get("SimpleTable")
    if node is None:
        return {"enabled": False}
    return tables.encryption(
        SourceMap(node, SourcePlace("Globals.SimpleTable", node.spot), stack.pieces.notes)
    )
