"""A template's resources, one after the other, each by the reader of its type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dynaops.convert.cloudformation import companions, globaltable, sam, tables
from dynaops.convert.cloudformation.identities import NAME_OF, Identities
from dynaops.convert.cloudformation.intrinsics import Gone, Resolver
from dynaops.convert.cloudformation.stack import Stack
from dynaops.convert.notes import Where
from dynaops.convert.part import Part, Unknown
from dynaops.convert.pieces import Pieces
from dynaops.engine.yaml_tree import Node

Reader = Callable[[Stack, str, Part], None]

READERS: dict[str, Reader] = {
    "AWS::DynamoDB::Table": tables.table,
    "AWS::DynamoDB::GlobalTable": globaltable.table,
    "AWS::Serverless::SimpleTable": sam.simple_table,
    "AWS::Serverless::Function": sam.function,
    "AWS::ApplicationAutoScaling::ScalableTarget": companions.scalable_target,
    "AWS::ApplicationAutoScaling::ScalingPolicy": companions.scaling_policy,
    "AWS::Lambda::EventSourceMapping": companions.event_source_mapping,
    "AWS::Backup::BackupVault": companions.vault,
    "AWS::Backup::BackupPlan": companions.backup_plan,
    "AWS::Backup::BackupSelection": companions.selection,
    "AWS::Logs::LogGroup": companions.log_group,
    "AWS::IAM::ManagedPolicy": companions.managed_policy,
}
_FIRST = "AWS::ApplicationAutoScaling::ScalableTarget"
_MEANINGLESS = ("DependsOn", "Metadata", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy")


def read(template: Node, pieces: Pieces, given: Mapping[str, str], region: str | None) -> None:
    """Take what the template has of tables into `pieces`. Raises nothing: what is wrong in it is told in the notes."""
    sections: dict[str, Node] = template.value if isinstance(template.value, dict) else {}
    resources = _resources(sections)
    types = {logical: _type(node) for logical, node in resources.items()}
    identities = Identities(types, given, region)
    resolver = Resolver(template, given, identities)
    identities.name_property = _naming(resources, resolver)
    stack = Stack(pieces, identities, _globals(sections, resolver), region)
    others: dict[str, list[str]] = {}
    for logical in sorted(resources, key=lambda one: types[one] != _FIRST):
        reader = READERS.get(types[logical])
        if reader is None:
            others.setdefault(types[logical] or "no type", []).append(logical)
        elif _is_there(logical, resources[logical], resolver, pieces):
            _read(reader, stack, logical, resources[logical], resolver)
    for kind, names in sorted(others.items()):
        where = Where(f"{kind} ({', '.join(sorted(names))})", resources[names[0]].spot)
        pieces.notes.lost(where, "it is not about a table, or nothing that a spec can say")


def _read(reader: Reader, stack: Stack, logical: str, node: Node, resolver: Resolver) -> None:
    properties = node.value.get("Properties") or Node({}, node.spot)
    try:
        resolved = resolver.resolved(properties)
    except Gone:
        resolved = Node({}, node.spot)
    whole = Part(node, Where(logical, node.key or node.spot), stack.pieces.notes)
    whole.skip("Type", "Properties", "Condition", *_MEANINGLESS)
    stack.retained = whole.text("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")
    part = Part(resolved, Where(logical, node.key or node.spot), stack.pieces.notes)
    reader(stack, logical, part)
    part.close()
    whole.close()


def _resources(sections: Mapping[str, Node]) -> dict[str, Node]:
    node = sections.get("Resources")
    found = node.value if node is not None and isinstance(node.value, dict) else {}
    return {name: one for name, one in found.items() if isinstance(one.value, dict)}


def _type(node: Node) -> str:
    kind = node.value.get("Type")
    return str(kind.value) if kind is not None else ""


def _is_there(logical: str, node: Node, resolver: Resolver, pieces: Pieces) -> bool:
    condition = node.value.get("Condition")
    if condition is None:
        return True
    met = resolver.holds(str(condition.value))
    where = Where(logical, node.key or node.spot)
    if isinstance(met, Unknown):
        pieces.notes.lost(where, f"whether it is made is not known: {met.why}")
        return False
    if not met:
        pieces.notes.lost(where, f"its condition {condition.value} is not met")
    return met


def _naming(resources: Mapping[str, Node], resolver: Resolver) -> Callable[[str, str], Any]:
    busy: list[str] = []

    def named(logical: str, name: str) -> Any:
        properties = resources[logical].value.get("Properties") if logical in resources else None
        declared = properties.value.get(name) if properties and isinstance(properties.value, dict) else None
        if declared is None or logical in busy:
            return None
        busy.append(logical)
        try:
            return resolver.resolved(declared).value
        except Gone:
            return None
        finally:
            busy.pop()

    return named


def _globals(sections: Mapping[str, Node], resolver: Resolver) -> dict[str, Node]:
    """SAM's Globals, by resource type."""
    node = sections.get("Globals")
    if node is None or not isinstance(node.value, dict):
        return {}
    return {name: resolver.resolved(one) for name, one in node.value.items()}


def is_template(keys: Iterator[str] | list[str]) -> bool:
    """Whether a document's keys are a template's."""
    return "Resources" in set(keys)


__all__ = ["NAME_OF", "READERS", "is_template", "read"]
