"""Expressions worked out as far as files and parameters go; what cannot be is `Unknown`, with why.

Source: Terraform Language, Expressions and Functions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from dynaops.convert.part import Unknown, unknowns
from dynaops.convert.terraform.functions import FUNCTIONS, Unfit
from dynaops.convert.terraform.hcl import Body, Expression, expression
from dynaops.engine.yaml_tree import Node

Path = tuple[str | int, ...]
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_INTERPOLATION = re.compile(r"(?<!\$)\$\{([^{}]*)\}")
_QUIET = ("new_line_or_comment",)
_DEPTH = 100


@dataclass(frozen=True)
class Scope:
    """What names mean: `refers` answers for references; `bound` holds ``each`` and the iterators of dynamic blocks."""

    refers: Callable[[Path, Scope], Any]
    bound: Mapping[str, Node] = field(default_factory=dict)
    depth: int = 0

    def with_bound(self, **values: Node) -> Scope:
        """The scope with more names bound."""
        return replace(self, bound={**self.bound, **values})


def evaluated(source: Expression, scope: Scope) -> Node:
    """The value of an expression."""
    if scope.depth > _DEPTH:
        return Node(Unknown("it depends on itself"), source.spot)
    return _Evaluator(source, replace(scope, depth=scope.depth + 1)).value(source.tree)


def mapped(body: Body, scope: Scope) -> Node:
    """A body as a map: attributes, and blocks as lists of maps by their type."""
    found: dict[str, Node] = {}
    for name, source in body.attributes.items():
        value = _names(source) if name == "ignore_changes" else evaluated(source, scope).value
        found[name] = Node(value, source.spot)
    for block in body.blocks:
        if block.type == "dynamic" and block.labels:
            listed = _dynamic(block.labels[0], block.body, scope)
            name = block.labels[0]
        else:
            listed, name = [mapped(block.body, scope)], block.type
        into = found.setdefault(name, Node([], block.spot))
        into.value = [*(into.value if isinstance(into.value, list) else []), *listed]
    return Node(found, body.spot)


def iterated(source: Expression, scope: Scope) -> list[tuple[Node, Node]] | Unknown:
    """Keys and values of a ``for_each``."""
    found = evaluated(source, scope)
    if isinstance(found.value, Unknown):
        return found.value
    if isinstance(found.value, dict):
        return [(Node(name, one.spot), one) for name, one in found.value.items()]
    return [(one, one) for one in found.value] if isinstance(found.value, list) else []


def _dynamic(name: str, body: Body, scope: Scope) -> list[Node]:
    each, contents = body.attributes.get("for_each"), body.of_type("content")
    if each is None or not contents:
        return []
    pairs = iterated(each, scope)
    if isinstance(pairs, Unknown):
        return [Node(pairs, each.spot)]
    iterator = body.attributes["iterator"].written if "iterator" in body.attributes else name
    return [
        mapped(
            contents[0].body, scope.with_bound(**{iterator: Node({"key": key, "value": value}, value.spot)})
        )
        for key, value in pairs
    ]


def _names(source: Expression) -> list[Node]:
    """``ignore_changes`` holds names, not values."""
    written = source.written.removeprefix("[").removesuffix("]")
    return [Node(one.strip(), source.spot) for one in written.split(",") if one.strip()]


class _Evaluator:
    def __init__(self, source: Expression, scope: Scope) -> None:
        self._source = source
        self._scope = scope

    def value(self, tree: Any) -> Node:
        made = getattr(self, f"_{tree.data}", None)
        if made is None:
            return self._unknown(tree)
        value = made(tree)
        return value if isinstance(value, Node) else Node(value, self._spot(tree))

    def _spot(self, tree: Any) -> Any:
        return self._source.below(tree).spot

    def _unknown(self, tree: Any) -> Node:
        return Node(
            Unknown(f"{self._source.below(tree).written} cannot be worked out here"), self._spot(tree)
        )

    def _expr_term(self, tree: Any) -> Any:
        return self.value(_trees(tree)[0])

    def _literal_value(self, tree: Any) -> Any:
        return {"true": True, "false": False, "null": None}[str(tree.children[0])]

    def _int_lit(self, tree: Any) -> Any:
        return int(tree.children[0])

    def _float_lit(self, tree: Any) -> Any:
        return Decimal(str(tree.children[0]))

    def _string(self, tree: Any) -> Any:
        parts = [self._part(one) for one in _trees(tree)]
        unknown = next((one for one in parts if isinstance(one, Unknown)), None)
        if unknown is not None:
            return unknown
        if len(parts) == 1 and not isinstance(parts[0], str):
            return parts[0]
        return "".join(_text(one) for one in parts)

    def _part(self, tree: Any) -> Any:
        inner = tree.children[0]
        if not hasattr(inner, "data"):
            text = str(inner)
            return text[1:] if text.startswith(("$${", "%%{")) else _ESCAPED.sub(_unescaped, text)
        if inner.data != "interpolation":
            return Unknown("template directives cannot be worked out here")
        found = self.value(_trees(inner)[0])
        return found if isinstance(found.value, dict | list) else found.value

    def _heredoc_template(self, tree: Any) -> Any:
        lines = str(tree.children[0]).rstrip("\n").split("\n")[1:-1]
        return self._filled(lines)

    def _heredoc_template_trim(self, tree: Any) -> Any:
        lines = str(tree.children[0]).rstrip("\n").split("\n")[1:-1]
        indent = min((len(one) - len(one.lstrip()) for one in lines if one.strip()), default=0)
        return self._filled([one[indent:] for one in lines])

    def _filled(self, lines: list[str]) -> Any:
        unknown: list[Unknown] = []

        def value_of(found: re.Match[str]) -> str:
            source = expression(found.group(1), self._source.file)
            value = (
                evaluated(source, self._scope).value
                if source
                else Unknown(f"{found.group()} is no expression")
            )
            if isinstance(value, Unknown):
                unknown.append(value)
            return _text(value)

        done = _INTERPOLATION.sub(value_of, "".join(f"{one}\n" for one in lines)).replace("$${", "${")
        return unknown[0] if unknown else done

    def _tuple(self, tree: Any) -> Any:
        return [self.value(one) for one in _trees(tree)]

    def _object(self, tree: Any) -> Any:
        found: dict[str, Node] = {}
        for element in _trees(tree):
            key, value = (one for one in element.children if hasattr(one, "data"))
            found[self._key(key)] = self.value(value)
        return found

    def _key(self, tree: Any) -> str:
        inner = tree.children[0]
        bare = inner.children[0] if inner.data == "expr_term" and len(inner.children) == 1 else inner
        if hasattr(bare, "data") and bare.data in ("identifier", "keyword", "literal_value"):
            return str(bare.children[0])
        return _text(self.value(inner).value)

    def _identifier(self, tree: Any) -> Any:
        return self._reference((str(tree.children[0]),), tree)

    def _get_attr_expr_term(self, tree: Any) -> Any:
        return self._chain(tree)

    def _index_expr_term(self, tree: Any) -> Any:
        return self._chain(tree)

    def _chain(self, tree: Any) -> Any:
        path, base = [], tree
        while base.data in ("get_attr_expr_term", "index_expr_term", "expr_term"):
            if base.data == "expr_term":
                (base,) = _trees(base)[:1]
                continue
            inner, step = _trees(base)
            path.append(self._step(step))
            base = inner
        path.reverse()
        if base.data == "identifier":
            return self._reference((str(base.children[0]), *path), tree)
        return _within(self.value(base), tuple(path)) or self._unknown(tree)

    def _step(self, tree: Any) -> str | int:
        if tree.data == "get_attr":
            return str(tree.children[-1].children[0])
        if tree.data == "short_index":
            return int(tree.children[-1])
        found = self.value(_trees(tree)[0]).value
        return found if isinstance(found, int) else _text(found)

    def _reference(self, path: Path, tree: Any) -> Any:
        if path[0] in self._scope.bound:
            found = _within(self._scope.bound[str(path[0])], path[1:])
            return found if found is not None else self._unknown(tree)
        answer = self._scope.refers(path, self._scope)
        return answer if answer is not None else self._unknown(tree)

    def _conditional(self, tree: Any) -> Any:
        test, yes, no = _trees(tree)
        met = self.value(test).value
        if isinstance(met, Unknown):
            return met
        return self.value(yes if met is True or met == "true" else no)

    def _unary_op(self, tree: Any) -> Any:
        value = self.value(_trees(tree)[0]).value
        if isinstance(value, Unknown):
            return value
        if str(tree.children[0]).strip() == "!":
            return not value
        return -value if isinstance(value, int | Decimal) else self._unknown(tree)

    def _binary_op(self, tree: Any) -> Any:
        left, term = _trees(tree)[:2]
        operator, right = _trees(term)
        sign = str(operator.children[0]).strip()
        a, b = self.value(left), self.value(right)
        for one in (a, b):
            unknown = next(unknowns(one), None)
            if unknown is not None:
                return unknown
        done = _OPERATORS.get(sign)
        try:
            return done(a.plain(), b.plain()) if done else self._unknown(tree)
        except (TypeError, ArithmeticError):
            return self._unknown(tree)

    def _function_call(self, tree: Any) -> Any:
        name = str(_trees(tree)[0].children[0])
        given = next((one for one in _trees(tree) if one.data == "arguments"), None)
        arguments = [self.value(one) for one in _trees(given)] if given is not None else []
        if name == "try":
            return next((one for one in arguments if next(unknowns(one), None) is None), self._unknown(tree))
        made = FUNCTIONS.get(name)
        if made is None:
            return self._unknown(tree)
        if name not in ("merge", "concat", "toset", "tolist", "tomap"):
            unknown = next((one for argument in arguments for one in unknowns(argument)), None)
            if unknown is not None:
                return unknown
        try:
            return made(arguments)
        except (Unfit, TypeError, ValueError, IndexError, KeyError):
            return self._unknown(tree)


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "&&": lambda a, b: bool(a and b),
    "||": lambda a, b: bool(a or b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


def _within(node: Node, path: Path) -> Node | None:
    """What is at a path of attributes and indexes; an unknown value is unknown all the way down."""
    for step in path:
        if isinstance(node.value, Unknown):
            return node
        if isinstance(node.value, dict) and str(step) in node.value:
            node = node.value[str(step)]
        elif isinstance(node.value, list) and str(step).isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
        elif isinstance(node.value, dict):
            return Node(None, node.spot)
        else:
            return None
    return node


within = _within


def _trees(tree: Any) -> list[Any]:
    """The children that mean something."""
    return [one for one in tree.children if hasattr(one, "data") and one.data not in _QUIET]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Node):
        return json.dumps(value.plain())
    return "" if value is None else str(value)


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    if code[0] in "uU" and len(code) > 1:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, found.group())
