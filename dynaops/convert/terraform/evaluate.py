"""Evaluates expressions as far as files and parameters allow; other values are `Unknown`, with the reason.

Source: Terraform Language, Expressions. A value that depends on an unknown value is unknown, unless Terraform's
semantics make it known (the branch of a condition that is not taken). Every expression is a step of the conversion's
budget, and a value larger than its input is reserved there before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from dynaops.convert.budget import Budget, TooLarge
from dynaops.convert.part import Unknown, unknowns
from dynaops.convert.terraform import for_expressions, text_expressions
from dynaops.convert.terraform.functions import CARRYING, FUNCTIONS, STRUCTURAL
from dynaops.convert.terraform.hcl import Expression
from dynaops.convert.terraform.operators import binary, negated
from dynaops.convert.terraform.trees import tokens, trees
from dynaops.convert.terraform.values import (
    NOWHERE,
    ExpressionError,
    TerraformError,
    UnsupportedArguments,
    charged,
    failure_in,
    flag_of,
    holds_placeholder,
    is_scalar,
    is_settled,
    number,
    text_of,
    unknown_in,
    within,
)
from dynaops.specs.yaml_tree import Spot, YamlNode

Path = tuple[str | int, ...]
_INDEX_DIGITS = 9
_CHAIN = ("get_attr_expr_term", "index_expr_term", "expr_term")
_SPLATS = ("full_splat_expr_term", "attr_splat_expr_term")


def no_files(path: str) -> str | None:  # noqa: ARG001
    """The `reads` of a scope without files: no file can be read."""
    return None


@dataclass(frozen=True)
class NameScope:
    """The names of a scope: `refers` resolves references, `reads` reads files, `bound` holds ``each`` and iterators."""

    refers: Callable[[Path, NameScope], YamlNode]
    budget: Budget
    bound: Mapping[str, YamlNode] = field(default_factory=dict)
    reads: Callable[[str], str | None] = no_files

    def with_bound(self, **values: YamlNode) -> NameScope:
        """The scope with more names bound."""
        return replace(self, bound={**self.bound, **values})


def evaluated(source: Expression, scope: NameScope) -> YamlNode:
    """The value of an expression. Raises TooLarge."""
    return Evaluator(source, scope).value(source.tree)


def known_value(source: Expression, scope: NameScope) -> YamlNode:
    """The value of an expression; above a limit, Unknown with the reason."""
    with scope.budget.unit():
        try:
            return evaluated(source, scope)
        except TooLarge as error:
            return YamlNode(Unknown(str(error)), source.spot)


def _only_variables(path: Path, scope: NameScope) -> YamlNode:  # noqa: ARG001
    return YamlNode(Unknown(f"a template file knows no {str(path[0])[:60]}"), NOWHERE)


class Evaluator:
    """Evaluates the expressions of one source in one scope."""

    def __init__(self, source: Expression, scope: NameScope) -> None:
        self.source = source
        self.scope = scope
        self.budget = scope.budget

    def value(self, tree: Any) -> YamlNode:
        """The value of a tree. Raises TooLarge."""
        self.budget.step()
        if tree.data == "expr_term":  # parentheses, or nothing, around another
            return self.value(trees(tree)[0])
        made = getattr(self, f"_{tree.data}", None)
        if made is None:
            return self.unknown(tree)
        with self.budget.nested():
            try:
                value = made(tree)
            except UnsupportedArguments:
                return self.unknown(tree)
            except ExpressionError:
                return self.failed(tree)
        if isinstance(value, YamlNode) and value.spot != NOWHERE and not isinstance(value.value, Unknown):
            return value
        return YamlNode(value.value if isinstance(value, YamlNode) else value, self.spot(tree))

    def within(self, **bound: YamlNode) -> Evaluator:
        """The evaluator with more names bound."""
        return Evaluator(self.source, self.scope.with_bound(**bound))

    def of_source(self, source: Expression) -> Evaluator:
        """The evaluator of another source in the same scope."""
        return Evaluator(source, self.scope)

    def of_template_file(self, variables: Mapping[str, YamlNode]) -> Evaluator:
        """The evaluator of a template file, which knows only its `variables`."""
        return Evaluator(self.source, replace(self.scope, refers=_only_variables, bound=variables))

    def spot(self, tree: Any) -> Spot:
        return self.source.below(tree).spot

    def unknown(self, tree: Any) -> YamlNode:
        """An Unknown value for an expression that cannot be evaluated here."""
        return YamlNode(
            Unknown(f"{self.source.below(tree).written} cannot be worked out here"), self.spot(tree)
        )

    def failed(self, tree: Any) -> YamlNode:
        """The value of an expression for which Terraform reports an error."""
        why = f"{self.source.below(tree).written} cannot be worked out here: Terraform takes no such value there"
        return YamlNode(TerraformError(why), self.spot(tree))

    def _literal_value(self, tree: Any) -> Any:
        return {"true": True, "false": False, "null": None}[str(tree.children[0])]

    def _int_lit(self, tree: Any) -> Any:
        digits = str(tree.children[0])
        return int(digits) if len(digits) <= self.budget.limits.digits else self._too_long()

    def _float_lit(self, tree: Any) -> Any:
        digits = str(tree.children[0])
        try:
            if len(digits) > self.budget.limits.digits:
                return self._too_long()
            number_ = Decimal(digits)
            return number(number_) if number_.is_finite() and abs(number_.adjusted()) < 30 else number_
        except ArithmeticError:
            return self._too_long()

    def _too_long(self) -> Unknown:
        return Unknown(f"a number has at most {self.budget.limits.digits} digits")

    def _string(self, tree: Any) -> Any:
        return text_expressions.of_string(self, tree)

    def _heredoc_template(self, tree: Any) -> Any:
        return text_expressions.of_heredoc(self, str(tree.children[0]), trimmed=False)

    def _heredoc_template_trim(self, tree: Any) -> Any:
        return text_expressions.of_heredoc(self, str(tree.children[0]), trimmed=True)

    def _tuple(self, tree: Any) -> Any:
        return [self.value(tree) for tree in trees(tree)]

    def _object(self, tree: Any) -> Any:
        members: dict[str, YamlNode] = {}
        for element in trees(tree):
            key, value = trees(element)
            name = self.key(trees(key)[0], literal=True)
            if isinstance(name, Unknown):
                return name
            members[name] = self.value(value)
        return members

    def key(self, tree: Any, literal: bool = False) -> str | Unknown:
        """The key of an object, from its expression. `literal`: a bare word is the key itself."""
        bare = trees(tree)[0] if tree.data == "expr_term" and len(tree.children) == 1 else tree
        if literal and bare.data in ("identifier", "keyword", "literal_value"):
            return str(bare.children[0])
        value = self.value(tree).value
        if isinstance(value, Unknown):
            return value
        if value is None or isinstance(value, dict | list):
            return TerraformError("a key must be a string")
        text = text_of(value)
        return Unknown(f"the key {text[:60]} is known after apply only") if holds_placeholder(text) else text

    def _for_tuple_expr(self, tree: Any) -> Any:
        return for_expressions.listed(self, tree)

    def _for_object_expr(self, tree: Any) -> Any:
        return for_expressions.mapped(self, tree)

    def _identifier(self, tree: Any) -> Any:
        return self._reference((str(tree.children[0]),))

    def _get_attr_expr_term(self, tree: Any) -> Any:
        return self._chain(tree)

    def _index_expr_term(self, tree: Any) -> Any:
        return self._chain(tree)

    def _chain(self, tree: Any) -> Any:
        path: list[str | int] = []
        base = tree
        while base.data in _CHAIN:
            if base.data == "expr_term":
                (base,) = trees(base)[:1]
                continue
            inner, step = trees(base)
            named = self.step(step)
            if isinstance(named, Unknown):
                return named
            path.append(named)
            base = inner
        path.reverse()
        if base.data == "identifier":
            return self._reference((str(base.children[0]), *path))
        return within(self.value(base), tuple(path))

    def step(self, tree: Any) -> str | int | Unknown:
        """The name or index in one step of a path."""
        self.budget.step()
        if tree.data == "get_attr":
            return str(trees(tree)[-1].children[0])
        if tree.data == "short_index":
            digits = str(tree.children[-1])
            return int(digits) if len(digits) <= _INDEX_DIGITS else self._too_long()
        value = self.value(trees(tree)[0]).value
        if isinstance(value, Unknown):
            return value
        if value is None or isinstance(value, dict | list):
            return TerraformError("an index is a number or a string")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        text = text_of(value)
        return (
            Unknown(f"the index {text[:60]} is known after apply only") if holds_placeholder(text) else text
        )

    def _full_splat_expr_term(self, tree: Any) -> Any:
        return self._splat(tree)

    def _attr_splat_expr_term(self, tree: Any) -> Any:
        return self._splat(tree)

    def _splat(self, tree: Any) -> Any:
        """A splat: in ``x[*].a`` the rest applies to each member; in ``x.*.a[0]`` the index applies to the list."""
        base, splat = trees(tree)
        if _bare(base).data in _SPLATS:
            return self.unknown(tree)
        steps = trees(splat)
        own = len(steps)
        if splat.data == "attr_splat":
            own = next((position for position, step in enumerate(steps) if step.data != "get_attr"), own)
        path = [self.step(step) for step in steps]
        wrong = next((step for step in path if isinstance(step, Unknown)), None)
        if wrong is not None:
            return wrong
        member_path, rest = tuple(path[:own]), tuple(path[own:])
        return within(YamlNode(self._splatted(self.value(base), member_path), self.spot(tree)), rest)  # type: ignore[arg-type]

    def _splatted(self, node: YamlNode, path: Path) -> Any:
        value = node.value
        if isinstance(value, Unknown):
            whole = within(node, path)
            return [whole] if not isinstance(whole.value, Unknown) else whole.value
        if value is None:
            return []
        members = value if isinstance(value, list) else [node]
        self.budget.step(len(members))
        return [within(member, path) for member in members]

    def _reference(self, path: Path) -> Any:
        if path[0] in self.scope.bound:
            node = within(self.scope.bound[str(path[0])], path[1:])
        else:
            node = self.scope.refers(path, self.scope)
        return charged(node, self.budget)

    def _conditional(self, tree: Any) -> Any:
        test, yes, no = trees(tree)
        condition = self.value(test).value
        if isinstance(condition, Unknown):
            return condition
        taken, other = (yes, no) if flag_of(condition) else (no, yes)
        node = self.value(taken)
        if is_scalar(node.value) and not isinstance(node.value, str):
            beside = self.value(other).value  # both sides are converted to one type
            if isinstance(beside, str) or (
                is_scalar(beside) and isinstance(beside, bool) != isinstance(node.value, bool)
            ):
                return text_of(node.value)
        return node

    def _unary_op(self, tree: Any) -> Any:
        value = self.value(trees(tree)[0]).value
        return value if isinstance(value, Unknown) else negated(str(tree.children[0]).strip(), value)

    def _binary_op(self, tree: Any) -> Any:
        left, term = trees(tree)[:2]
        operator, right = trees(term)
        sign = str(operator.children[0]).strip()
        a = self.value(left)
        if failure := failure_in(a):
            return failure
        b = self.value(right)
        if failure := failure_in(b):
            # whether && and || evaluate their right side depends on Terraform's version
            return Unknown(failure.why) if sign in ("&&", "||") else failure
        unknown = unknown_in(a) or unknown_in(b)
        return unknown if unknown is not None else binary(sign, a.value, b.value)

    def _function_call(self, tree: Any) -> Any:
        names = [child for child in trees(tree) if child.data == "identifier"]
        name = str(names[0].children[0])
        given = next((child for child in trees(tree) if child.data == "arguments"), None)
        sources = trees(given) if given is not None else []
        if len(names) > 1:
            return self.unknown(tree)
        if name in ("try", "can"):
            return self._tried(name, sources, tree)
        arguments = [self.value(child) for child in sources]
        if given is not None and "ELLIPSIS" in tokens(given):
            last = arguments.pop()
            if not isinstance(last.value, list):
                return last.value if isinstance(last.value, Unknown) else self.failed(tree)
            arguments += last.value
        return self.called(name, arguments, tree)

    def called(self, name: str, arguments: list[YamlNode], tree: Any) -> Any:
        """The value of a function call. Raises UnsupportedArguments and ExpressionError."""
        for node in arguments:
            if failure := failure_in(node):
                return failure
        if name not in STRUCTURAL:
            unknown = next((node for argument in arguments for node in unknowns(argument)), None)
            if unknown is not None:
                return unknown
        if name in ("file", "templatefile"):
            return text_expressions.of_file(self, name, arguments)
        made = FUNCTIONS.get(name)
        if made is None or (name not in CARRYING and any(_holds_placeholder(node) for node in arguments)):
            return self.unknown(tree)
        try:
            return made(arguments, self.budget)
        except (TypeError, ValueError, LookupError, ArithmeticError):
            return self.unknown(tree)

    def _tried(self, name: str, sources: list[Any], tree: Any) -> Any:
        """``try`` returns the first argument without an error, ``can`` whether its only argument has none."""
        for source in sources:
            node = self.value(source)
            failure, unknown = failure_in(node), unknown_in(node)
            if unknown is not None and failure is None:
                return unknown if name == "can" or isinstance(node.value, Unknown) else node
            if name == "can":
                return failure is None
            if failure is None:
                return node
        return self.failed(tree)


def _bare(tree: Any) -> Any:
    while tree.data == "expr_term":
        tree = trees(tree)[0]
    return tree


def _holds_placeholder(node: YamlNode) -> bool:
    return not is_settled(node) and unknown_in(node) is None
