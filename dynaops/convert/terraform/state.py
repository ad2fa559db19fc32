"""Reads a state file (version 4), and the output of ``terraform show -json`` for a state or a plan.

Sources: Terraform internals, JSON Output Format; the state file's format is that of Terraform 0.12 to 1.x.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap, tree
from dynaops.convert.pieces import Pieces
from dynaops.convert.terraform.context import ReadContext
from dynaops.convert.terraform.plan import TerraformPlan, maps
from dynaops.convert.terraform.resources import ELSEWHERE, READERS, TABLE, read
from dynaops.convert.texts import SourceText
from dynaops.model.errors import DynaopsError
from dynaops.specs.yaml_tree import YamlNode


def read_state(text: SourceText, pieces: Pieces, region: str | None) -> None:
    """Read a ``.tfstate`` file into `pieces`. Raises DynaopsError if its version is not known."""
    state = _only(text)
    if state.get("version") != 4:
        raise DynaopsError(
            f"{text.path} is a Terraform state of version {state.get('version')}, only 4 is known",
            "Terraform 0.12 and later write version 4: run `terraform refresh` with one.",
        )
    _read(list(_of_state(state)), text, ReadContext(pieces, observed=True, region=region))


def read_plan(text: SourceText, pieces: Pieces, region: str | None) -> None:
    """Read the JSON of a state (`values`) or of a plan (`planned_values`) into `pieces`."""
    document = _only(text)
    whole = _map(document.get("planned_values") or document.get("values"))
    planned = "planned_values" in document
    resources: list[tuple[str, str, Any]] = list(_of_module(_map(whole.get("root_module"))))
    if planned:
        names = {address: str(values.get("name")) for address, kind, values in resources if kind == TABLE}
        plan = TerraformPlan(
            document, {address: name for address, name in names.items() if name != "None"}, text.path
        )
        resources = [
            (address, kind, plan.filled(address, values) if kind in READERS else values)
            for address, kind, values in resources
        ]
    _read(resources, text, ReadContext(pieces, observed=not planned, region=region))


def _only(text: SourceText) -> dict[str, Any]:
    documents = text.json()
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise DynaopsError(
            f"{text.path} is not one JSON object", "Convert what Terraform has written as it is."
        )
    return documents[0]


def _of_state(state: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for resource in maps(state.get("resources")):
        if resource.get("mode") != "managed":
            continue
        kind, name, module = (str(resource.get(key, "")) for key in ("type", "name", "module"))
        for instance in maps(resource.get("instances")):
            key = instance.get("index_key")
            index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
            address = ".".join(part for part in (module, kind, f"{name}{index}") if part)
            yield address, kind, _map(instance.get("attributes"))


def _of_module(module: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for resource in maps(module.get("resources")):
        if resource.get("mode") == "managed":
            yield str(resource.get("address")), str(resource.get("type")), _map(resource.get("values"))
    for child in maps(module.get("child_modules")):
        yield from _of_module(child)


def _read(resources: list[tuple[str, str, Any]], text: SourceText, world: ReadContext) -> None:
    others: dict[str, list[str]] = {}
    spot = (text.path, 0, 0)
    for address, kind, values in resources:
        if kind not in READERS:
            others.setdefault(kind, []).append(address)
            continue
        node = values if isinstance(values, YamlNode) else tree(values, text.path)
        read(world, kind, SourceMap(node, SourcePlace(address, spot), world.pieces.notes), address)
    for kind, addresses in sorted(others.items()):
        examples = ", ".join(addresses[:5]) + (
            f" and {len(addresses) - 5} more" if len(addresses) > 5 else ""
        )
        where = SourcePlace(f"{kind} ({examples})", spot)
        world.pieces.ledger.outside(where)
        world.pieces.notes.lost(where, ELSEWHERE)


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
