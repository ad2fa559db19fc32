"""The JSON Schema of specs, for editors and other tools."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from dynaops.kinds import TableSpec
from dynaops.model.spec import Fragment
from dynaops.specs.blocks import DEFAULTS, ONLY
from dynaops.specs.matching import MATCH, NAME
from dynaops.specs.refactoring import BlocksDocument

URI = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of one document: every key with its meaning, allowed values and default."""
    schema = TableSpec.model_json_schema(mode="validation")
    blocks = BlocksDocument.model_json_schema(mode="validation", by_alias=True)
    definitions = schema.get("$defs", {}) | blocks["$defs"]
    schema["$defs"] = definitions
    fragments = {fragment.__name__: fragment for fragment in _fragments(Fragment)}
    _explain(schema, TableSpec)
    for name in set(fragments) & set(definitions):
        _explain(definitions[name], fragments[name])
        if fragments[name].toggle:
            block = definitions[name]
            definitions[name] = {
                "description": block.get("description", ""),
                "anyOf": [{"type": "boolean"}, {**block, "description": "The block in full."}],
            }
    _explain(blocks, BlocksDocument)
    whole = _with_blocks(_with_composition(schema), blocks["properties"])
    return {"$schema": URI, **whole, "title": "dynaops table spec"}


def _with_blocks(schema: dict[str, Any], blocks: dict[str, Any]) -> dict[str, Any]:
    """The schema with the blocks of separate documents added."""
    for name in ("removed", "import"):  # an entry may be only the address
        blocks[name] = {**blocks[name], "items": {"anyOf": [{"type": "string"}, blocks[name]["items"]]}}
    kinds: list[dict[str, Any]] = [{"required": [name]} for name in blocks]
    kinds.append({"required": [NAME, "external"], "properties": {"external": {"const": True}}})
    properties = {**schema["properties"], **blocks}
    return {**schema, "properties": properties, "anyOf": [*schema["anyOf"], *kinds]}


_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}


def _with_composition(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the keys for composition added: `only`, `defaults` and `match`."""
    properties = schema["properties"]
    defaults = {name: {"$ref": f"#/properties/{name}"} for name in properties if name != NAME}
    composing = {
        ONLY: {**_NAMES, "description": "The environments in which the document is there. Default: all."},
        DEFAULTS: {
            "type": "object",
            "properties": defaults,
            "additionalProperties": False,
            "description": "In a document of its own: what the tables of the file have where they say nothing "
            "themselves; in a file called defaults.yaml, those of its folder and of the folders below.",
        },
        MATCH: {
            **_NAMES,
            "description": "Of an overlay and of defaults: the tables that it is for, by name or pattern (shop-*).",
        },
    }
    kinds = [{"required": schema["required"]}, {"required": [DEFAULTS]}, {"required": [MATCH]}]
    rest = {key: value for key, value in schema.items() if key != "required"}
    return {**rest, "properties": {**properties, **composing}, "anyOf": kinds}


def _fragments(base: type[Fragment]) -> list[type[Fragment]]:
    fragments = []
    for fragment in base.__subclasses__():
        fragments += [fragment, *_fragments(fragment)]
    return fragments


def _explain(block: dict[str, Any], fragment: type[Fragment]) -> None:
    """Put the fields' docstrings into a block's schema.

    They are read from the source only here; pydantic's option would read them whenever a spec is loaded.
    """
    for name, text in _docstrings(fragment):
        field = fragment.model_fields.get(name)
        key = (field and field.alias) or name
        if key in block["properties"]:
            block["properties"][key]["description"] = text


def _docstrings(fragment: type[Fragment]) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(fragment))).body
    assert isinstance(definition, ast.ClassDef), "a fragment is a class"
    for field, after in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr):
            text = getattr(after.value, "value", None)
            if isinstance(field.target, ast.Name) and isinstance(text, str):
                yield field.target.id, text
