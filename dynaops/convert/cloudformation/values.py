"""Values of a template: calls of functions among them, and how functions read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dynaops.convert.part import Unknown
from dynaops.specs.yaml_tree import YamlNode

_DYNAMIC = re.compile(r"\{\{resolve:[^{}]*\}\}")


def call_in(node: YamlNode) -> tuple[str, YamlNode] | None:
    """The function and its argument, where a map is the call of one."""
    if len(node.value) != 1:
        return None
    ((name, argument),) = node.value.items()
    return (name, argument) if name in ("Ref", "Condition") or name.startswith("Fn::") else None


def count_of(node: YamlNode) -> int:
    """How many values a value has."""
    if not isinstance(node.value, dict | list):
        return 1
    children = node.value.values() if isinstance(node.value, dict) else node.value
    return 1 + sum(count_of(child) for child in children)


def literal(value: Any) -> Any:
    """``{{resolve:...}}`` is looked up by CloudFormation as it deploys."""
    if isinstance(value, str) and _DYNAMIC.search(value):
        return Unknown("it is looked up when the stack is deployed ({{resolve:...}})")
    return value


def name_among(value: Any, names: Iterable[str]) -> Any:
    """A name that the source writes as one of YAML 1.1's booleans (``Yes``), as the thing of that name is written."""
    if not isinstance(value, bool):
        return value
    words = ("yes", "on", "true") if value else ("no", "off", "false")
    found = [name for name in names if name.lower() in words]
    return found[0] if len(found) == 1 else value


def string_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def truth_of(value: Any) -> bool | Unknown:
    """What a condition comes to; Unknown where it is no true or false."""
    if isinstance(value, Unknown):
        return Unknown(value.why)
    if isinstance(value, bool):
        return value
    found = {"true": True, "false": False}.get(str(value).lower())
    return Unknown("a condition that is neither true nor false") if found is None else found
