"""What the readers of one template's resources share."""

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
    """One template being read. `lifecycle` is what the policies of the resource at hand come to in a spec."""

    pieces: Pieces
    identities: Identities
    globals: dict[str, YamlNode]
    region: str | None
    lifecycle: dict[str, str] = field(default_factory=dict)
    targets: dict[str, dict[str, str]] = field(default_factory=dict)
    """Scalable targets by logical id: their resource id and dimension."""

    def name(self, logical: str, part: SourceMap, property_: str) -> str | None:
        """The resource's name; None, and told, where only CloudFormation knows it."""
        part.node(property_)
        found = self.identities.name(logical)
        if isinstance(found, Unknown):
            self.pieces.notes.lost(part.where, found.why)
            return None
        return found

    def lacks_keys(self, part: SourceMap) -> bool:
        """Whether the keys of a table or an index are not known, which is told: it is not carried over."""
        why = open_keys(part)
        if why is None:
            return False
        part.skip(*part.names)
        self.pieces.notes.lost(part.where, why)
        return True


def table_named(text: str | None) -> str | None:
    """The table of a name or an ARN, where there is one."""
    return table_of(text) if text else None
