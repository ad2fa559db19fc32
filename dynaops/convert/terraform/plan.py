"""Reads the values of a plan's JSON, including those that are known only after apply.

``planned_values`` leaves out unknown values and values that are not set; ``after_unknown`` in ``resource_changes``
lists the unknown ones, and ``configuration`` shows which are written in the configuration. Source: Terraform
internals, JSON Output Format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaops.convert.arns import stream_arn, table_arn
from dynaops.convert.part import Unknown, tree
from dynaops.convert.terraform.context import bare
from dynaops.specs.yaml_tree import YamlNode

_WHY = "it is known after apply only"
_ANSWERED = "warm_throughput"
_TABLE_ATTRIBUTES = {
    "table_name": ("name", "id"),
    "resource_arn": ("arn", "stream_arn"),
    "event_source_arn": ("stream_arn",),
    "global_table_arn": ("arn",),
}
_IDENTITIES = {"plan_id": ("id",), "policy_arn": ("arn", "id")}
"""Arguments whose value can only be one unchanged attribute of another resource."""


class TerraformPlan:
    """The parts of a plan's JSON, by the addresses of resources."""

    def __init__(self, document: Mapping[str, Any], names: Mapping[str, str], file: str) -> None:
        self._file = file
        self._names = names
        """The names of the tables by their full addresses."""
        self._expressions = _expressions(document)
        self._unknown = {
            str(change.get("address")): _map(_map(change.get("change")).get("after_unknown"))
            for change in maps(document.get("resource_changes"))
        }

    def filled(self, address: str, values: dict[str, Any]) -> YamlNode:
        """The planned values. A written value that is not known is Unknown, or a placeholder of what it refers to."""
        node = tree(values, self._file)
        written = self._expressions.get(bare(address))
        if written is not None and _ANSWERED not in written:
            node.value.pop(_ANSWERED, None)  # values that AWS returns for an existing table
        marks = self._unknown.get(address)
        if marks is None:
            marks = {
                name: True
                for name, expression in (written or {}).items()
                if values.get(name) in (None, [], "") and _references(expression)
            }
        for name, mark in marks.items():
            if mark is True and written is not None and name in written:
                node.value[name] = tree(self._referred(address, name, written[name]), self._file)
            else:
                self._mark(node, name, mark, [written] if written is not None else None)
        return node

    def _mark(self, node: YamlNode, name: str | int, mark: Any, written: list[Any] | None) -> None:
        """Put Unknown where `mark` is true and the configuration has a value. `written`: None if that is not known."""
        if mark is True:
            if written is None or any(name in member for member in written if isinstance(member, dict)):
                _put(node, name, YamlNode(Unknown(_WHY), node.spot))
            return
        child = _child(node, name)
        if child is None or not isinstance(mark, dict | list):
            return
        inner = written if isinstance(name, int) else _within(written, name)
        pairs = mark.items() if isinstance(mark, dict) else enumerate(mark)
        for key, member in pairs:
            if isinstance(key, int) and member is True:
                _put(child, key, YamlNode(Unknown(_WHY), node.spot))
            elif member:
                self._mark(child, key, member, inner)

    def _referred(self, address: str, name: str, expression: Any) -> Any:
        """The value that an argument refers to, if it can only be one attribute of one resource."""
        references = [str(reference) for reference in _references(expression)]
        if len(references) != 2 or not references[0].startswith(f"{references[1]}."):
            return Unknown(_WHY)
        attribute = references[0].removeprefix(f"{references[1]}.")
        target = f"{_module(address)}{references[1]}"
        table = self._names.get(target)
        if table is not None and attribute in _TABLE_ATTRIBUTES.get(name, ()):
            return {"arn": table_arn(table), "stream_arn": stream_arn(table)}.get(attribute, table)
        if attribute in _IDENTITIES.get(name, ()) and target in self._unknown:
            return f"${{id:{target}}}"
        return Unknown(_WHY)


def _expressions(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The expressions of every resource, by its address without indexes."""
    expressions: dict[str, dict[str, Any]] = {}

    def walk(module: dict[str, Any], prefix: str) -> None:
        for resource in maps(module.get("resources")):
            expressions[f"{prefix}{resource.get('address')}"] = _map(resource.get("expressions"))
        for name, call in _map(module.get("module_calls")).items():
            walk(_map(_map(call).get("module")), f"{prefix}module.{name}.")

    walk(_map(_map(document.get("configuration")).get("root_module")), "")
    return expressions


def _within(written: list[Any] | None, name: str) -> list[Any] | None:
    """The expressions within a block; None if the configuration's JSON does not have it (dynamic blocks)."""
    if written is None:
        return None
    blocks = [block[name] for block in written if isinstance(block, dict) and name in block]
    if not blocks:
        return None
    return [inner for block in blocks for inner in (block if isinstance(block, list) else [block])]


def _references(expression: Any) -> list[Any]:
    references = _map(expression).get("references")
    return references if isinstance(references, list) else []


def _child(node: YamlNode, name: str | int) -> YamlNode | None:
    if isinstance(node.value, dict):
        child = node.value.get(str(name))
        return child if isinstance(child, YamlNode) else None
    if isinstance(node.value, list) and isinstance(name, int) and name < len(node.value):
        child = node.value[name]
        return child if isinstance(child, YamlNode) else None
    return None


def _put(node: YamlNode, name: str | int, value: YamlNode) -> None:
    if isinstance(node.value, dict):
        node.value[str(name)] = value
    elif isinstance(node.value, list) and isinstance(name, int):
        node.value[name : name + 1] = [value]


def _module(address: str) -> str:
    """The module part of an address, such as ``module.a["x"].``."""
    rest, _, _ = address.rpartition("[") if address.endswith("]") else (address, "", "")
    parts = (rest or address).rsplit(".", 2)
    return f"{parts[0]}." if len(parts) == 3 else ""


def maps(value: Any) -> list[dict[str, Any]]:
    """The maps of a list."""
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
