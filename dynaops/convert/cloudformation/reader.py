"""Reads a template's resources one by one, each with the reader of its type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dynaops.convert.budget import TOO_LARGE
from dynaops.convert.cloudformation import companions, globaltable, sam, tables
from dynaops.convert.cloudformation.identities import NAME_OF, Identities
from dynaops.convert.cloudformation.intrinsics import NoValue, Resolver
from dynaops.convert.cloudformation.stack import Stack
from dynaops.convert.cloudformation.transforms import not_opened, untransformed
from dynaops.convert.cloudformation.values import call_in, name_among
from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap, Unknown
from dynaops.convert.pieces import Pieces
from dynaops.specs.yaml_tree import YamlNode

Reader = Callable[[Stack, str, SourceMap], None]

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
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_MEANINGLESS = ("DependsOn", "Metadata", "CreationPolicy", "UpdatePolicy")
_ON_DESTROY = {"Retain": "retain", "RetainExceptOnCreate": "retain", "Snapshot": "backup"}
_ON_REPLACE = {"Retain": "backup", "Snapshot": "backup", "Delete": "discard"}
"""A replaced table keeps its name, so the old table cannot be retained; its items can."""


def read(template: YamlNode, pieces: Pieces, given: Mapping[str, str], region: str | None) -> None:
    """Read the template's tables and the resources around them into `pieces`. Errors are added to the notes."""
    sections: dict[str, YamlNode] = template.value if isinstance(template.value, dict) else {}
    types: dict[str, str] = {}
    identities = Identities(types, given, region)
    resolver = Resolver(template, given, identities, pieces.budget)
    resources = _resources(sections, resolver, pieces)
    types.update({logical: _type(node) for logical, node in resources.items()})
    identities.name_property = _naming(resources, resolver)
    for where, why in untransformed(template):
        pieces.notes.lost(where, why)
    stack = Stack(pieces, identities, _globals(sections, resolver), region)
    _tell_globals(stack)
    others: dict[str, list[str]] = {}
    for logical in sorted(resources, key=lambda name: types[name] != _FIRST):
        reader, node = READERS.get(types[logical]), resources[logical]
        closed = not_opened(types[logical])
        if closed is not None:
            where = SourcePlace(logical, node.key or node.spot)
            pieces.ledger.found(where)
            pieces.notes.lost(where, f"{types[logical]}: {closed}")
        elif reader is None:
            others.setdefault(types[logical] or "no type", []).append(logical)
        else:
            pieces.ledger.found(SourcePlace(logical, node.key or node.spot))
            if _is_there(logical, node, resolver, pieces):
                _read(reader, stack, logical, node, resolver)
    _outside(others, resources, pieces)


def _outside(others: Mapping[str, list[str]], resources: Mapping[str, YamlNode], pieces: Pieces) -> None:
    """Note the resources that are not related to tables, grouped by type."""
    for kind, names in sorted(others.items()):
        for name in names:
            pieces.ledger.outside(SourcePlace(name, resources[name].key or resources[name].spot))
        where = SourcePlace(f"{kind} ({', '.join(sorted(names))})", resources[names[0]].spot)
        pieces.notes.lost(where, "it is not about a table, or nothing that a spec can say")


def _read(reader: Reader, stack: Stack, logical: str, node: YamlNode, resolver: Resolver) -> None:
    where, notes = SourcePlace(logical, node.key or node.spot), stack.pieces.notes
    properties = node.value.get("Properties") or YamlNode({}, node.spot)
    try:
        resolved = resolver.properties(properties)
    except NoValue:
        resolved = YamlNode({}, node.spot)
    if not isinstance(resolved.value, dict):
        unknown = isinstance(resolved.value, Unknown)
        notes.lost(where, resolved.value.why if unknown else "its properties are no map")
        return
    policies = {name: node.value[name] for name in _POLICIES if name in node.value}
    whole = SourceMap(
        YamlNode({**node.value, **resolver.properties(YamlNode(policies, node.spot)).value}, node.spot),
        where,
        notes,
    )
    whole.skip("Type", "Properties", "Condition", *_MEANINGLESS)
    stack.lifecycle = _lifecycle(*(whole.text(name) for name in _POLICIES))
    part = SourceMap(resolved, where, notes)
    title = _construct(node)
    if title is not None:
        stack.pieces.titles[where] = title
    before = stack.pieces.size, len(notes.lost_places)
    reader(stack, logical, part)
    part.close()
    whole.close()
    if before == (stack.pieces.size, len(notes.lost_places)):
        notes.lost(where, "a property that it needs is missing, so what it is about is not known")


def _construct(node: YamlNode) -> str | None:
    """The path of the CDK construct that made the resource, or None."""
    metadata = node.value.get("Metadata")
    path = metadata.value.get("aws:cdk:path") if metadata and isinstance(metadata.value, dict) else None
    if path is None or not isinstance(path.value, str):
        return None
    return path.value.removesuffix("/Resource").removesuffix("/Default")


def _lifecycle(deleted: str | None, replaced: str | None) -> dict[str, str]:
    """The spec's `lifecycle` of a table for DeletionPolicy and UpdateReplacePolicy, without defaults."""
    lifecycle = {"on_destroy": _ON_DESTROY[deleted]} if deleted in _ON_DESTROY else {}
    on_replace = _ON_REPLACE.get(replaced or "")
    if on_replace and (on_replace == "backup") != bool(lifecycle):
        lifecycle["on_replace"] = on_replace
    return lifecycle


def _resources(sections: Mapping[str, YamlNode], resolver: Resolver, pieces: Pieces) -> dict[str, YamlNode]:
    """The resources by their logical ids, with loops expanded; an entry that is not a resource is noted."""
    node = sections.get("Resources")
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        pieces.notes.lost(SourcePlace("Resources", node.key or node.spot), "it should be a map of resources")
        return {}
    expanded, left = resolver.expanded(node.value)
    for name, (entry, why) in left.items():
        _no_resource(name, entry, why, pieces)
    readable: dict[str, YamlNode] = {}
    for name, entry in expanded.items():
        if name.startswith("Fn::"):
            _no_resource(name, entry, f"{name} cannot be resolved without CloudFormation", pieces)
        elif isinstance(entry.value, dict):
            readable[name] = entry
        else:
            _no_resource(name, entry, f"{name} is no resource", pieces)
    return readable


def _no_resource(name: str, entry: YamlNode, why: str, pieces: Pieces) -> None:
    where = SourcePlace(name, entry.key or entry.spot)
    pieces.ledger.found(where)
    pieces.notes.lost(where, why)


def _type(node: YamlNode) -> str:
    kind = node.value.get("Type")
    return kind.value if kind is not None and isinstance(kind.value, str) else ""


def _is_there(logical: str, node: YamlNode, resolver: Resolver, pieces: Pieces) -> bool:
    condition = node.value.get("Condition")
    if condition is None:
        return True
    where = SourcePlace(logical, node.key or node.spot)
    name = name_among(condition.value, resolver.section("Conditions"))
    if not isinstance(name, str):
        pieces.notes.lost(where, "its condition is not the name of one")
        return False
    is_met = resolver.is_met(name)
    if isinstance(is_met, Unknown):
        pieces.notes.lost(where, f"whether it is made is not known: {is_met.why}")
        return False
    if not is_met:
        pieces.notes.lost(where, f"its condition {name} is not met")
    return is_met


def _naming(resources: Mapping[str, YamlNode], resolver: Resolver) -> Callable[[str, str], Any]:
    """A function that returns the name that the template gives a resource; each name is evaluated once."""
    busy: list[str] = []
    known: dict[tuple[str, str], Any] = {}
    loops = 0

    def named(logical: str, name: str) -> Any:
        nonlocal loops
        if (logical, name) in known:
            return known[logical, name]
        properties = resources[logical].value.get("Properties") if logical in resources else None
        if logical in busy:
            loops += 1
            return None
        before = loops
        busy.append(logical)
        try:
            if properties is not None and isinstance(properties.value, dict) and call_in(properties):
                properties = resolver.known(properties)
            if properties is not None and isinstance(properties.value, Unknown):
                return properties.value
            declared = (
                properties.value.get(name) if properties and isinstance(properties.value, dict) else None
            )
            if declared is None:
                return None
            value = resolver.known(declared).value
        except NoValue:
            value = None
        finally:
            busy.pop()
        large = isinstance(value, Unknown) and value.why.startswith(TOO_LARGE)
        if (
            before == loops and not large
        ):  # else it may be unknown only because it was asked for within itself
            known[logical, name] = value
        return value

    return named


def _globals(sections: Mapping[str, YamlNode], resolver: Resolver) -> dict[str, YamlNode]:
    """SAM's Globals, by resource type."""
    node = sections.get("Globals")
    if node is None or not isinstance(node.value, dict):
        return {}
    defaults: dict[str, YamlNode] = {}
    for name, child in node.value.items():
        try:
            defaults[name] = resolver.properties(child)
        except NoValue:
            continue
    return defaults


def _tell_globals(stack: Stack) -> None:
    """Note the settings in SAM's Globals of SimpleTable that are not carried over to any table."""
    node = stack.globals.get("SimpleTable")
    for name, child in (node.value if node is not None and isinstance(node.value, dict) else {}).items():
        if name != "SSESpecification":
            where = SourcePlace(f"Globals.SimpleTable.{name}", child.spot)
            stack.pieces.notes.lost(where, "it is not read as the default of all tables: say it of each")


def is_template(keys: Iterator[str] | list[str]) -> bool:
    """Whether a document's keys are those of a template."""
    return "Resources" in set(keys)


__all__ = ["NAME_OF", "READERS", "is_template", "read"]
