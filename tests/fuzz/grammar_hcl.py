"""Terraform files made at random from the language's grammar: most are well formed, few make sense."""

from __future__ import annotations

import random

_FUNCTIONS = (
    *(
        "merge",
        "concat",
        "toset",
        "tolist",
        "tomap",
        "tostring",
        "tonumber",
        "jsonencode",
        "jsondecode",
        "format",
        "join",
    ),
    *(
        "lower",
        "upper",
        "replace",
        "coalesce",
        "lookup",
        "compact",
        "distinct",
        "length",
        "try",
        "can",
        "range",
        "sha1",
    ),
)
_STRINGS = (
    *(
        "",
        "a",
        "id",
        "S",
        "t-1",
        "%s-%d",
        "%99999999s",
        "%.9f",
        "%*d",
        "[1, 2]",
        '{\\"a\\": 1}',
        "/(a+)+$/",
        "$${x}",
    ),
    *(
        "\\ud800",
        "\\U00110000",
        "\\n",
        "ü€",
        "x" * 300,
        "true",
        "1e9",
        "${var.v0}",
        "${local.l0}${local.l0}",
        "%{ if true }",
    ),
)
_NUMBERS = ("0", "1", "2", "-1", "3.5", "1e3", "1e999999", "9" * 30, "9" * 500, "1000000000")
_REFERENCES = (
    *(
        "local.l0",
        "local.l1",
        "local.l2",
        "local.none",
        "var.v0",
        "var.v1",
        "var.none",
        "each.key",
        "each.value",
    ),
    *(
        "count.index",
        "data.aws_region.current.name",
        "data.aws_iam_policy_document.d.json",
        "module.m.dynamodb_table_arn",
    ),
    *(
        "aws_dynamodb_table.t.name",
        "aws_dynamodb_table.t.arn",
        "aws_dynamodb_table.t[0].id",
        "aws_kms_key.k.arn",
        "null",
        "true",
    ),
)
_ATTRIBUTES = (
    *(
        "name",
        "hash_key",
        "range_key",
        "billing_mode",
        "read_capacity",
        "tags",
        "table_class",
        "stream_enabled",
        "region",
    ),
    *(
        "count",
        "for_each",
        "deletion_protection_enabled",
        "provider",
        "depends_on",
        "attributes",
        "replica_regions",
        "x",
    ),
)
_BLOCKS = (
    "attribute",
    "global_secondary_index",
    "replica",
    "ttl",
    "point_in_time_recovery",
    "lifecycle",
    "x",
)
_RESOURCES = (
    "aws_dynamodb_table",
    "aws_appautoscaling_target",
    "aws_dynamodb_tag",
    "aws_backup_plan",
    "aws_s3_bucket",
)
_DEPTH = 5


def terraform(pick: random.Random) -> tuple[str, bytes]:
    """A configuration."""
    makers = (_locals, _variable, _resource, _resource, _table, _module, _data, _provider)
    return "made.tf", "\n".join(pick.choice(makers)(pick) for _ in range(pick.randint(1, 8))).encode()


def tfvars(pick: random.Random) -> tuple[str, bytes]:
    """Values of a table's module."""
    names = ["name", "hash_key", "attributes", *(pick.choice(_ATTRIBUTES) for _ in range(pick.randint(0, 4)))]
    return "made.tfvars", "\n".join(f"{name} = {_value(pick, 0)}" for name in dict.fromkeys(names)).encode()


def _locals(pick: random.Random) -> str:
    if pick.random() < 0.3:  # each holds the one before twice
        step = pick.choice(
            ('"${@}${@}"', "[@, @]", "{ a = @, b = @ }", "concat(@, @)", "jsonencode([@])", "@ * @")
        )
        lines = [
            f"l{number} = {step.replace('@', f'local.l{number - 1}')}"
            for number in range(1, pick.randint(2, 40))
        ]
        return "locals {\n" + "\n".join([f"l0 = {_value(pick, 3)}", *lines]) + "\n}"
    return (
        "locals {\n"
        + "".join(f"l{number} = {_value(pick, 0)}\n" for number in range(pick.randint(1, 3)))
        + "}"
    )


def _variable(pick: random.Random) -> str:
    return f'variable "v{pick.randrange(2)}" {{\n default = {_value(pick, 1)}\n}}'


def _provider(pick: random.Random) -> str:
    return f'provider "aws" {{\n region = {_value(pick, 3)}\n default_tags {{\n tags = {_value(pick, 3)}\n }}\n}}'


def _module(pick: random.Random) -> str:
    source = pick.choice(("terraform-aws-modules/dynamodb-table/aws", "./", "../../../etc", "x"))
    return f'module "m" {{\n source = "{source}"\n{_body(pick, 1)}}}'


def _data(pick: random.Random) -> str:
    statement = f"statement {{\n actions = {_value(pick, 2)}\n }}"
    return f'data "aws_iam_policy_document" "d" {{\n {statement}\n{_body(pick, 2)}}}'


def _resource(pick: random.Random) -> str:
    return f'resource "{pick.choice(_RESOURCES)}" "{pick.choice("tuv")}" {{\n{_body(pick, 0)}}}'


def _table(pick: random.Random) -> str:
    """One that makes sense but for its name and a tag."""
    rest = 'hash_key = "id"\n billing_mode = "PAY_PER_REQUEST"\n attribute {\n name = "id"\n type = "S"\n }'
    tags = f"tags = {{ a = {_value(pick, 2)} }}"
    return f'resource "aws_dynamodb_table" "t" {{\n name = {_value(pick, 1)}\n {rest}\n {tags}\n}}'


def _body(pick: random.Random, depth: int) -> str:
    names = dict.fromkeys(pick.choice(_ATTRIBUTES) for _ in range(pick.randint(0, 4)))
    lines = [f"{name} = {_value(pick, depth)}" for name in names]
    for _ in range(pick.randint(0, 2) if depth < 3 else 0):
        block = pick.choice(_BLOCKS)
        inner = _body(pick, depth + 1)
        if pick.random() < 0.4:
            each = _value(pick, depth + 1)
            lines.append(f'dynamic "{block}" {{\n for_each = {each}\n content {{\n{inner}}}\n}}')
        else:
            lines.append(f"{block} {{\n{inner}}}")
    return "".join(f"{line}\n" for line in lines)


def _value(pick: random.Random, depth: int) -> str:
    if depth >= _DEPTH or pick.random() < 0.35:
        return pick.choice((_string, _number, _reference))(pick, depth)
    makers = (_list, _map, _call, _call, _operation, _condition, _string, _heredoc, _loop, _index)
    return (_deep if pick.random() < 0.01 else pick.choice(makers))(pick, depth + 1)


def _string(pick: random.Random, depth: int) -> str:
    if depth < _DEPTH and pick.random() < 0.3:
        return f'"{pick.choice(("", "a", "-"))}${{{_value(pick, depth + 1)}}}"'
    return f'"{pick.choice(_STRINGS)}"'


def _number(pick: random.Random, depth: int) -> str:
    return pick.choice(_NUMBERS)


def _reference(pick: random.Random, depth: int) -> str:
    return pick.choice(_REFERENCES)


def _list(pick: random.Random, depth: int) -> str:
    return "[" + ", ".join(_value(pick, depth) for _ in range(pick.randint(0, 4))) + "]"


def _map(pick: random.Random, depth: int) -> str:
    keys = (
        pick.choice(("a", "b", "name", '"c"', f"({_value(pick, depth)})")) for _ in range(pick.randint(0, 3))
    )
    return "{ " + ", ".join(f"{key} = {_value(pick, depth)}" for key in keys) + " }"


def _call(pick: random.Random, depth: int) -> str:
    arguments = ", ".join(_value(pick, depth) for _ in range(pick.randint(0, 3)))
    return f"{pick.choice(_FUNCTIONS)}({arguments})"


def _operation(pick: random.Random, depth: int) -> str:
    sign = pick.choice(("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"))
    return f"({_value(pick, depth)} {sign} {_value(pick, depth)})"


def _condition(pick: random.Random, depth: int) -> str:
    return f"({_value(pick, depth)} ? {_value(pick, depth)} : {_value(pick, depth)})"


def _heredoc(pick: random.Random, depth: int) -> str:
    lines = "\n".join(
        pick.choice(("a", "${var.v0}", "  b", "$${c}", "${", "", f"${{{depth}}}")) for _ in range(3)
    )
    return f"<<{pick.choice(('', '-'))}E\n{lines}\nE\n"


def _loop(pick: random.Random, depth: int) -> str:
    return f"[for x in {_value(pick, depth)} : {_value(pick, depth)}]"


def _index(pick: random.Random, depth: int) -> str:
    return f"{pick.choice(_REFERENCES[:7])}{pick.choice(('[0]', '.a', '.0', '[*]', '.*.a'))}[{_value(pick, depth)}]"


def _deep(pick: random.Random, depth: int) -> str:
    opening, closing = pick.choice((("[", "]"), ('"${', '}"'), ("lower(", ")"), ("(", ")"), ("{ a = ", "}")))
    times = pick.choice((2, 5, 10, 10, 10, 20, 200))
    return f"{opening * times}1{closing * times}"
