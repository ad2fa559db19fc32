"""Evaluates ``data "aws_iam_policy_document"`` to the JSON text that Terraform makes."""

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
    """The document's text, or Unknown. Raises TooLarge."""
    unknown = next(unknowns(block), None)
    if unknown is not None:
        return unknown
    arguments = block.plain()
    merged = next((name for name in _MERGED if arguments.get(name)), None)
    if merged is not None:
        return Unknown(f"{merged} merges documents, which is not worked out here")
    try:
        statements = [_statement(statement) for statement in arguments.get("statement") or ()]
    except (TypeError, ValueError, AttributeError, KeyError):
        return Unknown("its statements are not written as Terraform takes them")
    document = {"Version": arguments.get("version") or "2012-10-17", "Statement": statements}
    if arguments.get("policy_id"):
        document["Id"] = arguments["policy_id"]
    return budget.text(json.JSONEncoder().iterencode(document))


def _statement(arguments: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": arguments["sid"]} if arguments.get("sid") else {}
    statement["Effect"] = arguments.get("effect") or "Allow"
    statement.update(
        {member: _short(arguments[name]) for name, member in _LISTS.items() if arguments.get(name)}
    )
    for name, member in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        named: dict[str, list[Any]] = {}
        for block in arguments.get(name) or ():
            named.setdefault(block["type"], []).extend(block["identifiers"])
        if named:
            statement[member] = (
                "*" if named == {"*": ["*"]} else {kind: _short(values) for kind, values in named.items()}
            )
    conditions: dict[str, dict[str, list[Any]]] = {}
    for block in arguments.get("condition") or ():
        conditions.setdefault(block["test"], {}).setdefault(block["variable"], []).extend(block["values"])
    if conditions:
        statement["Condition"] = {
            test: {variable: _short(values) for variable, values in tested.items()}
            for test, tested in conditions.items()
        }
    return statement


def _short(members: list[Any]) -> Any:
    """The list, or its only member: Terraform writes a list of one without brackets."""
    return members[0] if len(members) == 1 else members
