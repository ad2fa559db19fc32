"""Random templates of random intrinsic functions, held against an evaluator of this test's own.

The evaluator knows every parameter, as CloudFormation does when it deploys; the conversion knows half of them. What the
conversion says must be what is deployed, or be listed; and where no unknown parameter is asked for, nothing is listed.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynaops.convert.formats import Options
from dynaops.convert.run import convert

REGION = "eu-west-1"
KNOWN = {"Stage": "prod", "Size": "3", "Word": "alpha"}
UNKNOWN = {"Secret": "hidden", "Depth": "9"}
LISTS = {"Zones": ["north", "south", "east"]}
MAPPING = {"prod": {"read": "7", "name": "p"}, "dev": {"read": "2", "name": "d"}}
NO_VALUE = {"Ref": "AWS::NoValue"}


class Gone(Exception):
    """The value is AWS::NoValue."""


class Deployed:
    """What CloudFormation makes of a template's values. `asked`: the unknown parameters that it has looked at."""

    def __init__(self, conditions: dict[str, Any]) -> None:
        self.conditions = conditions

    def value(self, source: Any) -> Any:
        if isinstance(source, list):
            found = []
            for one in source:
                try:
                    found.append(self.value(one))
                except Gone:
                    continue
            return found
        if not isinstance(source, dict):
            return source
        if len(source) == 1:
            ((name, argument),) = source.items()
            if name in FUNCTIONS:
                return FUNCTIONS[name](self, argument)
        found_map = {}
        for key, one in source.items():
            try:
                found_map[key] = self.value(one)
            except Gone:
                continue
        return found_map

    def named(self, name: str) -> Any:
        if name == "AWS::NoValue":
            raise Gone
        return {**KNOWN, **UNKNOWN, **LISTS, "AWS::Region": REGION, "AWS::Partition": "aws"}[name]

    def sub(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        values = {name: self.value(one) for name, one in own.items()}

        def filled(found: re.Match[str]) -> str:
            name = found.group(1)
            return f"${{{name[1:]}}}" if name[0] == "!" else str(values.get(name) or self.named(name))

        return re.sub(r"\$\{([^}]+)\}", filled, text)

    def find(self, argument: list[Any]) -> Any:
        first, second = self.value(argument[1]), self.value(argument[2])
        found = MAPPING.get(first, {}).get(second)
        return self.value(argument[3]["DefaultValue"]) if found is None else found


FUNCTIONS: dict[str, Callable[[Deployed, Any], Any]] = {
    "Ref": lambda it, a: it.named(a),
    "Condition": lambda it, a: it.value(it.conditions[a]),
    "Fn::Sub": lambda it, a: it.sub(a),
    "Fn::Join": lambda it, a: a[0].join(it.value(a[1])),
    "Fn::Split": lambda it, a: it.value(a[1]).split(a[0]),
    "Fn::Select": lambda it, a: it.value(a[1])[int(it.value(a[0]))],
    "Fn::FindInMap": lambda it, a: it.find(a),
    "Fn::If": lambda it, a: it.value(a[1] if it.value(it.conditions[a[0]]) else a[2]),
    "Fn::Equals": lambda it, a: it.value(a[0]) == it.value(a[1]),
    "Fn::And": lambda it, a: all(it.value(one) for one in a),
    "Fn::Or": lambda it, a: any(it.value(one) for one in a),
    "Fn::Not": lambda it, a: not it.value(a[0]),
    "Fn::Length": lambda it, a: len(it.value(a)),
}


class Writer:
    """Writes random values. `parameters`: those that it may name."""

    def __init__(self, random_: random.Random, parameters: list[str]) -> None:
        self.random = random_
        self.parameters = parameters
        self.conditions: dict[str, Any] = {}

    def text(self, depth: int = 0) -> Any:
        kinds = ["literal", "ref"] if depth > 3 else list(_TEXTS)
        return _TEXTS[self.random.choice(kinds)](self, depth + 1)

    def condition(self, depth: int = 0) -> Any:
        kind = (
            "Fn::Equals" if depth > 2 else self.random.choice(["Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not"])
        )
        if kind == "Fn::Equals":
            other = self.random.choice([self.text(4), *KNOWN.values(), *UNKNOWN.values()])
            return {kind: [self.text(4), other]}
        count = 1 if kind == "Fn::Not" else self.random.randint(2, 3)
        return {kind: [self.condition(depth + 1) for _ in range(count)]}

    def named_condition(self) -> str:
        name = f"C{len(self.conditions)}"
        self.conditions[name] = self.condition()
        return name

    def number(self) -> Any:
        """A number of which CloudFormation makes capacity."""
        if self.random.random() < 0.3:
            return {"Fn::If": [self.named_condition(), self.number(), self.number()]}
        numbers = [5, "6", {"Ref": "Size"}, {"Fn::Length": {"Ref": "Zones"}}]
        numbers.append({"Fn::FindInMap": ["M", self.text(4), "read", {"DefaultValue": 4}]})
        return self.random.choice([*numbers, *({"Ref": one} for one in self.parameters if one == "Depth")])

    def flag(self) -> Any:
        plain = self.random.choice([True, False, "true", "false"])
        if self.random.random() < 0.5:
            return {"Fn::If": [self.named_condition(), plain, self.random.choice([True, False, NO_VALUE])]}
        return plain


def _texts(writer: Writer, depth: int) -> list[Any]:
    return [writer.text(depth) for _ in range(writer.random.randint(1, 3))]


_TEXTS: dict[str, Callable[[Writer, int], Any]] = {
    "literal": lambda it, _: it.random.choice(["a", "b-c", "prod", "dev", "alpha"]),
    "ref": lambda it, _: {"Ref": it.random.choice([*it.parameters, "AWS::Region"])},
    "sub": lambda it, _: {"Fn::Sub": f"x-${{{it.random.choice(it.parameters)}}}-${{AWS::Region}}"},
    "sub of values": lambda it, d: {"Fn::Sub": ["${V}.${V}${Stage}", {"V": it.text(d)}]},
    "join": lambda it, d: {"Fn::Join": [it.random.choice(["-", ""]), _texts(it, d)]},
    "select": lambda it, d: {"Fn::Select": ["0", _texts(it, d)]},
    "select of a list": lambda it, _: {"Fn::Select": [it.random.randint(0, 2), {"Ref": "Zones"}]},
    "split": lambda it, d: {"Fn::Select": [0, {"Fn::Split": ["-", it.text(d)]}]},
    "map": lambda it, d: {"Fn::FindInMap": ["M", it.text(d), "name", {"DefaultValue": it.text(d)}]},
    "if": lambda it, d: {"Fn::If": [it.named_condition(), it.text(d), it.text(d)]},
}


def template(writer: Writer) -> dict[str, Any]:
    chosen = writer.random.random() < 0.5
    recovery = {"PointInTimeRecoveryEnabled": writer.flag()}
    ttl = {"AttributeName": writer.text(), "Enabled": True}
    properties = {
        "TableName": "tab",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "ProvisionedThroughput": {
            "ReadCapacityUnits": writer.number(),
            "WriteCapacityUnits": writer.number(),
        },
        "DeletionProtectionEnabled": writer.flag(),
        "PointInTimeRecoverySpecification": (
            {"Fn::If": [writer.named_condition(), recovery, NO_VALUE]} if chosen else recovery
        ),
        "SSESpecification": {"SSEEnabled": writer.flag()},
        "TimeToLiveSpecification": ttl,
        "TableClass": {"Fn::If": [writer.named_condition(), "STANDARD", "STANDARD_INFREQUENT_ACCESS"]},
        "Tags": [
            {"Key": "one", "Value": writer.text()},
            {"Fn::If": [writer.named_condition(), {"Key": "two", "Value": writer.text()}, NO_VALUE]},
        ],
    }
    types = {"Zones": "CommaDelimitedList", "Size": "Number", "Depth": "Number"}
    parameters: dict[str, Any] = {
        name: {"Type": types.get(name, "String"), "Default": value} for name, value in KNOWN.items()
    }
    parameters |= {name: {"Type": types.get(name, "String")} for name in UNKNOWN}
    parameters["Zones"] = {"Type": "CommaDelimitedList", "Default": ",".join(LISTS["Zones"])}
    return {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": parameters,
        "Mappings": {"M": MAPPING},
        "Conditions": writer.conditions,
        "Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": properties}},
    }


def truth(source: dict[str, Any]) -> dict[str, Any]:
    found = Deployed(source["Conditions"]).value(source["Resources"]["T"]["Properties"])

    def is_on(value: Any) -> bool:
        return str(value).lower() == "true"

    recovery = found.get("PointInTimeRecoverySpecification", {})
    return {
        "ReadCapacityUnits": int(found["ProvisionedThroughput"]["ReadCapacityUnits"]),
        "WriteCapacityUnits": int(found["ProvisionedThroughput"]["WriteCapacityUnits"]),
        "DeletionProtectionEnabled": is_on(found.get("DeletionProtectionEnabled")),
        "PointInTimeRecovery": is_on(recovery.get("PointInTimeRecoveryEnabled")),
        "SSE": is_on(found["SSESpecification"].get("SSEEnabled")),
        "TimeToLiveSpecification": found["TimeToLiveSpecification"]["AttributeName"],
        "TableClass": found["TableClass"],
        "Tags": {one["Key"]: one["Value"] for one in found["Tags"]},
    }


def said(spec: dict[str, Any]) -> dict[str, Any]:
    def is_on(value: Any) -> Any:
        return value.get("enabled", True) if isinstance(value, dict) else value

    return {
        "ReadCapacityUnits": spec.get("read_capacity"),
        "WriteCapacityUnits": spec.get("write_capacity"),
        "DeletionProtectionEnabled": spec.get("deletion_protection", False),
        "PointInTimeRecovery": is_on(spec.get("point_in_time_recovery", True)),
        "SSE": is_on(spec.get("encryption", True)),
        "TimeToLiveSpecification": (spec.get("ttl") or {}).get("attribute"),
        "TableClass": spec.get("table_class", "STANDARD"),
        "Tags": spec.get("tags", {}),
    }


def check(seed: int, folder: Path, parameters: list[str]) -> tuple[int, int]:
    """Convert one template, and hold it against the truth. How many settings were known, and how many were listed."""
    writer = Writer(random.Random(seed), parameters)
    source = template(writer)
    path = folder / "t.json"
    path.write_text(json.dumps(source))
    made = convert([str(path)], None, Options({}, REGION))
    (one,) = made.specs
    told = [note.where.what for note in made.lost]
    found, wanted = said(one.spec), truth(source)
    listed = 0
    for name, value in wanted.items():
        if any(name in what for what in told):
            listed += 1
        else:
            assert found[name] == value, f"seed {seed}: {name}: {json.dumps(source)}"
    assert parameters != list(KNOWN) or not told, f"seed {seed}: {made.lost[:1]}"
    return len(wanted), listed


def test_what_is_known_is_worked_out_exactly(tmp_path: Path) -> None:
    for seed in range(120):
        check(seed, tmp_path, list(KNOWN))


def test_what_is_not_known_is_listed_and_all_else_is_right(tmp_path: Path) -> None:
    counts = [check(seed, tmp_path, [*KNOWN, *UNKNOWN]) for seed in range(1000, 1120)]
    wanted, listed = (sum(one) for one in zip(*counts, strict=True))
    assert 0.1 < listed / wanted < 0.7, "too few or too many settings are known for this to say anything"


@pytest.mark.slow
def test_thousands_of_them(tmp_path: Path) -> None:
    for seed in range(5000, 9000):
        check(seed, tmp_path, [*KNOWN, *UNKNOWN] if seed % 2 else list(KNOWN))
