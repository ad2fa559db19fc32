"""The intrinsic functions; each takes the resolver and its argument (CloudFormation Template Reference).

A function returns a plain value, a tree, or `Unknown`. If an argument is not known, the result is known only if it is
the same for all values of that argument.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dynaops.convert.arns import missing
from dynaops.convert.cloudformation.values import count_of, literal, name_among, string_of, truth_of
from dynaops.convert.part import Unknown, unknowns
from dynaops.specs.yaml_tree import YamlNode

if TYPE_CHECKING:
    from dynaops.convert.cloudformation.intrinsics import Resolver

_FORMS = re.compile(r"\$\{([^${}]+)\}")
_INDEX_DIGITS = 9
_NO_ELEMENT = "Fn::Select finds no such element"


def _ref(resolver: Resolver, argument: YamlNode) -> Any:
    name = argument.value
    if isinstance(name, dict):  # AWS::LanguageExtensions takes functions here
        name = resolver.value(argument)
    return resolver.named(name) if isinstance(name, str) else Unknown("Ref takes a name")


def _get_att(resolver: Resolver, argument: YamlNode) -> Any:
    if isinstance(argument.value, str):
        name, _, attribute = argument.value.partition(".")
        return resolver.attribute(name, attribute)
    listed = argument.value if isinstance(argument.value, list) else []
    parts = [resolver.value(node) for node in listed]
    if len(parts) != 2 or not all(isinstance(node, str) for node in parts):
        return Unknown("Fn::GetAtt takes a resource and an attribute")
    return resolver.attribute(*parts)


def _sub(resolver: Resolver, argument: YamlNode) -> Any:
    text = argument
    variables: dict[str, Any] = {}
    if isinstance(argument.value, list) and len(argument.value) == 2:
        text, extra = argument.value
        entries = extra.value if isinstance(extra.value, dict) else {}
        variables = {key: resolver.value(node) for key, node in entries.items()}
    if not isinstance(text.value, str):
        return Unknown("Fn::Sub takes a string")
    return _text(resolver, _filled(resolver, text.value, variables), "Fn::Sub takes strings")


def _filled(resolver: Resolver, text: str, variables: Mapping[str, Any]) -> Iterator[Any]:
    """The parts of an ``Fn::Sub`` text: the literal text, and the values of the names in it."""
    at = 0
    for form in _FORMS.finditer(text):
        yield text[at : form.start()]
        at = form.end()
        name = form.group(1).strip()
        resolver.budget.step()
        if name.startswith("!"):
            yield f"${{{name[1:]}}}"
        elif name in variables:
            yield variables[name]
        elif name == "AWS::NoValue":
            yield Unknown("AWS::NoValue is no value within a text")
        elif "." in name:
            yield resolver.attribute(*name.split(".", 1))
        else:
            yield resolver.named(name)
    yield text[at:]


def _text(resolver: Resolver, parts: Iterator[Any], why: str) -> Any:
    """The parts as one string; Unknown if a part is Unknown or not a string or number.

    If a part can be written as a variable of the spec, so can the result.
    """
    kept: list[str] = []
    forms: list[str] = []
    first: Unknown | None = None
    size = 0
    for part in parts:
        if isinstance(part, Unknown):
            first = first or part
            if part.form is None:
                return Unknown(part.why)
            kept.append("")
            forms.append(part.form)
        elif isinstance(part, list | dict | YamlNode):
            return Unknown(why)
        else:
            kept.append(string_of(part))
            forms.append(kept[-1].replace("${", "$${"))
        size += len(kept[-1])
        if size > resolver.budget.limits.value:
            break
    resolver.budget.reserve(size)
    whole = "".join(kept)
    if first is None:
        return whole
    return Unknown(first.why, None if missing(whole) else "".join(forms))


def _join(resolver: Resolver, argument: YamlNode) -> Any:
    pair = _with_known_first(resolver, argument)
    if isinstance(pair, Unknown):
        return pair
    between, listed = pair
    if not isinstance(listed.value, list):
        return _unknown_in(listed) or Unknown("Fn::Join takes a list")
    separator = string_of(between.plain())
    resolver.budget.reserve(len(separator) * len(listed.value))
    parts = [part for member in listed.value for part in (separator, member.value)][1:]
    return _text(resolver, iter(parts), "Fn::Join takes a list of strings")


def _split(resolver: Resolver, argument: YamlNode) -> Any:
    parts = _arguments(resolver, argument, 2)
    if isinstance(parts, Unknown):
        return parts
    if not isinstance(parts[0], str) or not parts[0] or not isinstance(parts[1], str):
        return Unknown("Fn::Split takes a delimiter and a string")
    resolver.budget.reserve(parts[1].count(parts[0]) + 1)
    return parts[1].split(parts[0])


def _select(resolver: Resolver, argument: YamlNode) -> Any:
    pair = _with_known_first(resolver, argument)
    if isinstance(pair, Unknown):
        return pair
    number, listed = pair
    if isinstance(listed.value, Unknown):
        return listed.value
    index = string_of(number.plain())
    if not (index.isascii() and index.isdecimal() and len(index) <= _INDEX_DIGITS):
        return Unknown(_NO_ELEMENT)
    if not isinstance(listed.value, list) or int(index) >= len(listed.value):
        return Unknown(_NO_ELEMENT)
    return listed.value[int(index)]


def _find_in_map(resolver: Resolver, argument: YamlNode) -> Any:
    """``Fn::FindInMap``. ``DefaultValue`` in a fourth argument (AWS::LanguageExtensions) counts if a key is missing."""
    given = argument.value if isinstance(argument.value, list) else []
    default = None
    if len(given) == 4 and isinstance(given[3].value, dict) and set(given[3].value) == {"DefaultValue"}:
        default = given[3].value["DefaultValue"]
    keys = _arguments(resolver, YamlNode(given[:3] if default else given, argument.spot), 3)
    if isinstance(keys, Unknown):
        return keys
    name, first, second = (string_of(key) for key in keys)
    node = resolver.section("Mappings").get(name)
    if (
        node is not None
        and isinstance(node.value, dict)
        and any(key.startswith("Fn::") for key in node.value)
    ):
        return Unknown(f"the mapping {name} has a Fn::Transform, which CloudFormation works out")
    for key in (first, second):
        node = node.value.get(key) if node is not None and isinstance(node.value, dict) else None
    if node is None:
        missing_key = Unknown(f"the mapping {name} has no {first}.{second}")
        return missing_key if default is None else resolver.resolved(default)
    resolver.budget.step(count_of(node))
    return literal(node.plain())


def _if(resolver: Resolver, argument: YamlNode) -> Any:
    if not isinstance(argument.value, list) or len(argument.value) != 3:
        return Unknown("Fn::If takes a condition and two values")
    condition, yes, no = argument.value
    name = name_among(condition.value, resolver.section("Conditions"))
    if not isinstance(name, str):
        return Unknown("Fn::If takes the name of a condition")
    is_met = resolver.holds(name)
    if isinstance(is_met, Unknown):
        return Unknown(is_met.why)
    return resolver.resolved(yes if is_met else no)


def _condition(resolver: Resolver, argument: YamlNode) -> Any:
    """``Condition``: the name of a condition, or (in a policy document) an ordinary key with a map."""
    name = name_among(argument.value, resolver.section("Conditions"))
    if isinstance(name, str):
        return resolver.holds(name)
    return YamlNode({"Condition": resolver.resolved(argument)}, argument.spot)


def _equals(resolver: Resolver, argument: YamlNode) -> Any:
    parts = _arguments(resolver, argument, 2)
    if isinstance(parts, Unknown):
        return parts
    if any(isinstance(part, dict | list) for part in parts):
        return parts[0] == parts[1]
    return string_of(parts[0]) == string_of(parts[1])


def _members(resolver: Resolver, argument: YamlNode) -> list[bool | Unknown]:
    listed = argument.value if isinstance(argument.value, list) else []
    values = [truth_of(resolver.resolved(node).value) for node in listed]
    return values or [Unknown("a condition function takes a list")]


def _either(decides: bool) -> Callable[[Resolver, YamlNode], Any]:
    """``Fn::Or`` and ``Fn::And``: one member with the value `decides` decides, even if others are not known."""

    def logic(resolver: Resolver, argument: YamlNode) -> Any:
        values = _members(resolver, argument)
        if any(value is decides for value in values):
            return decides
        return next((value for value in values if isinstance(value, Unknown)), not decides)

    return logic


def _not(resolver: Resolver, argument: YamlNode) -> Any:
    values = _members(resolver, argument)
    if len(values) != 1:
        return Unknown("Fn::Not takes one condition")
    return values[0] if isinstance(values[0], Unknown) else not values[0]


def _import(resolver: Resolver, argument: YamlNode) -> Any:
    name = resolver.resolved(argument).value
    if isinstance(name, Unknown):
        return Unknown(name.why)
    return resolver.given.get(str(name)) or Unknown(
        f"{name} is another stack's export: give it with --parameter {name}=VALUE"
    )


def _json(resolver: Resolver, argument: YamlNode) -> Any:
    node = resolver.resolved(argument)
    unknown = _unknown_in(node)
    if unknown is not None:
        return unknown
    return resolver.budget.text(json.JSONEncoder(default=str, separators=(",", ":")).iterencode(node.plain()))


def _length(resolver: Resolver, argument: YamlNode) -> Any:
    value = resolver.resolved(argument).value
    if isinstance(value, Unknown):
        return Unknown(value.why)
    return len(value) if isinstance(value, list) else Unknown("Fn::Length takes a list")


def _base64(resolver: Resolver, argument: YamlNode) -> Any:
    node = resolver.resolved(argument)
    unknown = _unsettled(node)
    if unknown is not None:
        return unknown
    if not isinstance(node.value, str):
        return Unknown("Fn::Base64 takes a string")
    resolver.budget.reserve(2 * len(node.value))
    return base64.b64encode(node.value.encode()).decode()


def _with_known_first(resolver: Resolver, argument: YamlNode) -> tuple[YamlNode, YamlNode] | Unknown:
    """A function's two arguments; the first must be known, the second may contain unknown values."""
    pair = resolver.resolved(argument)
    if not isinstance(pair.value, list) or len(pair.value) != 2:
        return _unknown_in(pair) or Unknown("a function takes 2 arguments")
    first, second = pair.value
    return first.value if isinstance(first.value, Unknown) else (first, second)


def _unknown_in(node: YamlNode) -> Unknown | None:
    """The first unknown value within a node, without `form`, which would be of that value and not of the whole node."""
    unknown = next(unknowns(node), None)
    return None if unknown is None else Unknown(unknown.why)


def _unsettled(node: YamlNode) -> Unknown | None:
    """Like `_unknown_in`, but placeholders of names without a value (``${AWS::AccountId}``) count as unknown too."""
    unknown = _unknown_in(node)
    if unknown is not None:
        return unknown
    missing_names = sorted(missing(node.plain()))
    if not missing_names:
        return None
    name = missing_names[0].rpartition("_arn:")[2]
    return Unknown(f"{name} is not known in full: give it with --parameter {name}=VALUE")


def _arguments(resolver: Resolver, argument: YamlNode, length: int) -> Any:
    """The arguments as plain values, or Unknown with the reason."""
    node = resolver.resolved(argument)
    unknown = _unsettled(node)
    if unknown is not None:
        return unknown
    values = node.plain()
    if not isinstance(values, list) or len(values) != length:
        return Unknown(f"a function takes {length} arguments")
    return values


FUNCTIONS: dict[str, Callable[[Resolver, YamlNode], Any]] = {
    "Ref": _ref,
    "Condition": _condition,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    "Fn::Equals": _equals,
    "Fn::And": _either(decides=False),
    "Fn::Or": _either(decides=True),
    "Fn::Not": _not,
    "Fn::ImportValue": _import,
    "Fn::ToJsonString": _json,
    "Fn::Length": _length,
    "Fn::Base64": _base64,
}
