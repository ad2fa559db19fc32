"""The JSON Schema of project files, for editors."""

from __future__ import annotations

from typing import Any

from dynaops.specs.project_keys import ENVIRONMENT_NAME, KEYS, SettingKey, ValueForm

URI = "https://json-schema.org/draft/2020-12/schema"


def project_schema() -> dict[str, Any]:
    """The schema: every key with its meaning and its valid values."""
    keys = {key.name: _of_key(key) for key in KEYS}
    return {
        "$schema": URI,
        "title": "dynaops project file",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **{key.name: keys[key.name] for key in KEYS if not key.guard},
            "environment": {
                "description": "The environments, by their names: what each says overrides the top level.",
                "type": "object",
                "propertyNames": {"pattern": f"^{ENVIRONMENT_NAME}$"},
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": keys,
                },
            },
        },
    }


def _of_key(key: SettingKey) -> dict[str, Any]:
    text = {"type": "string", **_limits(key)}
    forms: dict[ValueForm, dict[str, Any]] = {
        ValueForm.TEXT: text,
        ValueForm.TEXTS: {"type": "array", "items": text, "uniqueItems": True},
        ValueForm.TEXT_MAP: {"type": "object", "additionalProperties": text},
        ValueForm.MAP: {"type": "object"},
        ValueForm.NUMBER: {"type": "integer", "minimum": key.low, "maximum": key.high},
        ValueForm.FLAG: {"type": "boolean"},
        ValueForm.TEXT_OR_FALSE: {"anyOf": [text, {"const": False}]},
    }
    return {"description": key.meaning, **forms[key.form]}


def _limits(key: SettingKey) -> dict[str, Any]:
    if key.choices:
        return {"enum": list(key.choices)}
    return {"pattern": f"^(?:{key.pattern})$"} if key.pattern and "(?i" not in key.pattern else {}
