"""Writes composed documents as YAML, with the origin of each value as a comment, or as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from dynaops.model.rendered import Rendered, RenderedDocument

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
"""Words that some YAML parsers do not read as strings."""
_WIDTH = 80
_COLUMN = 44
"""The column of comments, unless all values are shorter."""
_LONGEST_KEY = 1000
"""The most characters of a key before its colon (YAML: 1,024)."""


class _Line(NamedTuple):
    text: str
    origin: str = ""


def yaml_text(documents: Sequence[RenderedDocument], origins: bool) -> str:
    """The documents as YAML. `origins`: with comments on the place of each value and on its variables."""
    return "---\n".join(_document(document, origins) for document in documents)


def _document(document: RenderedDocument, origins: bool) -> str:
    lines = list(_block(document.root, ""))
    if origins:
        shown = [line for line in lines if len(line.text) <= _COLUMN]
        column = max((len(line.text) for line in shown), default=0) + 2
        lines = [printed for line in lines for printed in _commented(line, column)]
    return "".join(f"{text}\n" for text in (f"# {_clean(document.source)}", *(line.text for line in lines)))


def _commented(line: _Line, column: int) -> Iterator[_Line]:
    """The line with its origin beside it, or above it if the line would be too wide."""
    if not line.origin:
        yield line
        return
    beside = f"{line.text:<{column - 2}}  # {line.origin}"
    if len(beside) <= _WIDTH:
        yield _Line(beside)
        return
    indent = len(line.text) - len(line.text.lstrip(" "))
    yield _Line(f"{' ' * indent}# {line.origin}")
    yield _Line(line.text)


def _block(node: Rendered, indent: str) -> Iterator[_Line]:
    """The lines of a map or a list that is not empty."""
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            yield from _entry(_quoted(name), child, indent, f"{indent}  ")
    else:
        for child in node.value:
            if isinstance(child.value, dict | list) and child.value:
                first, *rest = _block(child, f"{indent}  ")
                yield _Line(f"{indent}- {first.text[len(indent) + 2 :]}", first.origin)
                yield from rest
            else:
                yield _Line(f"{indent}- {_scalar(child.value)}", _origin(child))


def _entry(key: str, child: Rendered, indent: str, inner: str) -> Iterator[_Line]:
    if len(key) > _LONGEST_KEY:
        yield _Line(f"{indent}? {key}")
        key = ""
    if isinstance(child.value, dict | list) and child.value:
        yield _Line(f"{indent}{key}:")
        yield from _block(child, inner)
    else:
        yield _Line(f"{indent}{key}: {_scalar(child.value)}", _origin(child))


def _origin(node: Rendered) -> str:
    place = f"{node.place.file}:{node.place.line}"
    return _clean(", ".join((place, *dict.fromkeys(node.variables))))


def _clean(text: str) -> str:
    """The text for a comment: one line of visible characters."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, str):
        return _quoted(value)
    return json.dumps(value)


def _decimal(value: Decimal) -> str:
    if value.is_nan():
        return ".nan"
    if value.is_infinite():
        return "-.inf" if value < 0 else ".inf"
    text = str(value)
    return text if "." in text or "E" in text else f"{text}.0"


def _quoted(text: str) -> str:
    """A string, in quotes if any YAML parser would not read it as a string without them."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def json_documents(documents: Iterable[RenderedDocument]) -> dict[str, Any]:
    """The document of ``--json``: each document, and the origin of each value by its dotted path."""
    return {
        "documents": [
            {
                "table": document.root.value["table_name"].value,
                "source": document.source,
                "spec": _jsonable(document.root.plain()),
                "origins": {path: _origin_of(leaf) for path, leaf in document.root.leaves()},
            }
            for document in documents
        ]
    }


def _jsonable(value: Any) -> Any:
    """The value with fractions as JSON numbers, or as strings if a number would not hold all digits."""
    if isinstance(value, dict):
        return {name: _jsonable(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_jsonable(child) for child in value]
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() and Decimal(str(float(value))) == value else str(value)
    return value


def _origin_of(leaf: Rendered) -> dict[str, Any]:
    place = {"file": leaf.place.file, "line": leaf.place.line, "column": leaf.place.column}
    return {**place, "variables": list(dict.fromkeys(leaf.variables))} if leaf.variables else place
