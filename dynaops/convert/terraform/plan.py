"""What a plan's JSON says of values that are known after apply only.

``planned_values`` leaves them out, as it leaves out what is not set; ``after_unknown`` of ``resource_changes`` tells
them from null, and ``configuration`` tells what was written from what the provider computes. Source: Terraform
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
"""Arguments that can be nothing but another resource's attribute as it is."""


class TerraformPlan:
    """The parts of a plan's JSON that are looked up by a resource's address."""

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
        """The planned values, with Unknown for what was written and is not known, or what that refers to."""
        node = tree(values, self._file)
        written = self._expressions.get(bare(address))
        if written is not None and _ANSWERED not in written:
            node.value.pop(_ANSWERED, None)  # what AWS shows of a table that exists
        marks = self._unknown.get(address)
        if marks is None:
            marks = {
                name: True
                for name, one in (written or {}).items()
                if values.get(name) in (None, [], "") and _references(one)
            }
        for name, mark in marks.items():
            if mark is True and written is not None and name in written:
                node.value[name] = tree(self._referred(address, name, written[name]), self._file)
            else:
                self._mark(node, name, mark, [written] if written is not None else None)
        return node

    def _mark(self, node: YamlNode, name: str | int, mark: Any, written: list[Any] | None) -> None:
        """Put Unknown where `mark` says so and something was written. `written`: None where nobody can say."""
        if mark is True:
            if written is None or any(name in one for one in written if isinstance(one, dict)):
                _put(node, name, YamlNode(Unknown(_WHY), node.spot))
            return
        child = _child(node, name)
        if child is None or not isinstance(mark, dict | list):
            return
        inner = written if isinstance(name, int) else _within(written, name)
        pairs = mark.items() if isinstance(mark, dict) else enumerate(mark)
        for key, one in pairs:
            if isinstance(key, int) and one is True:
                _put(child, key, YamlNode(Unknown(_WHY), node.spot))
            elif one:
                self._mark(child, key, one, inner)

    def _referred(self, address: str, name: str, expression: Any) -> Any:
        """What an argument refers to, if it can be nothing else than one attribute of one resource."""
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
    found: dict[str, dict[str, Any]] = {}

    def walk(module: dict[str, Any], prefix: str) -> None:
        for resource in maps(module.get("resources")):
            found[f"{prefix}{resource.get('address')}"] = _map(resource.get("expressions"))
        for name, call in _map(module.get("module_calls")).items():
            walk(_map(_map(call).get("module")), f"{prefix}module.{name}.")

    walk(_map(_map(document.get("configuration")).get("root_module")), "")
    return found


def _within(written: list[Any] | None, name: str) -> list[Any] | None:
    """What was written within a block; None where it is not in the configuration's JSON, as dynamic blocks are not."""
    if written is None:
        return None
    found = [one[name] for one in written if isinstance(one, dict) and name in one]
    if not found:
        return None
    return [inner for one in found for inner in (one if isinstance(one, list) else [one])]


def _references(expression: Any) -> list[Any]:
    found = _map(expression).get("references")
    return found if isinstance(found, list) else []


def _child(node: YamlNode, name: str | int) -> YamlNode | None:
    if isinstance(node.value, dict):
        found = node.value.get(str(name))
        return found if isinstance(found, YamlNode) else None
    if isinstance(node.value, list) and isinstance(name, int) and name < len(node.value):
        found = node.value[name]
        return found if isinstance(found, YamlNode) else None
    return None


def _put(node: YamlNode, name: str | int, value: YamlNode) -> None:
    if isinstance(node.value, dict):
        node.value[str(name)] = value
    elif isinstance(node.value, list) and isinstance(name, int):
        node.value[name : name + 1] = [value]


def _module(address: str) -> str:
    """``module.a["x"].`` of an address within a module."""
    rest, _, _ = address.rpartition("[") if address.endswith("]") else (address, "", "")
    parts = (rest or address).rsplit(".", 2)
    return f"{parts[0]}." if len(parts) == 3 else ""


def maps(value: Any) -> list[dict[str, Any]]:
    """The maps of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
