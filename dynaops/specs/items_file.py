"""Reads a file of items (JSON, JSON Lines or YAML), each item with its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from dynaops.kinds.items import FileItem, Item
from dynaops.model.files import FileRefused, Refusal, read_text
from dynaops.model.finding import Place
from dynaops.model.findings.specs import SPEC002, SPEC014
from dynaops.model.project import project_of
from dynaops.specs.yaml_tree import UnreadableSpec, nodes, unreadable

MAX_BYTES = 16 * 1024 * 1024
"""The largest size of an items file; larger data sets are loaded with `load-data`."""
_MAX_NODES = 4_000_000
_SPACE = " \t\n\r"


def file_items(name: str, named_at: Place) -> tuple[FileItem, ...]:
    """The items of the file `name`, relative to the spec file that names it at `said`. Raises Unreadable."""
    if "://" in name:
        hint = "Keep the items in a file of the project; load items from elsewhere with `dynaops load-data`."
        raise unreadable(SPEC014, f"items_file: {name} is an address, not a file", named_at, hint)
    path = Path(named_at.file).parent / name
    parse = _PARSERS.get(path.suffix.lower())
    if parse is None:
        message = f"items_file: {name} is none of {', '.join(_PARSERS)}"
        raise unreadable(SPEC014, message, named_at)
    _check_inside(path, named_at)
    return tuple(parse(_text(path, named_at), path.as_posix()))


def _check_inside(path: Path, named_at: Place) -> None:
    """Check that a spec of unknown origin cannot read other files of the machine: their content would become items.

    With links followed, the file must be in the project of the spec or beside the spec, and not in a hidden folder
    (``.git``, ``.aws``), unless the spec is there too. Raises Unreadable.
    """
    spec = Path(named_at.file)
    try:
        full = path.resolve()
        own = {spec.parent.resolve(), spec.resolve().parent if named_at.file else Path.cwd().resolve()}
    except (OSError, RuntimeError, ValueError):  # circular links, a NUL: reading the file reports it
        return
    projects = {project_of(folder) for folder in own} - {None}
    around = next((folder for folder in (*own, *projects) if folder and full.is_relative_to(folder)), None)
    if around is None:
        message = f"items_file: {path.as_posix()} is outside of the project of the spec"
        raise unreadable(SPEC014, message, named_at, "Keep the file beside the spec, or in its repository.")
    hidden = [part for part in (full, *full.parents) if part.name.startswith(".") and part != around]
    if any(part.is_relative_to(around) and not _holds(part, own) for part in hidden):
        message = f"items_file: {path.as_posix()} is hidden"
        raise unreadable(
            SPEC014, message, named_at, "Name a file whose path has no part that begins with a dot."
        )


def _holds(folder: Path, inner: Collection[Path]) -> bool:
    return any(path.is_relative_to(folder) for path in inner)


def _text(path: Path, named_at: Place) -> str:
    try:
        return read_text(path, MAX_BYTES)
    except FileRefused as error:
        hint = {
            Refusal.TOO_LARGE: "A spec is not for that many items: load them with `dynaops load-data`.",
            Refusal.NOT_TEXT: None,
        }.get(error.why, "The path is relative to the spec file.")
        raise unreadable(SPEC014, f"items_file: {path.as_posix()} {error.reason}", named_at, hint) from None


def _json(text: str, file: str) -> Iterator[FileItem]:
    """The items of a JSON list, decoded one by one so that each has its line."""
    where = _Places(text, file)
    position = _skip(text, 0)
    if text[position : position + 1] != "[":
        raise _wrong("a list of items begins with [", where.at(position), "One item a line is a .jsonl file.")
    position = _skip(text, position + 1)
    while text[position : position + 1] != "]":
        place = where.at(position)
        item, position = _decoded(text, position, place, where)
        yield _item(item, place)
        position = _skip(text, position)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif text[position : position + 1] != "]":
            raise _wrong("expected , or ] after an item", where.at(position))
    rest = _skip(text, position + 1)
    if rest < len(text):
        raise _wrong("nothing can follow the list of items", where.at(rest))


def _json_lines(text: str, file: str) -> Iterator[FileItem]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        start = _skip(line, 0)
        place = Place(file=file, line=number, column=start + 1)
        item, end = _decoded(line, start, place, None)
        if line[end:].strip():
            raise _wrong("a line holds one item", Place(file=file, line=number, column=end + 1))
        yield _item(item, place)


def _yaml(text: str, file: str) -> Iterator[FileItem]:
    for document in nodes(text, file, _MAX_NODES):
        if not isinstance(document.value, list):
            raise _wrong("an items file is a list of items", document.place())
        for node in document.value:
            yield _item(node.plain(exact=True), node.place())


_PARSERS: dict[str, Callable[[str, str], Iterator[FileItem]]] = {
    ".json": _json,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".yaml": _yaml,
    ".yml": _yaml,
}


class _Places:
    """Line and column of increasing positions in a text."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._line = 1
        self._seen = 0
        self._start = 0

    def at(self, position: int) -> Place:
        new = self._text.count("\n", self._seen, position)
        if new:
            self._line += new
            self._start = self._text.rindex("\n", 0, position) + 1
        self._seen = position
        return Place(file=self._file, line=self._line, column=position - self._start + 1)


class _Unfit(ValueError):
    """A JSON value that an item cannot hold."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Unfit(f"the key {twice} stands twice in the item")
    return members


def _no_number(name: str) -> Any:
    raise _Unfit(f"{name} is no number that DynamoDB can hold")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_unique)


def _decoded(text: str, position: int, place: Place, where: _Places | None) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        at = where.at(error.pos) if where else place.model_copy(update={"column": error.pos + 1})
        raise _wrong(f"this is not valid JSON: {error.msg}", at) from None
    except RecursionError:
        raise _wrong("the item is nested too deeply", place) from None
    except ValueError as error:
        raise _wrong(str(error), place) from None


def _item(value: Any, place: Place) -> FileItem:
    if not isinstance(value, dict):
        raise _wrong("an item is a map of attributes", place)
    item: Item = value
    return FileItem(item, place)


def _skip(text: str, position: int) -> int:
    """The position of the next character that is not white space."""
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _wrong(message: str, place: Place, hint: str | None = None) -> UnreadableSpec:
    return unreadable(SPEC002, message, place, hint)
