"""Terraform: expressions, variables and references as far as files go; what they do not say is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.model.errors import SpecError
from tests.convert.converted import INPUTS, conversion, converted, lost, spec_of

RESOURCE = """
variable "stage" {{ default = "live" }}
variable "open" {{}}
locals {{
  names = {{ one = "first", two = ["a", "b"] }}
  loop  = local.loop
}}
resource "aws_dynamodb_table" "t" {{
  name         = {name}
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {{
    name = "id"
    type = "S"
  }}
{more}
}}
"""


@pytest.mark.parametrize(
    ("name", "resolved"),
    [
        ("var.stage", "live"),
        ('"x-${var.stage}-y"', "x-live-y"),
        ("local.names.one", "first"),
        ("local.names.two[1]", "b__"),
        ('local.names["one"]', "first"),
        ('var.stage == "live" ? "prod" : "test"', "prod"),
        ('format("%s-%s", var.stage, "x")', "live-x"),
        ('join("-", concat(["a"], local.names.two))', "a-a-b"),
        ('lower("ABC")', "abc"),
        ("try(local.names.three, var.stage)", "live"),
        ("var.open", "given"),
        ('coalesce("", var.stage)', "live"),
        ('lookup(local.names, "three", "other")', "other"),
        ("data.aws_region.current.name", "eu-west-1"),
    ],
)
def test_a_name_is_worked_out(tmp_path: Path, name: str, resolved: str) -> None:
    written = f'"${{{name}}}__"' if resolved.endswith("__") else name
    made = converted(RESOURCE.format(name=written, more=""), tmp_path, "t.tf", open="given")
    assert spec_of(made)["table_name"] == resolved


def test_what_stands_one_after_another_is_not_deep(tmp_path: Path) -> None:
    """Brackets, templates and splats that end do not add up."""
    more = (
        "tags = {\n"
        + "".join(f'k{i} = "${{lower("a")}}${{[1][0]}}"\n s{i} = var.none[*]\n' for i in range(100))
        + "}"
    )
    made = converted(RESOURCE.format(name='"abc"', more=more), tmp_path, "t.tf")
    assert [one.table for one in made.specs] == ["abc"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("var.open", "var.open has no value: give it with --parameter open=VALUE"),
        ("local.loop", "it depends on itself"),
        (
            "random_pet.name.id",
            "random_pet.name.id is not known: give it with --parameter random_pet.name.id=VALUE",
        ),
        ("try(var.nothing, var.stage)", "var.nothing has no value"),
        ('sha1("x")', 'sha1("x") cannot be worked out here'),
    ],
)
def test_what_cannot_be_worked_out_is_told_with_its_place(tmp_path: Path, name: str, why: str) -> None:
    made = converted(RESOURCE.format(name=name, more=""), tmp_path, "t.tf")
    assert not made.specs
    found = {note.where.what: note for note in made.lost}["aws_dynamodb_table.t.name"]
    assert why in found.why
    assert ":9:18" in found.where.place


def test_a_value_by_hand_stands_in_for_any_reference(tmp_path: Path) -> None:
    made = converted(
        RESOURCE.format(name="random_pet.name.id", more=""), tmp_path, "t.tf", **{"random_pet.name.id": "x-1"}
    )
    assert spec_of(made)["table_name"] == "x-1"


def test_count_and_for_each(tmp_path: Path) -> None:
    text = RESOURCE.format(name='"x-${each.key}"', more='for_each = toset(["one", "two"])')
    assert [one.table for one in converted(text, tmp_path, "t.tf").specs] == ["x-one", "x-two"]
    text = RESOURCE.format(name='"x-${count.index}"', more="count = 2")
    assert [one.table for one in converted(text, tmp_path, "t.tf").specs] == ["x-0", "x-1"]
    none = converted(
        RESOURCE.format(name='"none"', more='count = var.stage == "test" ? 1 : 0'), tmp_path, "t.tf"
    )
    assert lost(none) == {"aws_dynamodb_table.t": "its count is 0"}


def test_settings_that_a_spec_lacks_are_told(tmp_path: Path) -> None:
    more = """
  import_table {
    input_format = "CSV"
    s3_bucket_source { bucket = "b" }
  }
  brand_new = true
  lifecycle { ignore_changes = [global_secondary_index, replica, tags["x"]] }
"""
    made = converted(RESOURCE.format(name='"xyz"', more=more), tmp_path, "t.tf")
    assert lost(made) == {
        "aws_dynamodb_table.t.import_table": "a spec has no imported items: load them with `dynaops load-data`",
        "aws_dynamodb_table.t.brand_new": "a spec has no such setting",
        "aws_dynamodb_table.t.lifecycle.ignore_changes": 'tags["x"] is no key of a spec',
    }
    assert spec_of(made)["lifecycle"] == {"ignore_changes": ["global_secondary_indexes", "replicas"]}


def test_a_modules_defaults_are_its_own() -> None:
    """What the public module leaves off stays off; the one that dynaops replaces has a spec's defaults."""
    songs = conversion("terraform/module.tf").specs[0].spec
    assert songs["encryption"] is False and songs["point_in_time_recovery"] is False
    sessions = spec_of(conversion("terraform/sessions.tfvars"))
    assert "encryption" not in sessions and "point_in_time_recovery" not in sessions


def test_tfvars_of_the_public_module(tmp_path: Path) -> None:
    text = """
name      = "users"
hash_key  = "id"
attributes = [{ name = "id", type = "S" }, { name = "spare", type = "S" }]
replica_regions = [
  { region_name = "us-east-1", kms_key_arn = null, propagate_tags = true, point_in_time_recovery = true },
]
stream_enabled   = true
stream_view_type = "NEW_AND_OLD_IMAGES"
server_side_encryption_enabled = true
create_table = true
"""
    made = converted(text, tmp_path, "prod.tfvars")
    spec = spec_of(made)
    assert spec["replicas"] == [
        {"region": "us-east-1", "point_in_time_recovery": {"enabled": True}, "propagate_tags": True}
    ]
    assert spec["tags"] == {"Name": "users"}
    assert "encryption" not in spec
    assert lost(made) == {"attribute spare": "it is the key of neither the table nor an index"}


def test_tfvars_fill_a_configurations_variables(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(RESOURCE.format(name='"t-${var.stage}-${var.open}"', more=""))
    (tmp_path / "prod.tfvars").write_text('stage = "prod"\nopen = "x"\n')
    from dynaops.convert.formats import Options
    from dynaops.convert.run import convert

    named = convert([str(tmp_path / "main.tf"), str(tmp_path / "prod.tfvars")], None, Options())
    assert spec_of(named)["table_name"] == "t-prod-x"
    beside = convert([str(tmp_path)], None, Options({"open": "y"}))
    assert "only with -var-file" in lost(beside)["prod.tfvars"], (
        "which of the folder's files, nobody has said"
    )
    assert spec_of(beside)["table_name"] == "t-live-y"


def test_a_map_of_tables(tmp_path: Path) -> None:
    table = '{ table_name = "%s", hash_key = "id", attributes = { id = "S" } }'
    text = f'tables = {{\n a = {table % "one"}\n b = {table % "two"}\n}}\nregion = "x"\n'
    made = converted(text, tmp_path, "all.tfvars")
    assert [one.table for one in made.specs] == ["one", "two"]
    assert list(lost(made)) == ["region"]


def test_text_that_is_not_hcl_is_an_error_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        converted('name = "x"\nhash_key = = 3\n', tmp_path, "bad.tfvars")
    (finding,) = caught.value.findings
    assert str(finding.place).endswith("bad.tfvars:2:12")
    assert "not valid HCL" in finding.message


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("file", ["terraform.tfstate", "plan.json"])
def test_a_state_cut_short_is_an_error(tmp_path: Path, file: str, cut: float) -> None:
    text = (INPUTS / "terraform" / file).read_text()
    with pytest.raises(Exception) as caught:
        converted(text[: int(len(text) * cut)], tmp_path, file)
    assert type(caught.value).__name__ in ("DynaopsError", "SpecError")
