"""Intrinsic functions, resolved as far as template, parameters and the account's facts go.

Source: CloudFormation Template Reference, Intrinsic function reference. What cannot be known is `Unknown`, with why.
Every function is a step of the conversion's budget, and every value that is larger than what it is made of is asked for
there first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dynaops.convert.budget import Budget, TooLarge
from dynaops.convert.cloudformation.identities import Identities
from dynaops.convert.cloudformation.values import call_in, count_of, literal, string_of, truth_of
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


_INDEX_DIGITS = 9
_NO_ELEMENT = "Fn::Select finds no such element"


class Gone(Exception):
    """AWS::NoValue: the property is as if it were not there."""


class Resolver:
    """One template with what was given for its parameters."""

    def __init__(
        self, template: Node, given: Mapping[str, str], identities: Identities, budget: Budget
    ) -> None:
        self._sections = template.value if isinstance(template.value, dict) else {}
        self._given = given
        self._identities = identities
        self._budget = budget
        self._busy: list[str] = []
        self._met: dict[str, bool | Unknown] = {}
        """Conditions that were worked out."""
        self._loops = 0
        """How often a condition depended on itself."""

    def properties(self, node: Node) -> Node:
        """A map with the functions in each of its values resolved; a value over a bound is Unknown."""
        if not isinstance(node.value, dict) or call_in(node) is not None:
            return self.known(node)
        found: dict[str, Node] = {}
        with self._budget.unit():
            for name, child in node.value.items():
                try:
                    found[name] = self.known(child)
                except Gone:
                    continue
        return Node(found, node.spot)

    def is_met(self, condition: str) -> bool | Unknown:
        """Whether a condition of the template is met; Unknown too where that is over a bound."""
        with self._budget.unit():
            try:
                return self.holds(condition)
            except TooLarge as error:
                return Unknown(str(error))

    def known(self, node: Node) -> Node:
        """The value with every function in it resolved; over a bound, it is Unknown with the reason. Raises Gone."""
        with self._budget.unit():
            try:
                return self.resolved(node)
            except TooLarge as error:
                return Node(Unknown(str(error)), node.spot)

    def resolved(self, node: Node) -> Node:
        """The value with every function in it resolved. Raises TooLarge, and Gone where it is AWS::NoValue."""
        self._budget.step()
        with self._budget.nested():
            return self._resolved(node)

    def _resolved(self, node: Node) -> Node:
        if isinstance(node.value, list):
            found = []
            for child in node.value:
                try:
                    found.append(self.resolved(child))
                except Gone:
                    continue
            return Node(found, node.spot)
        if not isinstance(node.value, dict):
            return Node(literal(node.value), node.spot)
        call = call_in(node)
        if call is not None:
            return self._called(*call, node)
        kept: dict[str, Node] = {}
        for key, child in node.value.items():
            try:
                kept[key] = self.resolved(child)
            except Gone:
                continue
        return Node(kept, node.spot)

    def holds(self, condition: str) -> bool | Unknown:
        """Whether a condition of the template is met. Raises TooLarge."""
        conditions = self._section("Conditions")
        if condition not in conditions:
            return Unknown(f"there is no condition {condition}")
        if condition in self._met:
            return self._met[condition]
        if condition in self._busy:
            self._loops += 1
            return Unknown(f"the condition {condition} depends on itself")
        loops = self._loops
        self._busy.append(condition)
        try:
            met = truth_of(self.resolved(conditions[condition]).value)
        except Gone:
            met = Unknown(f"the condition {condition} is AWS::NoValue")
        finally:
            self._busy.pop()
        if loops == self._loops:  # else it may be unknown only because of who asks
            self._met[condition] = met
        return met

    def _section(self, name: str) -> dict[str, Node]:
        node = self._sections.get(name)
        return node.value if node is not None and isinstance(node.value, dict) else {}

    def _called(self, name: str, argument: Node, node: Node) -> Node:
        call = _FUNCTIONS.get(name)
        if call is None:
            return Node(Unknown(f"{name} cannot be resolved without CloudFormation"), node.spot)
        found = call(self, argument)
        return found if isinstance(found, Node) else self._noded(found, node)

    def _noded(self, value: Any, around: Node) -> Node:
        """A function's plain result as a tree, at the place of its call. Its size is counted."""
        if isinstance(value, dict):
            self._budget.room(len(value))
            self._budget.step(len(value))
            return Node({name: self._noded(child, around) for name, child in value.items()}, around.spot)
        if isinstance(value, list):
            self._budget.room(len(value))
            self._budget.step(len(value))
            return Node([self._noded(child, around) for child in value], around.spot)
        if isinstance(value, str):
            self._budget.room(len(value))
        return Node(value, around.spot)

    def _ref(self, argument: Node) -> Any:
        if not isinstance(argument.value, str):
            return Unknown("Ref takes a name")
        return self._named(argument.value)

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
            value = literal(about["Default"].plain())
        if isinstance(value, str) and ("List<" in kind or kind == "CommaDelimitedList"):
            self._budget.room(len(value))
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
        text = argument
        variables: dict[str, Any] = {}
        if isinstance(argument.value, list) and len(argument.value) == 2:
            text, extra = argument.value
            variables = {
                key: self.resolved(one).value
                for key, one in (extra.value if isinstance(extra.value, dict) else {}).items()
            }
        if not isinstance(text.value, str):
            return Unknown("Fn::Sub takes a string")
        return self._text(self._filled(text.value, variables), "Fn::Sub takes strings")

    def _filled(self, text: str, variables: Mapping[str, Any]) -> Iterator[Any]:
        """What stands between the names of an ``Fn::Sub``, and the values of the names."""
        at = 0
        for form in _FORMS.finditer(text):
            yield text[at : form.start()]
            at = form.end()
            name = form.group(1).strip()
            self._budget.step()
            if name.startswith("!"):
                yield f"${{{name[1:]}}}"
            elif name in variables:
                yield variables[name]
            elif "." in name:
                yield self._attribute(*name.split(".", 1))
            else:
                yield self._named(name)
        yield text[at:]

    def _text(self, parts: Iterator[Any], why: str) -> Any:
        """The parts as one string; Unknown where one of them is, or is no string or number."""
        kept: list[str] = []
        size = 0
        for part in parts:
            if isinstance(part, Unknown):
                return part
            if isinstance(part, list | dict | Node):
                return Unknown(why)
            kept.append(string_of(part))
            size += len(kept[-1])
            if size > self._budget.limits.value:
                break
        self._budget.room(size)
        return "".join(kept)

    def _join(self, argument: Node) -> Any:
        parts = self._list(argument, 2)
        if isinstance(parts, Unknown):
            return parts
        between, listed = parts
        if not isinstance(listed, list):
            return Unknown("Fn::Join takes a list")
        separator = string_of(between)
        self._budget.room(len(separator) * len(listed))
        parts = [part for member in listed for part in (separator, member)][1:]
        return self._text(iter(parts), "Fn::Join takes a list of strings")

    def _split(self, argument: Node) -> Any:
        parts = self._list(argument, 2)
        if isinstance(parts, Unknown):
            return parts
        between, text = string_of(parts[0]), string_of(parts[1])
        if not parts[0]:
            return Unknown("Fn::Split takes a delimiter")
        self._budget.room(text.count(between) + 1)
        return text.split(between)

    def _select(self, argument: Node) -> Any:
        parts = self._list(argument, 2)
        if isinstance(parts, Unknown):
            return parts
        number, listed = parts
        index = string_of(number)
        if index.isascii() and index.isdecimal() and len(index) <= _INDEX_DIGITS and isinstance(listed, list):
            return listed[int(index)] if int(index) < len(listed) else Unknown(_NO_ELEMENT)
        return Unknown(_NO_ELEMENT)

    def _find_in_map(self, argument: Node) -> Any:
        parts = self._list(argument, 3)
        if isinstance(parts, Unknown):
            return parts
        name, first, second = (string_of(one) for one in parts)
        node = self._section("Mappings").get(name)
        for key in (first, second):
            node = node.value.get(key) if node is not None and isinstance(node.value, dict) else None
        if node is None:
            return Unknown(f"the mapping {name} has no {first}.{second}")
        self._budget.step(count_of(node))
        return literal(node.plain())

    def _if(self, argument: Node) -> Any:
        if not isinstance(argument.value, list) or len(argument.value) != 3:
            return Unknown("Fn::If takes a condition and two values")
        condition, yes, no = argument.value
        if not isinstance(condition.value, str):
            return Unknown("Fn::If takes the name of a condition")
        met = self.holds(condition.value)
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
        return parts if isinstance(parts, Unknown) else string_of(parts[0]) == string_of(parts[1])

    def _logic(self, argument: Node) -> list[bool] | Unknown:
        found = []
        for one in argument.value if isinstance(argument.value, list) else ():
            value = truth_of(self.resolved(one).value)
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
        unknown = next(unknowns(found), None)
        if unknown is not None:
            return unknown
        return self._budget.text(json.JSONEncoder(default=str).iterencode(found.plain()))

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
