"""Variables in string values of specs: ``${var.NAME}``, ``${env.NAME}``, ``${workspace}``.

``$${`` stands for a literal ``${``. What a later step fills in (``${table_arn}``, ``${stream_arn}``,
``${index_arns}``) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from dynaops.engine.yaml_tree import Node, place_of
from dynaops.model.finding import Finding, Severity

_REFERENCE = re.compile(r"\$?\$\{([^}]*)\}")
_LATER = {"table_arn", "stream_arn", "index_arns"}
_WORKSPACE = "workspace"
_INTEGER = re.compile(r"[-+]?[0-9]+")


class Values(NamedTuple):
    """What references may stand for."""

    variables: Mapping[str, object]
    env: Mapping[str, str]
    workspace: str

    def of(self, name: str) -> object | None:
        """What ``${name}`` stands for; None where that is not defined, or not yet."""
        scope, _, key = name.strip().partition(".")
        if scope == "var":
            return self.variables.get(key)
        if scope == "env":
            return self.env.get(key)
        return self.workspace if name.strip() == _WORKSPACE else None


def substituted(node: Node, values: Values) -> tuple[Node, list[Finding]]:
    """The node with all variables filled in, and a finding for each that is not defined."""
    findings: list[Finding] = []
    return _node(node, values, findings), findings


def _node(node: Node, values: Values, found: list[Finding]) -> Node:
    if isinstance(node.value, dict):
        value = {name: _node(child, values, found) for name, child in node.value.items()}
        return Node(value, node.spot, node.key)
    if isinstance(node.value, list):
        return Node([_node(child, values, found) for child in node.value], node.spot, node.key)
    if isinstance(node.value, str) and "${" in node.value:
        return Node(_string(node, values, found), node.spot, node.key)
    return node


def _string(node: Node, values: Values, found: list[Finding]) -> object:
    whole = _REFERENCE.fullmatch(node.value)
    if whole and not node.value.startswith("$$") and whole[1].strip() != _WORKSPACE:
        value = values.of(whole[1])
        if value is not None:
            return _typed(value) if isinstance(value, str) else value
    found.extend(_undefined(node, values))

    def replace(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        value = values.of(match[1])
        return match[0] if value is None else str(value)

    return _REFERENCE.sub(replace, node.value)


def _typed(text: str) -> object:
    """A string that is nothing but a variable reads as YAML would read it: a number or a boolean."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _INTEGER.fullmatch(text) and len(text) < 18 else text


def _undefined(node: Node, values: Values) -> Iterator[Finding]:
    for match in _REFERENCE.finditer(node.value):
        name = match[1].strip()
        if match[0].startswith("$$") or name in _LATER or values.of(name) is not None:
            continue
        scope, _, key = name.partition(".")
        if scope == "var":
            near = get_close_matches(key, values.variables, 1)
            hint = (
                f"Did you mean ${{var.{near[0]}}}?"
                if near
                else f"Give it with --var {key}=VALUE or --var-file."
            )
        elif scope == "env":
            hint = f"Set {key} in the environment."
        else:
            hint = "Write ${var.NAME}, ${env.NAME} or ${workspace}, or $${ for a literal ${."
        yield Finding(
            code="SPEC007",
            severity=Severity.ERROR,
            message=f"${{{name}}} is not defined",
            hint=hint,
            place=place_of(node.spot),
        )
