"""A configuration of ``.tf`` files: variables, locals, and which value of which block a reference means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dynaops.convert.arns import stream_arn, table_arn
from dynaops.convert.notes import Where
from dynaops.convert.part import Part, Unknown
from dynaops.convert.pieces import Pieces
from dynaops.convert.terraform import documents, module, resources
from dynaops.convert.terraform.evaluate import Path, Scope, evaluated, iterated, mapped, within
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
        self, bodies: Sequence[Body], values: Mapping[str, Node], given: Mapping[str, str], region: str | None
    ) -> None:
        self._values = values
        self._given = given
        self._declared: dict[str, Block] = {}
        self._locals: dict[str, Expression] = {}
        self._named: dict[tuple[str, ...], Block] = {}
        self._providers: dict[str, Body] = {}
        for body in bodies:
            self._take(body)
        self.scope = Scope(self._refers)
        self._region = region or self._provider("aws", "region")

    def read(self, pieces: Pieces) -> bool:
        """Take the resources and module calls; whether any was of a table."""
        before = len(pieces.tables) + len(pieces.notes.found)
        others: dict[str, list[Block]] = {}
        for (section, *labels), block in self._named.items():
            if section == "module":
                self._module(labels[0], block, pieces)
            elif section == "resource" and labels[0] in resources.READERS:
                self._resource(".".join(labels), block, pieces)
            elif section == "resource":
                others.setdefault(labels[0], []).append(block)
        for kind, blocks in sorted(others.items()):
            names = ", ".join(sorted(one.labels[1] for one in blocks))
            pieces.notes.lost(Where(f"{kind} ({names})", blocks[0].spot), resources.ELSEWHERE)
        return len(pieces.tables) + len(pieces.notes.found) > before

    def variables(self) -> Node:
        """The variables that are declared or given, as a map."""
        names = [*self._declared, *(name for name in self._values if name not in self._declared)]
        found = {name: self._variable(name) for name in names}
        spot = next((one.spot for one in self._declared.values()), ("", 0, 0))
        known = {name: node for name, node in found.items() if not isinstance(node.value, Unknown)}
        return Node(known, spot)

    def _take(self, body: Body) -> None:
        for block in body.blocks:
            if block.type == "variable" and block.labels:
                self._declared[block.labels[0]] = block
            elif block.type == "locals":
                self._locals.update(block.body.attributes)
            elif block.type == "provider" and block.labels:
                alias = block.body.attributes.get("alias")
                name = f"{block.labels[0]}.{alias.written.strip(chr(34))}" if alias else block.labels[0]
                self._providers[name] = block.body
            elif (block.type == "module" and len(block.labels) == 1) or (
                block.type in ("resource", "data") and len(block.labels) == 2
            ):
                self._named[(block.type, *block.labels)] = block

    def _provider(self, name: str, attribute: str) -> str | None:
        body = self._providers.get(name)
        source = body.attributes.get(attribute) if body else None
        found = evaluated(source, self.scope).value if source else None
        return found if isinstance(found, str) else None

    def _provider_of(self, block: Block) -> str:
        source = block.body.attributes.get("provider")
        return source.written if source else "aws"

    def _instances(self, what: str, block: Block, pieces: Pieces) -> Iterator[tuple[str, Scope]]:
        """The scopes of a block's instances: ``count`` and ``for_each``."""
        count, each = block.body.attributes.get("count"), block.body.attributes.get("for_each")
        where = Where(what, block.spot)
        if count is not None:
            number = evaluated(count, self.scope).value
            if not isinstance(number, int):
                pieces.notes.lost(where, f"how many there are is not known: {_why(number, count)}")
                return
            if number == 0:
                pieces.notes.lost(where, "its count is 0")
            for index in range(number):
                bound = Node({"index": Node(index, count.spot)}, count.spot)
                yield (f"{what}[{index}]" if number > 1 else what), self.scope.with_bound(count=bound)
        elif each is not None:
            pairs = iterated(each, self.scope)
            if isinstance(pairs, Unknown):
                pieces.notes.lost(where, f"for what it is made is not known: {pairs.why}")
                return
            for key, value in pairs:
                bound = Node({"key": key, "value": value}, value.spot)
                yield f'{what}["{key.value}"]', self.scope.with_bound(each=bound)
        else:
            yield what, self.scope

    def _resource(self, address: str, block: Block, pieces: Pieces) -> None:
        provider = self._provider_of(block)
        region = self._region if provider == "aws" else self._provider(provider, "region")
        world = World(pieces, observed=False, region=region)
        for what, scope in self._instances(address, block, pieces):
            node = mapped(block.body, scope)
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

    def _module(self, name: str, block: Block, pieces: Pieces) -> None:
        source = block.body.attributes.get("source")
        said = str(evaluated(source, self.scope).value) if source else ""
        names = set(block.body.attributes)
        if not module.is_table(names) and not any(one in said for one in _MODULES):
            where = Where(f"module.{name}", block.spot)
            pieces.notes.lost(where, f"{said or 'it'} is no module of a DynamoDB table that is known here")
            return
        world = World(pieces, observed=False, region=self._region)
        for what, scope in self._instances(f"module.{name}", block, pieces):
            node = mapped(block.body, scope)
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
            return within(evaluated(source, scope), tuple(rest[1:])) if source else None
        if head == "data" and len(rest) >= 3:
            return self._data(str(rest[0]), str(rest[1]), str(rest[-1]), scope)
        if head == "module" and len(rest) >= 2:
            return self._output(str(rest[0]), str(rest[-1]), scope)
        names = [one for one in path if not isinstance(one, int)]
        if len(names) >= 3 and ("resource", str(names[0]), str(names[1])) in self._named:
            return self._attribute(str(names[0]), str(names[1]), str(names[-1]), scope)
        return Unknown(f"{written} is not known: give it with --parameter {written}=VALUE")

    def _variable(self, name: str) -> Node:
        declared = self._declared.get(name)
        spot = declared.spot if declared else ("", 0, 0)
        if name in self._given:
            return Node(self._given[name], spot)
        if name in self._values:
            return self._values[name]
        default = declared.body.attributes.get("default") if declared else None
        if default is not None:
            return evaluated(default, self.scope)
        return Node(Unknown(f"var.{name} has no value: give it with --parameter {name}=VALUE"), spot)

    def _data(self, kind: str, name: str, attribute: str, scope: Scope) -> Any:
        block = self._named.get(("data", kind, name))
        if kind == "aws_iam_policy_document" and attribute == "json" and block is not None:
            return documents.policy(mapped(block.body, scope))
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
