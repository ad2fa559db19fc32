"""Terraform's language: what refers to itself, doubles, is nested too deeply, or is no value."""

from __future__ import annotations

from tests.convert.hostile.inputs import ITSELF, LARGE, UNKNOWN, Input

_TABLE = """
resource "aws_dynamodb_table" "t" {
  name         = %s
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  %s
}
"""
_MODULE = "terraform-aws-modules/dynamodb-table/aws"
_SPEC = 'hash_key = "id"\nattributes = [{ name = "id", type = "S" }]\n'


def table(name: str, more: str = "", before: str = "") -> str:
    """A configuration of one table."""
    return before + _TABLE % (name, more)


def doubled(first: str, step: str, times: int = 30) -> str:
    """Locals of which each holds the one before twice."""
    lines = [
        f"l0 = {first}",
        *(f"l{i} = {step.replace('@', f'local.l{i - 1}')}" for i in range(1, times + 1)),
    ]
    return "locals {\n" + "\n".join(lines) + "\n}\n"


def _named(name: str, words: str, value: str, before: str = "") -> tuple[str, Input]:
    return name, ("t.tf", table(value, before=before), words)


_LISTS = "locals {\n many = [" + '"aaaaaaaaaa",' * 2000 + "]\n}\n"
_LONG = f'locals {{\n long = "{"a" * 500_000}"\n}}\n'

TERRAFORM: dict[str, Input] = dict(
    [
        _named("a local of itself", ITSELF, "local.a", "locals { a = local.a }\n"),
        _named("locals of each other", ITSELF, "local.a", "locals {\n a = local.b\n b = local.a\n}\n"),
        _named("a local within its list", ITSELF, "local.a[0]", "locals { a = [local.a, 1] }\n"),
        _named("a local within its string", ITSELF, "local.a", 'locals { a = "x${local.a}" }\n'),
        _named("a local through a function", ITSELF, "local.a", "locals { a = lower(local.a) }\n"),
        _named("a default of itself", ITSELF, "var.a", 'variable "a" { default = var.a }\n'),
        _named(
            "defaults of each other",
            ITSELF,
            "var.a",
            'variable "a" { default = var.b }\nvariable "b" { default = var.a }\n',
        ),
        _named("a table's name of itself", ITSELF, "aws_dynamodb_table.t.name"),
        _named(
            "a policy document of itself",
            ITSELF,
            "data.aws_iam_policy_document.d.json",
            'data "aws_iam_policy_document" "d" { version = data.aws_iam_policy_document.d.json }\n',
        ),
        _named(
            "a module's output of itself",
            ITSELF,
            "module.m.dynamodb_table_id",
            f'module "m" {{\n source = "{_MODULE}"\n name = module.m.dynamodb_table_id\n}}\n',
        ),
        _named(
            "two hundred locals in a row",
            LARGE,
            "local.l199",
            "locals {\n l0 = 1\n" + "".join(f" l{i} = local.l{i - 1}\n" for i in range(1, 200)) + "}\n",
        ),
        _named("a width", LARGE, 'format("%1000000000s", "x")'),
        _named("a width that fits no bound", LARGE, 'format("%2000000s", "x")'.replace("2000000", "9" * 7)),
        _named("a width of a million digits", LARGE, f'format("%{"9" * 100_000}s", "x")'),
        _named("a precision", LARGE, 'format("%.1000000000d", 1)'),
        _named("a width from the arguments", UNKNOWN, 'format("%*d", 1000000000, 1)'),
        _named("many widths", LARGE, f'format("{"%900000s" * 20}", {", ".join(["1"] * 20)})'),
        _named("a string that doubles", LARGE, "local.l30", doubled('"ab"', '"${@}${@}"')),
        _named(
            "a string that doubles in a heredoc", LARGE, "local.l30", doubled('"ab"', "<<E\n${@}${@}\nE\n")
        ),
        _named("a list that doubles", LARGE, "local.l30[0]", doubled('["a"]', "[@, @]")),
        _named("a list that doubles by concat", LARGE, "local.l30[0]", doubled('["a", "b"]', "concat(@, @)")),
        _named("a map that doubles", LARGE, "local.l30.a", doubled("{ a = 1 }", "{ a = @, b = @ }")),
        _named("a string that doubles by join", LARGE, "local.l30", doubled('"ab"', "join(@, [@, @])")),
        _named(
            "a string that doubles by format", LARGE, "local.l30", doubled('"ab"', 'format("%s%s", @, @)')
        ),
        _named(
            "a string that doubles by replace", LARGE, "local.l30", doubled('"aa"', 'replace(@, "a", "aa")')
        ),
        _named("an empty pattern", LARGE, 'replace(local.long, "", local.long)', _LONG),
        _named("a pattern of one letter", LARGE, 'replace(local.long, "a", local.long)', _LONG),
        _named("a regular expression", UNKNOWN, 'replace("' + "a" * 30 + '!", "/(a+)+$/", "x")'),
        _named("a separator for each element", LARGE, "join(local.long, local.many)", _LONG + _LISTS),
        _named("letters that grow", LARGE, 'upper("' + "ΐ" * 400_000 + '")'),
        _named("JSON that doubles", LARGE, "local.l30", doubled('"\\""', "jsonencode(@)")),
        _named("JSON of a long text twice", LARGE, "jsonencode([local.long, local.long, local.long])", _LONG),
        _named("JSON that is deep", UNKNOWN, 'jsondecode("' + "[" * 100_000 + '")'),
        _named("JSON of a large number", UNKNOWN, 'jsondecode("' + "1" * 100_000 + '")'),
        _named("JSON of half a character", UNKNOWN, r'jsondecode("\"\\ud800\"")'),
        _named(
            "the same list a thousand times",
            LARGE,
            "concat(" + ", ".join(["local.many"] * 1000) + ")",
            _LISTS,
        ),
        _named(
            "a list in a string", "a list or a map cannot be put into a string", '"${local.many}-"', _LISTS
        ),
        _named("string repetition", UNKNOWN, '"x" * 1000000000'),
        _named("list repetition", UNKNOWN, "local.many * 1000000000", _LISTS),
        _named("added strings", UNKNOWN, '"x" + "x"'),
        _named("a number that squares", UNKNOWN, "tostring(local.l10)", doubled("10", "@ * @", 10)),
        _named("a number of a million digits", "digits", "1" * 1_000_000),
        _named("a fraction of a million digits", "digits", "1." + "1" * 100_000),
        _named("a number of a million digits from a string", UNKNOWN, 'tonumber("' + "1" * 1_000_000 + '")'),
        _named("an exponent", UNKNOWN, 'format("%d", 1e999999)'),
        _named("an exponent beyond all", "digits", "1e" + "9" * 100),
        _named("an index of a million digits", "digits", "local.many." + "1" * 1_000_000, _LISTS),
        _named("an index of foreign digits", "there is no", 'local.many["²"]', _LISTS),
        _named(
            "an index that is a list", "an index is a number or a string", "local.many[local.many]", _LISTS
        ),
        _named("a sum of three thousand", LARGE, "1" + "+1" * 3000),
        _named("three thousand conditions", LARGE, "false ? 1 : " * 3000 + "1"),
        _named("a sum of -1-1-1", LARGE, "1" + "-1" * 50_000),
        _named("three thousand attributes", "there is no", "local.many[0]" + ".a" * 3000, _LISTS),
        _named("no argument", UNKNOWN, "coalesce()"),
        _named("nothing to coalesce", UNKNOWN, 'coalesce("", null)'),
        _named("a look-up in a string", UNKNOWN, 'lookup("abc", "a")'),
        _named("a look-up without a default", UNKNOWN, 'lookup({ a = 1 }, "b")'),
        _named("the length of a number", UNKNOWN, "length(5)"),
        _named("a list of a map's function", UNKNOWN, "compact(5)"),
        _named("half a character", "stands for no character", r'"x\ud800"'),
        _named("beyond Unicode", "stands for no character", r'"\UFFFFFFFF"'),
        _named("a key that is a list", "a key must be a string", '{ (local.many) = "a" }["a"]', _LISTS),
    ]
)

TERRAFORM |= {
    "a billion tables": ("t.tf", table('"t-${count.index}"', "count = 1000000000"), LARGE),
    "a count of -1": ("t.tf", table('"t"', "count = -1"), "its count is -1"),
    "a count beyond all": ("t.tf", table('"t"', "count = 1e999"), "how many there are is not known"),
    "a billion module calls": (
        "t.tf",
        f'module "m" {{\n source = "{_MODULE}"\n version = "4.0.0"\n count = 1000000000\n name = "t"\n {_SPEC}}}\n',
        LARGE,
    ),
    "a for_each of itself": ("t.tf", table('"t"', "for_each = local.a", "locals { a = local.a }\n"), ITSELF),
    "a for_each that doubles": (
        "t.tf",
        table('"t"', "for_each = local.l30", doubled('["a", "b"]', "concat(@, @)")),
        LARGE,
    ),
    "dynamic blocks within dynamic blocks": (
        "t.tf",
        table(
            '"t"',
            'dynamic "replica" {\n for_each = local.many\n content {\n' * 4 + "\n}\n}" * 4,
            "locals {\n many = [" + "1," * 300 + "]\n}\n",
        ),
        LARGE,
    ),
    "3,000 nested templates": ("t.tf", lambda: table('"${' * 3000 + "1" + '}"' * 3000), LARGE),
    "3,000 nested lists": ("t.tf", lambda: table("[" * 3000 + "]" * 3000), LARGE),
    "3,000 nested calls": ("t.tf", lambda: table("lower(" * 3000 + '"a"' + ")" * 3000), LARGE),
    "3,000 nested blocks": ("t.tf", lambda: "a {\n" * 3000 + "}\n" * 3000, LARGE),
    "brackets that do not end": ("t.tf", lambda: table("[" * 3000), LARGE),
    "blank lines in a heredoc": ("t.tf", lambda: table("<<E\nx" + "\n" * 100_000 + "y\nE\n"), LARGE),
    "a heredoc without an end": ("t.tf", lambda: table("<<E\n" + "a\n" * 50_000), "not valid HCL"),
    "a comment without an end": ("t.tf", lambda: table('"t"') + "/*" * 50_000, "not valid HCL"),
    "a string without an end": ("t.tf", lambda: table('"' + "$${" * 50_000), "not valid HCL"),
    "interpolations without an end in a heredoc": (
        "t.tf",
        lambda: table("<<E\n" + "${" * 100_000 + "\nE\n"),
        "an interpolation in it does not end",
    ),
    "ten thousand interpolations in a heredoc": (
        "t.tf",
        lambda: table("<<E\n" + "${1}" * 20_000 + "\nE\n"),
        LARGE,
    ),
    "what is none in a heredoc": ("t.tf", table("<<E\n${1\n y = 2}\nE\n"), "it holds no expression"),
    "a file of 2 MiB": ("t.tfvars", lambda: f'a = "{"a" * 2_000_000}"\n', "larger than 1 MiB"),
    "tfvars with a key twice": ("t.tfvars", 'name = "a"\nname = "b"\n', "name is set twice"),
    "tfvars of a deep map": ("t.tfvars", lambda: "name = " + "{ a = " * 3000 + "1" + "}" * 3000, LARGE),
    "tfvars that refer to themselves": ("t.tfvars", "name = var.name\n" + _SPEC, UNKNOWN),
    "tfvars with a wide name": ("t.tfvars", 'name = format("%1000000000s", "x")\n' + _SPEC, LARGE),
    "tfvars in deep JSON": ("t.tfvars.json", lambda: '{"name": ' + "[" * 100_000, "nested more than"),
    "a table twice": ("t.tf", table('"a"') + table('"b"'), "it is declared twice, first at"),
    "a local twice": ("t.tf", table('"a"', before="locals { a = 1 }\nlocals { a = 2 }\n"), "declared twice"),
    "a module that calls itself": (
        "t.tf",
        'module "m" { source = "./" }\n',
        "is a module that calls it",
    ),
    "a module outside of the folder": (
        "t.tf",
        'module "m" { source = "../../../etc" }\n',
        "is outside of the repository",
    ),
    "a module's source of itself": (
        "t.tf",
        'module "m" { source = module.m.source }\n',
        "is no module whose variables are known",
    ),
    "a policy document of text": (
        "t.tf",
        table(
            '"${data.aws_iam_policy_document.d.json}"',
            before='data "aws_iam_policy_document" "d" { statement = 5 }\n',
        ),
        "not written as Terraform takes them",
    ),
    "a brand-new resource of 100 kB": (
        "t.tf",
        lambda: f'resource "{"a" * 100_000}" "b" {{}}\n',
        "not about a table",
    ),
}
