"""From a state file (version 4), and from what ``terraform show -json`` prints of a state or a plan.

Sources: Terraform internals, JSON Output Format; the state's own format is what Terraform 0.12 to 1.x write.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.convert.arns import stream_arn, table_arn
from dynaops.convert.notes import Where
from dynaops.convert.part import Part, Unknown, tree
from dynaops.convert.pieces import Pieces
from dynaops.convert.terraform.resources import ELSEWHERE, READERS, TABLE, read
from dynaops.convert.terraform.world import World, bare
from dynaops.convert.texts import Text
from dynaops.engine.yaml_tree import Node
from dynaops.model.errors import DynaopsError

_BASED: dict[str, str] = {"arn": "table", "stream_arn": "stream", "id": "name", "name": "name"}


def read_state(text: Text, pieces: Pieces, region: str | None) -> None:
    """Take a ``.tfstate``. Raises DynaopsError for a version of it that is not known."""
    state = _only(text)
    if state.get("version") != 4:
        raise DynaopsError(
            f"{text.path} is a Terraform state of version {state.get('version')}, only 4 is known",
            "Terraform 0.12 and later write version 4: run `terraform refresh` with one.",
        )
    _read(list(_of_state(state)), text, World(pieces, observed=True, region=region))


def read_plan(text: Text, pieces: Pieces, region: str | None) -> None:
    """Take the JSON of a state (`values`) or of a plan (`planned_values`)."""
    document = _only(text)
    whole = _map(document.get("planned_values") or document.get("values"))
    planned = "planned_values" in document
    resources = list(_of_module(_map(whole.get("root_module"))))
    if planned:
        configured = _configured(document)
        names = {bare(address): _name(values) for address, kind, values in resources if kind == TABLE}
        resources = [
            (
                address,
                kind,
                _filled(values, configured.get(bare(address), {}), names, _module(address), text.path)
                if kind in READERS
                else values,
            )
            for address, kind, values in resources
        ]
    _read(resources, text, World(pieces, observed=not planned, region=region))


def _only(text: Text) -> dict[str, Any]:
    found = text.json()
    if len(found) != 1 or not isinstance(found[0], dict):
        raise DynaopsError(
            f"{text.path} is not one JSON object", "Convert what Terraform has written as it is."
        )
    return found[0]


def _of_state(state: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for resource in _maps(state.get("resources")):
        if resource.get("mode") != "managed":
            continue
        kind, name, module = (str(resource.get(key, "")) for key in ("type", "name", "module"))
        for instance in _maps(resource.get("instances")):
            key = instance.get("index_key")
            index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
            address = ".".join(part for part in (module, kind, f"{name}{index}") if part)
            yield address, kind, _map(instance.get("attributes"))


def _of_module(module: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for resource in _maps(module.get("resources")):
        if resource.get("mode") == "managed":
            yield str(resource.get("address")), str(resource.get("type")), _map(resource.get("values"))
    for child in _maps(module.get("child_modules")):
        yield from _of_module(child)


def _read(resources: list[tuple[str, str, Any]], text: Text, world: World) -> None:
    others: dict[str, list[str]] = {}
    spot = (text.path, 0, 0)
    for address, kind, values in resources:
        if kind not in READERS:
            others.setdefault(kind, []).append(address)
            continue
        node = values if isinstance(values, Node) else tree(values, text.path)
        read(world, kind, Part(node, Where(address, spot), world.pieces.notes), address)
    for kind, addresses in sorted(others.items()):
        some = ", ".join(addresses[:5]) + (f" and {len(addresses) - 5} more" if len(addresses) > 5 else "")
        world.pieces.notes.lost(Where(f"{kind} ({some})", spot), ELSEWHERE)


def _configured(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The expressions of every resource, by its address without indexes."""
    found: dict[str, dict[str, Any]] = {}

    def walk(module: dict[str, Any], prefix: str) -> None:
        for resource in _maps(module.get("resources")):
            found[f"{prefix}{resource.get('address')}"] = _map(resource.get("expressions"))
        for name, call in _map(module.get("module_calls")).items():
            walk(_map(_map(call).get("module")), f"{prefix}module.{name}.")

    walk(_map(_map(plan.get("configuration")).get("root_module")), "")
    return found


def _filled(
    values: dict[str, Any], expressions: dict[str, Any], names: dict[str, str], module: str, file: str
) -> Node:
    """The planned values, with what is known only after apply referring to what it will be of."""
    node = tree(values, file)
    for name, expression in expressions.items():
        references = _map(expression).get("references")
        if values.get(name) in (None, [], "") and isinstance(references, list) and references:
            node.value[name] = tree(_referred(references, names, module), file)
    return node


def _referred(references: list[Any], names: dict[str, str], module: str) -> Any:
    """What the first reference means: a table's ARN, stream or name, another resource's id."""
    for reference in references:
        parts = str(reference).split(".")
        if len(parts) < 3 or parts[0] in ("var", "local", "data", "each", "module"):
            continue
        address = f"{module}{parts[0]}.{bare(parts[1])}"
        name = names.get(address)
        if name:
            made = {"table": table_arn(name), "stream": stream_arn(name), "name": name}
            return made.get(_BASED.get(parts[2], ""))
        if parts[0].startswith("aws_"):
            return f"${{id:{address}}}" if parts[2] in ("id", "arn") else None
    return Unknown("it is known only after apply") if references else None


def _module(address: str) -> str:
    """``module.a.`` of an address within a module."""
    return "".join(f"{one}." for one in bare(address).split(".")[:-2])


def _name(values: dict[str, Any]) -> str:
    name = values.get("name")
    return name if isinstance(name, str) else ""


def _maps(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
