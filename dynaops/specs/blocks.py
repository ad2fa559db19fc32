"""Selects documents by their key `only` (the environments they belong to), and separates blocks from tables."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC012, SPEC016, SPEC017
from dynaops.specs.matching import MATCH, NAME
from dynaops.specs.yaml_tree import YamlNode, place_of, unreadable

ONLY = "only"
DEFAULTS = "defaults"
BLOCKS = ("moved", "removed", "import")
"""Keys of blocks, which are in separate documents without a table."""
_LONGEST = 100
"""The most characters of a name in a message."""


class Written(NamedTuple):
    """A document before its variables are filled in, and its file."""

    source: str
    node: YamlNode


class Choice:
    """Selects the documents of an environment.

    `known`: the environments of the project file; None without a project file, so that any name may be right.
    """

    def __init__(self, environment: str | None, known: Sequence[str] | None) -> None:
        self.left_out: list[Written] = []
        self._environment = environment
        self._known = known

    def chosen(self, documents: Sequence[Written], findings: list[Finding]) -> list[Written]:
        """The documents of the environment, without the key `only`. The other documents are kept in `left_out`."""
        kept = []
        for document in documents:
            node = document.node
            if isinstance(node.value, dict) and ONLY in node.value:
                names = self._names(node.value[ONLY], findings)
                value = {key: child for key, child in node.value.items() if key != ONLY}
                document = Written(document.source, YamlNode(value, node.spot, node.key))
                if names is not None and self._environment not in names:
                    self.left_out.append(document)
                    continue
            kept.append(document)
        return kept

    def _names(self, node: YamlNode, findings: list[Finding]) -> list[str] | None:
        """The names of environments in an `only`; None if they are wrong, with an error in `findings`."""
        entries = node.value if isinstance(node.value, list) else [node]
        before = len(findings)
        if not entries:
            findings.append(_wrong(node, "only: names no environment, so that the document never counts"))
        for entry in entries:
            if not isinstance(entry.value, str) or "${" in entry.value:
                findings.append(_wrong(entry, "only: takes the names of environments"))
            elif self._known is not None and entry.value not in self._known:
                findings.append(self._unknown(entry))
        return [entry.value for entry in entries] if len(findings) == before else None

    def _unknown(self, node: YamlNode) -> Finding:
        known = self._known or ()
        suggestions = get_close_matches(node.value[:_LONGEST], known, 1)
        if suggestions:
            hint = f"Did you mean {suggestions[0]}?"
        elif known:
            hint = f"Environments there are: {', '.join(known)}."
        else:
            hint = f"Add a table [environment.{node.value[:_LONGEST]}] to the project file."
        return make_finding(
            SPEC016, f"only: there is no environment {node.value[:_LONGEST]}", hint, place=node.place()
        )


def is_block(node: YamlNode) -> bool:
    """Whether a document has blocks instead of a table, so that defaults and overlays do not apply to it."""
    if not isinstance(node.value, dict):
        return False
    keys = set(node.value)
    is_of_blocks = bool(keys & {*BLOCKS}) and NAME not in keys
    return is_of_blocks or (DEFAULTS in keys and keys <= {DEFAULTS, MATCH})


def split_defaults(document: Written, findings: list[Finding]) -> tuple[YamlNode | None, Written | None]:
    """The `defaults` of a document, and the document without them. Either is None if there is no such part."""
    node = document.node
    if not isinstance(node.value, dict) or DEFAULTS not in node.value:
        return None, document
    if not is_block(node):
        key = node.value[DEFAULTS]
        finding = unreadable(
            SPEC017,
            "defaults stand in a document of their own",
            node.key_place(DEFAULTS) if key.key else key.place(),
            "Separate it from the table with a line `---`.",
        ).finding
        findings.append(finding)
        rest = {name: child for name, child in node.value.items() if name != DEFAULTS}
        return None, Written(document.source, YamlNode(rest, node.spot, node.key))
    rest = {name: child for name, child in node.value.items() if name not in (DEFAULTS, MATCH)}
    left = Written(document.source, YamlNode(rest, node.spot, node.key)) if rest else None
    defaults = node.value[DEFAULTS]
    if not isinstance(defaults.value, dict):
        findings.append(
            _wrong(
                defaults, "defaults: must be a map of the keys of specs", "For example {tags: {owner: me}}."
            )
        )
        return None, left
    for name in (NAME, ONLY, MATCH, DEFAULTS):
        if name in defaults.value:
            message = f"defaults: {name} cannot be one"
            hint = "Write it in the table's own document." if name == NAME else "Write it beside `defaults`."
            findings.append(_wrong(defaults.value[name], message, hint))
    match = node.value.get(MATCH)
    return YamlNode({MATCH: match, DEFAULTS: defaults} if match else {DEFAULTS: defaults}, node.spot), left


def _wrong(node: YamlNode, message: str, hint: str = "For example [prod].") -> Finding:
    spot = (node.key or node.spot) if node.value is None else node.spot
    return make_finding(SPEC012, message, hint, place=place_of(spot))
