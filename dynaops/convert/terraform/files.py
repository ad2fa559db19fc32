"""Reads ``.tfvars`` and ``.tf`` files: configurations, and the variables of a table's module.

The ``.tf`` files of one folder are one root module. Values of its variables come in Terraform's order, the later ones
winning: ``terraform.tfvars``, ``terraform.tfvars.json``, ``*.auto.tfvars`` by name, then the files that were named.
Source: Terraform Language, Variable Definition Precedence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap, Unknown, tree
from dynaops.convert.pieces import Pieces
from dynaops.convert.terraform import module, registry
from dynaops.convert.terraform.blocks import mapped
from dynaops.convert.terraform.context import ReadContext
from dynaops.convert.terraform.evaluate import NameScope
from dynaops.convert.terraform.evaluate import Path as Reference
from dynaops.convert.terraform.folders import Folders
from dynaops.convert.terraform.hcl import Body, parse
from dynaops.convert.terraform.module_instance import ModuleInstance
from dynaops.convert.terraform.references import RootModule
from dynaops.convert.terraform.values import NOWHERE
from dynaops.convert.texts import SourceText
from dynaops.specs.yaml_tree import YamlNode

_AUTO = (".auto.tfvars", ".auto.tfvars.json")
_FIRST = ("terraform.tfvars", "terraform.tfvars.json")


def read(texts: Sequence[SourceText], pieces: Pieces, given: Mapping[str, str], region: str | None) -> None:
    """Read all files. Those of a folder are one configuration; a tfvars file without a configuration is a table.

    Raises Unreadable.
    """
    bodies: dict[str, list[Body]] = {}
    values: list[tuple[SourceText, YamlNode]] = []
    for text in texts:
        if text.path.endswith(".json"):
            (document, *_) = [*text.json(), None]  # raises Unreadable with the place
            if text.path.endswith(".tf.json"):
                why = "Terraform's JSON syntax is not read here: convert the state, or a plan's JSON"
                pieces.notes.lost(SourcePlace(Path(text.path).name, (text.path, 0, 0)), why)
            else:
                values.append((text, tree(document, text.path)))
            continue
        body = parse(text.written_by_hand(), text.path)
        if body.blocks:
            bodies.setdefault(_folder(text), []).append(body)
        else:
            values.append((text, mapped(body, NameScope(_nothing, pieces.budget))))
    if not bodies:
        for text, node in values:
            _variables(ReadContext(pieces, observed=False, region=region), text, node)
        return
    for folder, folder_bodies in bodies.items():
        _configuration(
            folder, folder_bodies, _given_in(folder, values, bodies, pieces), pieces, given, region
        )


def _folder(text: SourceText) -> str:
    return "" if text.path == "stdin" else Path(text.path).parent.as_posix()


def _given_in(
    folder: str, values: Sequence[tuple[SourceText, YamlNode]], bodies: Mapping[str, Any], pieces: Pieces
) -> dict[str, YamlNode]:
    """The values in the files for the variables of a folder's configuration."""
    ranked = []
    for position, (text, node) in enumerate(values):
        name, own = Path(text.path).name, _folder(text)
        automatic = name in _FIRST or name.endswith(_AUTO)
        if own != folder and (automatic or own in bodies) and len(bodies) > 1:
            continue
        if not automatic and text.found_in_folder:
            why = f"Terraform reads {name} only with -var-file: name it on the command line to use its values"
            pieces.notes.lost(SourcePlace(name, (text.path, 1, 1)), why)
            continue
        rank = _FIRST.index(name) if name in _FIRST else 2 if automatic else 3
        ranked.append((rank, name if rank == 2 else position, text, node))
    given: dict[str, YamlNode] = {}
    for _, _, text, node in sorted(ranked, key=lambda rank: (rank[0], str(rank[1]).zfill(6))):
        if isinstance(node.value, dict):
            given.update(node.value)
        else:
            pieces.notes.lost(SourcePlace(text.path, (text.path, 1, 1)), "it is no map of variables")
    return given


def _configuration(
    folder: str,
    bodies: Sequence[Body],
    values: Mapping[str, YamlNode],
    pieces: Pieces,
    given: Mapping[str, str],
    region: str | None,
) -> None:
    def constant(node: YamlNode) -> Callable[[], YamlNode]:
        return lambda: node

    known = {name: constant(node) for name, node in values.items()}
    path = Path(folder) if folder else None
    real = path.resolve() if path is not None else None
    project = RootModule(pieces, given, region, Folders(path))
    root = ModuleInstance(project, bodies, known, real)
    for name, node in values.items():
        if name not in root.declared.variables:
            why = "the configuration declares no variable of that name, and Terraform ignores the value"
            pieces.notes.remark(SourcePlace(f"var.{name}", node.spot), why)
    before = pieces.size + len(pieces.notes)
    root.read()
    if pieces.size + len(pieces.notes) == before and not root.declared.named:
        declared = root.variables()
        if isinstance(declared.value, dict) and module.is_table(set(declared.value)):
            _alone(
                ReadContext(pieces, observed=False, region=region),
                declared,
                SourcePlace("variables", declared.spot),
            )


def _variables(world: ReadContext, text: SourceText, node: YamlNode) -> None:
    names = set(node.value) if isinstance(node.value, dict) else set()
    where = SourcePlace("", (text.path, 1, 1) if node.spot[1] else (text.path, 0, 0))
    if module.is_table(names):
        _alone(world, node, where)
        return
    tables = [name for name in names if _holds_tables(node.value[name])]
    for name in tables:
        for key, member in _members(node.value[name]):
            _alone(world, member, SourcePlace(f"{name}.{key}", member.spot))
    rest = sorted(names - set(tables))
    if rest or not tables:
        why = "no variables of a DynamoDB table's module: those have table_name or name, hash_key and attributes"
        world.pieces.notes.lost(SourcePlace(", ".join(rest) or text.path, where.spot), why)


def _alone(world: ReadContext, node: YamlNode, where: SourcePlace) -> None:
    """Read variables without a configuration that declares them; a note says which module is assumed."""
    own = "table_name" in node.value
    meaning = "the keys of a spec" if own else f"the variables of {registry.PUBLIC_TABLE}"
    text = f"no configuration says which module these variables are for; they are taken for {meaning}"
    world.pieces.notes.remark(where, text)
    module.read(world, SourceMap(node, where, world.pieces.notes))


def _holds_tables(node: YamlNode) -> bool:
    """Whether a variable holds the variables of several tables."""
    members = [member for _, member in _members(node)]
    return bool(members) and all(
        isinstance(member.value, dict) and module.is_table(set(member.value)) for member in members
    )


def _members(node: YamlNode) -> list[tuple[str, YamlNode]]:
    if isinstance(node.value, dict):
        return list(node.value.items())
    return (
        [(str(number), member) for number, member in enumerate(node.value)]
        if isinstance(node.value, list)
        else []
    )


def _nothing(path: Reference, scope: NameScope) -> YamlNode:  # noqa: ARG001
    """The `refers` for files of values, in which references are not allowed."""
    written = ".".join(str(step) for step in path)
    return YamlNode(
        Unknown(f"{written} cannot be worked out here: a tfvars file holds plain values"), NOWHERE
    )
