"""Resolves intrinsic functions, as far as the template, its parameters and the pseudo parameters allow.

Source: CloudFormation Template Reference, Intrinsic function reference. A value that cannot be known is `Unknown`.
Every function call is a step of the conversion's budget, and a value larger than its input is reserved there before it
is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaops.convert.budget import Budget, TooLarge
from dynaops.convert.cloudformation import functions
from dynaops.convert.cloudformation.identities import Identities
from dynaops.convert.cloudformation.loops import LOOP, Loops
from dynaops.convert.cloudformation.values import call_in, literal, truth_of
from dynaops.convert.part import Unknown
from dynaops.specs.yaml_tree import YamlNode

_PSEUDO = (
    "AWS::AccountId",
    "AWS::Region",
    "AWS::Partition",
    "AWS::URLSuffix",
    "AWS::StackName",
    "AWS::StackId",
)


class NoValue(Exception):
    """AWS::NoValue: the property counts as absent."""


class Resolver:
    """One template with the given values of its parameters. `budget` and `given` are read by the functions."""

    def __init__(
        self, template: YamlNode, given: Mapping[str, str], identities: Identities, budget: Budget
    ) -> None:
        self._sections = template.value if isinstance(template.value, dict) else {}
        self.given = given
        self.budget = budget
        self._identities = identities
        self._busy: list[str] = []
        self._met: dict[str, bool | Unknown] = {}
        """Conditions that are evaluated already."""
        self._conditions: dict[str, YamlNode] | None = None
        """All conditions, once their loops are expanded."""
        self._loops = 0
        """How often a condition depended on itself."""

    def expanded(
        self, entries: Mapping[str, YamlNode]
    ) -> tuple[dict[str, YamlNode], dict[str, tuple[YamlNode, str]]]:
        """A map with its loops (``Fn::ForEach``) expanded, and the loops that cannot be expanded, with the reason."""
        return Loops(self.known, self.budget).expanded(entries)

    def properties(self, node: YamlNode) -> YamlNode:
        """A map with the functions in each of its values resolved; a value above a limit is Unknown."""
        if not isinstance(node.value, dict) or call_in(node) is not None:
            return self.known(node)
        properties: dict[str, YamlNode] = {}
        with self.budget.unit():
            for name, child in self._unlooped(node.value).items():
                try:
                    properties[name] = self.known(child)
                except NoValue:
                    continue
        return YamlNode(properties, node.spot)

    def is_met(self, condition: str) -> bool | Unknown:
        """Whether a condition of the template is met; Unknown also if evaluating it exceeds a limit."""
        with self.budget.unit():
            try:
                return self.holds(condition)
            except TooLarge as error:
                return Unknown(str(error))

    def known(self, node: YamlNode) -> YamlNode:
        """The value with every function in it resolved; above a limit, Unknown with the reason. Raises NoValue."""
        with self.budget.unit():
            try:
                return self.resolved(node)
            except TooLarge as error:
                return YamlNode(Unknown(str(error)), node.spot)

    def resolved(self, node: YamlNode) -> YamlNode:
        """The value with every function in it resolved. Raises TooLarge, and NoValue if it is AWS::NoValue."""
        self.budget.step()
        with self.budget.nested():
            return self._resolved(node)

    def value(self, node: YamlNode) -> Any:
        """The resolved value as plain data; AWS::NoValue within a text is Unknown."""
        try:
            return self.resolved(node).value
        except NoValue:
            return Unknown("AWS::NoValue is no value within a text")

    def _resolved(self, node: YamlNode) -> YamlNode:
        if isinstance(node.value, list):
            members = []
            for child in node.value:
                try:
                    members.append(self.resolved(child))
                except NoValue:
                    continue
            return YamlNode(members, node.spot)
        if not isinstance(node.value, dict):
            return YamlNode(literal(node.value), node.spot)
        call = call_in(node)
        if call is not None:
            return self._called(*call, node)
        kept: dict[str, YamlNode] = {}
        for key, child in self._unlooped(node.value).items():
            try:
                kept[key] = self.resolved(child)
            except NoValue:
                continue
        return YamlNode(kept, node.spot)

    def _unlooped(self, entries: Mapping[str, YamlNode]) -> Mapping[str, YamlNode]:
        """A map with its loops expanded; a loop that cannot be expanded is an Unknown value."""
        if not any(name.startswith(LOOP) for name in entries):
            return entries
        expanded, left = self.expanded(entries)
        return {**expanded, **{name: YamlNode(Unknown(why), node.spot) for name, (node, why) in left.items()}}

    def holds(self, condition: str) -> bool | Unknown:
        """Whether a condition of the template is met. Raises TooLarge."""
        if self._conditions is None:
            self._conditions = {}  # a loop's collection cannot depend on a condition
            self._conditions = self.expanded(self.section("Conditions"))[0]
        if condition not in self._conditions:
            return Unknown(f"there is no condition {condition}")
        if condition in self._met:
            return self._met[condition]
        if condition in self._busy:
            self._loops += 1
            return Unknown(f"the condition {condition} depends on itself")
        loops = self._loops
        self._busy.append(condition)
        try:
            is_met = truth_of(self.resolved(self._conditions[condition]).value)
        except NoValue:
            is_met = Unknown(f"the condition {condition} is AWS::NoValue")
        finally:
            self._busy.pop()
        if loops == self._loops:  # else it may be unknown only because it was asked for within itself
            self._met[condition] = is_met
        return is_met

    def section(self, name: str) -> dict[str, YamlNode]:
        """A section of the template; empty if it is missing or not a map."""
        node = self._sections.get(name)
        return node.value if node is not None and isinstance(node.value, dict) else {}

    def _called(self, name: str, argument: YamlNode, node: YamlNode) -> YamlNode:
        if name.startswith(LOOP):
            return YamlNode(
                {key: self.resolved(child) for key, child in self._unlooped({name: argument}).items()},
                node.spot,
            )
        call = functions.FUNCTIONS.get(name)
        if call is None:
            return YamlNode(Unknown(f"{name} cannot be resolved without CloudFormation"), node.spot)
        result = call(self, argument)
        return result if isinstance(result, YamlNode) else self._noded(result, node)

    def _noded(self, value: Any, around: YamlNode) -> YamlNode:
        """A function's plain result as a tree, with the position of the call. Counts its size."""
        if isinstance(value, dict):
            self.budget.reserve(len(value))
            self.budget.step(len(value))
            return YamlNode({name: self._noded(child, around) for name, child in value.items()}, around.spot)
        if isinstance(value, list):
            self.budget.reserve(len(value))
            self.budget.step(len(value))
            return YamlNode([self._noded(child, around) for child in value], around.spot)
        if isinstance(value, str):
            self.budget.reserve(len(value))
        return YamlNode(value, around.spot)

    def named(self, name: str) -> Any:
        """The result of ``Ref`` for a parameter, a pseudo parameter or a resource. Raises NoValue for AWS::NoValue."""
        if name == "AWS::NoValue":
            raise NoValue
        parameters = self.section("Parameters")
        if name in parameters:
            return self._parameter(name, parameters[name])
        if name in self.given:
            return self.given[name]
        if name in _PSEUDO:
            return self._identities.pseudo(name)
        return self._identities.ref(name)

    def _parameter(self, name: str, declared: YamlNode) -> Any:
        declaration = declared.value if isinstance(declared.value, dict) else {}
        kind = str(declaration["Type"].value) if "Type" in declaration else "String"
        form = f"${{var.{name}}}" if "List" not in kind else None
        if name in self.given:
            value: Any = self.given[name]
        elif "Default" not in declaration:
            return Unknown(
                f"the parameter {name} has no default: give it with --parameter {name}=VALUE", form
            )
        elif kind.startswith("AWS::SSM::"):
            return Unknown(
                f"the parameter {name} is read from SSM: give it with --parameter {name}=VALUE", form
            )
        else:
            value = literal(declaration["Default"].plain())
        if isinstance(value, str) and ("List<" in kind or kind == "CommaDelimitedList"):
            self.budget.reserve(len(value))
            return [word.strip() for word in value.split(",")] if value.strip() else []
        return value

    def attribute(self, name: str, attribute: str) -> Any:
        """The result of ``Fn::GetAtt``."""
        return self.given.get(f"{name}.{attribute}") or self._identities.attribute(name, attribute)
