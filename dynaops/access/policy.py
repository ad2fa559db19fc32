"""IAM policies: the minimal policy for given permissions, and the evaluation of policies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from dynaops.access.needs import Need

Document = dict[str, Any]
VERSION = "2012-10-17"


def least(needed: Iterable[Need]) -> Document:
    """The policy that grants exactly `needed`: one statement for each set of resources (and conditions)."""
    by_action: dict[tuple[str, tuple[tuple[str, str], ...]], set[str]] = {}
    for one in needed:
        by_action.setdefault((one.action, one.context), set()).add(one.resource)
    statements: dict[tuple[str, tuple[str, ...], Any], list[str]] = {}
    for (action, context), resources in sorted(by_action.items()):
        key = (action.partition(":")[0], tuple(_covering(resources)), context)
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
    made: Document = {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources)}
    conditions = dict(context)
    if conditions:
        made["Condition"] = {"StringEquals": conditions}
    return made


def _covering(resources: set[str]) -> list[str]:
    """The resources without those that another one's wildcard covers."""
    return sorted(
        resource
        for resource in resources
        if not any(other != resource and "*" in other and _matches(other, resource) for other in resources)
    )


def allows(documents: Iterable[Mapping[str, Any]], need: Need) -> bool:
    """Whether policies grant a permission: an Allow matches, and no Deny matches."""
    return decision(documents, need) == "allowed"


def decision(documents: Iterable[Mapping[str, Any]], need: Need) -> str:
    """``allowed``, ``explicitDeny`` or ``implicitDeny``, as iam:SimulatePrincipalPolicy names them."""
    effects = {
        one.get("Effect")
        for document in documents
        for one in _listed(document.get("Statement", ()))
        if _fits(one, need)
    }
    if "Deny" in effects:
        return "explicitDeny"
    return "allowed" if "Allow" in effects else "implicitDeny"


def _fits(one: Mapping[str, Any], need: Need) -> bool:
    action = need.action.lower()
    if "NotAction" in one:
        acts = not any(_matches(each.lower(), action) for each in _listed(one["NotAction"]))
    else:
        acts = any(_matches(each.lower(), action) for each in _listed(one.get("Action", ())))
    if "NotResource" in one:
        on = not any(_matches(each, need.resource) for each in _listed(one["NotResource"]))
    else:
        on = any(_matches(each, need.resource) for each in _listed(one.get("Resource", ())))
    return acts and on and _holds(one.get("Condition", {}), dict(need.context))


def _holds(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    """Whether all conditions hold. A condition with an unknown operator does not hold."""
    lowered = {key.lower(): value for key, value in context.items()}
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            given = lowered.get(key.lower())
            if given is None or not _compares(operator, [str(each) for each in _listed(wanted)], given):
                return False
    return True


def _compares(operator: str, wanted: list[str], given: str) -> bool:
    if operator in ("StringEquals", "ArnEquals"):
        return given in wanted or (operator == "ArnEquals" and any(_matches(one, given) for one in wanted))
    if operator in ("StringLike", "ArnLike"):
        return any(_matches(one, given) for one in wanted)
    if operator == "StringNotEquals":
        return given not in wanted
    return False


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else [value]


def _matches(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """IAM's wildcards: ``*`` is any text, ``?`` any character."""
    parts = ({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)
