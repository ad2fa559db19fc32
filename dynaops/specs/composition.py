"""Composes the documents of an environment from files, defaults and overlays.

The layers, lowest first: the project file's `default_tags` and its `defaults`, the defaults of folders (the outermost
first), those of the file, the document itself, the environment's overlays, the overlays of the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from dynaops.model.finding import Finding, Place
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC017
from dynaops.specs.blocks import DEFAULTS, Choice, Written, is_block, split_defaults
from dynaops.specs.folder_defaults import FolderDefaults, is_defaults_file
from dynaops.specs.layers import Layers
from dynaops.specs.matching import NAME
from dynaops.specs.project import Project
from dynaops.specs.spec_files import documents_of, read_if_file
from dynaops.specs.variables import Substitution
from dynaops.specs.yaml_tree import Spot, YamlNode


@dataclass(frozen=True)
class Composition:
    """Settings of an environment and of the project file that add to the documents of files."""

    environment: str | None = None
    environments: tuple[str, ...] | None = None
    """The names of all environments; None without a project file."""
    default_tags: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Spec keys that are defaults of every document."""
    origins: Mapping[str, Place] = field(default_factory=dict)
    """The places of the keys of the project file, by dotted path."""
    overlays: tuple[str, ...] = ()
    """Overlay files, applied before those of the command line."""
    folder: Path | None = None
    """The project's folder, the outermost folder in which defaults of folders are looked for."""
    is_whole: bool = False
    """Whether the specs are all specs of the project, so that each of its overlays must match one of them."""
    notice: Callable[[str], None] | None = None
    """Called with messages for the user."""

    @classmethod
    def of(cls, project: Project, is_whole: bool, notice: Callable[[str], None]) -> Composition:
        """The composition that a project file describes."""
        return cls(
            environment=project.environment,
            environments=project.environments if project.file else None,
            default_tags=project.default_tags,
            defaults=project.defaults,
            origins=project.origins,
            overlays=project.overlays,
            folder=project.file.parent if project.file else None,
            is_whole=is_whole,
            notice=notice,
        )


def composed(
    paths: Sequence[str | Path],
    overlays: Sequence[str | Path],
    composition: Composition,
    substitution: Substitution,
    findings: list[Finding],
) -> list[Written]:
    """The composed documents of files, with variables not yet filled in, and the file of each.

    Without `paths`, the documents are those of the first of `overlays`. Documents without a table (such as `moved`)
    are included unchanged. Errors are added to `findings`.
    """
    if not paths:
        paths, overlays = overlays[:1], overlays[1:]
    choice = Choice(composition.environment, composition.environments)
    before = len(findings)
    selected = choice.chosen(documents_of(paths, findings), findings)
    left_out = list(choice.left_out)
    blocks: list[Written] = []
    layers_of = partial(_overlays_of, choice=choice, blocks=blocks, findings=findings)
    own, given = layers_of(composition.overlays), layers_of(overlays)
    folders = FolderDefaults(
        lambda path: choice.chosen(read_if_file(path, findings), findings), findings, composition.folder
    )
    documents, defaults = _with_defaults(selected, folders, composition, findings)
    is_sound = len(findings) == before  # an overlay may be for a document that cannot be read
    if composition.environment is None and left_out and composition.notice:
        composition.notice(_left_out(left_out))
    layers = Layers(documents, left_out, substitution)
    layers.lay_defaults(defaults, findings)
    layers.lay_overlays(own, findings, must_fit=is_sound and composition.is_whole)
    layers.lay_overlays(given, findings, must_fit=is_sound)
    return [*layers.documents, *blocks]


def _overlays_of(
    paths: Sequence[str | Path], choice: Choice, blocks: list[Written], findings: list[Finding]
) -> list[Written]:
    """The overlays of files. Documents with blocks are not overlays, and are added to `blocks`."""
    overlays = []
    for document in choice.chosen(documents_of(paths, findings), findings):
        if not is_block(document.node):
            overlays.append(document)
        elif DEFAULTS in document.node.value:
            findings.append(_no_overlay(document))
        else:
            blocks.append(document)
    return overlays


def _with_defaults(
    selected: Sequence[Written], folders: FolderDefaults, composition: Composition, findings: list[Finding]
) -> tuple[list[Written], list[list[YamlNode]]]:
    """The documents that are not defaults, and for each the defaults that may apply to it, lowest first."""
    project = list(_of_project(composition))
    documents: list[Written] = []
    by_file: dict[str, list[YamlNode]] = {}
    for document in selected:
        defaults, rest = split_defaults(document, findings)
        if rest is not None:
            documents.append(rest)
        if defaults is not None and not is_defaults_file(Path(document.source)):
            by_file.setdefault(document.source, []).append(defaults)
    chains: dict[str, list[YamlNode]] = {}
    for source in dict.fromkeys(document.source for document in documents):
        chains[source] = [*project, *folders.of(Path(source)), *by_file.get(source, ())]
    return documents, [chains[document.source] for document in documents]


def _of_project(composition: Composition) -> list[YamlNode]:
    """The project file's default tags and defaults, as documents with `defaults`."""
    layers = []
    for key, value in (("default_tags", composition.default_tags), (DEFAULTS, composition.defaults)):
        if value:
            place = composition.origins.get(key)
            spot = (place.file, place.line, place.column) if place else ("", 1, 1)
            node = _tree(value, key, spot, composition.origins)
            node = YamlNode({"tags": node}, spot) if key == "default_tags" else node
            layers.append(YamlNode({DEFAULTS: node}, spot))
    return layers


def _tree(value: Any, path: str, around: Spot, origins: Mapping[str, Place]) -> YamlNode:
    """Plain data of the project file as a tree; a part without a known place has the place of what contains it."""
    place = origins.get(path)
    spot = (place.file, place.line, place.column) if place else around
    if isinstance(value, Mapping):
        children = {name: _tree(child, f"{path}.{name}", spot, origins) for name, child in value.items()}
        return YamlNode(children, spot, spot)
    if isinstance(value, list | tuple):
        entries = [_tree(child, f"{path}.{number}", spot, origins) for number, child in enumerate(value)]
        return YamlNode(entries, spot, spot)
    return YamlNode(Decimal(str(value)) if isinstance(value, float) else value, spot, spot)


def _no_overlay(block: Written) -> Finding:
    return make_finding(
        SPEC017,
        "defaults cannot stand in an overlay",
        "An overlay without table_name is for all tables; defaults stand beside specs.",
        place=block.node.key_place(DEFAULTS),
    )


def _left_out(documents: Sequence[Written]) -> str:
    names = [str(document.node.value[NAME].value) for document in documents if NAME in document.node.value]
    examples = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
    return f"left out, as no environment is chosen (-E): {examples or 'documents with only'}"
