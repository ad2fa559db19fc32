"""``data "aws_iam_policy_document"`` as the JSON that Terraform makes of it."""

from __future__ import annotations

import json
from typing import Any

from dynaops.convert.budget import Budget
from dynaops.convert.part import Unknown, unknowns
from dynaops.specs.yaml_tree import YamlNode

_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


_MERGED = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")


def policy(block: YamlNode, budget: Budget) -> Any:
    """The document's text, or what of it is not known. Raises TooLarge."""
    unknown = next(unknowns(block), None)
    if unknown is not None:
        return unknown
    said = block.plain()
    merged = next((name for name in _MERGED if said.get(name)), None)
    if merged is not None:
        return Unknown(f"{merged} merges documents, which is not worked out here")
    try:
        statements = [_statement(statement) for statement in said.get("statement") or ()]
    except (TypeError, ValueError, AttributeError, KeyError):
        return Unknown("its statements are not written as Terraform takes them")
    document = {"Version": said.get("version") or "2012-10-17", "Statement": statements}
    if said.get("policy_id"):
        document["Id"] = said["policy_id"]
    return budget.text(json.JSONEncoder().iterencode(document))


def _statement(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Sid": said["sid"]} if said.get("sid") else {}
    found["Effect"] = said.get("effect") or "Allow"
    found.update({member: _short(said[name]) for name, member in _LISTS.items() if said.get(name)})
    for name, member in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        named: dict[str, list[Any]] = {}
        for one in said.get(name) or ():
            named.setdefault(one["type"], []).extend(one["identifiers"])
        if named:
            found[member] = (
                "*" if named == {"*": ["*"]} else {kind: _short(some) for kind, some in named.items()}
            )
    conditions: dict[str, dict[str, list[Any]]] = {}
    for one in said.get("condition") or ():
        conditions.setdefault(one["test"], {}).setdefault(one["variable"], []).extend(one["values"])
    if conditions:
        found["Condition"] = {
            test: {variable: _short(some) for variable, some in tested.items()}
            for test, tested in conditions.items()
        }
    return found


def _short(members: list[Any]) -> Any:
    """A list; one of a single member is that member, as Terraform writes it."""
    return members[0] if len(members) == 1 else members
