"""``data "aws_iam_policy_document"`` as the JSON that Terraform makes of it."""

from __future__ import annotations

import json
from typing import Any

from dynaops.convert.budget import Budget
from dynaops.convert.part import Unknown, unknowns
from dynaops.engine.yaml_tree import Node

_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


def policy(block: Node, budget: Budget) -> Any:
    """The document's text, or what of it is not known. Raises TooLarge."""
    unknown = next(unknowns(block), None)
    if unknown is not None:
        return unknown
    said = block.plain()
    try:
        statements = [_statement(statement) for statement in said.get("statement", ())]
    except (TypeError, ValueError, AttributeError, KeyError):
        return Unknown("its statements are not written as Terraform takes them")
    document = {"Version": said.get("version", "2012-10-17"), "Statement": statements}
    return budget.text(json.JSONEncoder().iterencode(document))


def _statement(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Sid": said["sid"]} if said.get("sid") else {}
    found["Effect"] = said.get("effect", "Allow")
    found.update({member: said[name] for name, member in _LISTS.items() if said.get(name)})
    for name, member in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        for one in said.get(name, ()):
            found.setdefault(member, {}).setdefault(one["type"], []).extend(one["identifiers"])
        if found.get(member) == {"*": ["*"]}:
            found[member] = "*"
    for one in said.get("condition", ()):
        found.setdefault("Condition", {}).setdefault(one["test"], {})[one["variable"]] = one["values"]
    return found
