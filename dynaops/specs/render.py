"""Prepares composed documents for printing, with variables filled in, so that the output loads to the same spec.

A variable that only the command line allows (``--env-var``) is probably a secret, so it is printed as the reference
``${env.NAME}``. Other text that looks like a variable is escaped.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dynaops.model.late_values import as_written
from dynaops.model.rendered import Rendered
from dynaops.specs.references import PieceKind, TextPiece, pieces
from dynaops.specs.variables import LATER, Substitution, Values
from dynaops.specs.yaml_tree import Spot, YamlNode, place_of

_ITEMS_FILE = "items_file"


def rendered(written: YamlNode, values: Values) -> Rendered:
    """A composed document, which must be valid, with its variables filled in from `values`.

    The path of `items_file` is made relative to the working directory.
    """
    root = _Rendering(values).value(written)
    items = root.value.get(_ITEMS_FILE) if isinstance(root.value, dict) else None
    if items is None or not isinstance(items.value, str):
        return root
    path = os.path.normpath(Path(items.place.file).parent / items.value)
    named = Rendered(Path(path).as_posix(), items.place, items.variables)
    return Rendered({**root.value, _ITEMS_FILE: named}, root.place)


class _TextPart(NamedTuple):
    """A part of a text; `kept`: a reference that is printed as the reference."""

    text: str
    kept: bool = False


class _Rendering:
    def __init__(self, values: Values) -> None:
        self._values = values
        self._filling = Substitution(values)

    def value(self, node: YamlNode) -> Rendered:
        place = place_of(node.spot)
        if isinstance(node.value, dict):
            return Rendered(
                {self._key(name, node.spot): self.value(child) for name, child in node.value.items()}, place
            )
        if isinstance(node.value, list):
            return Rendered([self.value(child) for child in node.value], place)
        if isinstance(node.value, str) and "${" in node.value:
            return self._text(node)
        return Rendered(node.value, place)

    def _key(self, name: str, spot: Spot) -> str:
        return str(self._text(YamlNode(name, spot)).value) if "${" in name else name

    def _text(self, node: YamlNode) -> Rendered:
        parts = pieces(node.value)
        names = tuple(f"${{{part.text}}}" for part in parts if _is_variable(part))
        if self._keeps(parts):
            shown = self._parts(parts, node.spot)
            return Rendered(_joined(shown, node.value), place_of(node.spot), names)
        return _escaped_tree(self._filled(node), node.spot, names)

    def _parts(self, parts: Sequence[TextPiece], spot: Spot) -> list[_TextPart]:
        shown = []
        for part in parts:
            if part.kind is not PieceKind.REFERENCE:
                shown.append(_TextPart(part.text))
            elif self._is_kept(part):
                shown.append(_TextPart(part.written, kept=True))
            elif self._has_default(part):
                shown += self._parts(part.default or (), spot)
            else:  # within a text, so that it becomes text
                shown.append(_TextPart(str(self._filled(YamlNode(f".{part.written}", spot)))[1:]))
        return shown

    def _keeps(self, parts: Sequence[TextPiece]) -> bool:
        """Whether a part is a reference that is printed as the reference."""
        return any(
            self._is_kept(part) or (self._has_default(part) and self._keeps(part.default or ()))
            for part in parts
        )

    def _has_default(self, part: TextPiece) -> bool:
        """Whether a reference has the value of its default."""
        return part.default is not None and self._values.of(part.text) in (None, "")

    def _is_kept(self, part: TextPiece) -> bool:
        scope, _, name = part.text.partition(".")
        return scope == "env" and name in self._values.env.names and bool(self._values.of(part.text))

    def _filled(self, node: YamlNode) -> Any:
        """The value of a text with its variables. All of them have values, because the text was filled in before."""
        filled = self._filling.document(node)
        assert filled is not None, "the document is valid"
        return filled.plain(exact=True)


def _is_variable(part: TextPiece) -> bool:
    return part.kind is PieceKind.REFERENCE and part.text not in LATER


def _joined(parts: Sequence[_TextPart], written: str) -> str:
    """The parts as one text, escaped except for the references that are kept."""
    text = run = ""
    for part in parts:
        if not part.kept:
            run += part.text
        elif run.endswith("$") or run.rfind("${") > run.rfind("}"):
            return written  # a "$" from a variable, which would escape the reference
        else:
            text += escaped(run) + part.text
            run = ""
    return text + escaped(run)


def _escaped_tree(value: Any, spot: Spot, variables: tuple[str, ...]) -> Rendered:
    place = place_of(spot)
    if isinstance(value, dict):
        children = {escaped(name): _escaped_tree(child, spot, variables) for name, child in value.items()}
        return Rendered(children, place, variables)
    if isinstance(value, list):
        return Rendered([_escaped_tree(child, spot, variables) for child in value], place, variables)
    return Rendered(escaped(value) if isinstance(value, str) else value, place, variables)


def escaped(text: str) -> str:
    """The text in a form in which a spec reads it as literal text."""
    last = text.rfind("}")
    parts: list[str] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        end = text.find("}", start) + 1 if start < last else start + 2
        is_later = text[start + 2 : end - 1] in LATER and text[start - 1 : start] != "$"
        parts += [text[position:start], "" if is_later else "$", text[start:end]]
        position = end
    return as_written("".join([*parts, text[position:]]))
