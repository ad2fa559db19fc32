"""Loads specs: from files to checked documents, with the errors of all files reported together."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dynaops.kinds import TableSpec
from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding, Place
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC004, SPEC007, SPEC013
from dynaops.model.late_values import references_in
from dynaops.specs.blocks import Written
from dynaops.specs.composition import Composition, composed
from dynaops.specs.environment import Environment
from dynaops.specs.external import ExternalTable, is_external, read_external, repeated
from dynaops.specs.form_errors import findings_of
from dynaops.specs.items_file import file_items
from dynaops.specs.refactoring import Blocks, is_blocks, joined, read_blocks
from dynaops.specs.table_references import ReferringTable, TableReference, wrong_references
from dynaops.specs.table_values import sample, with_values
from dynaops.specs.variables import Substitution, Values
from dynaops.specs.yaml_tree import UnreadableSpec, YamlNode, tree_of


@dataclass(frozen=True)
class Document:
    """One table of one file: its spec, and the places of all its parts."""

    spec: TableSpec
    source: str
    node: YamlNode
    written: YamlNode
    """The document before its variables are filled in."""
    references: tuple[TableReference, ...] = ()
    """The references to other tables."""

    def place(self, path: str = "") -> Place:
        """The place of the value at a dotted path, or of the closest value around it."""
        return self.node.place(path)

    @cached_property
    def checked(self) -> TableSpec:
        """The spec with samples for the values of other tables, which offline checks do not know."""
        return with_values(self.spec, sample) if self.references else self.spec

    @cached_property
    def digests(self) -> dict[str, str]:
        """A digest of the value of each key, independent of its layout."""
        import hashlib

        values = {**self.node.plain(exact=True)}
        if self.spec.items_file:
            values["items_file"] = [
                values.get("items_file"),
                *(file_item.item for file_item in self.spec.file_items),
            ]
        texts = {key: json.dumps(value, sort_keys=True, default=str) for key, value in values.items()}
        return {key: hashlib.sha256(text.encode()).hexdigest()[:24] for key, text in texts.items()}


class Documents(list[Document]):
    """The tables that specs declare, with the blocks and the external tables of the same files."""

    def __init__(
        self,
        tables: Iterable[Document] = (),
        blocks: Blocks | None = None,
        external: Iterable[ExternalTable] = (),
        beside: Iterable[Written] = (),
    ) -> None:
        super().__init__(tables)
        self.blocks = blocks or Blocks()
        self.external = tuple(external)
        self.beside = tuple(beside)
        """The documents of blocks and of external tables, before their variables are filled in."""


def load(
    paths: Sequence[str | Path],
    overlays: Sequence[str | Path] = (),
    variables: Mapping[str, object] | None = None,
    env: Environment | None = None,
    workspace: str = "default",
    composition: Composition | None = None,
) -> Documents:
    """The documents of files and folders. Without `paths`, those of the first overlay, with the others merged in.

    `env`: by default, the names that every spec may read. `composition`: settings of an environment and the project
    file. Raises SpecError with the findings of all files: unreadable files, undefined variables and invalid values.
    """
    findings: list[Finding] = []
    composition = composition or Composition()
    env = env or Environment(os.environ)
    substitution = Substitution(Values(variables or {}, env, workspace, composition.environment))
    documents: list[Document] = []
    blocks: list[Blocks] = []
    external: list[ExternalTable] = []
    beside: list[Written] = []
    for source, node in composed(paths, overlays, composition, substitution, findings):
        filled = substitution.document(node)
        if filled is not None and is_blocks(filled):
            findings.extend(_misplaced(substitution.references, "a block"))
            blocks.append(read_blocks(filled, findings))
            beside.append(Written(source, node))
            continue
        if filled is not None:
            findings.extend(_identifying(filled, substitution.references))
        if filled is not None and is_external(filled):
            external.extend(read_external(source, filled, findings, substitution.references))
            beside.append(Written(source, node))
        elif filled is not None:
            documents.extend(_document(source, filled, findings, node, substitution.references))
    findings.extend(substitution.all_findings())
    findings.extend(_repeated(documents))
    repeated(external, [document.spec.table_name for document in documents], findings)
    if not findings:
        findings.extend(wrong_references(_referring(documents, external)))
    all_blocks = joined(blocks, findings)
    if findings:
        raise SpecError(_once(findings))
    return Documents(documents, all_blocks, external, beside)


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without duplicates, which a value that is merged into many tables would cause."""
    return list(
        {
            (finding.code, finding.message, finding.place and str(finding.place)): finding
            for finding in findings
        }.values()
    )


def document_of(spec: dict[str, Any], source: str = "") -> Document:
    """A document from plain data (an imported table's spec). Raises SpecError if it is not valid."""
    findings: list[Finding] = []
    documents = list(_document(source, tree_of(spec, (source, 1, 1)), findings))
    if findings:
        raise SpecError(findings)
    return documents[0]


def _document(
    source: str,
    node: YamlNode,
    findings: list[Finding],
    written: YamlNode | None = None,
    references: Sequence[TableReference] = (),
) -> Iterator[Document]:
    from pydantic import ValidationError

    if not isinstance(node.value, dict):
        findings.append(
            make_finding(
                SPEC004, "a spec is a map of keys", "Begin with `table_name: NAME`.", place=node.place()
            )
        )
        return
    try:
        spec = TableSpec.model_validate(_data(node))
    except ValidationError as error:
        findings.extend(findings_of(error, node, TableSpec))
        return
    try:
        items = file_items(spec.items_file, node.place("items_file")) if spec.items_file else ()
    except UnreadableSpec as error:
        findings.append(error.finding)
        return
    yield Document(spec.with_file_items(items), source, node, written or node, tuple(references))


def _data(node: YamlNode) -> dict[str, Any]:
    """The document's plain values; numbers in items stay exact."""
    data: dict[str, Any] = node.plain()
    if "items" in data:
        data["items"] = node.value["items"].plain(exact=True)
    return data


def _misplaced(references: Sequence[TableReference], where: str) -> Iterator[Finding]:
    for reference in references:
        message = f"${{ref:{reference.table}/{reference.attribute}}}: {where} takes no reference"
        yield make_finding(SPEC007, message, "Write the value out, or use a variable.", place=reference.place)


def _identifying(node: YamlNode, references: Sequence[TableReference]) -> Iterator[Finding]:
    """Errors for references in the keys that identify the table. References to names are already resolved."""
    for key in ("table_name", "region"):
        child = node.value.get(key) if isinstance(node.value, dict) else None
        if child is not None and any(references_in(child.value)):
            place = child.place()
            yield from _misplaced([reference for reference in references if reference.place == place], key)


def _referring(documents: Sequence[Document], external: Sequence[ExternalTable]) -> Iterator[ReferringTable]:
    for document in documents:
        has_stream = document.spec.wanted_stream() is not None
        yield ReferringTable(document.spec.table_name, has_stream, document.references)
    for table in external:
        yield ReferringTable(table.name, None, table.references)


def _repeated(documents: Sequence[Document]) -> Iterator[Finding]:
    seen: dict[str, Document] = {}
    for document in documents:
        name = document.spec.table_name
        if name in seen:
            yield make_finding(
                SPEC013,
                f"the table {name} is declared twice",
                f"The other is at {seen[name].place('table_name')}. For the same name in another region, use "
                "another state (--state).",
                path="table_name",
                place=document.place("table_name"),
            )
        seen.setdefault(name, document)
