"""What the files of one module declare, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dynaops.convert.notes import Notes, SourcePlace
from dynaops.convert.terraform.hcl import Body, Expression, HclBlock

_SILENT = ("terraform", "output", "moved", "import", "removed", "check", "ephemeral")
"""Blocks that describe nothing that is live."""


@dataclass
class Declarations:
    """The blocks of a module. `named` holds resources, data sources and module calls by their address."""

    variables: dict[str, HclBlock] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    outputs: dict[str, HclBlock] = field(default_factory=dict)
    named: dict[tuple[str, ...], HclBlock] = field(default_factory=dict)
    providers: dict[str, Body] = field(default_factory=dict)


def declarations(bodies: Sequence[Body], notes: Notes) -> Declarations:
    """The declarations of a module's files; a second one of a name, and what is no block of Terraform, is told."""
    found = Declarations()
    for body in bodies:
        for name, source in body.attributes.items():
            notes.lost(
                SourcePlace(name, source.spot), "an argument outside of all blocks is none of Terraform's"
            )
        for block in body.blocks:
            _take(found, block, notes)
    return found


def _take(found: Declarations, block: HclBlock, notes: Notes) -> None:
    labels = block.labels
    if block.type == "variable" and labels:
        if _is_first(f"var.{labels[0]}", found.variables.get(labels[0]), block, notes):
            found.variables[labels[0]] = block
    elif block.type == "locals":
        for name, source in block.body.attributes.items():
            if _is_first(f"local.{name}", found.locals.get(name), source, notes):
                found.locals[name] = source
    elif block.type == "provider" and labels:
        alias = block.body.attributes.get("alias")
        found.providers[f"{labels[0]}.{alias.whole.strip(chr(34))}" if alias else labels[0]] = block.body
    elif (block.type == "module" and len(labels) == 1) or (
        block.type in ("resource", "data") and len(labels) == 2
    ):
        key = (block.type, *labels)
        if _is_first(".".join(key).removeprefix("resource."), found.named.get(key), block, notes):
            found.named[key] = block
    elif block.type == "output" and labels:
        found.outputs[labels[0]] = block
    elif block.type not in _SILENT:
        notes.lost(
            SourcePlace(" ".join((block.type, *labels)), block.spot),
            "it is no block of Terraform that is known here",
        )


def _is_first(
    what: str, earlier: HclBlock | Expression | None, later: HclBlock | Expression, notes: Notes
) -> bool:
    """Terraform takes no second declaration of a name (but in override files, which are not merged); it is told."""
    if earlier is not None:
        first = SourcePlace(what, earlier.spot).place
        notes.lost(SourcePlace(what, later.spot), f"it is declared twice, first at {first}")
    return earlier is None
