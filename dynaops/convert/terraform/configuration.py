"""A configuration of ``.tf`` files: variables, locals, and which value of which block a reference means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dynaops.convert.arns import stream_arn, table_arn
from dynaops.convert.budget import TOO_LARGE, TooLarge
from dynaops.convert.notes import Where
from dynaops.convert.part import Part, Unknown, unknowns
from dynaops.convert.pieces import Pieces
from dynaops.convert.terraform import documents, module, resources
from dynaops.convert.terraform.evaluate import Path, Scope, evaluated, iterated, known_value, mapped, within
from dynaops.convert.terraform.hcl import Block, Body, Expression
from dynaops.convert.terraform.world import World
from dynaops.engine.yaml_tree import Node

_META = ("provider", "depends_on", "count", "for_each", "provisioner", "connection")
_TABLE_OUTPUTS = {
    "dynamodb_table_arn": "arn",
    "dynamodb_table_stream_arn": "stream_arn",
    "dynamodb_table_id": "id",
}
_DATA = {
    ("aws_caller_identity", "account_id"): "AWS::AccountId",
    ("aws_region", "name"): "AWS::Region",
    ("aws_region", "region"): "AWS::Region",
    ("aws_region", "id"): "AWS::Region",
    ("aws_partition", "partition"): "AWS::Partition",
}
_MODULES = ("dynamodb-table", "dynamodb_table")


class Configuration:
    """All ``.tf`` files of one folder, with the values of their variables."""

    def __init__(
        self,
        bodies: Sequence[Body],
        values: Mapping[str, Node],
        given: Mapping[str, str],
        region: str | None,
        pieces: Pieces,
    ) -> None:
        self._pieces = pieces
        self._values = values
        self._given = given
        self._declared: dict[str, Block] = {}
        self._locals: dict[str, Expression] = {}
        self._named: dict[tuple[str, ...], Block] = {}
        self._providers: dict[str, Body] = {}
        self._known: dict[Path, Node] = {}
        """Locals and defaults that were worked out."""
        self._working_on: list[Path] = []
        """What is being worked out, outermost first."""
        self._loops = 0
        """How often something depended on itself."""
        for body in bodies:
            self._take(body)
        self.scope = Scope(self._refers, pieces.budget)
        self._region = region or self._provider("aws", "region")

    def read(self) -> bool:
        """Take the resources and module calls; whether any was of a table."""
        pieces = self._pieces
        before = len(pieces.tables) + len(pieces.notes)
        others: dict[str, list[Block]] = {}
        for (section, *labels), block in self._named.items():
            if section == "module":
                self._module(labels[0], block)
            elif section == "resource" and labels[0] in resources.READERS:
                self._resource(".".join(labels), block)
            elif section == "resource":
                others.setdefault(labels[0], []).append(block)
        for kind, blocks in sorted(others.items()):
            names = ", ".join(sorted(one.labels[1] for one in blocks))
            pieces.notes.lost(Where(f"{kind} ({names})", blocks[0].spot), resources.ELSEWHERE)
        return len(pieces.tables) + len(pieces.notes) > before

    def variables(self) -> Node:
        """The variables that are declared or given, as a map."""
        names = [*self._declared, *(name for name in self._values if name not in self._declared)]
        found = {name: self._known_variable(name) for name in names}
        spot = next((one.spot for one in self._declared.values()), ("", 0, 0))
        known = {name: node for name, node in found.items() if not isinstance(node.value, Unknown)}
        return Node(known, spot)

    def _take(self, body: Body) -> None:
        for block in body.blocks:
            if block.type == "variable" and block.labels:
                if self._is_first(f"var.{block.labels[0]}", self._declared.get(block.labels[0]), block):
                    self._declared[block.labels[0]] = block
            elif block.type == "locals":
                for name, source in block.body.attributes.items():
                    if self._is_first(f"local.{name}", self._locals.get(name), source):
                        self._locals[name] = source
            elif block.type == "provider" and block.labels:
                alias = block.body.attributes.get("alias")
                name = f"{block.labels[0]}.{alias.written.strip(chr(34))}" if alias else block.labels[0]
                self._providers[name] = block.body
            elif (block.type == "module" and len(block.labels) == 1) or (
                block.type in ("resource", "data") and len(block.labels) == 2
            ):
                key = (block.type, *block.labels)
                if self._is_first(".".join(key).removeprefix("resource."), self._named.get(key), block):
                    self._named[key] = block

    def _is_first(self, what: str, earlier: Block | Expression | None, later: Block | Expression) -> bool:
        """Terraform takes no second declaration of a name; it is told."""
        if earlier is not None:
            first = Where(what, earlier.spot).place
            self._pieces.notes.lost(Where(what, later.spot), f"it is declared twice, first at {first}")
        return earlier is None

    def _provider(self, name: str, attribute: str) -> str | None:
        body = self._providers.get(name)
        source = body.attributes.get(attribute) if body else None
        found = known_value(source, self.scope).value if source else None
        return found if isinstance(found, str) else None

    def _provider_of(self, block: Block) -> str:
        source = block.body.attributes.get("provider")
        return source.written if source else "aws"

    def _instances(self, what: str, block: Block) -> Iterator[tuple[str, Scope]]:
        """The scopes of a block's instances; one that is made too often is told."""
        try:
            yield from self._counted(what, block)
        except TooLarge as error:
            self._pieces.notes.lost(Where(what, block.spot), str(error))

    def _counted(self, what: str, block: Block) -> Iterator[tuple[str, Scope]]:
        """The scopes of a block's instances: ``count`` and ``for_each``. Raises TooLarge."""
        notes, budget = self._pieces.notes, self._pieces.budget
        count, each = block.body.attributes.get("count"), block.body.attributes.get("for_each")
        where = Where(what, block.spot)
        if count is not None:
            number = known_value(count, self.scope).value
            if not isinstance(number, int):
                notes.lost(where, f"how many there are is not known: {_why(number, count)}")
                return
            if number <= 0:
                notes.lost(where, f"its count is {number}")
            budget.instances(number)
            for index in range(number):
                bound = Node({"index": Node(index, count.spot)}, count.spot)
                yield (f"{what}[{index}]" if number > 1 else what), self.scope.with_bound(count=bound)
        elif each is not None:
            pairs = iterated(each, self.scope)
            if isinstance(pairs, Unknown):
                notes.lost(where, f"for what it is made is not known: {pairs.why}")
                return
            budget.instances(len(pairs))
            for key, value in pairs:
                bound = Node({"key": key, "value": value}, value.spot)
                yield f'{what}["{key.value}"]', self.scope.with_bound(each=bound)
        else:
            yield what, self.scope

    def _resource(self, address: str, block: Block) -> None:
        pieces = self._pieces
        provider = self._provider_of(block)
        region = self._region if provider == "aws" else self._provider(provider, "region")
        world = World(pieces, observed=False, region=region)
        for what, scope in self._instances(address, block):
            node = mapped(block.body, scope, _META)
            if block.labels[0] == "aws_dynamodb_table_replica" and "region" not in node.value and region:
                node.value["region"] = Node(region, block.spot)
            self._with_default_tags(node, provider, block)
            part = Part(node, Where(what, block.spot), pieces.notes)
            part.skip(*_META)
            resources.read(world, block.labels[0], part, address)

    def _with_default_tags(self, node: Node, provider: str, block: Block) -> None:
        """The provider's `default_tags`, beneath the resource's own."""
        body = self._providers.get(provider)
        blocks = body.of_type("default_tags") if body else []
        if blocks and block.labels[0] == resources.TABLE:
            found = mapped(blocks[0].body, self.scope).value.get("tags")
            if found is not None and isinstance(found.value, dict):
                own = node.value.get("tags")
                own_tags = own.value if own is not None and isinstance(own.value, dict) else {}
                node.value["tags"] = Node({**found.value, **own_tags}, own.spot if own else found.spot)

    def _module(self, name: str, block: Block) -> None:
        pieces = self._pieces
        source = block.body.attributes.get("source")
        known = known_value(source, self.scope).value if source else ""
        said = known if isinstance(known, str) else ""
        names = set(block.body.attributes)
        if not module.is_table(names) and not any(one in said for one in _MODULES):
            where = Where(f"module.{name}", block.spot)
            pieces.notes.lost(where, f"{said or 'it'} is no module of a DynamoDB table that is known here")
            return
        world = World(pieces, observed=False, region=self._region)
        for what, scope in self._instances(f"module.{name}", block):
            node = mapped(block.body, scope, _META)
            self._with_default_tags(
                node, "aws", Block("resource", (resources.TABLE, name), block.body, block.spot)
            )
            module.read(world, Part(node, Where(what, block.spot), pieces.notes))

    def _refers(self, path: Path, scope: Scope) -> Any:
        """What a reference means; None where nothing is known of it."""
        written = ".".join(str(one) for one in path)
        if written in self._given:
            return self._given[written]
        head, *rest = path
        if head == "var" and rest:
            return within(self._variable(str(rest[0])), tuple(rest[1:]))
        if head == "local" and rest:
            source = self._locals.get(str(rest[0]))
            return within(self._once((head, rest[0]), source), tuple(rest[1:])) if source else None
        if head == "data" and len(rest) >= 3:
            kind, name, attribute = str(rest[0]), str(rest[1]), str(rest[-1])
            return self._guarded(path, lambda: self._data(kind, name, attribute, scope))
        if head == "module" and len(rest) >= 2:
            module_, output = str(rest[0]), str(rest[-1])
            return self._guarded(path, lambda: self._output(module_, output, scope))
        names = [str(one) for one in path if not isinstance(one, int)]
        if len(names) >= 3 and ("resource", names[0], names[1]) in self._named:
            key = (names[0], names[1], names[-1])
            return self._guarded(key, lambda: self._attribute(*key, scope))
        return Unknown(f"{written} is not known: give it with --parameter {written}=VALUE")

    def _guarded(self, key: Path, work: Callable[[], Any]) -> Any:
        """The value that is worked out for `key`; Unknown where that needs the value itself."""
        if key in self._working_on:
            self._loops += 1
            return Unknown("it depends on itself")
        self._working_on.append(key)
        try:
            return work()
        finally:
            self._working_on.pop()

    def _once(self, key: Path, source: Expression) -> Node:
        """The value of a local or of a default, worked out the first time that it is asked for. Raises TooLarge."""
        if key in self._known:
            return self._known[key]
        loops = self._loops
        value = self._guarded(key, lambda: evaluated(source, self.scope))
        node = value if isinstance(value, Node) else Node(value, source.spot)
        large = any(unknown.why.startswith(TOO_LARGE) for unknown in unknowns(node))
        if loops == self._loops and not large:  # else it may be unknown only because of who asks
            self._known[key] = node
        return node

    def _known_variable(self, name: str) -> Node:
        """The value of a variable; over a bound, it is Unknown with the reason."""
        with self._pieces.budget.unit():
            try:
                return self._variable(name)
            except TooLarge as error:
                spot = self._declared[name].spot if name in self._declared else ("", 0, 0)
                return Node(Unknown(str(error)), spot)

    def _variable(self, name: str) -> Node:
        declared = self._declared.get(name)
        spot = declared.spot if declared else ("", 0, 0)
        if name in self._given:
            return Node(self._given[name], spot)
        if name in self._values:
            return self._values[name]
        default = declared.body.attributes.get("default") if declared else None
        if default is not None:
            return self._once(("var", name), default)
        return Node(Unknown(f"var.{name} has no value: give it with --parameter {name}=VALUE"), spot)

    def _data(self, kind: str, name: str, attribute: str, scope: Scope) -> Any:
        block = self._named.get(("data", kind, name))
        if kind == "aws_iam_policy_document" and attribute == "json" and block is not None:
            return documents.policy(mapped(block.body, scope), scope.budget)
        pseudo = _DATA.get((kind, attribute))
        if pseudo == "AWS::Region" and self._region:
            return self._region
        if pseudo == "AWS::Partition":
            return self._given.get(pseudo, "aws")
        return self._given.get(pseudo, f"${{{pseudo}}}") if pseudo else None

    def _output(self, name: str, output: str, scope: Scope) -> Any:
        block = self._named.get(("module", name))
        attribute = _TABLE_OUTPUTS.get(output)
        if block is None or attribute is None:
            return None
        source = block.body.attributes.get("name") or block.body.attributes.get("table_name")
        return _of_table(evaluated(source, scope).value, attribute) if source else None

    def _attribute(self, kind: str, name: str, attribute: str, scope: Scope) -> Any:
        """An attribute of a resource: as its block says, or as it will be known by."""
        block = self._named["resource", kind, name]
        source = block.body.attributes.get(attribute)
        if source is not None:
            return evaluated(source, scope)
        if kind == resources.TABLE and "name" in block.body.attributes:
            return _of_table(evaluated(block.body.attributes["name"], scope).value, attribute)
        if kind == "aws_lambda_function" and attribute in ("arn", "qualified_arn", "id"):
            named = block.body.attributes.get("function_name")
            found = evaluated(named, scope).value if named else None
            return f"function:{found}" if isinstance(found, str) else found
        if kind in resources.READERS and attribute in ("id", "arn"):
            return f"${{id:{kind}.{name}}}"
        written = f"{kind}.{name}.{attribute}"
        return Unknown(f"{written} is known after apply only: give it with --parameter {written}=VALUE")


def _of_table(name: Any, attribute: str) -> Any:
    if not isinstance(name, str):
        return name
    made = {"arn": table_arn(name), "stream_arn": stream_arn(name), "id": name}
    return made.get(attribute)


def _why(value: Any, source: Expression) -> str:
    return value.why if isinstance(value, Unknown) else source.written
