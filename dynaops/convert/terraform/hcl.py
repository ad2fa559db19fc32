"""Parses HCL to bodies of attributes and blocks, with positions. Expressions stay trees of python-hcl2's grammar.

The parser is fed token by token, so that a text that is too deep or too long is refused before a tree is built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynaops.model.errors import DynaopsError
from dynaops.model.finding import Place
from dynaops.model.findings.commands import CONV001, CONV003
from dynaops.specs.yaml_tree import Spot, UnreadableSpec, place_of, unreadable

if TYPE_CHECKING:
    from lark import Tree

MAX_TOKENS = 100_000
"""The most tokens of a file: tens of thousands are parsed in a second."""
MAX_DEPTH = 60
"""The deepest nesting of blocks, brackets and templates."""
_OPENING = ("LBRACE", "LPAR", "LSQB", "INTERP_START", "DIRECTIVE_START")
_CLOSING = ("RBRACE", "RPAR", "RSQB")
_BLANK = re.compile(r"\s+")
_MAX_BLANK_LINES, _MAX_BLANK = 200, 10_000
_SUBTRACTIONS = re.compile(r"(?:-[0-9]){100}")
"""The grammar's patterns for heredocs and numbers take quadratic time on long runs of blanks and of ``-1-1-1``."""


@dataclass(frozen=True)
class Expression:
    """An expression that is not evaluated yet, with its text."""

    tree: Any
    file: str
    text: str

    @property
    def spot(self) -> Spot:
        meta = self.tree.meta
        return (self.file, getattr(meta, "line", 0), getattr(meta, "column", 0))

    @property
    def written(self) -> str:
        """The expression's text on one line, shortened: for messages only, never to be parsed."""
        text = " ".join(self.whole[:1000].split())
        return text if len(text) <= 60 else f"{text[:57]}..."

    @property
    def whole(self) -> str:
        """The complete text of the expression."""
        meta = self.tree.meta
        return self.text[meta.start_pos : meta.end_pos] if hasattr(meta, "start_pos") else ""

    def below(self, tree: Any) -> Expression:
        """A part of the expression."""
        return Expression(tree, self.file, self.text)


@dataclass
class Body:
    """The attributes and blocks in a file or between the braces of a block."""

    spot: Spot
    attributes: dict[str, Expression] = field(default_factory=dict)
    blocks: list[HclBlock] = field(default_factory=list)

    def of_type(self, *types: str) -> list[HclBlock]:
        return [block for block in self.blocks if block.type in types]


@dataclass(frozen=True)
class HclBlock:
    """A block: ``type "label" "label" { ... }``."""

    type: str
    labels: tuple[str, ...]
    body: Body
    spot: Spot


def parse(text: str, file: str) -> Body:
    """A file's body. Raises Unreadable with the place if it is not HCL, DynaopsError without python-hcl2."""
    try:
        from lark.exceptions import LarkError
    except ImportError:
        raise DynaopsError(
            "Terraform files are read with python-hcl2, which is not installed",
            "Install it: pip install 'dynaops[convert]'",
        ) from None
    try:
        body: Tree[Any] = _tree(text, file).children[0]
        return _body(body, file, text, (file, 1, 1))
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        place = Place(file=file, line=max(line or 1, 1), column=max(column or 1, 1))
        token = getattr(error, "token", None) or getattr(error, "char", "")
        detail = f": {str(token).strip()[:40]!r} is not expected here" if str(token).strip() else ""
        raise unreadable(
            CONV001, f"this is not valid HCL{detail}", place, "Does `terraform fmt` take it?"
        ) from None


def _tree(text: str, file: str) -> Tree[Any]:
    """The tree of a file. Raises LarkError, and Unreadable above a limit."""
    from hcl2.parser import parser

    _refuse_runs(text, file)
    parsing = parser().parse_interactive(f"{text}\n")  # the grammar needs a line end after each line
    depth = 0
    for tokens, token in enumerate(parsing.iter_parse()):
        depth += (token.type in _OPENING) - (token.type in _CLOSING)
        if tokens > MAX_TOKENS or depth > MAX_DEPTH:
            why = (
                f"it is nested more than {MAX_DEPTH} deep"
                if depth > MAX_DEPTH
                else "it has too many expressions"
            )
            place = Place(file=file, line=token.line or 1, column=token.column or 1)
            raise unreadable(CONV003, f"too large to work out: {why}", place)
    tree: Tree[Any] = parsing.feed_eof()  # type: ignore[no-untyped-call]
    return tree


def _refuse_runs(text: str, file: str) -> None:
    """Refuse the runs of characters on which the grammar's patterns would take quadratic time."""
    runs = [
        run
        for run in _BLANK.finditer(text)
        if len(run.group()) > _MAX_BLANK or run.group().count("\n") > _MAX_BLANK_LINES
    ]
    match = runs[0] if runs else _SUBTRACTIONS.search(text)
    if match is not None:
        place = Place(file=file, line=text.count("\n", 0, match.start()) + 1, column=1)
        raise unreadable(CONV003, "too large to work out: a run of hundreds of blank lines or numbers", place)


def expression(text: str, file: str) -> Expression | None:
    """A single expression (between ``${`` and ``}`` of a heredoc); None if the text is not an expression."""
    from lark.exceptions import LarkError

    source = f"x = {text}"
    try:
        body = _body(_tree(source, file).children[0], file, source, (file, 1, 1))
    except (LarkError, UnreadableSpec):
        return None
    return body.attributes["x"] if len(body.attributes) == 1 and not body.blocks else None


def _body(tree: Any, file: str, text: str, spot: Spot) -> Body:
    body = Body(spot)
    for child in tree.children:
        if child.data == "attribute":
            name, source = _name(child.children[0]), Expression(child.children[-1], file, text)
            if name in body.attributes:
                first = place_of(body.attributes[name].spot)
                at = Place(file=file, line=child.meta.line, column=child.meta.column)
                raise unreadable(CONV001, f"{name} is set twice", at, f"The first is at {first}.")
            body.attributes[name] = source
        elif child.data == "block":
            body.blocks.append(_block(child, file, text))
    return body


def _block(tree: Any, file: str, text: str) -> HclBlock:
    spot = (file, tree.meta.line, tree.meta.column)
    names: list[str] = []
    for child in tree.children:
        if not hasattr(child, "data"):
            continue
        if child.data == "body":
            return HclBlock(names[0], tuple(names[1:]), _body(child, file, text, spot), spot)
        if child.data != "new_line_or_comment":
            names.append(_name(child))
    return HclBlock(names[0], tuple(names[1:]), Body(spot), spot)


def _name(tree: Any) -> str:
    """An identifier, or a string without interpolation."""
    if tree.data == "string":
        return "".join(_name(child) for child in tree.children if hasattr(child, "data"))
    return "".join(str(child) for child in tree.children if not hasattr(child, "data"))
