"""Chooses the source for a folder with a Terraform configuration: `terraform show`, its state file, or its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dynaops.convert.budget import Budget
from dynaops.convert.notes import Notes, SourcePlace
from dynaops.convert.pieces import Pieces
from dynaops.convert.terraform.show import STATE, TIMEOUT, has_own_state, show_state
from dynaops.convert.texts import SourceText
from dynaops.specs.yaml_tree import UnreadableSpec

_FILES = (".tf", ".tfvars", ".tfstate", ".tfvars.json", ".tf.json")
_LIFECYCLE = "a state does not hold it, and the .tf files do not say it in a way that can be worked out here"


@dataclass
class SourceChoice:
    """The texts to read, and the configurations that are replaced by a state."""

    texts: list[SourceText]
    configurations: list[list[SourceText]] = field(default_factory=list)


def choose_sources(
    paths: Sequence[str], texts: Sequence[SourceText], static: bool, notes: Notes, timeout: float = TIMEOUT
) -> SourceChoice:
    """Replace the files of each named folder that has a configuration by its state, if there is a state.

    `static`: always read the files. A note names the source that is read.
    """
    choice = SourceChoice(list(texts))
    for given in dict.fromkeys(paths):
        own = [text for text in texts if _is_of(text, given)]
        if any(text.path.endswith(".tf") for text in own):
            _replace(choice, Path(given), own, static, notes, timeout)
    return choice


def _is_of(text: SourceText, folder: str) -> bool:
    """Whether the text is a Terraform file that was found in the folder."""
    within = Path(text.path).parent == Path(folder)
    return text.found_in_folder and within and text.path.endswith(_FILES)


def _replace(
    choice: SourceChoice, folder: Path, own: Sequence[SourceText], static: bool, notes: Notes, timeout: float
) -> None:
    states = [text for text in own if text.path.endswith(".tfstate")]
    files = [text for text in own if text not in states]
    made = None if static else show_state(folder, timeout)
    where = SourcePlace(folder.as_posix(), (folder.as_posix(), 0, 0))
    if made is not None and made.text is not None and not made.why:
        notes.remark(where, f"read from its state by `{made.command}`; --static reads the .tf files instead")
        chosen = SourceText(f"{folder.as_posix()} ({made.command})", made.text)
    else:
        if made is not None:
            notes.remark(where, f"`{made.command}` gives no state: {made.why}")
        state = None if static or not has_own_state(folder) else _state(states)
        if state is None:
            why = "--static" if static else "no state of it is at hand"
            notes.remark(where, f"worked out from the .tf files, without Terraform ({why})")
            choice.texts = [text for text in choice.texts if text not in states]
            return
        notes.remark(where, f"read from {Path(state.path).name}; --static reads the .tf files instead")
        chosen = state
    choice.texts = [text for text in choice.texts if text not in own] + [chosen]
    choice.configurations.append(files)


def _state(states: Sequence[SourceText]) -> SourceText | None:
    """The folder's own state file, if it holds a resource."""
    for text in states:
        documents = text.documents
        if Path(text.path).name == STATE and documents and isinstance(documents[0], dict):
            return text if documents[0].get("resources") else None
    return None


def add_lifecycles(
    configurations: Sequence[Sequence[SourceText]],
    pieces: Pieces,
    given: Mapping[str, str],
    region: str | None,
) -> None:
    """Add the tables' ``prevent_destroy`` and ``ignore_changes``, which no state holds, from the configurations."""
    from dynaops.convert.terraform.files import read

    for texts in configurations:
        from_files = Pieces(Budget())
        try:
            read(texts, from_files, given, region)
        except UnreadableSpec as error:
            place = error.finding.place
            spot = (place.file, place.line or 0, place.column or 0) if place else (texts[0].path, 0, 0)
            pieces.notes.lost(
                SourcePlace("lifecycle", spot), f"a state does not hold it: {error.finding.message}"
            )
            continue
        lifecycles = {table.where.what: table.spec.get("lifecycle") for table in from_files.tables.values()}
        lost = [note for note in from_files.notes.entries if note.lost and ".lifecycle" in note.where.what]
        for note in lost:
            pieces.notes.lost(note.where, note.why)
        for table in pieces.tables.values():
            address = table.where.what
            known = next(
                (table for table in (address, address.removesuffix("[0]")) if table in lifecycles), None
            )
            if known is None:
                pieces.notes.remark(table.where.below("lifecycle"), _LIFECYCLE)
            elif lifecycles[known]:
                table.spec["lifecycle"] = lifecycles[known]
