"""References from a spec to other tables (``${ref:TABLE/ATTRIBUTE}``): their valid attributes, and checks of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from dynaops.model.finding import Finding, Place
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC018

ATTRIBUTES = ("name", "arn", "stream_arn", "region")


class TableReference(NamedTuple):
    """A reference to another table by its address (which is its name), with its place."""

    table: str
    attribute: str
    place: Place


class ReferringTable(NamedTuple):
    """The parts of a table's document that the checks need. `has_stream`: None if only AWS knows."""

    name: str
    has_stream: bool | None
    references: tuple[TableReference, ...]


def attribute_error(table: str, attribute: str) -> tuple[str, str] | None:
    """Message and hint if a reference does not have the form TABLE/ATTRIBUTE, else None."""
    listed = f"Attributes are {', '.join(ATTRIBUTES)}."
    if not table or "/" in table:
        return "a reference names a table and an attribute, as ${ref:orders/arn}", listed
    if attribute in ATTRIBUTES:
        return None
    suggestions = get_close_matches(attribute, ATTRIBUTES, 1)
    hint = f"Did you mean {suggestions[0]}? {listed}" if suggestions else listed
    return f"a table has no attribute {attribute[:100]!r}", hint


def wrong_references(documents: Iterable[ReferringTable]) -> Iterator[Finding]:
    """Errors for references to undeclared tables, to the same table, and in a cycle."""
    known = {document.name: document for document in documents}
    for document in known.values():
        for reference in document.references:
            wrong = _wrong(document, reference, known)
            if wrong is not None:
                yield _error(
                    f"${{ref:{reference.table}/{reference.attribute}}}: {wrong[0]}", wrong[1], reference
                )
    yield from _circles(known)


def _wrong(
    document: ReferringTable, reference: TableReference, known: Mapping[str, ReferringTable]
) -> tuple[str, str] | None:
    if reference.table == document.name:
        hint = (
            "Policies have ${table_arn}, ${stream_arn} and ${index_arns} for it; its name can be written out."
        )
        return "a table cannot refer to itself", hint
    if reference.table not in known:
        suggestions = get_close_matches(reference.table, known, 1)
        hint = f"Did you mean {suggestions[0]}? " if suggestions else ""
        return (
            f"no document of this run declares the table {reference.table}",
            f"{hint}A reference names a table whose spec is read by the same command, or one with `external: true`. A "
            "table that is deleted cannot be referred to.",
        )
    if reference.attribute == "stream_arn" and known[reference.table].has_stream is False:
        return f"the table {reference.table} has no stream", f"Add a `stream` block to {reference.table}."
    return None


def _circles(known: Mapping[str, ReferringTable]) -> Iterator[Finding]:
    """An error for each cycle of tables that refer to each other, with all members in order."""
    finished: set[str] = set()
    for start in known:
        trail: dict[str, Iterator[TableReference]] = {}
        following = start
        while following not in finished:
            trail[following] = iter(known[following].references)
            while trail:
                last = next(reversed(trail))
                reference = next(trail[last], None)
                if reference is None:
                    finished.add(last)
                    del trail[last]
                elif reference.table in trail and reference.table != last:
                    members = [*trail][[*trail].index(reference.table) :]
                    circle = " -> ".join([*members, reference.table])
                    hint = "Take one of the references out, or write that value out."
                    yield _error(f"tables refer to one another in a circle: {circle}", hint, reference)
                elif reference.table in known and reference.table not in finished and reference.table != last:
                    following = reference.table
                    break
            else:
                break


def _error(message: str, hint: str, reference: TableReference) -> Finding:
    return make_finding(SPEC018, message, hint, place=reference.place)
