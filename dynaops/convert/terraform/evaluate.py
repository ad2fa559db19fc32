"""Expressions worked out as far as files and parameters go; what cannot be is `Unknown`, with why.

Source: Terraform Language, Expressions and Functions. Every expression is a step of the conversion's budget, and every
value that is larger than what it is made of is asked for there first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from dynaops.convert.budget import Budget, TooLarge
from dynaops.convert.part import Unknown, unknowns
from dynaops.convert.terraform.functions import FUNCTIONS, Unfit, charged, text_of
from dynaops.convert.terraform.hcl import Block, Body, Expression, expression
from dynaops.convert.terraform.operators import ARITHMETIC, LARGEST, OPERATORS, is_number
from dynaops.engine.yaml_tree import Node

Path = tuple[str | int, ...]
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_INTERPOLATION = re.compile(r"(?<!\$)\$\{([^{}]*)\}")
_QUIET = ("new_line_or_comment",)
_INDEX_DIGITS = 9
_PARSED = 20
"""Steps that it counts for to parse an expression within a heredoc."""


@dataclass(frozen=True)
class Scope:
    """What names mean: `refers` answers for references; `bound` holds ``each`` and the iterators of dynamic blocks."""

    refers: Callable[[Path, Scope], Any]
    budget: Budget
    bound: Mapping[str, Node] = field(default_factory=dict)

    def with_bound(self, **values: Node) -> Scope:
        """The scope with more names bound."""
        return replace(self, bound={**self.bound, **values})


def evaluated(source: Expression, scope: Scope) -> Node:
    """The value of an expression. Raises TooLarge."""
    return _Evaluator(source, scope).value(source.tree)


def known_value(source: Expression, scope: Scope) -> Node:
    """The value of an expression; over a bound, it is Unknown with the reason."""
    with scope.budget.unit():
        try:
            return evaluated(source, scope)
        except TooLarge as error:
            return Node(Unknown(str(error)), source.spot)


def mapped(body: Body, scope: Scope, without: Sequence[str] = ()) -> Node:
    """A body as a map: attributes, and blocks as lists of maps by their type. What is over a bound is Unknown.

    `without`: attributes that are left out.
    """
    found: dict[str, Node] = {}
    blocks: dict[str, Node] = {}
    with scope.budget.unit():
        for name, source in body.attributes.items():
            if name in without:
                continue
            value = _names(source) if name == "ignore_changes" else known_value(source, scope).value
            found[name] = Node(value, source.spot)
        for block in body.blocks:
            name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
            blocks.setdefault(name, Node([], block.spot)).value.extend(_maps(block, scope))
    for name, node in blocks.items():
        beside = found[name].value if name in found else None
        found[name] = Node([*(beside if isinstance(beside, list) else []), *node.value], node.spot)
    return Node(found, body.spot)


def _maps(block: Block, scope: Scope) -> list[Node]:
    """The maps that a block stands for: itself, or the contents of a dynamic one. Over a bound, one that is Unknown."""
    try:
        if block.type == "dynamic" and block.labels:
            return list(_dynamic(block.labels[0], block.body, scope))
        return [_nested(block.body, scope)]
    except TooLarge as error:
        return [Node(Unknown(str(error)), block.spot)]


def _nested(body: Body, scope: Scope) -> Node:
    with scope.budget.nested():
        scope.budget.step()
        return mapped(body, scope)


def iterated(source: Expression, scope: Scope) -> list[tuple[Node, Node]] | Unknown:
    """Keys and values of a ``for_each``."""
    found = known_value(source, scope)
    if isinstance(found.value, Unknown):
        return found.value
    if isinstance(found.value, dict):
        return [(Node(name, one.spot), one) for name, one in found.value.items()]
    return [(one, one) for one in found.value] if isinstance(found.value, list) else []


def _dynamic(name: str, body: Body, scope: Scope) -> Iterator[Node]:
    each, contents = body.attributes.get("for_each"), body.of_type("content")
    if each is None or not contents:
        return
    pairs = iterated(each, scope)
    if isinstance(pairs, Unknown):
        yield Node(pairs, each.spot)
        return
    iterator = body.attributes["iterator"].written if "iterator" in body.attributes else name
    for key, value in pairs:
        bound = Node({"key": key, "value": value}, value.spot)
        yield _nested(contents[0].body, scope.with_bound(**{iterator: bound}))


def _names(source: Expression) -> list[Node]:
    """``ignore_changes`` holds names, not values."""
    written = source.written.removeprefix("[").removesuffix("]")
    return [Node(one.strip(), source.spot) for one in written.split(",") if one.strip()]


class _Evaluator:
    def __init__(self, source: Expression, scope: Scope) -> None:
        self._source = source
        self._scope = scope
        self._budget = scope.budget

    def value(self, tree: Any) -> Node:
        self._budget.step()
        if tree.data == "expr_term":  # parentheses, or nothing, around another
            return self.value(_trees(tree)[0])
        made = getattr(self, f"_{tree.data}", None)
        if made is None:
            return self._unknown(tree)
        with self._budget.nested():
            value = made(tree)
        return value if isinstance(value, Node) else Node(value, self._spot(tree))

    def _spot(self, tree: Any) -> Any:
        return self._source.below(tree).spot

    def _unknown(self, tree: Any) -> Node:
        return Node(
            Unknown(f"{self._source.below(tree).written} cannot be worked out here"), self._spot(tree)
        )

    def _literal_value(self, tree: Any) -> Any:
        return {"true": True, "false": False, "null": None}[str(tree.children[0])]

    def _int_lit(self, tree: Any) -> Any:
        digits = str(tree.children[0])
        return int(digits) if len(digits) <= self._budget.limits.digits else self._too_long()

    def _float_lit(self, tree: Any) -> Any:
        digits = str(tree.children[0])
        try:
            return Decimal(digits) if len(digits) <= self._budget.limits.digits else self._too_long()
        except ArithmeticError:
            return self._too_long()

    def _too_long(self) -> Unknown:
        return Unknown(f"a number has at most {self._budget.limits.digits} digits")

    def _string(self, tree: Any) -> Any:
        parts = [self._part(one) for one in _trees(tree)]
        unknown = next((one for one in parts if isinstance(one, Unknown)), None)
        if unknown is not None:
            return unknown
        if len(parts) == 1 and not isinstance(parts[0], str):
            return parts[0]
        return self._joined(parts)

    def _joined(self, parts: list[Any]) -> Any:
        try:
            return self._budget.text(text_of(part) for part in parts)
        except Unfit:
            return Unknown("a list or a map cannot be put into a string")

    def _part(self, tree: Any) -> Any:
        inner = tree.children[0]
        if not hasattr(inner, "data"):
            text = str(inner)
            self._budget.room(len(text))
            try:
                return text[1:] if text.startswith(("$${", "%%{")) else _ESCAPED.sub(_unescaped, text)
            except (ValueError, OverflowError):
                return Unknown("an escape sequence stands for no character")
        if inner.data != "interpolation":
            return Unknown("template directives cannot be worked out here")
        return self.value(_trees(inner)[0]).value

    def _heredoc_template(self, tree: Any) -> Any:
        lines = str(tree.children[0]).rstrip("\n").split("\n")[1:-1]
        return self._filled(lines)

    def _heredoc_template_trim(self, tree: Any) -> Any:
        lines = str(tree.children[0]).rstrip("\n").split("\n")[1:-1]
        indent = min((len(one) - len(one.lstrip()) for one in lines if one.strip()), default=0)
        return self._filled([one[indent:] for one in lines])

    def _filled(self, lines: list[str]) -> Any:
        text, at, parts = "".join(f"{one}\n" for one in lines), 0, []
        for found in _INTERPOLATION.finditer(text):
            parts.append(text[at : found.start()].replace("$${", "${"))
            at = found.end()
            self._budget.step(_PARSED)
            source = expression(found.group(1), self._source.file)
            value = evaluated(source, self._scope).value if source else Unknown("it holds no expression")
            if isinstance(value, Unknown):
                return value
            parts.append(value)
        return self._joined([*parts, text[at:].replace("$${", "${")])

    def _tuple(self, tree: Any) -> Any:
        return [self.value(one) for one in _trees(tree)]

    def _object(self, tree: Any) -> Any:
        found: dict[str, Node] = {}
        for element in _trees(tree):
            key, value = (one for one in element.children if hasattr(one, "data"))
            name = self._key(key)
            if isinstance(name, Unknown):
                return name
            found[name] = self.value(value)
        return found

    def _key(self, tree: Any) -> str | Unknown:
        inner = tree.children[0]
        bare = inner.children[0] if inner.data == "expr_term" and len(inner.children) == 1 else inner
        if hasattr(bare, "data") and bare.data in ("identifier", "keyword", "literal_value"):
            return str(bare.children[0])
        found = self.value(inner).value
        if isinstance(found, Unknown):
            return found
        return Unknown("a key must be a string") if isinstance(found, dict | list) else text_of(found)

    def _identifier(self, tree: Any) -> Any:
        return self._reference((str(tree.children[0]),), tree)

    def _get_attr_expr_term(self, tree: Any) -> Any:
        return self._chain(tree)

    def _index_expr_term(self, tree: Any) -> Any:
        return self._chain(tree)

    def _chain(self, tree: Any) -> Any:
        path: list[str | int] = []
        base = tree
        while base.data in ("get_attr_expr_term", "index_expr_term", "expr_term"):
            if base.data == "expr_term":
                (base,) = _trees(base)[:1]
                continue
            inner, step = _trees(base)
            named = self._step(step)
            if isinstance(named, Unknown):
                return named
            path.append(named)
            base = inner
        path.reverse()
        if base.data == "identifier":
            return self._reference((str(base.children[0]), *path), tree)
        return _within(self.value(base), tuple(path)) or self._unknown(tree)

    def _step(self, tree: Any) -> str | int | Unknown:
        self._budget.step()
        if tree.data == "get_attr":
            return str(tree.children[-1].children[0])
        if tree.data == "short_index":
            digits = str(tree.children[-1])
            return int(digits) if len(digits) <= _INDEX_DIGITS else self._too_long()
        found = self.value(_trees(tree)[0]).value
        if isinstance(found, Unknown | int):
            return found
        return (
            Unknown("an index is a number or a string") if isinstance(found, dict | list) else text_of(found)
        )

    def _reference(self, path: Path, tree: Any) -> Any:
        if path[0] in self._scope.bound:
            answer = _within(self._scope.bound[str(path[0])], path[1:])
        else:
            answer = self._scope.refers(path, self._scope)
        if answer is None:
            return self._unknown(tree)
        if isinstance(answer, str):
            self._budget.room(len(answer))
        return charged(answer, self._budget) if isinstance(answer, Node) else answer

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
        try:
            return -value if isinstance(value, int | Decimal) else self._unknown(tree)
        except ArithmeticError:
            return self._unknown(tree)

    def _binary_op(self, tree: Any) -> Any:
        left, term = _trees(tree)[:2]
        operator, right = _trees(term)
        sign = str(operator.children[0]).strip()
        a, b = self.value(left), self.value(right)
        for one in (a, b):
            unknown = next(unknowns(one), None)
            if unknown is not None:
                return unknown
        done = OPERATORS.get(sign)
        if sign in ARITHMETIC and not (is_number(a.value) and is_number(b.value)):
            return self._unknown(tree)
        try:
            return done(a.plain(exact=True), b.plain(exact=True)) if done else self._unknown(tree)
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
            return made(arguments, self._budget)
        except (Unfit, TypeError, ValueError, LookupError, ArithmeticError):
            return self._unknown(tree)


def _within(node: Node, path: Path) -> Node | None:
    """What is at a path of attributes and indexes; an unknown value is unknown all the way down."""
    for step in path:
        if isinstance(node.value, Unknown):
            return node
        if isinstance(node.value, dict) and str(step) in node.value:
            node = node.value[str(step)]
        elif isinstance(node.value, list) and _is_index(step) and int(step) < len(node.value):
            node = node.value[int(step)]
        elif isinstance(node.value, dict):
            return Node(None, node.spot)
        else:
            return None
    return node


within = _within


def _is_index(step: str | int) -> bool:
    text = str(step) if isinstance(step, str) or abs(step) < LARGEST else ""
    return text.isascii() and text.isdecimal() and len(text) <= _INDEX_DIGITS


def _trees(tree: Any) -> list[Any]:
    """The children that mean something."""
    return [one for one in tree.children if hasattr(one, "data") and one.data not in _QUIET]


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    if code[0] in "uU" and len(code) > 1:
        number = int(code[1:], 16)
        if 0xD800 <= number <= 0xDFFF:
            raise ValueError
        return chr(number)
    return _ESCAPES.get(code, found.group())
