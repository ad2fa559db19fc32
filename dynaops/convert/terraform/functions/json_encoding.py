"""JSON as ``jsonencode`` writes it: compact, names sorted, ``<``, ``>`` and ``&`` escaped.

Source: Terraform Language, Functions, jsonencode.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from dynaops.convert.terraform.values import SetValue, UnsupportedArguments, is_sorted_set, text_of
from dynaops.specs.yaml_tree import YamlNode

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def json_parts(node: YamlNode) -> Iterator[str]:
    """The JSON text of a value, part by part. Raises UnsupportedArguments."""
    value = node.value
    if value is None:
        yield "null"
    elif isinstance(value, str):
        yield _quoted(value)
    elif isinstance(value, dict):
        yield "{"
        for position, name in enumerate(sorted(value, key=lambda name: name.encode())):
            yield f"{',' if position else ''}{_quoted(name)}:"
            yield from json_parts(value[name])
        yield "}"
    elif isinstance(value, list):
        if isinstance(value, SetValue) and not is_sorted_set(value):
            raise UnsupportedArguments
        yield "["
        for position, child in enumerate(value):
            yield "," if position else ""
            yield from json_parts(child)
        yield "]"
    else:
        yield text_of(value)


def json_text_of(node: YamlNode) -> str:
    """The JSON text of a value."""
    return "".join(json_parts(node))


def _quoted(text: str) -> str:
    return "".join(_ESCAPED.get(letter, letter) for letter in json.dumps(text, ensure_ascii=False))
