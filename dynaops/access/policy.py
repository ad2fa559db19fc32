"""IAM policies: the minimal policy for given permissions, and the evaluation of policies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from dynaops.access.rules import Need

Document = dict[str, Any]
VERSION = "2012-10-17"


def minimal_policy(needed: Iterable[Need]) -> Document:
    """The policy that grants exactly `needed`: one statement for each set of resources (and conditions)."""
    by_action: dict[tuple[str, tuple[tuple[str, str], ...]], set[str]] = {}
    for need in needed:
        by_action.setdefault((need.action, need.context), set()).add(need.resource)
    statements: dict[tuple[str, tuple[str, ...], Any], list[str]] = {}
    for (action, context), resources in sorted(by_action.items()):
        key = (action.partition(":")[0], tuple(_without_covered(resources)), context)
        statements.setdefault(key, []).append(action)
    return {
        "Version": VERSION,
        "Statement": [
            statement(actions, resources, context)
            for (_, resources, context), actions in sorted(statements.items())
        ],
    }


def statement(
    actions: Sequence[str], resources: Sequence[str], context: Iterable[tuple[str, str]] = ()
) -> Document:
    """One statement that allows `actions` on `resources`, for requests with just this `context`."""
    result: Document = {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources)}
    conditions = dict(context)
    if conditions:
        result["Condition"] = {"StringEquals": conditions}
    return result


def _without_covered(resources: set[str]) -> list[str]:
    """The resources without those that another one's wildcard covers."""
    return sorted(
        resource
        for resource in resources
        if not any(
            pattern != resource and "*" in pattern and _matches(pattern, resource) for pattern in resources
        )
    )


def allows(documents: Iterable[Mapping[str, Any]], need: Need) -> bool:
    """Whether policies grant a permission: an Allow matches, and no Deny matches."""
    return decision(documents, need) == "allowed"


def decision(documents: Iterable[Mapping[str, Any]], need: Need) -> str:
    """``allowed``, ``explicitDeny`` or ``implicitDeny``, as iam:SimulatePrincipalPolicy names them."""
    effects = {
        statement.get("Effect")
        for document in documents
        for statement in _as_list(document.get("Statement", ()))
        if _statement_matches(statement, need)
    }
    if "Deny" in effects:
        return "explicitDeny"
    return "allowed" if "Allow" in effects else "implicitDeny"


def _statement_matches(statement: Mapping[str, Any], need: Need) -> bool:
    action = need.action.lower()
    if "NotAction" in statement:
        action_matches = not any(
            _matches(pattern.lower(), action) for pattern in _as_list(statement["NotAction"])
        )
    else:
        action_matches = any(
            _matches(pattern.lower(), action) for pattern in _as_list(statement.get("Action", ()))
        )
    if "NotResource" in statement:
        resource_matches = not any(
            _matches(pattern, need.resource) for pattern in _as_list(statement["NotResource"])
        )
    else:
        resource_matches = any(
            _matches(pattern, need.resource) for pattern in _as_list(statement.get("Resource", ()))
        )
    return (
        action_matches
        and resource_matches
        and _conditions_hold(statement.get("Condition", {}), dict(need.context))
    )


def _conditions_hold(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    """Whether all conditions hold. A condition with an unknown operator does not hold."""
    lowered = {key.lower(): value for key, value in context.items()}
    for operator, keys in conditions.items():
        for key, expected in keys.items():
            actual = lowered.get(key.lower())
            if actual is None or not _condition_holds(
                operator, [str(value) for value in _as_list(expected)], actual
            ):
                return False
    return True


def _condition_holds(operator: str, expected: list[str], actual: str) -> bool:
    if operator in ("StringEquals", "ArnEquals"):
        return actual in expected or (
            operator == "ArnEquals" and any(_matches(pattern, actual) for pattern in expected)
        )
    if operator in ("StringLike", "ArnLike"):
        return any(_matches(pattern, actual) for pattern in expected)
    if operator == "StringNotEquals":
        return actual not in expected
    return False


def _as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else [value]


def _matches(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """IAM's wildcards: ``*`` is any text, ``?`` any character."""
    parts = ({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)
