"""Converts pydantic's errors about a document to findings, each with its place and a suggestion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC010, SPEC011, SPEC012
from dynaops.specs.blocks import BLOCKS, ONLY
from dynaops.specs.yaml_tree import YamlNode

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_MAX_FINDINGS = 100
"""The most errors of one document: more are not useful, and each is compared with all keys."""


def findings_of(error: ValidationError, node: YamlNode, model: type[BaseModel]) -> Iterator[Finding]:
    """The findings for a document that is not a valid `model`."""
    wrong = list(_deduplicated(error.errors(include_url=False)))
    yield from (_from_pydantic(detail, node, model) for detail in wrong[:_MAX_FINDINGS])
    if len(wrong) > _MAX_FINDINGS:
        yield make_finding(
            SPEC012,
            f"{len(wrong) - _MAX_FINDINGS:,} more values do not fit; is this a spec?",
            place=node.place(),
        )


def _deduplicated(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """One error for each place, because pydantic reports each branch of a union."""
    seen: set[tuple[Any, ...]] = set()
    for error in errors:
        place = tuple(part for part in error["loc"] if not _is_branch(part))
        if place not in seen:
            seen.add(place)
            yield error


def _is_branch(part: int | str) -> bool:
    """Whether a part of a location is one that pydantic adds for a branch of a union."""
    return isinstance(part, str) and (part in ("str", "int", "bool", "float") or "[" in part)


def _from_pydantic(error: ErrorDetails, node: YamlNode, whole: type[BaseModel]) -> Finding:
    parts = [part for part in error["loc"] if not _is_branch(part)]
    path = ".".join(str(part) for part in parts)
    name = str(parts[-1]) if parts else "spec"
    if error["type"] == "extra_forbidden":
        known = _known_keys(parts[:-1], whole)
        suggestions = get_close_matches(name, known, 1)
        hint = f"Did you mean {suggestions[0]}?" if suggestions else f"Keys there are: {', '.join(known)}."
        if not parts[:-1] and name in BLOCKS:
            hint = f"`{name}` stands in a document of its own, without table_name: put a line `---` between them."
        return make_finding(
            SPEC010,
            f"unknown key {name}" + (f" in {'.'.join(map(str, parts[:-1]))}" if parts[:-1] else ""),
            hint,
            path=path,
            place=node.key_place(path),
        )
    if error["type"] == "missing":
        around = ".".join(str(part) for part in parts[:-1])
        return make_finding(
            SPEC011,
            f"{name} is missing" + (f" in {around}" if around else ""),
            "table_name, hash_key and attributes are always needed."
            if not around and "hash_key" in whole.model_fields
            else None,
            path=path,
            place=node.place(around),
        )
    return make_finding(
        SPEC012,
        f"{path or 'the spec'}: {_wording(error)}",
        _type_hint(error),
        path=path,
        place=node.place(path),
    )


_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
}


def _wording(error: ErrorDetails) -> str:
    given = _given(error["input"])
    context = error.get("ctx", {})
    if error["type"] in _TYPES:
        return f"must be {_TYPES[error['type']]}, not {given}"
    if error["type"] == "literal_error":
        return f"{given} is not one of {context.get('expected', '')}"
    if error["type"] == "greater_than_equal":
        return f"must be at least {context.get('ge')}, not {given}"
    if error["type"] == "less_than_equal":
        return f"must be at most {context.get('le')}, not {given}"
    return f"{error['msg'][:1].lower()}{error['msg'][1:]} ({given})"


def _given(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value, default=str) if not isinstance(value, str) else f'"{value[:60]}"'


def _type_hint(error: ErrorDetails) -> str | None:
    value = error["input"]
    if error["type"] == "literal_error" and isinstance(value, str):
        allowed = [
            word.strip("'")
            for word in error.get("ctx", {}).get("expected", "").replace(" or ", ", ").split(", ")
        ]
        suggestions = get_close_matches(value.upper(), allowed, 1)
        return f"Did you mean {suggestions[0]}?" if suggestions else None
    if error["type"] == "int_type" and isinstance(value, str) and value.isdigit():
        return "Write the number without quotes."
    if error["type"] == "string_type" and not isinstance(value, (dict, list)):
        return "Put it in quotes."
    return None


def _known_keys(path: Sequence[int | str], whole: type[BaseModel]) -> list[str]:
    """The keys that the block at `path` accepts."""
    model: Any = whole
    for part in path:
        fields = _fields(model) if model is not None else {}
        if isinstance(part, str) and part in fields:
            model = _block_of(fields[part].annotation)
    return sorted([*_fields(model), *(() if path else (ONLY,))]) if model is not None else []


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A block's fields, by their keys in a spec."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _block_of(annotation: Any) -> type[BaseModel] | None:
    """The fragment inside an annotation such as ``list[Index] | None``."""
    from typing import get_args

    if hasattr(annotation, "model_fields"):
        fragment: type[BaseModel] = annotation
        return fragment
    for inner in get_args(annotation):
        block = _block_of(inner)
        if block is not None:
            return block
    return None
