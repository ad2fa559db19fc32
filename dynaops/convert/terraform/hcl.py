"""HCL as bodies of attributes and blocks, with places. The grammar is python-hcl2's; expressions stay its trees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynaops.engine.yaml_tree import Spot, unreadable
from dynaops.model.errors import DynaopsError
from dynaops.model.finding import Place

if TYPE_CHECKING:
    from lark import Tree


@dataclass(frozen=True)
class Expression:
    """An expression that is not worked out yet, with the text it is from."""

    tree: Any
    file: str
    text: str

    @property
    def spot(self) -> Spot:
        meta = self.tree.meta
        return (self.file, getattr(meta, "line", 0), getattr(meta, "column", 0))

    @property
    def written(self) -> str:
        """The expression as it is written, on one line."""
        meta = self.tree.meta
        if not hasattr(meta, "start_pos"):
            return ""
        found = " ".join(self.text[meta.start_pos : meta.end_pos].split())
        return found if len(found) <= 60 else f"{found[:57]}..."

    def below(self, tree: Any) -> Expression:
        """A part of it."""
        return Expression(tree, self.file, self.text)


@dataclass
class Body:
    """What stands in a file or between a block's braces."""

    spot: Spot
    attributes: dict[str, Expression] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def of_type(self, *types: str) -> list[Block]:
        return [one for one in self.blocks if one.type in types]


@dataclass(frozen=True)
class Block:
    """``type "label" "label" { ... }``."""

    type: str
    labels: tuple[str, ...]
    body: Body
    spot: Spot


def parse(text: str, file: str) -> Body:
    """A file's body. Raises Unreadable with the place of what is not HCL, DynaopsError without python-hcl2."""
    try:
        import hcl2
        from lark.exceptions import LarkError
    except ImportError:
        raise DynaopsError(
            "Terraform files are read with python-hcl2, which is not installed",
            "Install it: pip install 'dynaops[convert]'",
        ) from None
    try:
        tree = hcl2.parses_to_tree(text)
        body: Tree[Any] = tree.children[0]
        return _body(body, file, text, (file, 1, 1))
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        place = Place(file=file, line=max(line or 1, 1), column=max(column or 1, 1))
        found = getattr(error, "token", None) or getattr(error, "char", "")
        met = f": {str(found).strip()!r} is not expected here" if str(found).strip() else ""
        raise unreadable(
            "CONV001", f"this is not valid HCL{met}", place, "Does `terraform fmt` take it?"
        ) from None
    except RecursionError:
        place = Place(file=file, line=1, column=1)
        raise unreadable("CONV001", "the file is nested too deeply", place) from None


def expression(text: str, file: str) -> Expression | None:
    """A single expression (what stands between ``${`` and ``}`` of a heredoc); None where it is none."""
    import hcl2
    from lark.exceptions import LarkError

    source = f"x = {text}"
    try:
        tree = hcl2.parses_to_tree(source)
    except (LarkError, RecursionError):
        return None
    attribute = next(tree.find_data("attribute"))
    return Expression(attribute.children[-1], file, source)


def _body(tree: Any, file: str, text: str, spot: Spot) -> Body:
    found = Body(spot)
    for child in tree.children:
        if child.data == "attribute":
            found.attributes[_name(child.children[0])] = Expression(child.children[-1], file, text)
        elif child.data == "block":
            found.blocks.append(_block(child, file, text))
    return found


def _block(tree: Any, file: str, text: str) -> Block:
    spot = (file, tree.meta.line, tree.meta.column)
    names: list[str] = []
    for child in tree.children:
        if not hasattr(child, "data"):
            continue
        if child.data == "body":
            return Block(names[0], tuple(names[1:]), _body(child, file, text, spot), spot)
        if child.data != "new_line_or_comment":
            names.append(_name(child))
    return Block(names[0], tuple(names[1:]), Body(spot), spot)


def _name(tree: Any) -> str:
    """An identifier, or a string without interpolation."""
    if tree.data == "string":
        return "".join(_name(child) for child in tree.children if hasattr(child, "data"))
    return "".join(str(child) for child in tree.children if not hasattr(child, "data"))
