"""Convert: files in, valid specs and what could not be carried over out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dynaops.convert.assemble import assemble
from dynaops.convert.budget import TOO_LARGE, Budget
from dynaops.convert.formats import Format, Options, format_of
from dynaops.convert.notes import MAX_WHY, Note, cut
from dynaops.convert.pieces import Pieces, Spec
from dynaops.convert.texts import Text, read
from dynaops.engine.adopt import yaml_of
from dynaops.engine.check import check, errors
from dynaops.engine.load import document_of
from dynaops.engine.yaml_tree import MAX_NODES, Unreadable
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.finding import Finding

_MAX_SOURCE = 300
"""Characters of what a spec was converted from."""


@dataclass(frozen=True)
class Converted:
    """One table's spec, and where it is from. `findings`: why it is not valid, if it is not."""

    table: str
    spec: Spec
    source: str
    findings: tuple[Finding, ...] = ()

    @property
    def yaml(self) -> str:
        """The spec as a file."""
        return f"# Converted from {_on_one_line(self.source)}\n{yaml_of(self.spec)}"


@dataclass(frozen=True)
class Conversion:
    """All specs in the order of the source, and the notes."""

    specs: tuple[Converted, ...]
    notes: tuple[Note, ...]

    @property
    def lost(self) -> tuple[Note, ...]:
        return tuple(note for note in self.notes if note.lost)


def convert(
    paths: Sequence[str], name: str | None, options: Options, budget: Budget | None = None
) -> Conversion:
    """Convert files, of the format `name` or of whichever they are of. `budget`: its bounds, and what it uses of them.

    Raises DynaopsError where a file cannot be read or is of no known format, SpecError where its text is malformed.
    """
    by_format: dict[str, tuple[Format, list[Text]]] = {}
    pieces = Pieces(budget or Budget())
    try:
        for text in read(paths, pieces.notes):
            found = format_of(text, name)
            by_format.setdefault(found.name, (found, []))[1].append(text)
        for found, texts in by_format.values():
            found.read(texts, pieces, options)
    except Unreadable as error:
        raise SpecError([error.finding]) from None
    specs = [spec for spec in assemble(pieces) if _fits(spec, pieces)]
    if not specs and not len(pieces.notes):
        raise DynaopsError(f"{', '.join(paths)}: there is no DynamoDB table in it", "Nothing was converted.")
    made = tuple(_checked(spec, pieces) for spec in specs)
    return Conversion(made, tuple(sorted(pieces.notes.found, key=lambda note: note.where.spot)))


def _fits(spec: Spec, pieces: Pieces) -> bool:
    """Whether a spec may have as much as this one; if not, it is told."""
    if _values(spec) <= MAX_NODES:
        return True
    why = f"{TOO_LARGE}: its spec would have more than the {MAX_NODES:,} values that a spec may have"
    pieces.notes.lost(pieces.tables[spec["table_name"]].where, why)
    return False


def _values(value: Any) -> int:
    """How many values a value has."""
    if not isinstance(value, dict | list):
        return 1
    return 1 + sum(_values(child) for child in (value.values() if isinstance(value, dict) else value))


def _on_one_line(text: str) -> str:
    """A name of the source must not end the comment that it stands in: what follows would be a key of the spec."""
    return "".join(character if character.isprintable() else " " for character in text)


def _checked(spec: Spec, pieces: Pieces) -> Converted:
    """The spec, and whether it loads and keeps AWS's rules."""
    where = pieces.tables[spec["table_name"]].where
    source = cut(f"{where.place} ({where.what})" if where.what else where.place, _MAX_SOURCE)
    try:
        document = document_of(spec, spec["table_name"])
    except SpecError as error:
        return Converted(spec["table_name"], spec, source, tuple(_nowhere(one) for one in error.findings))
    found = errors(check([document]))
    return Converted(spec["table_name"], spec, source, tuple(_nowhere(one) for one in found))


def _nowhere(finding: Finding) -> Finding:
    """Without its place, which is in no file yet, and no longer than a note: it may quote the source."""
    return finding.model_copy(update={"place": None, "message": cut(finding.message, MAX_WHY)})
