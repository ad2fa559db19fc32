"""Runs a conversion: from files to checked specs, and notes on everything that could not be carried over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dynaops.convert.assemble import assemble
from dynaops.convert.budget import TOO_LARGE, Budget
from dynaops.convert.formats import Options, SourceFormat, format_of
from dynaops.convert.ledger import ConversionOutcome, Key, around
from dynaops.convert.notes import Note, cut
from dynaops.convert.pieces import Pieces, Spec
from dynaops.convert.spec_file import Comment, spec_file
from dynaops.convert.terraform.source_choice import add_lifecycles, choose_sources
from dynaops.convert.texts import SourceText, read
from dynaops.convert.validity import findings_of, opens, source_of
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.finding import Finding
from dynaops.specs.yaml_tree import MAX_NODES, UnreadableSpec

_MAX_SOURCE = 300
"""The most characters of the source's name in a spec's comment."""
_MOST_COMMENTS = 20
"""The most settings that a spec's comments list as not carried over; the report lists all."""
_FAULT = (
    "dynaops has neither converted nor listed it: this is a fault of dynaops, please report it with the file"
)


@dataclass(frozen=True)
class Converted:
    """One table's spec, and its source. `findings`: why it is not valid, if it is not.

    `comments`: comments for the spec file, by the paths of values.
    """

    table: str
    spec: Spec
    source: str
    findings: tuple[Finding, ...] = ()
    comments: tuple[Comment, ...] = ()

    @property
    def yaml(self) -> str:
        """The text of the spec file."""
        return spec_file(self.spec, self.source, self.comments)


@dataclass(frozen=True)
class Conversion:
    """All specs in the order of the source, and the notes."""

    specs: tuple[Converted, ...]
    notes: tuple[Note, ...]
    resources: Mapping[ConversionOutcome, int] = field(default_factory=dict)
    """The number of the sources' resources by outcome, for formats that record resources."""

    @property
    def lost(self) -> tuple[Note, ...]:
        return tuple(note for note in self.notes if note.lost)


def convert(
    paths: Sequence[str], name: str | None, options: Options, budget: Budget | None = None
) -> Conversion:
    """Convert files of the format `name`, or of the format that is recognised. `budget`: the conversion's limits.

    Raises DynaopsError if a file cannot be read or has no known format, SpecError if its text is malformed.
    """
    by_format: dict[str, tuple[SourceFormat, list[SourceText]]] = {}
    pieces = Pieces(budget or Budget())
    try:
        sources = choose_sources(
            paths, read(paths, pieces.notes), options.static or name == "tfvars", pieces.notes
        )
        for text in sources.texts:
            format_ = format_of(text, name)
            by_format.setdefault(format_.name, (format_, []))[1].append(text)
        for format_, texts in by_format.values():
            format_.read(texts, pieces, options)
        add_lifecycles(sources.configurations, pieces, options.parameters, options.region)
    except UnreadableSpec as error:
        raise SpecError([error.finding]) from None
    specs = [spec for spec in assemble(pieces) if _fits(spec, pieces)]
    resources = outcomes(specs, pieces)
    if not specs and not len(pieces.notes):
        raise DynaopsError(f"{', '.join(paths)}: there is no DynamoDB table in it", "Nothing was converted.")
    listed = _listed(pieces)
    made = tuple(_checked(spec, pieces, listed) for spec in specs)
    notes = tuple(sorted(pieces.notes.entries, key=lambda note: note.where.spot))
    return Conversion(made, notes, resources)


def outcomes(specs: Sequence[Spec], pieces: Pieces) -> dict[ConversionOutcome, int]:
    """The number of resources by outcome. A resource without an outcome is noted as a bug in dynaops."""
    tables = [pieces.tables[spec["table_name"]].where for spec in specs]
    outcomes_ = pieces.ledger.outcomes(tables, pieces.places, pieces.notes)
    for where, outcome in outcomes_.items():
        if outcome is ConversionOutcome.LOST:
            pieces.notes.lost(where, _FAULT)
    return dict(Counter(outcomes_.values()))


def _fits(spec: Spec, pieces: Pieces) -> bool:
    """Whether a spec is within the limits of a spec's size; if not, it is noted."""
    if _values(spec) <= MAX_NODES:
        return True
    why = f"{TOO_LARGE}: its spec would have more than the {MAX_NODES:,} values that a spec may have"
    pieces.notes.lost(pieces.tables[spec["table_name"]].where, why)
    return False


def _values(value: Any) -> int:
    """The number of values within a value, itself included."""
    if not isinstance(value, dict | list):
        return 1
    return 1 + sum(_values(child) for child in (value.values() if isinstance(value, dict) else value))


def _listed(pieces: Pieces) -> dict[Key, list[Note]]:
    """The notes on what is not carried over, by the keys of every place that contains it."""
    listed: dict[Key, list[Note]] = {}
    for note in pieces.notes.entries:
        if note.lost:
            for key in list(around(note.where))[1:]:
                listed.setdefault(key, []).append(note)
    return listed


def _checked(spec: Spec, pieces: Pieces, listed: Mapping[Key, list[Note]]) -> Converted:
    """The spec, with the findings from loading it and checking AWS's rules."""
    table = pieces.tables[spec["table_name"]]
    where = table.where
    title = pieces.titles.get(where)
    title_of = f"{where.what}, {title}" if title else where.what
    source = cut(f"{where.place} ({title_of})" if title_of else where.place, _MAX_SOURCE)
    findings = findings_of(spec)
    comments = [
        ("", f"not carried over: {note.where.what}: {note.why} ({note.where.place})")
        for note in listed.get((where.spot[0], where.what), ())[:_MOST_COMMENTS]
        if not any(value in note.why for _, value in opens(spec))
    ]
    comments += [
        (".".join(str(finding) for finding in path), f"{value} stands for what is not known: {value.about}")
        for path, value in opens(spec)
    ]
    for finding in findings:
        place = source_of(finding.path or "", table).place
        comments.append((finding.path or "", f"not valid ({finding.code}): {finding.message} ({place})"))
    return Converted(spec["table_name"], spec, source, findings, tuple(comments))
