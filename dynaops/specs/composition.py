"""Composing documents: which layers are laid on which document, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dynaops.engine.variables import Names, Substitution
from dynaops.engine.yaml_tree import Node, Unreadable, cost_of
from dynaops.model.finding import Finding, Severity
from dynaops.specs.matching import MATCH, NAME, TableIndex, names_of
from dynaops.specs.overlay import Merger

MOST_TOLD = 100
"""Overlays that fit nothing: nobody reads more."""


class Written(NamedTuple):
    """A document as it is written, and the file that it is in."""

    source: str
    node: Node


def with_overlays(
    documents: Sequence[Written],
    overlays: Sequence[Written],
    substitution: Substitution,
    findings: list[Finding],
) -> list[Written]:
    """The documents with the overlays laid on those that each is for.

    Overlays that fit no document and those that are no maps are added to `findings`.
    """
    composer = _Composer(documents, substitution)
    misfits: list[Finding] = []
    for overlay in overlays:
        try:
            misfits.extend(composer.lay(overlay.node))
        except Unreadable as error:
            findings.append(error.finding)
    findings.extend(misfits[:MOST_TOLD])
    if len(misfits) > MOST_TOLD:
        message = f"{len(misfits) - MOST_TOLD:,} more overlays fit no table"
        findings.append(Finding(code="SPEC015", severity=Severity.ERROR, message=message))
    return composer.documents


class _Composer:
    """The documents as they become, overlay by overlay."""

    def __init__(self, documents: Sequence[Written], substitution: Substitution) -> None:
        self.documents = list(documents)
        self._substitution = substitution
        self._names = Names(substitution.values)
        self._index = TableIndex([document.node for document in documents], self._names)
        self._merger = Merger(self._names.filled)

    def lay(self, layer: Node) -> list[Finding]:
        """Lay an overlay on the documents that it is for; the findings for names that fit none. Raises Unreadable."""
        if not isinstance(layer.value, dict):
            finding = _no_map(layer)
            return [finding]
        names = names_of(layer)
        positions = set(range(len(self.documents)))
        misfits: list[Finding] = []
        if names is not None:
            positions = set()
            for name in names:
                fitting = self._index.fitting(name)
                positions |= fitting
                if not fitting and self._is_told(name):
                    misfits.append(self._index.misfit(name))
        for_name = MATCH not in layer.value
        left_out = {MATCH, NAME} if for_name else {MATCH}
        value = {key: child for key, child in layer.value.items() if key not in left_out}
        self._lay(Node(value, layer.spot, layer.key), positions)
        return misfits

    def _lay(self, layer: Node, positions: set[int]) -> None:
        cost = cost_of(layer)
        for position in sorted(positions):
            source, node = self.documents[position]
            if isinstance(node.value, dict):
                merged = self._merger.over(node, layer, cost)
                self.documents[position] = Written(source, merged)
                if NAME in layer.value:
                    self._index.add(position, merged)

    def _is_told(self, name: Node) -> bool:
        """Whether a name that fits nothing can be read at all; where it cannot, that is told instead."""
        if self._names.filled(str(name.value)) is not None:
            return True
        return self._substitution.document(name) is not None


def _no_map(layer: Node) -> Finding:
    return Finding(
        code="SPEC004",
        severity=Severity.ERROR,
        message="an overlay is a map of keys",
        hint="Begin with `table_name: NAME`, or with the keys that are for all tables.",
        place=layer.place(),
    )
