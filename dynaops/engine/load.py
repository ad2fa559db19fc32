"""Loading specs: files to checked documents, with all that is wrong in all files said at once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaops.engine.items_file import file_items
from dynaops.engine.variables import Substitution, Values
from dynaops.engine.yaml_tree import Node, Unreadable, tree_of
from dynaops.kinds import TableSpec
from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding, Place, Severity
from dynaops.specs.blocks import ONLY
from dynaops.specs.composition import Composition, composed
from dynaops.specs.environment import Environment

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

_MOST_TOLD = 100
"""Errors of one document: nobody reads more, and each is looked up among all keys."""


@dataclass(frozen=True)
class Document:
    """One table of one file: its spec, and where each part of it is written."""

    spec: TableSpec
    source: str
    node: Node
    written: Node
    """The same with variables as they are written."""

    def place(self, path: str = "") -> Place:
        """Where the value at a dotted path is written, or what is nearest around it."""
        return self.node.place(path)

    @cached_property
    def digests(self) -> dict[str, str]:
        """A digest of what the document says under each key, whatever its layout."""
        import hashlib

        said = {**self.node.plain(exact=True)}
        if self.spec.items_file:
            said["items_file"] = [said.get("items_file"), *(one.item for one in self.spec.file_items)]
        texts = {key: json.dumps(value, sort_keys=True, default=str) for key, value in said.items()}
        return {key: hashlib.sha256(text.encode()).hexdigest()[:24] for key, text in texts.items()}


def load(
    paths: Sequence[str | Path],
    overlays: Sequence[str | Path] = (),
    variables: Mapping[str, object] | None = None,
    env: Environment | None = None,
    workspace: str = "default",
    composition: Composition | None = None,
) -> list[Document]:
    """The documents of files and folders. Without `paths`, those of the first overlay, with the others laid on.

    `env`: by default, the names that are open to every spec. `composition`: what an environment and the project file
    add. Raises SpecError with the findings of all files: unreadable ones, undefined variables, and values that do not
    fit.
    """
    findings: list[Finding] = []
    composition = composition or Composition()
    env = env or Environment(os.environ)
    substitution = Substitution(Values(variables or {}, env, workspace, composition.environment))
    documents: list[Document] = []
    for source, node in composed(paths, overlays, composition, substitution, findings):
        filled = substitution.document(node)
        if filled is not None:
            documents.extend(_document(source, filled, findings, node))
    findings.extend(substitution.all_findings())
    findings.extend(_repeated(documents))
    if findings:
        raise SpecError(_once(findings))
    return documents


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that say the same of the same place, as of a value that is laid on many tables."""
    return list({(one.code, one.message, one.place and str(one.place)): one for one in findings}.values())


def document_of(spec: dict[str, Any], source: str = "") -> Document:
    """A document of plain data (an imported table's spec). Raises SpecError where it is not valid."""
    findings: list[Finding] = []
    found = list(_document(source, tree_of(spec, (source, 1, 1)), findings))
    if findings:
        raise SpecError(findings)
    return found[0]


def _finding(code: str, message: str, hint: str | None, place: Place | None = None) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, message=message, hint=hint, place=place)


def _document(
    source: str, node: Node, findings: list[Finding], written: Node | None = None
) -> Iterator[Document]:
    from pydantic import ValidationError

    if not isinstance(node.value, dict):
        findings.append(
            _finding("SPEC004", "a spec is a map of keys", "Begin with `table_name: NAME`.", node.place())
        )
        return
    try:
        spec = TableSpec.model_validate(_data(node))
    except ValidationError as error:
        wrong = list(_deduplicated(error.errors(include_url=False)))
        findings.extend(_from_pydantic(one, node) for one in wrong[:_MOST_TOLD])
        if len(wrong) > _MOST_TOLD:
            message = f"{len(wrong) - _MOST_TOLD:,} more values do not fit; is this a spec?"
            findings.append(_finding("SPEC012", message, None, node.place()))
        return
    try:
        items = file_items(spec.items_file, node.place("items_file")) if spec.items_file else ()
    except Unreadable as error:
        findings.append(error.finding)
        return
    yield Document(spec.with_file_items(items), source, node, written or node)


def _data(node: Node) -> dict[str, Any]:
    """The document's values; the numbers of items stay exact."""
    data: dict[str, Any] = node.plain()
    if "items" in data:
        data["items"] = node.value["items"].plain(exact=True)
    return data


def _deduplicated(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """One error a place: the branches of a union each tell their own."""
    seen: set[tuple[Any, ...]] = set()
    for error in errors:
        place = tuple(part for part in error["loc"] if not _is_branch(part))
        if place not in seen:
            seen.add(place)
            yield error


def _is_branch(part: int | str) -> bool:
    """Parts of a location that pydantic adds for the branches of a union."""
    return isinstance(part, str) and (part in ("str", "int", "bool", "float") or "[" in part)


def _from_pydantic(error: ErrorDetails, node: Node) -> Finding:
    parts = [part for part in error["loc"] if not _is_branch(part)]
    path = ".".join(str(part) for part in parts)
    name = str(parts[-1]) if parts else "spec"
    if error["type"] == "extra_forbidden":
        near = get_close_matches(name, _known_keys(parts[:-1]), 1)
        hint = (
            f"Did you mean {near[0]}?" if near else f"Keys there are: {', '.join(_known_keys(parts[:-1]))}."
        )
        return Finding(
            code="SPEC010",
            severity=Severity.ERROR,
            message=f"unknown key {name}" + (f" in {'.'.join(map(str, parts[:-1]))}" if parts[:-1] else ""),
            hint=hint,
            path=path,
            place=node.key_place(path),
        )
    if error["type"] == "missing":
        around = ".".join(str(part) for part in parts[:-1])
        return Finding(
            code="SPEC011",
            severity=Severity.ERROR,
            message=f"{name} is missing" + (f" in {around}" if around else ""),
            hint="table_name, hash_key and attributes are always needed." if not around else None,
            path=path,
            place=node.place(around),
        )
    return Finding(
        code="SPEC012",
        severity=Severity.ERROR,
        message=f"{path or 'the spec'}: {_wording(error)}",
        hint=_type_hint(error),
        path=path,
        place=node.place(path),
    )


_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
}


def _wording(error: ErrorDetails) -> str:
    given = _given(error["input"])
    context = error.get("ctx", {})
    if error["type"] in _TYPES:
        return f"must be {_TYPES[error['type']]}, not {given}"
    if error["type"] == "literal_error":
        return f"{given} is not one of {context.get('expected', '')}"
    if error["type"] == "greater_than_equal":
        return f"must be at least {context.get('ge')}, not {given}"
    if error["type"] == "less_than_equal":
        return f"must be at most {context.get('le')}, not {given}"
    return f"{error['msg'][:1].lower()}{error['msg'][1:]} ({given})"


def _given(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value, default=str) if not isinstance(value, str) else f'"{value[:60]}"'


def _type_hint(error: ErrorDetails) -> str | None:
    value = error["input"]
    if error["type"] == "literal_error" and isinstance(value, str):
        allowed = [
            one.strip("'")
            for one in error.get("ctx", {}).get("expected", "").replace(" or ", ", ").split(", ")
        ]
        near = get_close_matches(value.upper(), allowed, 1)
        return f"Did you mean {near[0]}?" if near else None
    if error["type"] == "int_type" and isinstance(value, str) and value.isdigit():
        return "Write the number without quotes."
    if error["type"] == "string_type" and not isinstance(value, (dict, list)):
        return "Put it in quotes."
    return None


def _known_keys(path: Sequence[int | str]) -> list[str]:
    """The keys that the block at `path` takes."""
    model: Any = TableSpec
    for part in path:
        if isinstance(part, str) and model is not None and part in model.model_fields:
            model = _block_of(model.model_fields[part].annotation)
    return sorted([*model.model_fields, *(() if path else (ONLY,))]) if model is not None else []


def _block_of(annotation: Any) -> type[BaseModel] | None:
    """The fragment inside an annotation such as ``list[Index] | None``."""
    from typing import get_args

    if hasattr(annotation, "model_fields"):
        found: type[BaseModel] = annotation
        return found
    for inner in get_args(annotation):
        block = _block_of(inner)
        if block is not None:
            return block
    return None


def _repeated(documents: Sequence[Document]) -> Iterator[Finding]:
    seen: dict[str, Document] = {}
    for document in documents:
        name = document.spec.table_name
        if name in seen:
            yield Finding(
                code="SPEC013",
                severity=Severity.ERROR,
                message=f"the table {name} is declared twice",
                hint=f"The other is at {seen[name].place('table_name')}. For the same name in another region, use "
                "another state (--state).",
                path="table_name",
                place=document.place("table_name"),
            )
        seen.setdefault(name, document)
