"""A map of the source that records which of its keys were read; the others are noted as not carried over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from dynaops.convert.notes import Notes, SourcePlace
from dynaops.specs.yaml_tree import YamlNode

T = TypeVar("T")
_VARIABLE = re.compile(r"\$\{var\.(\w+)\}")
_NO_NAME = re.compile(r"\W+")


@dataclass(frozen=True)
class Unknown:
    """A value that the source does not contain: it is known only after deployment, or is given from outside."""

    why: str
    form: str | None = None
    """How a spec can write the value: text with ``${var.NAME}`` in it; None if there is no such variable."""


Sample = str | int | bool | None


class Open(str):
    """A value that the source leaves open, as a spec writes it. `sample`: the value that checks use for it, or None."""

    sample: Sample
    about: str
    """Why it is not known, and its place in the source."""

    def __new__(cls, form: str, sample: Sample, about: str) -> Open:
        made = super().__new__(cls, form)
        made.sample, made.about = sample, about
        return made


def tree(value: Any, file: str) -> YamlNode:
    """Plain data as a tree without line numbers."""
    if isinstance(value, dict):
        return YamlNode({str(name): tree(child, file) for name, child in value.items()}, (file, 0, 0))
    if isinstance(value, list):
        return YamlNode([tree(child, file) for child in value], (file, 0, 0))
    return YamlNode(Decimal(str(value)) if isinstance(value, float) else value, (file, 0, 0))


def unknowns(node: YamlNode) -> Iterator[Unknown]:
    """All Unknown values within a value."""
    if isinstance(node.value, Unknown):
        yield node.value
    elif isinstance(node.value, dict | list):
        children = node.value.values() if isinstance(node.value, dict) else node.value
        for child in children:
            yield from unknowns(child)


def says(value: Any) -> bool:
    """Whether a value sets anything. False for empty values, which some formats write for every setting."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, dict):
        return any(says(child) for child in value.values())
    if isinstance(value, list):
        return any(says(child) for child in value)
    return value not in (None, "", False, 0)


class SourceMap:
    """A map of the source. A reader reads the keys that it knows; `close` notes the keys that were not read."""

    def __init__(self, node: YamlNode, where: SourcePlace, notes: Notes) -> None:
        self._values: dict[str, YamlNode] = node.value if isinstance(node.value, dict) else {}
        self._unread = set(self._values)
        self._children: dict[str, list[SourceMap]] = {}
        self.where = where
        self.notes = notes

    @property
    def tree(self) -> YamlNode:
        """The map itself."""
        return YamlNode(self._values, self.where.spot)

    def __contains__(self, name: str) -> bool:
        return name in self._values and self._values[name].value is not None

    def says(self, name: str) -> bool:
        """Whether the value of `name` sets anything (see the function `says`)."""
        return name in self._values and says(_plain(self._values[name]))

    @property
    def names(self) -> list[str]:
        return list(self._values)

    @property
    def unread(self) -> frozenset[str]:
        """The keys that were not read yet."""
        return frozenset(self._unread)

    def set_name(self, name: str) -> None:
        """Set the map's name to the key that it has in the map around it."""
        self._values = {**self._values, "name": YamlNode(name, self.where.spot)}

    def at(self, name: str) -> SourcePlace:
        """The place of the value of `name`."""
        return self.where.below(name, self._values[name].spot if name in self._values else None)

    def node(self, name: str) -> YamlNode | None:
        """The value as a node, or None; it counts as read."""
        self._unread.discard(name)
        return self._values.get(name)

    def value(self, name: str) -> Any:
        """The plain value, or None. A value that is not known is noted."""
        node = self.node(name)
        if node is None:
            return None
        for unknown in unknowns(node):
            self.notes.lost(self.at(name), unknown.why)
            return None
        return node.plain()

    def text(self, name: str) -> str | None:
        return self._as(name, "a string", _text)

    def open_text(self, name: str) -> str | None:
        """The text; a value that is not known becomes a variable of the spec (`Open`), and is noted."""
        if self.is_open(name):
            return self.opened(name, _VARIABLE.sub(r"\1", self._form(name)))
        return self.text(name)

    def open_word(self, name: str) -> str | None:
        """Like `open_text`, for one of a few fixed words, for which no sample is possible."""
        return self.opened(name, None) if self.is_open(name) else self.text(name)

    def open_number(self, name: str) -> int | Open | None:
        """Like `open_text`, for a whole number."""
        return self.opened(name, 1) if self.is_open(name) else self.number(name)

    def open_flag(self, name: str) -> bool | Open | None:
        """Like `open_text`, for true or false."""
        return self.opened(name, sample=False) if self.is_open(name) else self.flag(name)

    def opened(self, name: str, sample: Sample) -> Open:
        """A value that is not known, as a variable of the spec, with a note."""
        self._unread.discard(name)
        form, where = self._form(name), self.at(name)
        why = self._values[name].value.why
        self.notes.lost(where, f"{why}; the spec has {form} in its place (--var fills it in)")
        return Open(form, sample, f"{why} ({where.place})")

    def is_open(self, name: str) -> bool:
        """Whether the whole value is not known, also if a map or a list is expected."""
        return name in self._values and isinstance(self._values[name].value, Unknown)

    def _form(self, name: str) -> str:
        value = self._values[name].value if name in self._values else None
        if isinstance(value, Unknown) and value.form:
            return value.form
        return f"${{var.{_NO_NAME.sub('_', self.where.below(name).what)}}}"

    def number(self, name: str) -> int | None:
        return self._as(name, "a whole number", _number)

    def flag(self, name: str) -> bool | None:
        return self._as(name, "true or false", flag_of)

    def strings(self, name: str) -> list[str] | None:
        """A list of strings; a single string counts as a list of one."""
        return self._as(name, "a list of strings", _strings)

    def part(self, name: str) -> SourceMap | None:
        """The only map at `name`, also if it is in a list of one (as Terraform's blocks are)."""
        parts = self.parts(name)
        return parts[0] if parts else None

    def parts(self, name: str) -> list[SourceMap]:
        """The maps at `name`: those of a list, or a single map."""
        if name not in self._children:
            self._children[name] = self._parts(name)
        return self._children[name]

    def _parts(self, name: str) -> list[SourceMap]:
        node = self.node(name)
        if node is None or node.value is None:
            return []
        if isinstance(node.value, Unknown):
            self.notes.lost(self.at(name), node.value.why)
            return []
        listed = node.value if isinstance(node.value, list) else [node]
        parts = []
        for number, child in enumerate(listed):
            where = self.where.below(f"{name}[{number}]" if len(listed) > 1 else name, child.spot)
            if isinstance(child.value, Unknown):
                self.notes.lost(where, child.value.why)
            elif isinstance(child.value, dict):
                parts.append(SourceMap(child, where, self.notes))
            elif child.value is not None:
                self.notes.lost(where, "it should be a map of keys")
        return parts

    def entries(self, name: str) -> dict[str, SourceMap]:
        """The maps in a map of maps, by their keys."""
        whole = self.part(name)
        if whole is None:
            return {}
        maps = {key: whole.part(key) for key in whole.names}
        return {key: child for key, child in maps.items() if child is not None}

    def skip(self, *names: str) -> None:
        """Mark keys as read that a spec does not need: values that AWS returned, or settings of the other tool."""
        self._unread.difference_update(names)

    def close(self, why: str = "a spec has no such setting") -> None:
        """Note every key that was not read."""
        for name in self._values:
            if name in self._unread and says(_plain(self._values[name])):
                self.notes.lost(self.at(name), why)
        for children in self._children.values():
            for child in children:
                child.close(why)

    def _as(self, name: str, kind: str, made: Callable[[Any], T | None]) -> T | None:
        value = self.value(name)
        if value is None:
            return None
        converted = made(value)
        if converted is None:
            self.notes.lost(self.at(name), f"it should be {kind}")
        return converted


def _plain(node: YamlNode) -> Any:
    return node.value if isinstance(node.value, Unknown) else node.plain()


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() else None


def flag_of(value: Any) -> bool | None:
    """A boolean, also where it is written as text ("false"); None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
        str(value).lower()
    )


def _strings(value: Any) -> list[str] | None:
    listed = value if isinstance(value, list) else [value]
    texts = [_text(text) for text in listed]
    return [text for text in texts if text is not None] if None not in texts else None
