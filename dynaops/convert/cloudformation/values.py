"""Helpers for a template's values: recognising function calls, and converting strings and booleans."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dynaops.convert.part import Unknown
from dynaops.specs.yaml_tree import YamlNode

_DYNAMIC = re.compile(r"\{\{resolve:[^{}]*\}\}")


def call_in(node: YamlNode) -> tuple[str, YamlNode] | None:
    """The function's name and argument if a map is a function call, else None."""
    if len(node.value) != 1:
        return None
    ((name, argument),) = node.value.items()
    return (name, argument) if name in ("Ref", "Condition") or name.startswith("Fn::") else None


def count_of(node: YamlNode) -> int:
    """The number of nodes in a tree."""
    if not isinstance(node.value, dict | list):
        return 1
    children = node.value.values() if isinstance(node.value, dict) else node.value
    return 1 + sum(count_of(child) for child in children)


def literal(value: Any) -> Any:
    """The value; Unknown for a dynamic reference (``{{resolve:...}}``), which CloudFormation resolves at deployment."""
    if isinstance(value, str) and _DYNAMIC.search(value):
        return Unknown("it is looked up when the stack is deployed ({{resolve:...}})")
    return value


def name_among(value: Any, names: Iterable[str]) -> Any:
    """The name among `names` that YAML 1.1 has read as a boolean (``Yes``, ``On``); any other value unchanged."""
    if not isinstance(value, bool):
        return value
    words = ("yes", "on", "true") if value else ("no", "off", "false")
    matching = [name for name in names if name.lower() in words]
    return matching[0] if len(matching) == 1 else value


def string_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def truth_of(value: Any) -> bool | Unknown:
    """The boolean value of a condition; Unknown if it is neither true nor false."""
    if isinstance(value, Unknown):
        return Unknown(value.why)
    if isinstance(value, bool):
        return value
    truth = {"true": True, "false": False}.get(str(value).lower())
    return Unknown("a condition that is neither true nor false") if truth is None else truth
