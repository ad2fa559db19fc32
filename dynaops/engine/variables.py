"""Variables in specs: ``${var.NAME}`` and ``${env.NAME}`` in string values, ``$${`` for a literal ``${``.

What a later step fills in (``${table_arn}``, ``${stream_arn}``, ``${index_arns}``, ``${workspace}``) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from dynaops.engine.yaml_tree import Node, place_of
from dynaops.model.finding import Finding, Severity

_REFERENCE = re.compile(r"\$?\$\{([^}]*)\}")
_LATER = {"table_arn", "stream_arn", "index_arns", "workspace"}
_INTEGER = re.compile(r"[-+]?[0-9]+")


def substituted(
    node: Node, variables: Mapping[str, object], env: Mapping[str, str]
) -> tuple[Node, list[Finding]]:
    """The node with all variables filled in, and a finding for each that is not defined."""
    findings: list[Finding] = []
    return _node(node, variables, env, findings), findings


def _node(node: Node, variables: Mapping[str, object], env: Mapping[str, str], found: list[Finding]) -> Node:
    if isinstance(node.value, dict):
        value = {name: _node(child, variables, env, found) for name, child in node.value.items()}
        return Node(value, node.spot, node.key)
    if isinstance(node.value, list):
        return Node([_node(child, variables, env, found) for child in node.value], node.spot, node.key)
    if isinstance(node.value, str) and "${" in node.value:
        return Node(_string(node, variables, env, found), node.spot, node.key)
    return node


def _string(
    node: Node, variables: Mapping[str, object], env: Mapping[str, str], found: list[Finding]
) -> object:
    whole = _REFERENCE.fullmatch(node.value)
    if whole and not node.value.startswith("$$"):
        value = _value(whole[1], variables, env)
        if value is not None:
            return _typed(value) if isinstance(value, str) else value
    found.extend(_undefined(node, variables, env))

    def replace(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        value = _value(match[1], variables, env)
        return match[0] if value is None else str(value)

    return _REFERENCE.sub(replace, node.value)


def _value(name: str, variables: Mapping[str, object], env: Mapping[str, str]) -> object | None:
    scope, _, key = name.strip().partition(".")
    if scope == "var":
        return variables.get(key)
    if scope == "env":
        return env.get(key)
    return None


def _typed(text: str) -> object:
    """A string that is nothing but a variable reads as YAML would read it: a number or a boolean."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _INTEGER.fullmatch(text) and len(text) < 18 else text


def _undefined(node: Node, variables: Mapping[str, object], env: Mapping[str, str]) -> Iterator[Finding]:
    for match in _REFERENCE.finditer(node.value):
        name = match[1].strip()
        if match[0].startswith("$$") or name in _LATER or _value(name, variables, env) is not None:
            continue
        scope, _, key = name.partition(".")
        if scope == "var":
            near = get_close_matches(key, variables, 1)
            hint = (
                f"Did you mean ${{var.{near[0]}}}?"
                if near
                else f"Give it with --var {key}=VALUE or --var-file."
            )
        elif scope == "env":
            hint = f"Set {key} in the environment."
        else:
            hint = "Write ${var.NAME} or ${env.NAME}, or $${ for a literal ${."
        yield Finding(
            code="SPEC007",
            severity=Severity.ERROR,
            message=f"${{{name}}} is not defined",
            hint=hint,
            place=place_of(node.spot),
        )
