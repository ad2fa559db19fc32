"""Intrinsic functions, resolved as far as template, parameters and the account's facts go.

Source: CloudFormation Template Reference, Intrinsic function reference. What cannot be known is `Unknown`, with why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dynaops.convert.cloudformation.identities import Identities
from dynaops.convert.part import Unknown, unknowns
from dynaops.engine.yaml_tree import Node

_PSEUDO = (
    "AWS::AccountId",
    "AWS::Region",
    "AWS::Partition",
    "AWS::URLSuffix",
    "AWS::StackName",
    "AWS::StackId",
)
_FORMS = re.compile(r"\$\{([^${}]+)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
_DEPTH = 50


class Gone(Exception):
    """AWS::NoValue: the property is as if it were not there."""


class Resolver:
    """One template with what was given for its parameters."""

    def __init__(self, template: Node, given: Mapping[str, str], identities: Identities) -> None:
        self._sections = template.value if isinstance(template.value, dict) else {}
        self._given = given
        self._identities = identities
        self._busy: list[str] = []

    def resolved(self, node: Node) -> Node:
        """The value with every function in it resolved."""
        if len(self._busy) > _DEPTH:
            return Node(Unknown("its functions are nested too deeply"), node.spot)
        if isinstance(node.value, list):
            found = []
            for child in node.value:
                try:
                    found.append(self.resolved(child))
                except Gone:
                    continue
            return Node(found, node.spot)
        if not isinstance(node.value, dict):
            return Node(_literal(node.value), node.spot)
        if len(node.value) == 1:
            (name, argument), *_ = node.value.items()
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._called(name, argument, node)
        kept: dict[str, Node] = {}
        for key, child in node.value.items():
            try:
                kept[key] = self.resolved(child)
            except Gone:
                continue
        return Node(kept, node.spot)

    def holds(self, condition: str) -> bool | Unknown:
        """Whether a condition of the template is met."""
        conditions = self._section("Conditions")
        if condition not in conditions:
            return Unknown(f"there is no condition {condition}")
        if condition in self._busy:
            return Unknown(f"the condition {condition} depends on itself")
        self._busy.append(condition)
        try:
            return _truth(self.resolved(conditions[condition]).value)
        finally:
            self._busy.pop()

    def _section(self, name: str) -> dict[str, Node]:
        node = self._sections.get(name)
        return node.value if node is not None and isinstance(node.value, dict) else {}

    def _called(self, name: str, argument: Node, node: Node) -> Node:
        call = _FUNCTIONS.get(name)
        if call is None:
            return Node(Unknown(f"{name} cannot be resolved without CloudFormation"), node.spot)
        found = call(self, argument)
        return found if isinstance(found, Node) else _noded(found, node)

    def _ref(self, argument: Node) -> Any:
        return self._named(str(argument.value))

    def _named(self, name: str) -> Any:
        """What ``Ref`` gives for a parameter, a pseudo parameter or a resource."""
        if name == "AWS::NoValue":
            raise Gone
        parameters = self._section("Parameters")
        if name in parameters:
            return self._parameter(name, parameters[name])
        if name in self._given:
            return self._given[name]
        if name in _PSEUDO:
            return self._identities.pseudo(name)
        return self._identities.ref(name)

    def _parameter(self, name: str, declared: Node) -> Any:
        about = declared.value if isinstance(declared.value, dict) else {}
        kind = str(about["Type"].value) if "Type" in about else "String"
        if name in self._given:
            value: Any = self._given[name]
        elif "Default" not in about:
            return Unknown(f"the parameter {name} has no default: give it with --parameter {name}=VALUE")
        elif kind.startswith("AWS::SSM::"):
            return Unknown(f"the parameter {name} is read from SSM: give it with --parameter {name}=VALUE")
        else:
            value = _literal(about["Default"].plain())
        if isinstance(value, str) and ("List<" in kind or kind == "CommaDelimitedList"):
            return [one.strip() for one in value.split(",") if one.strip()]
        return value

    def _get_att(self, argument: Node) -> Any:
        if isinstance(argument.value, str):
            name, _, attribute = argument.value.partition(".")
        else:
            parts = (
                [self.resolved(one).value for one in argument.value]
                if isinstance(argument.value, list)
                else []
            )
            if len(parts) != 2 or not all(isinstance(one, str) for one in parts):
                return Unknown("Fn::GetAtt takes a resource and an attribute")
            name, attribute = parts
        return self._attribute(name, attribute)

    def _attribute(self, name: str, attribute: str) -> Any:
        return self._given.get(f"{name}.{attribute}") or self._identities.attribute(name, attribute)

    def _sub(self, argument: Node) -> Any:
        text, variables = argument, {}
        if isinstance(argument.value, list) and len(argument.value) == 2:
            text, extra = argument.value
            variables = {
                key: self.resolved(one).value
                for key, one in (extra.value if isinstance(extra.value, dict) else {}).items()
            }
        if not isinstance(text.value, str):
            return Unknown("Fn::Sub takes a string")
        unknown: list[Unknown] = []

        def filled(found: re.Match[str]) -> str:
            name = found.group(1).strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in variables:
                value = variables[name]
            elif "." in name:
                value = self._attribute(*name.split(".", 1))
            else:
                value = self._named(name)
            if isinstance(value, Unknown):
                unknown.append(value)
            return _string(value)

        done = _FORMS.sub(filled, text.value)
        return unknown[0] if unknown else done

    def _join(self, argument: Node) -> Any:
        parts = self._list(argument, 2)
        if isinstance(parts, Unknown):
            return parts
        between, listed = parts
        if not isinstance(listed, list):
            return Unknown("Fn::Join takes a list")
        return _string(between).join(_string(one) for one in listed)

    def _split(self, argument: Node) -> Any:
        parts = self._list(argument, 2)
        if isinstance(parts, Unknown):
            return parts
        between, text = parts
        return _string(text).split(_string(between)) if between else Unknown("Fn::Split takes a delimiter")

    def _select(self, argument: Node) -> Any:
        parts = self._list(argument, 2)
        if isinstance(parts, Unknown):
            return parts
        number, listed = parts
        try:
            return listed[int(number)]
        except (TypeError, ValueError, IndexError, KeyError):
            return Unknown("Fn::Select finds no such element")

    def _find_in_map(self, argument: Node) -> Any:
        parts = self._list(argument, 3)
        if isinstance(parts, Unknown):
            return parts
        name, first, second = (_string(one) for one in parts)
        whole = self._section("Mappings").get(name)
        found = whole.plain() if whole else {}
        try:
            return _literal(found[first][second])
        except (KeyError, TypeError):
            return Unknown(f"the mapping {name} has no {first}.{second}")

    def _if(self, argument: Node) -> Any:
        if not isinstance(argument.value, list) or len(argument.value) != 3:
            return Unknown("Fn::If takes a condition and two values")
        condition, yes, no = argument.value
        met = self.holds(str(condition.value))
        if isinstance(met, Unknown):
            return met
        return self.resolved(yes if met else no)

    def _condition(self, argument: Node) -> Any:
        """A condition's name; in a policy document, the key of that name, with its map."""
        return (
            self.holds(argument.value)
            if isinstance(argument.value, str)
            else Node({"Condition": self.resolved(argument)}, argument.spot)
        )

    def _equals(self, argument: Node) -> Any:
        parts = self._list(argument, 2)
        return parts if isinstance(parts, Unknown) else _string(parts[0]) == _string(parts[1])

    def _logic(self, argument: Node) -> list[bool] | Unknown:
        found = []
        for one in argument.value if isinstance(argument.value, list) else ():
            value = _truth(self.resolved(one).value)
            if isinstance(value, Unknown):
                return value
            found.append(value)
        return found or Unknown("a condition function takes a list")

    def _and(self, argument: Node) -> Any:
        found = self._logic(argument)
        return found if isinstance(found, Unknown) else all(found)

    def _or(self, argument: Node) -> Any:
        found = self._logic(argument)
        return found if isinstance(found, Unknown) else any(found)

    def _not(self, argument: Node) -> Any:
        found = self._logic(argument)
        return found if isinstance(found, Unknown) else not found[0]

    def _import(self, argument: Node) -> Any:
        name = self.resolved(argument).value
        if isinstance(name, Unknown):
            return name
        return self._given.get(str(name)) or Unknown(
            f"{name} is another stack's export: give it with --parameter {name}=VALUE"
        )

    def _json(self, argument: Node) -> Any:
        found = self.resolved(argument)
        return next(unknowns(found), None) or json.dumps(found.plain())

    def _length(self, argument: Node) -> Any:
        found = self.resolved(argument).value
        return len(found) if isinstance(found, list) else Unknown("Fn::Length takes a list")

    def _list(self, argument: Node, length: int) -> Any:
        """The plain arguments, or why they are not known."""
        found = self.resolved(argument)
        unknown = next(unknowns(found), None)
        if unknown is not None:
            return unknown
        values = found.plain()
        if not isinstance(values, list) or len(values) != length:
            return Unknown(f"a function takes {length} arguments")
        return values


_FUNCTIONS = {
    "Ref": Resolver._ref,
    "Condition": Resolver._condition,
    "Fn::GetAtt": Resolver._get_att,
    "Fn::Sub": Resolver._sub,
    "Fn::Join": Resolver._join,
    "Fn::Split": Resolver._split,
    "Fn::Select": Resolver._select,
    "Fn::FindInMap": Resolver._find_in_map,
    "Fn::If": Resolver._if,
    "Fn::Equals": Resolver._equals,
    "Fn::And": Resolver._and,
    "Fn::Or": Resolver._or,
    "Fn::Not": Resolver._not,
    "Fn::ImportValue": Resolver._import,
    "Fn::ToJsonString": Resolver._json,
    "Fn::Length": Resolver._length,
}


def _noded(value: Any, around: Node) -> Node:
    """A function's plain result as a tree, at the place of its call."""
    if isinstance(value, dict):
        return Node({name: _noded(one, around) for name, one in value.items()}, around.spot)
    if isinstance(value, list):
        return Node([_noded(one, around) for one in value], around.spot)
    return Node(value, around.spot)


def _literal(value: Any) -> Any:
    """``{{resolve:...}}`` is looked up by CloudFormation as it deploys."""
    if isinstance(value, str) and _DYNAMIC.search(value):
        return Unknown("it is looked up when the stack is deployed ({{resolve:...}})")
    return value


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _truth(value: Any) -> bool | Unknown:
    if isinstance(value, Unknown):
        return value
    return value if isinstance(value, bool) else str(value).lower() == "true"
