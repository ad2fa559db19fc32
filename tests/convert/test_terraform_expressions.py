"""Expressions against Terraform's documented values; and nothing is answered that hangs on what is not known."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from dynaops.convert.budget import Budget
from dynaops.convert.part import Unknown, unknowns
from dynaops.convert.terraform.evaluate import NameScope, evaluated
from dynaops.convert.terraform.hcl import expression
from dynaops.convert.terraform.values import TerraformError, member, noded
from dynaops.specs.yaml_tree import YamlNode

PLACE = ("t.tf", 1, 1)
ARN = "${table_arn:orders}"


def evaluate(text: str, variables: Mapping[str, Any] | None = None) -> YamlNode:
    """The value of an expression; `var.NAME` is not known where `variables` lacks it."""

    def refers(path: tuple[str | int, ...], scope: NameScope) -> YamlNode:
        values = variables or {}
        if path[0] != "var" or len(path) < 2 or path[1] not in values:
            return YamlNode(Unknown("nobody says it"), PLACE)
        node = noded(values[str(path[1])])
        for step in path[2:]:
            node = member(node, step)
        return node

    source = expression(text, "t.tf")
    assert source is not None, f"{text} is not parsed"
    return evaluated(source, NameScope(refers, Budget()))


DOCUMENTED = [
    # Terraform Language, Functions: the examples of each function's page
    ('replace("1 + 2 + 3", "+", "-")', "1 - 2 - 3"),
    ('replace("hello world", "/w.*d/", "everybody")', "hello everybody"),
    ('replace("/a/b", "//(a)/(b)/", "x")', "x"),
    ('replace("abc-def", "/([a-z]+)-([a-z]+)/", "$2-$${1}$$")', "def-abc$"),
    ('regex("[a-z]+", "53453453.345345aaabbbccc23454")', "aaabbbccc"),
    ('regex("(\\\\d\\\\d\\\\d\\\\d)-(\\\\d\\\\d)-(\\\\d\\\\d)", "2019-02-01")', ["2019", "02", "01"]),
    ('regex("(?P<year>\\\\d+)-(?P<month>\\\\d+)", "2019-02")', {"year": "2019", "month": "02"}),
    ('regexall("[a-z]+", "1234abcd5678efgh9")', ["abcd", "efgh"]),
    ('length(regexall("[a-z]+", "123456789"))', 0),
    ('format("Hello, %s!", "Ander")', "Hello, Ander!"),
    ('format("There are %d lights", 4)', "There are 4 lights"),
    ('format("%05d/%-4s/%4s/%.2f%%", 42, "a", "b", 2.345678)', "00042/a   /   b/2.35%"),
    ('formatlist("Hello, %s!", ["Valentina", "Ander"])', ["Hello, Valentina!", "Hello, Ander!"]),
    ('formatlist("%s, %s!", "Hi", ["Valentina", "Ander"])', ["Hi, Valentina!", "Hi, Ander!"]),
    ('join("-", ["foo", "bar", "baz"])', "foo-bar-baz"),
    ('split(",", "foo,bar,baz")', ["foo", "bar", "baz"]),
    ('split(",", "")', [""]),
    ('substr("hello world", 1, 4)', "ello"),
    ('substr("hello world", -5, -1)', "world"),
    ('title("hello world")', "Hello World"),
    ('trim("?!hello?!", "!?")', "hello"),
    ('trimprefix("helloworld", "hello")', "world"),
    ('trimsuffix("helloworld", "world")', "hello"),
    ('trimspace("  hello\\n\\n")', "hello"),
    ('chomp("hello\\r\\n\\n")', "hello"),
    ('lower("HELLO")', "hello"),
    ('upper("hello")', "HELLO"),
    ('strrev("hello")', "olleh"),
    ('startswith("hello world", "hello")', True),
    ('endswith("hello world", "hello")', False),
    ('strcontains("hello world", "wor")', True),
    ('indent(2, "a\\nb")', "a\n  b"),
    ("abs(-12.4)", Decimal("12.4")),
    ("ceil(5.1)", 6),
    ("floor(4.9)", 4),
    ("max(12, 54, 3)", 54),
    ("max([12, 54, 3]...)", 54),
    ("min(12, 54, 3)", 3),
    ("pow(3, 2)", 9),
    ("signum(-13)", -1),
    ('parseint("FF", 16)', 255),
    ("sum([10, 13, 6, 4.5])", Decimal("33.5")),
    ('chunklist(["a", "b", "c", "d", "e"], 2)', [["a", "b"], ["c", "d"], ["e"]]),
    ('coalesce("a", "b")', "a"),
    ('coalesce("", "b")', "b"),
    ("coalesce(1, 2)", 1),
    ('coalesce(1, "a")', "1"),
    ('coalescelist([], ["c", "d"])', ["c", "d"]),
    ('compact(["a", "", "b", null, "c"])', ["a", "b", "c"]),
    ('concat(["a", ""], ["b", "c"])', ["a", "", "b", "c"]),
    ('contains(["a", "b", "c"], "d")', False),
    ('distinct(["a", "b", "a", "c", "d", "b"])', ["a", "b", "c", "d"]),
    ('element(["a", "b", "c"], 3)', "a"),
    ('flatten([["a", "b"], [], ["c"]])', ["a", "b", "c"]),
    ('flatten([[["a", "b"], []], ["c"]])', ["a", "b", "c"]),
    ('index(["a", "b", "c"], "b")', 1),
    ("keys({a=1, c=2, d=3})", ["a", "c", "d"]),
    ("values({c=3, a=1, d=2})", [1, 3, 2]),
    ('length("hello")', 5),
    ('lookup({a="ay", b="bee"}, "a", "what?")', "ay"),
    ('lookup({a="ay", b="bee"}, "c", "what?")', "what?"),
    ('merge({a="b", c="d"}, {e="f", c="z"})', {"a": "b", "c": "z", "e": "f"}),
    ('merge([for x in ["a", "b"] : { (x) = 1 }]...)', {"a": 1, "b": 1}),
    ("one([])", None),
    ('one(["hello"])', "hello"),
    ("range(3)", [0, 1, 2]),
    ("range(1, 8, 2)", [1, 3, 5, 7]),
    ("range(4, 1)", [4, 3, 2]),
    ("reverse([1, 2, 3])", [3, 2, 1]),
    ('setintersection(["a", "b"], ["b", "c"], ["b", "d"])', ["b"]),
    ('setproduct(["dev", "prod"], ["a", "b"])', [["dev", "a"], ["dev", "b"], ["prod", "a"], ["prod", "b"]]),
    ('setsubtract(["a", "b", "c"], ["a", "c"])', ["b"]),
    ('setunion(["a", "b"], ["b", "c"], ["d"])', ["a", "b", "c", "d"]),
    ('slice(["a", "b", "c", "d"], 1, 3)', ["b", "c"]),
    ('sort(["e", "d", "a", "x"])', ["a", "d", "e", "x"]),
    ('transpose({a=["1", "2"], b=["2", "3"]})', {"1": ["a"], "2": ["a", "b"], "3": ["b"]}),
    ('zipmap(["a", "b"], [1, 2])', {"a": 1, "b": 2}),
    ('jsonencode({hello="world"})', '{"hello":"world"}'),
    ('jsonencode({b=[1.50, true, null], a="<&>"})', '{"a":"\\u003c\\u0026\\u003e","b":[1.5,true,null]}'),
    ('jsondecode("{\\"hello\\": \\"world\\"}")', {"hello": "world"}),
    ('yamldecode("hello: world\\nlist: [1, a]")', {"hello": "world", "list": [1, "a"]}),
    ('base64encode("Hello World")', "SGVsbG8gV29ybGQ="),
    ('base64decode("SGVsbG8gV29ybGQ=")', "Hello World"),
    ('tobool("true")', True),
    ("tobool(null)", None),
    ('tonumber("1e3")', 1000),
    ("tostring(true)", "true"),
    ("tostring(1.50)", "1.5"),
    ('tolist(["a", "b", 3])', ["a", "b", "3"]),
    ('tomap({a="foo", b=true})', {"a": "foo", "b": "true"}),
    ('toset(["c", "b", "b"])', ["b", "c"]),
    ('can(tonumber("a"))', False),
    ("can(1)", True),
    ('try({foo="bar"}.boop, "fallback")', "fallback"),
    ('try({foo="bar"}.foo, "fallback")', "bar"),
    ('alltrue(["true", true])', True),
    ("anytrue([])", False),
    # Terraform Language, For Expressions
    ('[for s in ["a", "b"] : upper(s)]', ["A", "B"]),
    ("[for k, v in {b=2, a=1} : \"${k}${v}\"]", ["a1", "b2"]),
    ('[for i, v in ["a", "b"] : "${i} is ${v}"]', ["0 is a", "1 is b"]),
    ('{for s in ["a", "b"] : s => upper(s)}', {"a": "A", "b": "B"}),
    ('[for s in ["a", "", "b"] : upper(s) if s != ""]', ["A", "B"]),
    ('{for u in [{n="x", r="a"}, {n="y", r="a"}] : u.r => u.n...}', {"a": ["x", "y"]}),
    ('[for v in toset(["b", "a"]) : v]', ["a", "b"]),
    # Terraform Language, Splat Expressions
    ("[{id=1}, {id=2}][*].id", [1, 2]),
    ("[{l=[{n=1}]}, {l=[{n=2}]}][*].l[0].n", [1, 2]),
    ("null[*]", []),
    ("{id=1}[*].id", [1]),
    ("[{id=1}, {id=2}].*.id[1]", 2),
    # Terraform Language, Conditional Expressions, Arithmetic and Logical Operators
    ("true ? 12 : \"hello\"", "12"),
    ("false ? 1 : 2", 2),
    ("10 / 4", Decimal("2.5")),
    ("floor(10 / 3)", 3),
    ("(1 / 3) * 3", 1),
    ("-5 % 3", -2),
    ("0.1 + 0.2 == 0.3", True),
    ('1 == "1"', False),
    ("true == 1", False),
    ("null == null", True),
    ('"5" > 4', True),
    ("!false && 1 != 2", True),
    # Terraform Language, Strings and Templates
    ('"Hello, %{ if "x" != "" }x%{ else }unnamed%{ endif }!"', "Hello, x!"),
    ('"%{ for s in ["a", "b"] }${s},%{ endfor }"', "a,b,"),
    ('"$${x} %%{y} \\u00e9 \\"q\\""', '${x} %{y} é "q"'),
    ('"${1.50}${true}"', "1.5true"),
    ("<<-EOT\n    a\n      b ${1 + 1}\n  EOT", "a\n  b 2\n"),
    ("<<EOT\n%{ for s in [\"a\", \"b\"] ~}\nserver ${s}\n%{ endfor ~}\nEOT", "server a\nserver b\n"),
    ('<<-EOT\n  ${join("}", ["{", "x"])}\n  EOT', "{}x\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), DOCUMENTED, ids=[text for text, _ in DOCUMENTED])
def test_a_documented_expression_has_its_documented_value(text: str, value: Any) -> None:
    found = evaluate(text)
    assert next(unknowns(found), None) is None, found
    plain = found.plain(exact=True)
    assert plain == value and type(plain) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *('tonumber("a")', '{a = 1}["b"]', "[1][1]", "null.a", 'lookup({}, "a")', 'regex("x", "a")', "one([1, 2])"),
        *('"x${[]}"', '"x${null}"', "element([], 0)", "1 / 0", "slice([1], 0, 2)", 'index([1], 2)', "-true", '!"a"'),
        *('{for x in [1, 2] : "k" => x}', 'join(",", ["a", null])', 'format("%s")', 'format("a", 1)', "keys([1])"),
    ],
)  # fmt: skip
def test_what_terraform_ends_with_an_error_for_is_an_error_that_try_catches(text: str) -> None:
    assert isinstance(next(unknowns(evaluate(text))), TerraformError)
    assert evaluate(f'try({text}, "else")').value == "else"
    assert evaluate(f"can({text})").value is False


@pytest.mark.parametrize(
    "text",
    [
        *("timestamp()", "uuid()", 'sha1("x")', 'no_such("x")', 'file("/etc/hosts")', "provider::a::b(1)", "10 / 3"),
        *('try(var.u, "x")', "can(var.u)", "[1] == [1]", 'lower(var.u)', '"x${var.u}"', "var.u ? 1 : 1", "var.u[*]"),
        *("flatten([[var.u]])", "toset([var.u])", "{for x in [var.u] : x => 1}", 'regex("(a|ab)*c", "aac")'),
        *('regex("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")', 'regex("(?=a)a", "a")', 'upper("ß")'),
        *("var.u && false", 'length("e\\u0301")'),
        *('yamldecode("a: yes")', 'format("%v", 1.5)', "pow(2, 100)", '"x${10 / 3}"'),
    ],
)  # fmt: skip
def test_what_is_not_worked_out_is_unknown(text: str) -> None:
    found = next(unknowns(evaluate(text)), None)
    fraction = text == "10 / 3"  # it is known, and has no decimals to write
    assert fraction or (found is not None and not isinstance(found, TerraformError))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"${var.a}/index/*"', f"{ARN}/index/*"),
        ('join(",", [var.a, "x"])', f"{ARN},x"),
        ("jsonencode({ r = var.a })", f'{{"r":"{ARN}"}}'),
        ('coalesce(var.a, "x")', ARN),
    ],
)
def test_an_arn_that_comes_about_later_is_carried(text: str, value: str) -> None:
    assert evaluate(text, {"a": ARN}).value == value


@pytest.mark.parametrize(
    "text",
    [
        *('split(":", var.a)[5]', "length(var.a)", "upper(var.a)", 'replace(var.a, "orders", "x")', "var.a == var.a"),
        *('substr(var.a, 0, 3)', "{ (var.a) = 1 }", "toset([var.a])", 'regex("a", var.a)', 'format("%.3s", var.a)'),
        *('contains([var.a], "x")', '{ a = 1 }[var.a]', "sort([var.a])", 'trimprefix(var.a, "$")', "tonumber(var.a)"),
    ],
)  # fmt: skip
def test_the_letters_of_an_arn_that_comes_about_later_are_not_known(text: str) -> None:
    found = next(unknowns(evaluate(text, {"a": ARN})), None)
    assert found is not None and not isinstance(found, TerraformError)


LEAVES = (
    "var.u",
    '"a"',
    '""',
    "1",
    "2.5",
    "true",
    "null",
    '["a", "b"]',
    "[1, var.u]",
    '{ a = "x", b = var.u }',
    "{}",
)
SHAPES = (
    *("upper(@)", "length(@)", "keys(@)", "values(@)", "merge(@, @)", "concat(@, @)", 'join("-", @)', "try(@, @)"),
    *("can(@)", "@ == @", "@ && @", "@ || @", "@ ? @ : @", "coalesce(@, @)", 'lookup(@, "a", @)', "element(@, 0)"),
    *("flatten([@, @])", "tolist(@)", "toset(@)", "tomap(@)", "contains(@, @)", "compact(@)", "distinct(@)", "@[0]"),
    *("[for x in @ : x]", '[for x in @ : "${x}" if x != ""]', '{for k, v in @ : "k${k}" => v}', "@[*]", '"x${@}y"'),
    *("@.a", '@["b"]', "zipmap(@, @)", "setproduct(@, @)", "slice(@, 0, 1)", "reverse(@)", "one(@)", "sum(@)", "!@"),
    *("@ + @", "@ < @", "max(@, @)", "jsonencode(@)", 'format("%s-%s", @, @)', "tostring(@)", "[@, @]", "{ a = @ }"),
)  # fmt: skip
GIVEN: tuple[Any, ...] = ("z", "", 7, True, None, ["q"], [], {"a": "m"}, {"b": [1]}, "true", 0)


def written(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.2:
        return f"({rng.choice(LEAVES)})"
    parts = rng.choice(SHAPES).split("@")
    return "(" + "".join(f"{part}{written(rng, depth - 1)}" for part in parts[:-1]) + f"{parts[-1]})"


def agrees(partly: YamlNode, whole: YamlNode) -> bool:
    """Whether what is known of `partly` is the same in `whole`."""
    if isinstance(partly.value, Unknown):
        return True
    if isinstance(partly.value, dict) and isinstance(whole.value, dict):
        return partly.value.keys() == whole.value.keys() and all(
            agrees(node, whole.value[name]) for name, node in partly.value.items()
        )
    if isinstance(partly.value, list) and isinstance(whole.value, list):
        return len(partly.value) == len(whole.value) and all(
            agrees(one, other) for one, other in zip(partly.value, whole.value, strict=True)
        )
    return type(partly.value) is type(whole.value) and bool(partly.value == whole.value)


def holds(seed: int, times: int) -> int:
    """Random expressions: what is answered without knowing `var.u` is answered for every value of it."""
    rng = random.Random(seed)
    told = 0
    for _ in range(times):
        text = written(rng, 3)
        partly = evaluate(text)
        if isinstance(partly.value, Unknown):
            continue
        told += 1
        for value in GIVEN:
            whole = evaluate(text, {"u": value})
            if next(unknowns(whole), None) is None:  # else it is an error, and nothing is made of it
                assert agrees(partly, whole), (
                    f"{text} with {value!r}: {partly.plain()} and then {whole.plain()}"
                )
    return told


@pytest.mark.parametrize("seed", range(4))
def test_no_answer_hangs_on_what_is_not_known(seed: int) -> None:
    assert holds(seed, 60) > 10, "some expressions are known whatever var.u is"


@pytest.mark.slow
def test_no_answer_hangs_on_what_is_not_known_at_length() -> None:
    holds(99, 5_000)
