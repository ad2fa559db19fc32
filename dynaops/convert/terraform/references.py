"""Resolves references within one instance of a module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynaops.convert.budget import TOO_LARGE, TooLarge
from dynaops.convert.part import Unknown, unknowns
from dynaops.convert.pieces import Pieces
from dynaops.convert.terraform import attributes
from dynaops.convert.terraform.blocks import instances
from dynaops.convert.terraform.declarations import Declarations
from dynaops.convert.terraform.evaluate import NameScope, Path, evaluated, known_value
from dynaops.convert.terraform.folders import Folders
from dynaops.convert.terraform.hcl import Body, expression
from dynaops.convert.terraform.types import Type, converted, type_of
from dynaops.convert.terraform.values import NOWHERE, Whole, failure_in, within
from dynaops.specs.yaml_tree import YamlNode

if TYPE_CHECKING:
    from dynaops.convert.terraform.module_instance import ModuleInstance

Instance = tuple[str, NameScope]
"""An index (``["key"]``, ``[0]`` or empty), and the scope with that instance's ``each`` and ``count``."""


@dataclass
class RootModule:
    """The state that all modules of one root module share."""

    pieces: Pieces
    given: Mapping[str, str]
    region: str | None
    folders: Folders
    loops: int = 0
    """The number of values so far that depended on themselves."""
    working_on: list[tuple[object, ...]] = field(default_factory=list)
    """Keys of the values that are being evaluated, outermost first."""


@dataclass(frozen=True)
class Provider:
    """A provider block, with the scope of its module."""

    body: Body
    scope: NameScope


class References:
    """Resolves references of one module instance. `values`: the caller's values of variables."""

    def __init__(
        self,
        project: RootModule,
        declared: Declarations,
        values: Mapping[str, Callable[[], YamlNode]],
        path: str,
        module: ModuleInstance,
    ) -> None:
        self._project = project
        self._declared = declared
        self._values = values
        self._path = path
        self._module = module
        self._known: dict[Path, YamlNode] = {}
        """Values of the locals and variables that are evaluated already."""
        self._instances: dict[tuple[str, ...], Sequence[Instance] | Unknown] = {}
        self.scope = NameScope(self.refers, project.pieces.budget, reads=module.reads)

    def refers(self, path: Path, scope: NameScope) -> YamlNode:
        """The value of a reference."""
        written = ".".join(str(step) for step in path)
        given = self._project.given
        for name in (f"{self._path}{written}", written):
            if name in given and (not self._path or path[0] != "var"):
                return YamlNode(given[name], NOWHERE)
        head, *rest = path
        if head == "var" and rest:
            return within(self.variable(str(rest[0])), tuple(rest[1:]))
        if head == "local" and rest and str(rest[0]) in self._declared.locals:
            source = self._declared.locals[str(rest[0])]
            node = self._once(("local", str(rest[0])), lambda: evaluated(source, self.scope))
            return within(node, tuple(rest[1:]))
        if head == "path" and rest and self._module.folder is not None:
            folder = {"module": self._module.shown, "root": "."}.get(str(rest[0]))
            if folder is not None:
                return YamlNode(folder, NOWHERE)
        key = self._key(path)
        if key is not None:
            whole = self.whole(key)
            return within(whole, path[len(key) - (key[0] == "resource") :])
        return YamlNode(Unknown(f"{written} is not known: give it with --parameter {written}=VALUE"), NOWHERE)

    def _key(self, path: Path) -> tuple[str, ...] | None:
        """The address of the referenced block; data sources with the same values everywhere need no block."""
        names = tuple(str(step) for step in path)
        if names[0] == "module" and len(names) > 1 and names[:2] in self._declared.named:
            return names[:2]
        if names[0] == "data" and len(names) > 2:
            known = names[:3] in self._declared.named or attributes.is_everywhere(names[1])
            return names[:3] if known else None
        key = ("resource", *names[:2])
        return key if key in self._declared.named else None

    def whole(self, key: tuple[str, ...]) -> YamlNode:
        """The value of a resource, data source or module call: an object, or the list or map of its instances."""
        block = self._declared.named.get(key)
        if block is None or not {"count", "for_each"} & set(block.body.attributes):
            return self._instance(key, "", self.scope)
        made = self.instances(key)
        if isinstance(made, Unknown):
            return YamlNode(made, block.spot)
        members = [(index, self._instance(key, index, scope)) for index, scope in made]
        if "count" in block.body.attributes:
            return YamlNode([node for _, node in members], block.spot)
        return YamlNode({index[2:-2]: node for index, node in members}, block.spot)

    def _instance(self, key: tuple[str, ...], index: str, scope: NameScope) -> YamlNode:
        address = ".".join(key).removeprefix("resource.") + index

        def attribute(name: str) -> YamlNode:
            written = f"{address}.{name}"
            if written in self._project.given:
                return YamlNode(self._project.given[written], NOWHERE)
            return self._guarded((*key, index, name), lambda: self._attribute(key, index, name, scope))

        whole = Whole(f"{address} as a whole is known after apply only", attribute=attribute)
        return YamlNode(whole, NOWHERE)

    def _attribute(self, key: tuple[str, ...], index: str, name: str, scope: NameScope) -> YamlNode:
        block = self._declared.named.get(key)
        if key[0] == "module":
            node = self._module.output(key[1], index, name)
        elif key[0] == "data":
            region = self._module.region_of(block)
            node = attributes.of_data(key[1], name, block, scope, region, self._project.given)
        else:
            assert block is not None, "it is declared"
            node = attributes.of_resource(block, name, f"{self._path}{key[1]}.{key[2]}{index}", scope)
        if node is not None:
            return _settled(node)
        written = f"{'.'.join(key).removeprefix('resource.')}{index}.{name}"
        return YamlNode(Unknown(f"{written} is not known: give it with --parameter {written}=VALUE"), NOWHERE)

    def instances(self, key: tuple[str, ...]) -> Sequence[Instance] | Unknown:
        """The instances of a block with ``count`` or ``for_each``."""
        if key not in self._instances:
            loops = self._project.loops
            try:
                instances = self._guarded_instances(key)
            except TooLarge as error:
                instances = Unknown(str(error))
            if loops != self._project.loops:
                return instances
            self._instances[key] = instances
        return self._instances[key]

    def _guarded_instances(self, key: tuple[str, ...]) -> Sequence[Instance] | Unknown:
        mark = (id(self), *key, "instances")
        if mark in self._project.working_on:
            self._project.loops += 1
            return Unknown("it depends on itself")
        self._project.working_on.append(mark)
        try:
            return self._made(self._declared.named[key].body)
        finally:
            self._project.working_on.pop()

    def _made(self, body: Body) -> Sequence[Instance] | Unknown:
        """The instances of a body. Raises TooLarge."""
        budget = self._project.pieces.budget
        count, each = body.attributes.get("count"), body.attributes.get("for_each")
        if count is not None:
            number = known_value(count, self.scope).value
            if isinstance(number, str) and number.isdecimal() and len(number) < 10:
                number = int(number)
            if isinstance(number, Unknown):
                return number
            if not isinstance(number, int) or isinstance(number, bool):
                return Unknown(count.written)
            budget.instances(number)
            bound = [YamlNode({"index": YamlNode(index, count.spot)}, count.spot) for index in range(number)]
            return [(f"[{index}]", self.scope.with_bound(count=scope)) for index, scope in enumerate(bound)]
        if each is not None:
            made = instances(each, self.scope)
            if isinstance(made, Unknown):
                return made
            budget.instances(len(made))
            return [
                (
                    f'["{key.value}"]',
                    self.scope.with_bound(each=YamlNode({"key": key, "value": value}, value.spot)),
                )
                for key, value in made
            ]
        return [("", self.scope)]

    def variable(self, name: str) -> YamlNode:
        """The value of a variable, converted to its type. Raises TooLarge."""
        return self._once(("var", name), lambda: self._variable(name))

    def _variable(self, name: str) -> YamlNode:
        declared = self._declared.variables.get(name)
        spot = declared.spot if declared else NOWHERE
        body = declared.body.attributes if declared else {}
        kind = type_of(body["type"]) if "type" in body else None
        if "type" in body and kind is None:
            return YamlNode(Unknown(f"the type of var.{name} is not known here"), spot)
        given = self._given(name, kind, spot)
        nullable = "nullable" not in body or body["nullable"].whole.strip() != "false"
        if (given is None or (given.value is None and not nullable)) and "default" in body:
            given = evaluated(body["default"], self.scope)
        if given is None:
            return YamlNode(Unknown(f"var.{name} has no value: give it with --parameter {name}=VALUE"), spot)
        return converted(given, kind, lambda source: evaluated(source, self.scope)) if kind else given

    def _given(self, name: str, kind: Type | None, spot: tuple[str, int, int]) -> YamlNode | None:
        """The value that is given for a variable: on the command line (for the root module), or by the caller."""
        if not self._path and name in self._project.given:
            text = self._project.given[name]
            if kind is None or kind.name in ("string", "number", "bool", "any"):
                return YamlNode(text, spot)
            parsed = expression(text, f"--parameter {name}")
            return (
                evaluated(parsed, self.scope)
                if parsed
                else YamlNode(Unknown(f"--parameter {name} is no value"), spot)
            )
        made = self._values.get(name)
        return made() if made is not None else None

    def _guarded(self, key: Path, work: Callable[[], YamlNode]) -> YamlNode:
        """The evaluated value of `key`; Unknown if it depends on itself."""
        mark = (id(self), *key)
        if mark in self._project.working_on:
            self._project.loops += 1
            return YamlNode(Unknown("it depends on itself"), NOWHERE)
        self._project.working_on.append(mark)
        try:
            return work()
        finally:
            self._project.working_on.pop()

    def _once(self, key: Path, work: Callable[[], YamlNode]) -> YamlNode:
        """The value of a local or variable, evaluated only the first time. Raises TooLarge."""
        if key in self._known:
            return self._known[key]
        loops = self._project.loops
        node = _settled(self._guarded(key, work))
        large = any(unknown.why.startswith(TOO_LARGE) for unknown in unknowns(node))
        if (
            loops == self._project.loops and not large
        ):  # else it may be unknown only because it was asked for within itself
            self._known[key] = node
        return node


def _settled(node: YamlNode) -> YamlNode:
    """The value, with errors as Unknown: ``try`` does not catch an error within another block's value."""
    failure = failure_in(node)
    return YamlNode(Unknown(failure.why), node.spot) if failure is not None else node
