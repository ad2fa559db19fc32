"""Encoding functions. Source: Terraform Language, Functions, Encoding Functions."""

from __future__ import annotations

import base64
import re
from typing import Any

from dynaops.convert import json_text
from dynaops.convert.budget import Budget
from dynaops.convert.terraform.functions.arguments import Function, count, text
from dynaops.convert.terraform.functions.json_encoding import json_parts
from dynaops.convert.terraform.values import ExpressionError, UnsupportedArguments, charged, noded
from dynaops.specs.yaml_tree import UnreadableSpec, YamlNode, nodes

_MAX_YAML = 100_000
_DOUBTFUL = re.compile(
    r"^\s*(?:[^#\s]*[:-]\s+)?(?:y|n|yes|no|on|off|0[0-7]+|[\d_]+_[\d_]*|[\d:]+:\d+)\s*(?:#.*)?$",
    re.IGNORECASE | re.MULTILINE,
)
"""Words that YAML 1.1 and 1.2 read differently."""


def _jsonencode(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    return budget.text(json_parts(arguments[0]))


def _jsondecode(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    try:
        return charged(noded(json_text.decoded(text(arguments[0]))), budget)
    except ValueError:
        raise UnsupportedArguments from None


def _yamldecode(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = text(arguments[0])
    if len(given) > _MAX_YAML or _DOUBTFUL.search(given) or "<<" in given or "!" in given:
        raise UnsupportedArguments
    try:
        (document,) = nodes(given, "a YAML text")
    except (UnreadableSpec, ValueError):
        raise UnsupportedArguments from None
    return charged(noded(document.plain(exact=True)), budget)


def _base64encode(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = text(arguments[0]).encode()
    budget.reserve(2 * len(given))
    return base64.b64encode(given).decode()


def _base64decode(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = text(arguments[0])
    budget.reserve(len(given))
    try:
        return base64.b64decode(given, validate=True).decode()
    except ValueError:
        raise ExpressionError from None


ENCODING_FUNCTIONS: dict[str, Function] = {
    "base64decode": _base64decode,
    "base64encode": _base64encode,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "yamldecode": _yamldecode,
}
