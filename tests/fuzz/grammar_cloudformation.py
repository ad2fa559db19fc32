"""CloudFormation templates made at random, in JSON and in YAML with its short tags."""

from __future__ import annotations

import json
import random
from typing import Any

_NAMES = (
    "T",
    "U",
    "V",
    "P",
    "L",
    "C",
    "D",
    "AWS::Region",
    "AWS::NoValue",
    "AWS::AccountId",
    "None",
    "M",
    "a",
    "b",
)
_TEXTS = (
    *(
        "",
        "a",
        "id",
        "abc",
        "S",
        "HASH",
        "PAY_PER_REQUEST",
        "${P}",
        "${T.Arn}",
        "${L}${L}",
        "${",
        "${!x}",
        "a,b,c",
        "ü€",
    ),
    *(
        "{{resolve:ssm:x}}",
        "{{resolve:",
        "x" * 500,
        "true",
        "1e999",
        "arn:aws:dynamodb:eu-west-1:1:table/abc",
        "99999999",
    ),
)
_TYPES = (
    *(
        "AWS::DynamoDB::Table",
        "AWS::DynamoDB::Table",
        "AWS::DynamoDB::GlobalTable",
        "AWS::Serverless::SimpleTable",
    ),
    *("AWS::Serverless::Function", "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::IAM::ManagedPolicy"),
    *(
        "AWS::Lambda::EventSourceMapping",
        "AWS::Backup::BackupPlan",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Topic",
        "",
    ),
)
_PROPERTIES = (
    *(
        "TableName",
        "BillingMode",
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "Tags",
        "Replicas",
    ),
    *(
        "StreamSpecification",
        "ResourcePolicy",
        "ProvisionedThroughput",
        "Events",
        "BackupPlan",
        "PolicyDocument",
        "X",
    ),
)
_DEPTH = 5


def cloudformation(pick: random.Random) -> tuple[str, bytes]:
    """A template."""
    template = {
        "Parameters": {
            "P": {"Default": _value(pick, 3)},
            "L": {"Type": "CommaDelimitedList", "Default": "ab," * 50},
        },
        "Mappings": {"M": {"a": {"b": _value(pick, 3)}}},
        "Conditions": {
            "C": _value(pick, 1),
            "D": {"Fn::And": [{"Condition": "C"}, {"Condition": pick.choice("CD")}]},
        },
        "Resources": {
            pick.choice(("T", "U", "V", "Fn::ForEach::X")): _resource(pick) for _ in range(pick.randint(1, 3))
        },
    }
    if pick.random() < 0.2:
        template["Globals"] = {"SimpleTable": _value(pick, 2)}
    if pick.random() < 0.3:
        return "made.json", json.dumps(template).encode()
    return "made.yaml", "".join(
        f"{name}: {_yaml(section, pick)}\n" for name, section in template.items()
    ).encode()


def _resource(pick: random.Random) -> Any:
    if pick.random() < 0.05:
        return _value(pick, 2)
    properties = {name: _value(pick, 0) for name in pick.sample(_PROPERTIES, pick.randint(0, 5))}
    if pick.random() < 0.6:
        properties |= {
            "TableName": _value(pick, 1) if pick.random() < 0.5 else "abc",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }
    resource = {
        "Type": pick.choice(_TYPES),
        "Properties": properties if pick.random() < 0.95 else _value(pick, 1),
    }
    return resource | ({"Condition": pick.choice(("C", "D", "E"))} if pick.random() < 0.3 else {})


def _value(pick: random.Random, depth: int) -> Any:
    if depth >= _DEPTH or pick.random() < 0.3:
        return pick.choice(
            (pick.choice(_TEXTS), pick.choice(_NAMES), pick.choice((0, 1, -1, 2.5, 10**20, True, None)))
        )
    kind = pick.randrange(4)
    if kind == 0:
        return [_value(pick, depth + 1) for _ in range(pick.randint(0, 4))]
    if kind == 1:
        return {
            pick.choice((*_PROPERTIES, *_NAMES)): _value(pick, depth + 1) for _ in range(pick.randint(0, 3))
        }
    return _call(pick, depth + 1)


def _call(pick: random.Random, depth: int) -> Any:
    def value() -> Any:
        return _value(pick, depth)

    text, name = pick.choice(_TEXTS), pick.choice(_NAMES)
    doubled = value()
    return pick.choice(
        (
            {"Ref": name},
            {"Condition": name},
            {"Fn::Sub": text},
            {"Fn::Sub": [text, {"L": value(), "P": value()}]},
            {"Fn::Sub": ["${a}${a}${a}", {"a": doubled}]},
            {"Fn::Join": [text, [doubled, doubled, value()]]},
            {"Fn::Join": [doubled, {"Fn::Split": ["", doubled]}]},
            {"Fn::Split": [text, doubled]},
            {"Fn::Select": [value(), value()]},
            {"Fn::FindInMap": ["M", value(), "b"]},
            {"Fn::If": [name, value(), value()]},
            {"Fn::Equals": [value(), value()]},
            {"Fn::Or": [value(), value()]},
            {"Fn::Not": [value()]},
            {"Fn::GetAtt": [name, "Arn"]},
            {"Fn::ImportValue": value()},
            {"Fn::ToJsonString": [doubled, doubled]},
            {"Fn::Length": value()},
            {f"Fn::ForEach::{name}": value()},
            {"Fn::Base64": value()},
        )
    )


def _yaml(value: Any, pick: random.Random) -> str:
    """The value in flow style, its calls with tags here and there, and now and then with anchors."""
    if isinstance(value, dict):
        if len(value) == 1 and pick.random() < 0.7:
            ((name, argument),) = value.items()
            if name.startswith("Fn::") and name.count(":") == 2:
                return f"!{name[4:]} {_yaml(argument, pick)}"
            if name in ("Ref", "Condition") and isinstance(argument, str):
                return f"!{name} {json.dumps(argument)}"
        inner = ", ".join(f"{json.dumps(name)}: {_yaml(child, pick)}" for name, child in value.items())
        return f"{_anchor(pick)}{{{inner}}}"
    if isinstance(value, list):
        return f"{_anchor(pick)}[{', '.join(_yaml(child, pick) for child in value)}]"
    return pick.choice(("*a", "*a")) if pick.random() < 0.01 else json.dumps(value)


def _anchor(pick: random.Random) -> str:
    return "&a " if pick.random() < 0.05 else ""
