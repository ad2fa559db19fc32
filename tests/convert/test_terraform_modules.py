"""Module calls: local ones are read, the public one by its address and version, and all others are listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.convert.terraform.defaults import DEFAULTS, MODULE, TABLE, TRIGGER, default
from dynaops.convert.terraform.registry import is_public_table, why_not_known
from dynaops.kinds.trigger import Trigger
from tests.convert.converted import converted, lost, spec_of

CALL = """
module "t" {{
  source     = "{source}"
  {version}
  name       = "songs"
  hash_key   = "id"
  attributes = [{{ name = "id", type = "S" }}]
  {more}
}}
"""


@pytest.mark.parametrize(
    ("source", "known"),
    [
        (MODULE, True),
        (f"registry.terraform.io/{MODULE}", True),
        ("git::https://github.com/terraform-aws-modules/terraform-aws-dynamodb-table.git?ref=v4.2.0", True),
        ("github.com/terraform-aws-modules/terraform-aws-dynamodb-table", True),
        ("git@github.com:terraform-aws-modules/terraform-aws-dynamodb-table.git", True),
        ("acme/dynamodb-table/aws", False),
        (f"{MODULE}//wrappers", False),
        (f"app.terraform.io/x/{MODULE}", False),
        ("git::https://github.com/acme/terraform-aws-dynamodb-table.git", False),
        ("cloudposse/label/null", False),
    ],
)
def test_the_public_module_is_known_by_its_address(source: str, known: bool) -> None:
    assert is_public_table(source) is known


@pytest.mark.parametrize(
    ("version", "known"),
    [
        *(("4.2.0", True), ("= 3.0", True), ("~> 4.0", True), ("~> 5.1.2", True), (">= 4.0, < 6.0.0", True)),
        *(("<= 5.3", True), ("< 5.2", True), ("v4.0.0", True), ("6.0.0", False), (">= 4.0", False)),
        *(("~> 5", False), ("~> 6.0", False), ("< 7.0", False), ("< 6.1", False), (">= 4.0, < 7", False)),
        (None, False),
    ],
)  # fmt: skip
def test_a_version_is_known_if_all_that_it_allows_are(version: str | None, known: bool) -> None:
    assert (why_not_known(MODULE, version, ["name"]) is None) is known


def test_a_call_of_which_no_version_is_said_is_listed(tmp_path: Path) -> None:
    """Later versions protect and encrypt by default, earlier ones do not."""
    made = converted(CALL.format(source=MODULE, version="", more=""), tmp_path, "t.tf")
    assert not made.specs
    assert "it does not say its version" in lost(made)["module.t"]


@pytest.mark.parametrize("more", ["ttl_enabled = false", "autoscaling_enabled = false"])
def test_a_variable_that_only_known_versions_have_says_the_version(tmp_path: Path, more: str) -> None:
    made = converted(CALL.format(source=MODULE, version="", more=more), tmp_path, "t.tf")
    assert spec_of(made)["encryption"] is False


def test_what_is_not_known_of_a_call_is_a_variable(tmp_path: Path) -> None:
    more = "deletion_protection_enabled = data.x.y.z\n server_side_encryption_enabled = data.x.y.z\n timeouts = {}"
    made = converted(CALL.format(source=MODULE, version='version = "4.0.0"', more=more), tmp_path, "t.tf")
    (one,) = made.specs
    assert one.spec["deletion_protection"] == "${var.module_t_deletion_protection_enabled}"
    assert one.spec["encryption"]["enabled"] == "${var.module_t_server_side_encryption_enabled}"
    assert one.spec["point_in_time_recovery"] is False, "that is the module's default"


LOCAL = {
    "main.tf": 'module "m" {\n source = "./m"\n for_each = toset(["a", "b"])\n name = each.key\n}\n'
    'resource "aws_dynamodb_tag" "t" {\n resource_arn = module.m["b"].arn\n key = "k"\n'
    ' value = module.m["a"].name\n}\n',
    "m/main.tf": 'variable "name" {}\nvariable "each" { default = "own" }\n'
    'locals { name = "${var.name}-${var.each}" }\n'
    'resource "aws_dynamodb_table" "t" {\n name = local.name\n hash_key = "id"\n billing_mode = "PAY_PER_REQUEST"\n'
    ' attribute {\n name = "id"\n type = "S"\n }\n}\n'
    'output "arn" { value = aws_dynamodb_table.t.arn }\noutput "name" { value = aws_dynamodb_table.t.name }\n',
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def conversion(folder: Path, **parameters: str):  # type: ignore[no-untyped-def]
    from dynaops.convert.formats import Options
    from dynaops.convert.run import convert

    return convert([str(folder)], None, Options(parameters, "eu-west-1", static=True))


def test_a_local_module_has_its_own_scope(tmp_path: Path) -> None:
    made = conversion(written(tmp_path, LOCAL))
    assert {one.table: one.spec.get("tags") for one in made.specs} == {
        "a-own": None,
        "b-own": {"k": "a-own"},
    }
    assert not made.lost


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"main.tf": 'module "m" { source = "./none" }\n'}, "cannot be read"),
        ({"main.tf": 'module "m" { source = "./m" }\n', "m/x.txt": ""}, "has no .tf files"),
        ({"main.tf": 'module "m" { source = "./m" }\n', "m/m.tf": 'module "n" { source = "../" }\n'}, "that calls it"),
        ({"main.tf": 'module "m" { source = "../../../../../../etc" }\n'}, "is outside of the repository"),
        ({"main.tf": 'module "m" {\n source = "./m"\n count = data.x.y.z\n}\n', "m/m.tf": "locals {}\n"}, "not known"),
    ],
)  # fmt: skip
def test_a_module_that_is_not_read_is_listed(tmp_path: Path, files: dict[str, str], why: str) -> None:
    made = conversion(
        written(
            tmp_path, {**files, "t.tf": LOCAL["m/main.tf"].replace('"name" {}', '"name" { default = "x" }')}
        )
    )
    assert [one.table for one in made.specs] == ["x-own"], "what stands beside it is converted"
    assert any(why in note.why for note in made.lost if "module." in note.where.what), lost(made)


def test_a_modules_link_to_outside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.tf").write_text('resource "aws_s3_bucket" "token-abc" {}\n')
    folder = written(tmp_path / "project", {".git/x": "", "main.tf": 'module "m" { source = "./m" }\n'})
    (folder / "m").symlink_to(tmp_path / "secret")
    made = conversion(folder)
    assert "is outside of the repository" in lost(made)["module.m"]
    assert "token-abc" not in str(made.notes)


def test_a_module_beside_the_folder_is_read_within_the_repository(tmp_path: Path) -> None:
    files = {f"modules/{name}": text for name, text in LOCAL.items() if name != "main.tf"}
    call = LOCAL["main.tf"].replace("./m", "../../modules/m")
    written(tmp_path, {**files, ".git/x": "", "env/prod/main.tf": call})
    assert len(conversion(tmp_path / "env" / "prod").specs) == 2


def test_an_empty_for_each_is_told(tmp_path: Path) -> None:
    files = {**LOCAL, "main.tf": 'module "m" {\n source = "./m"\n for_each = {}\n name = "x"\n}\n'}
    assert lost(conversion(written(tmp_path, files))) == {"module.m": "its for_each is empty"}


@pytest.mark.parametrize(
    ("kind", "given", "name"),
    [
        ("string", "5", "t-5"),
        ("list(string)", '["a", "b"]', "t-a-b"),
        ("map(number)", "{ x = 1 }", "t-x"),
    ],
)
def test_a_variable_of_the_command_line_has_its_type(
    tmp_path: Path, kind: str, given: str, name: str
) -> None:
    value = {"string": "var.v", "list(string)": 'join("-", var.v)', "map(number)": 'join("-", keys(var.v))'}[
        kind
    ]
    text = (
        LOCAL["m/main.tf"]
        .replace('"name" {}', f'"v" {{ type = {kind} }}')
        .replace("local.name", f'"t-${{{value}}}"')
    )
    made = conversion(written(tmp_path, {"t.tf": text}), v=given)
    assert [one.table for one in made.specs] == [name]


def test_every_default_has_its_documentation() -> None:
    assert all(one.source.startswith("Terraform") for one in DEFAULTS.values())
    assert default(TABLE, "ttl.enabled") is False and default(TABLE, "billing_mode") == "PROVISIONED"


def test_defaults_that_a_spec_has_too_are_the_same() -> None:
    for argument, field in (("enabled", "enabled"), ("batch_size", "batch_size")):
        assert Trigger.model_fields[field].default == default(TRIGGER, argument)
