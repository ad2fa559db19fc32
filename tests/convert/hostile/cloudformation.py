"""CloudFormation templates: functions, conditions and names of themselves, and YAML that grows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.convert.hostile.inputs import LARGE, Input


def template(name: Any, **sections: Any) -> str:
    """A CloudFormation template of one table."""
    properties = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    resources = {"T": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}
    return json.dumps({"Resources": {**resources, **sections.pop("more", {})}, **sections})


def _sub(text: str, **values: Any) -> Any:
    return {"Fn::Sub": [text, values]}


def nested(make: Callable[[Any], Any], inner: Any, times: int) -> Any:
    """A call within itself."""
    for _ in range(times):
        inner = make(inner)
    return inner


def _named_after_each_other(times: int) -> dict[str, Any]:
    """Tables of which each is named after the next, twice."""
    return {
        f"N{i}": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {"TableName": {"Fn::Sub": f"${{N{i + 1}}}${{N{i + 1}}}" if i < times else "ab"}},
        }
        for i in range(times + 1)
    }


_TWICE = {"Fn::And": [{"Condition": "@"}, {"Condition": "@"}]}
_CONDITIONS = {
    "C0": {"Fn::Equals": ["a", "a"]},
    **{f"C{i}": json.loads(json.dumps(_TWICE).replace("@", f"C{i - 1}")) for i in range(1, 31)},
}
_BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 31))
_LOLS = {"Type": "CommaDelimitedList", "Default": ",".join(["ab"] * 50_000)}
CLOUDFORMATION: dict[str, Input] = {
    "a condition of itself": (
        "t.yaml",
        template({"Fn::If": ["C", "abc", "b"]}, Conditions={"C": {"Condition": "C"}}),
        "depends on itself",
    ),
    "conditions of each other": (
        "t.yaml",
        template(
            {"Fn::If": ["C", "abc", "b"]},
            Conditions={"C": {"Fn::Not": [{"Condition": "D"}]}, "D": {"Condition": "C"}},
        ),
        "depends on itself",
    ),
    "conditions that double": (
        "t.yaml",
        template({"Fn::If": ["C30", "abc", "b"]}, Conditions=_CONDITIONS),
        "converted",
    ),
    "a condition that is no value": (
        "t.yaml",
        template({"Fn::If": ["C", "abc", "b"]}, Conditions={"C": {"Ref": "AWS::NoValue"}}),
        "is AWS::NoValue",
    ),
    "a table named after itself": ("t.yaml", template({"Fn::Sub": "${T}"}), "when it is deployed"),
    "tables named after each other, twice": (
        "t.yaml",
        template({"Ref": "N0"}, more=_named_after_each_other(40)),
        LARGE,
    ),
    "Fn::If nested 40 deep": (
        "t.yaml",
        template(
            nested(lambda it: {"Fn::If": ["C", it, it]}, "abc", 8),
            Conditions={"C": {"Fn::Equals": ["a", "a"]}},
        ),
        "converted",
    ),
    "Fn::If nested 3,000 deep": (
        "t.yaml",
        lambda: (
            "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: "
            + "{'Fn::If': [C, " * 3000
        ),
        "nest",
    ),
    "Fn::Sub that doubles": (
        "t.yaml",
        template(nested(lambda it: _sub("${a}${a}", a=it), "ab" * 1000, 16)),
        LARGE,
    ),
    "Fn::Sub of a name without an end": ("t.yaml", template({"Fn::Sub": "${" * 100_000}), "is no table name"),
    "Fn::Sub of 50,000 names": (
        "t.yaml",
        template({"Fn::Sub": "${AWS::Region}" * 50_000}),
        "is no table name",
    ),
    "Fn::Sub of a list": ("t.yaml", template(_sub("${a}", a=["b"])), "Fn::Sub takes strings"),
    "Fn::Join that doubles": (
        "t.yaml",
        template(nested(lambda it: {"Fn::Join": [it, ["", "", ""]]}, "ab" * 1000, 16)),
        LARGE,
    ),
    "Fn::Join of a long separator": (
        "t.yaml",
        template({"Fn::Join": ["ab" * 1000, {"Fn::Split": [",", "," * 5000]}]}),
        LARGE,
    ),
    "Fn::Join of maps": (
        "t.yaml",
        template({"Fn::Join": ["", [{"a": "b"}, {"c": "d"}]]}),
        "Fn::Join takes a list of strings",
    ),
    "Fn::Split into 600,000": (
        "t.yaml",
        template({"Fn::Select": [0, {"Fn::Split": ["a", "a" * 600_000]}]}),
        LARGE,
    ),
    "Fn::Split again and again": (
        "t.yaml",
        template(nested(lambda it: {"Fn::Join": ["ab", {"Fn::Split": ["b", it]}]}, "b" * 20_000, 12)),
        LARGE,
    ),
    "Fn::Split of nothing": ("t.yaml", template({"Fn::Split": ["", "abc"]}), "takes a delimiter"),
    "Fn::Select of a huge index": (
        "t.yaml",
        template({"Fn::Select": ["9" * 100_000, ["a"]]}),
        "finds no such element",
    ),
    "Fn::Select of an infinite index": (
        "t.yaml",
        template({"Fn::Select": ["@", ["a"]]}).replace('"@"', "1.0e+999"),
        "finds no such element",
    ),
    "Fn::Select from behind": ("t.yaml", template({"Fn::Select": [-1, ["a", "b"]]}), "finds no such element"),
    "Fn::Select of a letter": ("t.yaml", template({"Fn::Select": [0, "abc"]}), "finds no such element"),
    "Fn::FindInMap of a deep map": (
        "t.yaml",
        template(
            {"Fn::FindInMap": ["M", "a", "b"]}, Mappings={"M": {"a": {"b": nested(lambda it: [it], "x", 40)}}}
        ),
        "is no text",
    ),
    "Fn::FindInMap again and again": (
        "t.yaml",
        template(
            {"Fn::Join": ["", [{"Fn::FindInMap": ["M", "a", "b"]}] * 300]},
            Mappings={"M": {"a": {"b": ["x"] * 2000}}},
        ),
        LARGE,
    ),
    "Fn::FindInMap of nothing": ("t.yaml", template({"Fn::FindInMap": ["M", "a", "b"]}), "has no a.b"),
    "Fn::ToJsonString that doubles": (
        "t.yaml",
        template(nested(lambda it: {"Fn::ToJsonString": it}, '"', 40)),
        LARGE,
    ),
    "Fn::ForEach of tables": (
        "t.yaml",
        template("abc", more={"Fn::ForEach::Tables": ["A", ["a"], {"T${A}": {}}]}),
        "no type (Ta)",
    ),
    "Fn::ForEach a million times": (
        "t.yaml",
        template(
            "abc",
            more={
                "Fn::ForEach::A": [
                    "A",
                    {"Ref": "L"},
                    {"Fn::ForEach::B": ["B", {"Ref": "L"}, {"T${A}${B}": {"Type": "AWS::DynamoDB::Table"}}]},
                ]
            },
            Parameters={
                "L": {"Type": "CommaDelimitedList", "Default": ",".join(f"n{i}" for i in range(3_000))}
            },
        ),
        LARGE,
    ),
    "Fn::ForEach of itself": (
        "t.yaml",
        template("abc", more={"Fn::ForEach::A": ["A", ["Fn::ForEach::A"], {"${A}": ["A", ["a"], {}]}]}),
        "converted",
    ),
    "Fn::ForEach within a value": (
        "t.yaml",
        template({"Fn::ForEach::N": ["A", ["a"], {}]}),
        "the name of T is no text",
    ),
    "Fn::Transform": (
        "t.yaml",
        template({"Fn::Transform": {"Name": "AWS::Include"}}),
        "cannot be resolved without CloudFormation",
    ),
    "Ref of a map": ("t.yaml", template({"Ref": {"a": {"b": "c"}}}), "Ref takes a name"),
    "Fn::GetAtt of a list": (
        "t.yaml",
        template({"Fn::GetAtt": [["T"], "Arn"]}),
        "takes a resource and an attribute",
    ),
    "a table that is AWS::NoValue": (
        "t.yaml",
        '{"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {"Ref": "AWS::NoValue"}}}}',
        "when it is deployed",
    ),
    "Globals that are AWS::NoValue": (
        "t.yaml",
        template("abc", Globals={"Function": {"Ref": "AWS::NoValue"}}),
        "converted",
    ),
    "a parameter of 50,000, a hundred times": (
        "t.yaml",
        template({"Fn::Join": ["", [{"Fn::Join": ["", {"Ref": "L"}]}] * 100]}, Parameters={"L": _LOLS}),
        LARGE,
    ),
    "a parameter of a parameter": (
        "t.yaml",
        template({"Ref": "P"}, Parameters={"P": {"Default": {"Ref": "P"}}}),
        "is no text",
    ),
    "a type that is a map": ("t.yaml", '{"Resources": {"T": {"Type": {"a": "b"}}}}', "not about a table"),
    "a condition that is a map": (
        "t.yaml",
        '{"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Condition": {"a": "b"}}}}',
        "is not the name of one",
    ),
    "a resource that is a list": ("t.yaml", '{"Resources": {"T": []}}', "T is no resource"),
    "aliases that double": ("t.yaml", _BOMB + "Resources: *a30\n", "expands to too much"),
    "an anchor twice": ("t.yaml", "a: &a x\nb: &a y\nResources: {T: {Type: *a}}\n", "not about a table"),
    "an alias of itself": ("t.yaml", "Resources: &a\n  T: *a\n", "expands to too much"),
    "merge keys that double": (
        "t.yaml",
        "a0: &a0 {x: 1}\n"
        + "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 31))
        + "Resources: *a30\n",
        "expands to too much",
    ),
    "a merge key of itself": ("t.yaml", "Resources: &a\n  <<: *a\n", "expands to too much"),
    "a key twice": ("t.yaml", "Resources:\n  T: {}\n  T: {}\n", "the key T stands twice"),
    "a number of a million digits": (
        "t.yaml",
        lambda: f"Resources:\n  T: {'1' * 1_000_000}\n",
        "is not a value of",
    ),
    "a hexadecimal number of 100,000 digits": (
        "t.yaml",
        lambda: f"Resources:\n  T: 0x{'f' * 100_000}\n",
        "is not a value of",
    ),
    "half a character in a template": ("t.yaml", 'Resources:\n  T: "\\ud800"\n', "half a character"),
    "a template that runs something": (
        "t.yaml",
        "Resources: !!python/object/apply:os.system [id]\n",
        "is not allowed",
    ),
    "a template nested 400 deep": (
        "t.yaml",
        lambda: "Resources: " + "[" * 400 + "]" * 400,
        "aliases, or nesting",
    ),
    "a template of 2 MiB": ("t.yaml", lambda: "Resources:\n" + "#" * 2_000_000, "larger than 1 MiB"),
    "a JSON template nested 100,000 deep": (
        "t.json",
        lambda: '{"Resources": ' + '{"a":' * 100_000,
        "nested more than",
    ),
}
