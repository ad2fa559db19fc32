"""The state that the readers of one template's resources share."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynaops.convert.arns import table_of
from dynaops.convert.cloudformation.identities import Identities
from dynaops.convert.part import SourceMap, Unknown
from dynaops.convert.pieces import Pieces
from dynaops.convert.shapes import open_keys
from dynaops.specs.yaml_tree import YamlNode


@dataclass
class Stack:
    """One template that is being read. `lifecycle` is the spec block for the policies of the current resource."""

    pieces: Pieces
    identities: Identities
    globals: dict[str, YamlNode]
    region: str | None
    lifecycle: dict[str, str] = field(default_factory=dict)
    targets: dict[str, dict[str, str]] = field(default_factory=dict)
    """Scalable targets by logical id: their resource id and dimension."""

    def name(self, logical: str, part: SourceMap, property_: str) -> str | None:
        """The resource's name; None, with a note, if it is not known."""
        part.node(property_)
        name = self.identities.name(logical)
        if isinstance(name, Unknown):
            self.pieces.notes.lost(part.where, name.why)
            return None
        return name

    def lacks_keys(self, part: SourceMap) -> bool:
        """Whether the keys of a table or an index are not known; if so, it is noted as not carried over."""
        why = open_keys(part)
        if why is None:
            return False
        part.skip(*part.names)
        self.pieces.notes.lost(part.where, why)
        return True


def table_named(text: str | None) -> str | None:
    """The table in a name or an ARN; None for no or empty text."""
    return table_of(text) if text else None
