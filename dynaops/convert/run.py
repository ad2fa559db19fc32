"""Convert: files in, valid specs and what could not be carried over out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dynaops.convert.assemble import assemble
from dynaops.convert.formats import Format, Options, format_of
from dynaops.convert.notes import Note
from dynaops.convert.pieces import Pieces, Spec
from dynaops.convert.texts import Text, read
from dynaops.engine.adopt import yaml_of
from dynaops.engine.check import check, errors
from dynaops.engine.load import document_of
from dynaops.engine.yaml_tree import Unreadable
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.finding import Finding


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
        return f"# Converted from {self.source}\n{yaml_of(self.spec)}"


@dataclass(frozen=True)
class Conversion:
    """All specs in the order of the source, and the notes."""

    specs: tuple[Converted, ...]
    notes: tuple[Note, ...]

    @property
    def lost(self) -> tuple[Note, ...]:
        return tuple(note for note in self.notes if note.lost)


def convert(paths: Sequence[str], name: str | None, options: Options) -> Conversion:
    """Convert files, of the format `name` or of whichever they are of.

    Raises DynaopsError where a file cannot be read or is of no known format, SpecError where its text is malformed.
    """
    by_format: dict[str, tuple[Format, list[Text]]] = {}
    for text in read(paths):
        found = format_of(text, name)
        by_format.setdefault(found.name, (found, []))[1].append(text)
    pieces = Pieces()
    try:
        for found, texts in by_format.values():
            found.read(texts, pieces, options)
    except Unreadable as error:
        raise SpecError([error.finding]) from None
    specs = assemble(pieces)
    if not specs and not pieces.notes.found:
        raise DynaopsError(f"{', '.join(paths)}: there is no DynamoDB table in it", "Nothing was converted.")
    made = tuple(_checked(spec, pieces) for spec in specs)
    return Conversion(made, tuple(sorted(pieces.notes.found, key=lambda note: note.where.spot)))


def _checked(spec: Spec, pieces: Pieces) -> Converted:
    """The spec, and whether it loads and keeps AWS's rules."""
    where = pieces.tables[spec["table_name"]].where
    source = f"{where.place} ({where.what})" if where.what else where.place
    try:
        document = document_of(spec, spec["table_name"])
    except SpecError as error:
        return Converted(spec["table_name"], spec, source, tuple(_nowhere(one) for one in error.findings))
    found = errors(check([document]))
    return Converted(spec["table_name"], spec, source, tuple(_nowhere(one) for one in found))


def _nowhere(finding: Finding) -> Finding:
    """Without its place, which is in no file yet."""
    return finding.model_copy(update={"place": None})
