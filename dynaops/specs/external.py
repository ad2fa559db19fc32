"""Documents with `external: true`: tables that others own, which are read but never created, changed or deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from dynaops.kinds.alarm import Alarms
from dynaops.kinds.iam import Iam
from dynaops.kinds.table.spec import AttributeType
from dynaops.model.finding import Finding, Place
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC010, SPEC013
from dynaops.model.spec import Fragment
from dynaops.specs.form_errors import findings_of
from dynaops.specs.table_references import TableReference
from dynaops.specs.yaml_tree import YamlNode

OWN = ("alarms", "iam")
"""Keys of resources that dynaops manages around an external table. Only the table's own document may set them."""


class ExternalSpec(Fragment):
    """What a spec says of a table that others own: where it is, what its keys must be, and what is ours around it."""

    table_name: str
    """The table's name."""
    external: Literal[True]
    """The table is others': nothing of it is ever changed."""
    region: str | None = None
    """Where it is. Default: --region, then the AWS configuration."""
    hash_key: str | None = None
    """Its partition key, as a check. Default: whatever it is."""
    range_key: str | None = None
    """Its sort key, as a check. Default: whatever it is."""
    attributes: dict[str, AttributeType] | None = None
    """Types of its key attributes, as a check. Default: whatever they are."""
    alarms: Alarms | None = None
    """Alarms of our own on the table."""
    iam: Iam | None = None
    """IAM policies of our own for users of the table."""


@dataclass(frozen=True)
class ExternalTable:
    """A table that others own, with the place of its document."""

    spec: ExternalSpec
    source: str
    node: YamlNode
    references: tuple[TableReference, ...] = ()
    """The references to other tables."""

    @property
    def name(self) -> str:
        return self.spec.table_name

    @property
    def has_own(self) -> bool:
        """Whether dynaops manages alarms or policies around the table."""
        return any(getattr(self.spec, key) is not None for key in OWN)

    def place(self, path: str = "") -> Place:
        """The place of the value at a dotted path, or of the closest value around it."""
        return self.node.place(path)


def is_external(node: YamlNode) -> bool:
    """Whether a document describes a table that others own."""
    return isinstance(node.value, dict) and "external" in node.value and node.value["external"].value is True


def read_external(
    source: str, node: YamlNode, findings: list[Finding], references: Sequence[TableReference] = ()
) -> list[ExternalTable]:
    """The table of a document. Errors in its form are added to `findings`.

    Settings from defaults and overlays for all tables are ignored; the same settings in its own document are errors.
    """
    kept = {
        key: child
        for key, child in node.value.items()
        if (key in ExternalSpec.model_fields and key not in OWN) or child.place().file == node.place().file
    }
    own = YamlNode(kept, node.spot, node.key)
    try:
        return [ExternalTable(ExternalSpec.model_validate(own.plain()), source, own, tuple(references))]
    except ValidationError as error:
        for finding in findings_of(error, own, ExternalSpec):
            if finding.code == SPEC010.code and finding.path and "." not in finding.path:
                finding = finding.model_copy(
                    update={
                        "message": f"{finding.path}: an external table has no settings of its own here",
                        "hint": "Take it out: others own the table. Keys there are: "
                        f"{', '.join(sorted(ExternalSpec.model_fields))}.",
                    }
                )
            findings.append(finding)
        return []


def repeated(external: Iterable[ExternalTable], declared: Iterable[str], findings: list[Finding]) -> None:
    """Add an error to `findings` for each external table that is declared again."""
    known = set(declared)
    for table in external:
        if table.name in known:
            findings.append(
                make_finding(
                    SPEC013,
                    f"the table {table.name} is declared twice",
                    "A table is external or it is not.",
                    path="table_name",
                    place=table.place("table_name"),
                )
            )
        known.add(table.name)


def digests(external: Iterable[ExternalTable]) -> dict[str, str]:
    """A digest of the documents' content, independent of their places; empty without documents."""
    tables = sorted(json.dumps(table.spec.model_dump(), sort_keys=True) for table in external)
    return {"external": hashlib.sha256(json.dumps(tables).encode()).hexdigest()[:24]} if tables else {}
