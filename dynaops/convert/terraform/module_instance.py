"""One instance of a module: reads its resources and module calls into pieces. The root module is an instance too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from dynaops.convert.notes import SourcePlace
from dynaops.convert.part import SourceMap, Unknown
from dynaops.convert.terraform import attributes, module, registry, resources
from dynaops.convert.terraform.blocks import mapped
from dynaops.convert.terraform.context import ReadContext
from dynaops.convert.terraform.declarations import declarations
from dynaops.convert.terraform.evaluate import NameScope, evaluated, known_value
from dynaops.convert.terraform.folders import NotRead
from dynaops.convert.terraform.hcl import Body, HclBlock
from dynaops.convert.terraform.references import Instance, Provider, References, RootModule
from dynaops.convert.terraform.trees import trees
from dynaops.convert.terraform.values import NOWHERE
from dynaops.specs.yaml_tree import YamlNode

META = ("provider", "depends_on", "count", "for_each", "provisioner", "connection")
_CALL = ("source", "version", "providers", "depends_on", "count", "for_each")
_MAX_DEPTH = 20
"""The deepest nesting of modules."""
_STEPS = 50
"""The steps of the budget that one instance of a module uses."""


class ModuleInstance:
    """A module's blocks with the values of its variables. `path`: its address as ``module.a.``, or empty."""

    def __init__(
        self,
        project: RootModule,
        bodies: Sequence[Body],
        values: Mapping[str, Callable[[], YamlNode]],
        folder: Path | None,
        path: str = "",
        shown: str = ".",
        providers: Mapping[str, Provider] | None = None,
        callers: tuple[Path, ...] = (),
    ) -> None:
        self._project = project
        self._pieces = project.pieces
        self._path = path
        self.folder = folder
        self.shown = shown
        """The folder as ``path.module`` returns it."""
        self._callers = (*callers, folder) if folder is not None else callers
        self.declared = declarations(bodies, self._pieces.notes)
        self._references = References(project, self.declared, values, path, self)
        self.scope = self._references.scope
        own = {name: Provider(body, self.scope) for name, body in self.declared.providers.items()}
        self._providers = {**(providers or {}), **own}
        self._children: dict[str, Mapping[str, ModuleInstance] | str] = {}

    def read(self) -> None:
        """Read the resources and module calls."""
        others: dict[str, list[HclBlock]] = {}
        for key, block in self.declared.named.items():
            if key[0] == "module":
                self._call(key, block)
            elif key[0] == "resource" and key[1] in resources.READERS:
                self._resource(key, block)
            elif key[0] == "resource":
                others.setdefault(key[1], []).append(block)
        for kind, blocks in sorted(others.items()):
            names = ", ".join(sorted(f"{self._path}{kind}.{block.labels[1]}" for block in blocks))
            where = SourcePlace(
                f"{kind} ({names.replace(f'{kind}.', '') if not self._path else names})", blocks[0].spot
            )
            self._pieces.ledger.outside(where)
            self._pieces.notes.lost(where, resources.ELSEWHERE)

    def variables(self) -> YamlNode:
        """The values of the declared variables, as far as they are known."""
        values = {name: self._references.variable(name) for name in self.declared.variables}
        spot = next((node.spot for node in self.declared.variables.values()), NOWHERE)
        return YamlNode(
            {name: node for name, node in values.items() if not isinstance(node.value, Unknown)}, spot
        )

    def reads(self, path: str) -> str | None:
        """The text of a file that ``file`` or ``templatefile`` names, relative to the root module's folder."""
        root = self._callers[0] if self._callers else None
        return self._project.folders.text(root / path) if root is not None else None

    def region_of(self, block: HclBlock | None) -> str | None:
        """The region of a block's provider, else the given region."""
        provider = self._providers.get(_provider_name(block))
        source = provider.body.attributes.get("region") if provider else None
        if provider is None or source is None:
            return self._project.region
        node = known_value(source, provider.scope)
        if node.value is None:
            return self._project.region
        if isinstance(node.value, str) and "${" not in node.value:
            return node.value
        why = node.value.why if isinstance(node.value, Unknown) else "it is not known"
        self._pieces.notes.lost(SourcePlace(f"provider.{_provider_name(block)}.region", source.spot), why)
        return None

    def output(self, name: str, index: str, output: str) -> YamlNode | None:
        """An output of an instance of a module call; None if it is not known."""
        block = self.declared.named["module", name]
        source = self._source(block)
        scopes = self._references.instances(("module", name))
        scope = (
            next((scope for at, scope in scopes if at == index), None)
            if not isinstance(scopes, Unknown)
            else None
        )
        if registry.is_public_table(source):
            named, attribute = block.body.attributes.get("name"), registry.OUTPUTS.get(output)
            if named is None or attribute is None or scope is None:
                return None
            return attributes.of_table(evaluated(named, scope), attribute)
        children = self._children_of(name, block)
        child = children.get(index) if not isinstance(children, str) else None
        expression = child.declared.outputs.get(output) if child is not None else None
        value = expression.body.attributes.get("value") if expression is not None else None
        return evaluated(value, child.scope) if value is not None and child is not None else None

    def _resource(self, key: tuple[str, ...], block: HclBlock) -> None:
        address = f"{self._path}{key[1]}.{key[2]}"
        region = self.region_of(block)
        world = ReadContext(self._pieces, observed=False, region=region)
        instances = self._noted_instances(key, block, address)
        for index, scope in instances:
            node = mapped(block.body, scope, META)
            where = SourcePlace(
                address if len(instances) == 1 and index == "[0]" else f"{address}{index}", block.spot
            )
            if key[1] == "aws_dynamodb_table_replica" and "region" not in node.value and region:
                node.value["region"] = YamlNode(region, block.spot)
            self._with_default_tags(node, block, key[1], where)
            resources.read(world, key[1], SourceMap(node, where, self._pieces.notes), f"{address}{index}")

    def _noted_instances(self, key: tuple[str, ...], block: HclBlock, address: str) -> Sequence[Instance]:
        """The instances of a block. If there are none, or their number is not known, that is noted."""
        instances = self._references.instances(key)
        where = SourcePlace(address, block.spot)
        meta = block.body.attributes
        if isinstance(instances, Unknown):
            unknown = "how many there are" if "count" in meta else "for what it is made"
            self._absent(where, f"{unknown} is not known: {instances.why}")
            return []
        if not instances:
            number = known_value(meta["count"], self.scope).value if "count" in meta else None
            self._absent(where, f"its count is {number}" if "count" in meta else "its for_each is empty")
        return instances

    def _absent(self, where: SourcePlace, why: str) -> None:
        self._pieces.ledger.found(where)
        self._pieces.notes.lost(where, why)

    def _with_default_tags(self, node: YamlNode, block: HclBlock, kind: str, where: SourcePlace) -> None:
        """Add the provider's `default_tags` to a table's tags, which take precedence."""
        provider = self._providers.get(_provider_name(block))
        blocks = provider.body.of_type("default_tags") if provider else []
        if not blocks or provider is None or kind != resources.TABLE:
            return
        default_tags = mapped(blocks[0].body, provider.scope).value.get("tags")
        own = node.value.get("tags")
        own_tags = own.value if own is not None and own.value is not None else {}
        if default_tags is None or default_tags.value is None:
            return
        if not isinstance(default_tags.value, dict) or not isinstance(own_tags, dict):
            unknown = default_tags.value if isinstance(default_tags.value, Unknown) else own_tags
            why = unknown.why if isinstance(unknown, Unknown) else "they are no map"
            self._pieces.notes.lost(where.below("default_tags", blocks[0].spot), why)
            return
        node.value["tags"] = YamlNode(
            {**default_tags.value, **own_tags}, own.spot if own else default_tags.spot
        )

    def _source(self, block: HclBlock) -> str:
        """The source of a module call, which Terraform accepts only as a plain string."""
        source = block.body.attributes.get("source")
        known = known_value(source, self.scope).value if source else ""
        return known if isinstance(known, str) else ""

    def _call(self, key: tuple[str, ...], block: HclBlock) -> None:
        address = f"{self._path}module.{key[1]}"
        where, source = SourcePlace(address, block.spot), self._source(block)
        if registry.is_public_table(source):
            self._public_table(key, block, address)
        elif registry.is_local(source):
            instances = self._noted_instances(key, block, address)
            children = self._children_of(key[1], block) if instances else {}
            if isinstance(children, str):
                self._absent(where, children)
            else:
                for index, _ in instances:
                    children[index].read()
        else:
            why = (
                f"{source or 'it'} is no module whose variables are known here: dynaops reads local modules and "
                f"{registry.PUBLIC_TABLE}; convert the state, or a plan's JSON"
            )
            self._absent(where, why)

    def _public_table(self, key: tuple[str, ...], block: HclBlock, address: str) -> None:
        version = block.body.attributes.get("version")
        constraint = known_value(version, self.scope).value if version is not None else None
        why = registry.why_not_known(
            self._source(block),
            constraint if isinstance(constraint, str) else None,
            block.body.attributes.keys(),
        )
        if why is not None:
            self._absent(SourcePlace(address, block.spot), why)
            return
        world = ReadContext(self._pieces, observed=False, region=self.region_of(None))
        instances = self._noted_instances(key, block, address)
        for index, scope in instances:
            node = mapped(block.body, scope, (*META, *_CALL))
            where = SourcePlace(
                address if len(instances) == 1 and index == "[0]" else f"{address}{index}", block.spot
            )
            self._with_default_tags(
                node, HclBlock("resource", (), Body(block.spot), block.spot), resources.TABLE, where
            )
            self._pieces.ledger.found(where)
            module.read(world, SourceMap(node, where, self._pieces.notes))

    def _children_of(self, name: str, block: HclBlock) -> Mapping[str, ModuleInstance] | str:
        """The instances of a local module by their index, or the reason why it is not read."""
        if name not in self._children:
            self._children[name] = self._made_children(name, block)
        return self._children[name]

    def _made_children(self, name: str, block: HclBlock) -> Mapping[str, ModuleInstance] | str:
        source = self._source(block)
        if not registry.is_local(source):
            return "it is no local module"
        if self.folder is None:
            return f"{source} is beside a file that was read from standard input"
        if len(self._callers) > _MAX_DEPTH:
            return "modules are within one another more than 20 deep"
        try:
            folder, bodies = self._project.folders.module(self.folder / source)
        except NotRead as error:
            return str(error)
        if folder in self._callers:
            return f"its source {source} is a module that calls it"
        made = self._references.instances(("module", name))
        if isinstance(made, Unknown):
            return made.why
        self._pieces.budget.step(_STEPS * len(made))
        shown = f"{self.shown}/{source}" if self._path else source.removeprefix("./")
        return {
            index: ModuleInstance(
                self._project,
                bodies,
                self._arguments(block, scope),
                folder,
                f"{self._path}module.{name}{index}.",
                shown,
                self._passed(block),
                self._callers,
            )
            for index, scope in made
        }

    def _arguments(self, block: HclBlock, scope: NameScope) -> Mapping[str, Callable[[], YamlNode]]:
        return {
            name: partial(evaluated, source, scope)
            for name, source in block.body.attributes.items()
            if name not in _CALL
        }

    def _passed(self, block: HclBlock) -> Mapping[str, Provider]:
        """The providers of a module call: those in its `providers`, else those without an alias."""
        source = block.body.attributes.get("providers")
        if source is None:
            return {name: provider for name, provider in self._providers.items() if "." not in name}
        tree = source.tree
        while tree.data == "expr_term":
            tree = trees(tree)[0]
        passed = {}
        for element in trees(tree) if tree.data == "object" else ():
            inner, outer = (source.below(provider).whole.strip() for provider in trees(element))
            if outer in self._providers:
                passed[inner] = self._providers[outer]
        return passed


def _provider_name(block: HclBlock | None) -> str:
    source = block.body.attributes.get("provider") if block is not None else None
    return source.whole.strip() if source is not None else "aws"
