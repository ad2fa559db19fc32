"""The declarations in the files of one module, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dynaops.convert.notes import Notes, SourcePlace
from dynaops.convert.terraform.hcl import Body, Expression, HclBlock

_SILENT = ("terraform", "output", "moved", "import", "removed", "check", "ephemeral")
"""Types of blocks that declare no resource."""


@dataclass
class Declarations:
    """The blocks of a module. `named` holds resources, data sources and module calls by their address."""

    variables: dict[str, HclBlock] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    outputs: dict[str, HclBlock] = field(default_factory=dict)
    named: dict[tuple[str, ...], HclBlock] = field(default_factory=dict)
    providers: dict[str, Body] = field(default_factory=dict)


def declarations(bodies: Sequence[Body], notes: Notes) -> Declarations:
    """The declarations of a module's files. Repeated declarations and unknown types of blocks are noted."""
    declared = Declarations()
    for body in bodies:
        for name, source in body.attributes.items():
            notes.lost(
                SourcePlace(name, source.spot), "an argument outside of all blocks is none of Terraform's"
            )
        for block in body.blocks:
            _take(declared, block, notes)
    return declared


def _take(declared: Declarations, block: HclBlock, notes: Notes) -> None:
    labels = block.labels
    if block.type == "variable" and labels:
        if _is_first(f"var.{labels[0]}", declared.variables.get(labels[0]), block, notes):
            declared.variables[labels[0]] = block
    elif block.type == "locals":
        for name, source in block.body.attributes.items():
            if _is_first(f"local.{name}", declared.locals.get(name), source, notes):
                declared.locals[name] = source
    elif block.type == "provider" and labels:
        alias = block.body.attributes.get("alias")
        declared.providers[f"{labels[0]}.{alias.whole.strip(chr(34))}" if alias else labels[0]] = block.body
    elif (block.type == "module" and len(labels) == 1) or (
        block.type in ("resource", "data") and len(labels) == 2
    ):
        key = (block.type, *labels)
        if _is_first(".".join(key).removeprefix("resource."), declared.named.get(key), block, notes):
            declared.named[key] = block
    elif block.type == "output" and labels:
        declared.outputs[labels[0]] = block
    elif block.type not in _SILENT:
        notes.lost(
            SourcePlace(" ".join((block.type, *labels)), block.spot),
            "it is no block of Terraform that is known here",
        )


def _is_first(
    name: str, earlier: HclBlock | Expression | None, later: HclBlock | Expression, notes: Notes
) -> bool:
    """Whether a declaration is the first of its name; a second one is noted (override files are not merged)."""
    if earlier is not None:
        first = SourcePlace(name, earlier.spot).place
        notes.lost(SourcePlace(name, later.spot), f"it is declared twice, first at {first}")
    return earlier is None
