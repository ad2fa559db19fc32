"""IAM policy documents: one normal form for all the ways AWS and people write the same policy."""

from __future__ import annotations

import json
import re
from typing import Any

VERSION = "2012-10-17"
_ACCOUNT_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


def canonical(document: dict[str, Any]) -> dict[str, Any]:
    """The document in normal form: statements and string lists as sorted lists, account roots as account ids.

    AWS answers a policy re-worded (a list of one as a string, an account id as its root's ARN), so two documents are
    the same policy when their normal forms are equal.
    """
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    rest = {key: value for key, value in document.items() if key not in ("Statement", "Version")}
    return {
        "Version": document.get("Version", VERSION),
        **rest,
        "Statement": [_statement(statement) for statement in statements],
    }


def text(document: dict[str, Any]) -> str:
    """The document as AWS takes it."""
    return json.dumps(document, separators=(",", ":"))


def same(first: Any, second: Any) -> bool:
    """Whether two policy documents mean the same. An ARN that apply fills in may come elsewhere in a sorted list."""
    return first == second or (
        _has_statements(first) and _has_statements(second) and canonical(first) == canonical(second)
    )


def _has_statements(value: Any) -> bool:
    statements = value.get("Statement") if isinstance(value, dict) else None
    return isinstance(statements, list) and all(isinstance(statement, dict) for statement in statements)


def filled(document: Any, values: dict[str, str]) -> Any:
    """The document with ``${name}`` replaced by each of `values`, wherever it stands in a string."""
    if isinstance(document, dict):
        return {key: filled(value, values) for key, value in document.items()}
    if isinstance(document, list):
        return [filled(value, values) for value in document]
    if isinstance(document, str):
        for name, value in values.items():
            document = document.replace(f"${{{name}}}", value)
    return document


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in sorted(statement.items()):
        if key in _LISTS:
            result[key] = _strings(value)
        elif key in ("Principal", "NotPrincipal"):
            result[key] = _principal(value)
        elif key == "Condition":
            result[key] = _condition(value)
        else:
            result[key] = value
    return result


def _strings(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return sorted(str(element) for element in listed)


def _principal(value: Any) -> Any:
    if not isinstance(value, dict):
        return {"AWS": ["*"]} if value == "*" else value
    return {
        kind: sorted(_ACCOUNT_ROOT.sub(r"\1", string) for string in _strings(named))
        for kind, named in sorted(value.items())
    }


def _condition(value: dict[str, Any]) -> dict[str, Any]:
    return {
        operator: {key: _strings(_scalar(element)) for key, element in sorted(keys.items())}
        for operator, keys in sorted(value.items())
    }


def _scalar(value: Any) -> Any:
    """AWS answers booleans and numbers in conditions as strings."""
    if isinstance(value, list):
        return [_scalar(element) for element in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
