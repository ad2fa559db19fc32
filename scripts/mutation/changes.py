"""The mutants of a source file: each is one small change of one expression or statement, found by its syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_NOT_RUN = {"annotation", "returns", "decorator_list", "bases", "type_params"}
"""Fields of nodes that say what something is, and not what is done."""
_FOR_TYPE_CHECKERS = {"cast", "TypeVar", "NewType", "ParamSpec"}
_REMOVED = (ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)


@dataclass(frozen=True)
class Mutant:
    """One change of a file: the bytes from `start` to `end` are replaced. `line` is where they begin."""

    path: str
    line: int
    last_line: int
    kind: str
    before: str
    after: str
    start: int
    end: int

    def apply(self, source: bytes) -> bytes:
        """The changed text of the file."""
        return source[: self.start] + self.after.encode() + source[self.end :]


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """All mutants of a file, in the order of its text. `path` is kept in them. Raises SyntaxError."""
    offsets = [0]
    for line in source.split(b"\n"):
        offsets.append(offsets[-1] + len(line) + 1)
    found: list[Mutant] = []
    for node in _executed(ast.parse(source)):
        start = offsets[node.lineno - 1] + node.col_offset
        end = offsets[node.end_lineno - 1] + node.end_col_offset
        before = source[start:end].decode()
        for kind, after in _changes(node):
            found.append(Mutant(path, node.lineno, node.end_lineno, kind, before, after, start, end))
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.kind, mutant.after))


def _executed(node: ast.AST) -> Iterator[Any]:
    """The nodes with a position in the text that are run, without those that only type checkers and readers use."""
    for name, value in ast.iter_fields(node):
        if name in _NOT_RUN:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_skipped(child):
                if isinstance(child, ast.expr | ast.stmt):
                    yield child
                yield from _executed(child)


def _is_skipped(node: ast.AST) -> bool:
    # Before Python 3.12, the positions of expressions within f-strings are not those in the file.
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _FOR_TYPE_CHECKERS
    return isinstance(node, ast.Import | ast.ImportFrom)


def _changes(node: ast.AST) -> Iterator[tuple[str, str]]:
    """What a node can be replaced by, with the kind of change."""
    for node_type, changes in _CHANGES.items():
        if isinstance(node, node_type):
            yield from changes(node)


def _comparisons(node: Any) -> Iterator[tuple[str, str]]:
    for position, operator in enumerate(node.ops):
        operators = [*node.ops]
        operators[position] = _COMPARISONS[type(operator)]()
        yield "comparison", _with(node, "ops", operators)


def _booleans(node: Any) -> Iterator[tuple[str, str]]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "boolean", _with(node, "op", other)


def _negations(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node.op, ast.Not):
        yield "boolean", f"({ast.unparse(node.operand)})"


def _conditions(node: Any) -> Iterator[tuple[str, str]]:
    yield "boolean", _with(node, "test", ast.UnaryOp(ast.Not(), node.test))


def _arithmetic(node: Any) -> Iterator[tuple[str, str]]:
    other = _ARITHMETIC.get(type(node.op))
    if other is not None:
        yield "arithmetic", _with(node, "op", other())


def _constants(node: Any) -> Iterator[tuple[str, str]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", repr(not value)
    elif isinstance(value, int | float):
        yield "constant", repr(value + 1)
    elif isinstance(value, str) and value and not any(character.isspace() for character in value):
        yield "constant", repr(f"{value}_")  # sentences are for people: their words are not tested


def _returns(node: Any) -> Iterator[tuple[str, str]]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield "return value", "return None"


def _removals(_node: Any) -> Iterator[tuple[str, str]]:
    yield "removed statement", "pass"


def _calls(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node.value, ast.Call | ast.Await | ast.YieldFrom):
        yield from _removals(node)


def _assignments(node: Any) -> Iterator[tuple[str, str]]:
    if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
        yield from _removals(node)


_CHANGES: dict[type[ast.AST] | tuple[type[ast.AST], ...], Callable[[Any], Iterator[tuple[str, str]]]] = {
    ast.Compare: _comparisons,
    ast.BoolOp: _booleans,
    ast.UnaryOp: _negations,
    ast.IfExp: _conditions,
    ast.BinOp: _arithmetic,
    ast.Constant: _constants,
    ast.Return: _returns,
    ast.Expr: _calls,
    ast.Assign: _assignments,
    _REMOVED: _removals,
}


def _with(node: ast.expr, field: str, value: object) -> str:
    """The text of an expression with another field, in brackets, which keep it whole among its neighbours."""
    changed = copy.copy(node)
    setattr(changed, field, value)
    return f"({ast.unparse(changed)})"
