"""The JSON Schema of specs, for editors and other tools."""

from __future__ import annotations

from typing import Any

from dynaops.kinds import TableSpec
from dynaops.model.spec import Fragment

URI = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of one document: every key with its meaning, allowed values and default."""
    found = TableSpec.model_json_schema(mode="validation")
    definitions = found.get("$defs", {})
    toggles = {fragment.__name__ for fragment in _fragments(Fragment) if fragment.toggle}
    for name in toggles & set(definitions):
        block = definitions[name]
        definitions[name] = {
            "description": block.get("description", ""),
            "anyOf": [{"type": "boolean"}, {**block, "description": "The block in full."}],
        }
    return {"$schema": URI, **found, "title": "dynaops table spec"}


def _fragments(base: type[Fragment]) -> list[type[Fragment]]:
    found = []
    for fragment in base.__subclasses__():
        found += [fragment, *_fragments(fragment)]
    return found
