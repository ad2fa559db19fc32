"""Merges defaults and overlays with the documents that they apply to."""

from __future__ import annotations

from collections.abc import Sequence

from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC004, SPEC015
from dynaops.specs.blocks import DEFAULTS, Written, is_block
from dynaops.specs.matching import MATCH, NAME, TableIndex, names_of
from dynaops.specs.overlay import Merger
from dynaops.specs.variables import Names, Substitution
from dynaops.specs.yaml_tree import UnreadableSpec, YamlNode, cost_of, unreadable

MAX_FINDINGS = 100
"""The most findings for overlays that match no document."""


class Layers:
    """The documents, merged layer by layer.

    `absent`: documents that are left out in this environment. An overlay for one of them is not an error.
    """

    def __init__(
        self, documents: Sequence[Written], absent: Sequence[Written], substitution: Substitution
    ) -> None:
        self.documents = list(documents)
        self._substitution = substitution
        self._names = Names(substitution.values)
        self._merger = Merger(self._names.filled)
        self._index = TableIndex(self._names)
        for position, document in enumerate(documents):
            self._index.add(document.node, position)
        for document in absent:
            self._index.add(document.node)
        self._tables = {
            position
            for position, document in enumerate(documents)
            if isinstance(document.node.value, dict) and not is_block(document.node)
        }

    def lay_defaults(self, layers: Sequence[Sequence[YamlNode]], findings: list[Finding]) -> None:
        """Merge the defaults of each document into it. `layers` has the defaults of each document, outermost first.

        Each layer is a map with `defaults`, and possibly `match`. Errors are added to `findings`.
        """
        fitting: dict[int, set[int]] = {}
        merged: dict[tuple[int, ...], tuple[YamlNode, int]] = {}
        try:
            for position in sorted(self._tables):
                chain = []
                for layer in layers[position]:
                    if id(layer) not in fitting:
                        fitting[id(layer)] = self._fitting_defaults(layer)
                    if position in fitting[id(layer)]:
                        chain.append(layer)
                if chain:
                    key = tuple(map(id, chain))
                    if key not in merged:
                        merged[key] = self._merged_defaults(chain)
                    source, node = self.documents[position]
                    self.documents[position] = Written(source, self._merger.under(node, *merged[key]))
        except UnreadableSpec as error:
            findings.append(error.finding)

    def lay_overlays(self, overlays: Sequence[Written], findings: list[Finding], must_fit: bool) -> None:
        """Merge each overlay into the documents that it applies to. Errors are added to `findings`.

        `must_fit`: an overlay for a table that does not exist is an error.
        """
        misfits: list[YamlNode] = []
        for overlay in overlays:
            try:
                misfits.extend(self._lay(overlay.node))
            except UnreadableSpec as error:
                findings.append(error.finding)
        if must_fit:
            findings.extend(map(self._index.misfit, misfits[:MAX_FINDINGS]))
            if len(misfits) > MAX_FINDINGS:
                message = f"{len(misfits) - MAX_FINDINGS:,} more overlays fit no table"
                findings.append(make_finding(SPEC015, message))

    def _lay(self, layer: YamlNode) -> list[YamlNode]:
        """Merge one overlay. Returns its names that match no document. Raises Unreadable."""
        if not isinstance(layer.value, dict):
            raise unreadable(
                SPEC004,
                "an overlay is a map of keys",
                layer.place(),
                "Begin with `table_name: NAME`, or with the keys that are for all tables.",
            )
        names = names_of(layer)
        positions = self._tables
        misfits: list[YamlNode] = []
        if names is not None:
            positions = set()
            for name in names:
                fitting = self._index.fitting(name)
                if fitting is not None:
                    positions = positions | fitting
                elif self._can_be_read(name):
                    misfits.append(name)
        self._lay_on(_without_names(layer), positions & self._tables)
        return misfits

    def _lay_on(self, layer: YamlNode, positions: set[int]) -> None:
        cost = cost_of(layer)
        for position in sorted(positions):
            source, node = self.documents[position]
            merged = self._merger.over(node, layer, cost)
            self.documents[position] = Written(source, merged)
            if NAME in layer.value:
                self._index.add(merged, position)

    def _can_be_read(self, name: YamlNode) -> bool:
        """Whether the variables of an unmatched name can be filled in; if not, that error is reported instead."""
        if self._names.filled(str(name.value)) is not None:
            return True
        return self._substitution.document(name) is not None

    def _fitting_defaults(self, layer: YamlNode) -> set[int]:
        """The positions of the documents that defaults apply to. Raises Unreadable."""
        if MATCH not in layer.value:
            return self._tables
        positions: set[int] = set()
        for name in names_of(layer) or ():
            positions |= self._index.fitting(name) or set()
        return positions

    def _merged_defaults(self, chain: Sequence[YamlNode]) -> tuple[YamlNode, int]:
        """The merged defaults of a chain of folders, and their cost. Raises Unreadable."""
        merged = YamlNode({}, chain[0].spot)
        for layer in chain:
            defaults = layer.value[DEFAULTS]
            merged = self._merger.over(merged, defaults, cost_of(defaults))
        return merged, cost_of(merged)


def _without_names(layer: YamlNode) -> YamlNode:
    """An overlay without the keys that name its tables."""
    naming = {MATCH} if MATCH in layer.value else {NAME}
    return YamlNode(
        {key: child for key, child in layer.value.items() if key not in naming}, layer.spot, layer.key
    )
