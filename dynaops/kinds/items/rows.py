"""The rows that a spec declares, by key, and all that is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynaops.kinds.items.marshal import SCALARS, Typed, number, size, typed
from dynaops.kinds.table.mapping import names
from dynaops.model.finding import Finding, Place
from dynaops.model.findings.companions import DDB481, DDB482, DDB483, DDB484, DDB485, DDB486
from dynaops.model.findings.rule import FindingRule, make_finding
from dynaops.values import attributes
from dynaops.values.limits import MOST_HASH_BYTES, MOST_ITEM_BYTES, MOST_RANGE_BYTES
from dynaops.values.malformed import MalformedRow

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


@dataclass(frozen=True)
class Examined:
    """The canonical items by the text of their keys, and what is wrong with the others."""

    rows: dict[str, Typed]
    findings: list[Finding]


@dataclass(frozen=True)
class _Source:
    """One item as it was given: its name in messages, and its place (of a file) or path (in the spec)."""

    item: Any
    name: str
    path: str | None = None
    place: Place | None = None

    def wrong(self, rule: FindingRule, message: str, hint: str | None = None) -> Finding:
        return make_finding(rule, f"{self.name}: {message}", hint, path=self.path, place=self.place)

    def where(self) -> str:
        return f"{self.place}" if self.place else self.name


def examined(spec: TableSpec) -> Examined:
    """All items of a spec and of its file."""
    rows: dict[str, Typed] = {}
    findings: list[Finding] = []
    first: dict[str, _Source] = {}
    keys = key_names(spec)
    binary = frozenset(name for name, kind in spec.attributes.items() if kind == "B")
    indexed = _index_keys(spec)
    for source in _sources(spec):
        try:
            item = typed(source.item, binary)
        except MalformedRow as error:
            findings.append(source.wrong(DDB485, str(error)))
            continue
        wrong = list(_wrong(source, item, spec, keys, indexed))
        findings.extend(wrong)
        if wrong:
            continue
        text = key_text(item, keys)
        if text in first:
            message = f"the key {text} is given twice"
            findings.append(source.wrong(DDB484, message, f"The first is {first[text].where()}."))
            continue
        first[text] = source
        rows[text] = item
    return Examined(rows, findings)


def key_names(spec: TableSpec) -> tuple[str, ...]:
    """The table's key attributes, the partition key first."""
    return tuple(name for name in (spec.hash_key, spec.range_key) if name)


def key_text(item: Typed, keys: Sequence[str]) -> str:
    """How a row is called: its key values as a compact JSON list, ``["DE"]`` or ``["a","5"]``."""
    values = [next(iter(item[name].values())) for name in keys]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def key_of(text: str, types: Mapping[str, str]) -> Typed | None:
    """The key that `text` stands for; None where it is none of a table with these key attributes and types."""
    values = json.loads(text)
    if len(values) != len(types):
        return None
    try:
        for value, kind in zip(values, types.values(), strict=True):
            if kind == "N":
                number(value)
        return typed({name: {kind: value} for (name, kind), value in zip(types.items(), values, strict=True)})
    except MalformedRow:
        return None


def _sources(spec: TableSpec) -> Iterator[_Source]:
    for position, item in enumerate(spec.items or ()):
        yield _Source(item, f"item {position + 1}", path=f"items.{position}")
    for position, file_item in enumerate(spec.file_items):
        yield _Source(file_item.item, f"item {position + 1} of {spec.items_file}", place=file_item.place)


def _wrong(
    source: _Source, item: Typed, spec: TableSpec, keys: Sequence[str], indexed: Mapping[str, int]
) -> Iterator[Finding]:
    longest = dict(zip(keys, (MOST_HASH_BYTES, MOST_RANGE_BYTES), strict=False))
    for name in keys:
        if name not in item:
            yield source.wrong(DDB481, f"it lacks the key attribute {name}")
    for name, most in {**indexed, **longest}.items():
        if name in item and attributes.typed(item[name], name)[1] > most:
            yield source.wrong(DDB486, f"the key value of {name} is larger than {most:,} bytes")
    for name in (*keys, *indexed):
        if name in item:
            yield from _wrong_key(source, name, item[name], spec.attributes.get(name))
    bytes_ = size(item)
    if bytes_ > MOST_ITEM_BYTES:
        yield source.wrong(
            DDB483,
            f"it is about {bytes_:,} bytes; an item is 400 KiB ({MOST_ITEM_BYTES:,} bytes) at the most",
            "Keep large values in S3, or split the item.",
        )


def _wrong_key(source: _Source, name: str, value: Typed, kind: str | None) -> Iterator[Finding]:
    """A key attribute, of the table or of an index, has its declared type and is never empty."""
    if kind is None:
        return  # another rule tells that the attribute is not declared
    if kind not in value:
        yield source.wrong(DDB482, f"{name} is a key of type {kind}, not {_said(value)}", _hint(kind, value))
    elif value[kind] == "":
        yield source.wrong(DDB486, f"{name} is a key, and a key value is never empty")


def _said(value: Typed) -> str:
    kind, content = next(iter(value.items()))
    return f"{kind} {json.dumps(content, ensure_ascii=False)}" if kind in SCALARS else kind


def _hint(kind: str, value: Typed) -> str | None:
    if kind == "S" and next(iter(value)) in ("N", "BOOL"):
        return "Put it in quotes."
    if kind == "N" and "S" in value:
        return "Write the number without quotes."
    return None


def _index_keys(spec: TableSpec) -> dict[str, int]:
    """Attributes that are keys of an index, with the bytes that their values may have.

    AWS refuses items in which they have another type, are empty or are larger.
    """
    longest: dict[str, int] = {}
    for index in (*(spec.global_secondary_indexes or ()), *(spec.local_secondary_indexes or ())):
        for given, most in (
            (getattr(index, "hash_key", None), MOST_HASH_BYTES),
            (index.range_key, MOST_RANGE_BYTES),
        ):
            for name in names(given):
                longest[name] = min(most, longest.get(name, most))
    return {name: most for name, most in longest.items() if name not in key_names(spec)}
