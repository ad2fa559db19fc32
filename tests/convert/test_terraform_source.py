"""A folder is read by Terraform itself where it is at hand (a small program that prints JSON stands in for it here)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dynaops.convert.formats import Options
from dynaops.convert.notes import Notes
from dynaops.convert.run import Conversion, convert
from dynaops.convert.terraform.source_choice import choose_sources
from dynaops.convert.texts import read
from tests.convert.converted import lost

CONFIGURATION = """
resource "aws_dynamodb_table" "t" {
  count        = 1
  name         = "written"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [read_capacity, tags["x"]]
  }
}
"""


def table(name: str, **values: object) -> dict[str, object]:
    """A table as `terraform show -json` has it."""
    said = {
        "arn": f"arn:aws:dynamodb:eu-west-1:123456789012:table/{name}",
        "attribute": [{"name": "id", "type": "S"}],
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "id",
        "name": name,
        "timeouts": None,
    }
    return {
        "address": "aws_dynamodb_table.t[0]",
        "mode": "managed",
        "type": "aws_dynamodb_table",
        "name": "t",
        "index": 0,
        "values": {**said, **values},
    }


def shown(*resources: object) -> str:
    values = {"values": {"root_module": {"resources": list(resources)}}} if resources else {}
    return json.dumps({"format_version": "1.0", "terraform_version": "1.9.5", **values})


STATE = {
    "version": 4,
    "terraform_version": "1.9.5",
    "serial": 1,
    "lineage": "x",
    "resources": [
        {
            "mode": "managed",
            "type": "aws_dynamodb_table",
            "name": "t",
            "instances": [{"index_key": 0, "attributes": table("stored")["values"]}],
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with a state, and a PATH that holds the programs of `program` and a shell only."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    made = tmp_path / "stack"
    made.mkdir()
    (made / "main.tf").write_text(CONFIGURATION)
    (made / "terraform.tfstate").write_text(json.dumps(STATE))
    return made


def program(folder: Path, script: str, name: str = "terraform") -> None:
    """A program of that name on PATH."""
    path = folder.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def says(folder: Path, text: str, name: str = "terraform") -> None:
    (folder.parent / "answer.json").write_text(text)
    program(folder, f'[ "$*" = "show -json -no-color" ] || exit 9\ncat "{folder.parent}/answer.json"', name)


def made_of(folder: Path, static: bool = False) -> Conversion:
    return convert([str(folder)], None, Options({}, "eu-west-1", static))


def remarks(made: Conversion) -> str:
    return "\n".join(note.why for note in made.notes if not note.lost)


@pytest.mark.parametrize("name", ["terraform", "tofu"])
def test_the_state_is_asked_for_and_its_source_told(folder: Path, name: str) -> None:
    says(folder, shown(table("live", deletion_protection_enabled=True)), name)
    made = made_of(folder)
    (one,) = made.specs
    assert one.table == "live" and one.spec["deletion_protection"] is True
    assert f"read from its state by `{name} show -json`" in remarks(made)
    assert one.spec["lifecycle"] == {"prevent_destroy": True, "ignore_changes": ["read_capacity"]}, (
        "no state holds it"
    )
    assert lost(made)["aws_dynamodb_table.t.lifecycle.ignore_changes"] == 'tags["x"] is no key of a spec'


def test_static_reading_is_a_choice(folder: Path) -> None:
    program(folder, f"touch {folder.parent}/ran")
    made = made_of(folder, static=True)
    assert [one.table for one in made.specs] == ["written"]
    assert "worked out from the .tf files, without Terraform (--static)" in remarks(made)
    assert not (folder.parent / "ran").exists(), "nothing is run"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "echo 'Error: Required plugins are not installed' >&2; exit 1",
            "Required plugins are not installed",
        ),
        ("echo not-json", "is not JSON"),
        ('echo "{}"', "is not what `terraform show -json` prints"),
        ('echo "{\\"format_version\\": \\"1.0\\"}"', "its state has no resources"),
        ("cat; echo waited-for-no-input >&2; exit 3", "waited-for-no-input"),
    ],
)
def test_a_failure_is_told_and_the_state_file_is_read(folder: Path, script: str, why: str) -> None:
    program(folder, script)
    made = made_of(folder)
    assert [one.table for one in made.specs] == ["stored"]
    assert why in remarks(made) and "read from terraform.tfstate" in remarks(made)


def test_without_terraform_the_state_file_is_read(folder: Path) -> None:
    made = made_of(folder)
    assert [one.table for one in made.specs] == ["stored"]


@pytest.mark.parametrize("why", ["backend", "workspace", "empty"])
def test_a_state_file_that_is_not_the_state_is_not_read(folder: Path, why: str) -> None:
    (folder / ".terraform").mkdir()
    if why == "backend":
        (folder / ".terraform" / "terraform.tfstate").write_text("{}")
    elif why == "workspace":
        (folder / ".terraform" / "environment").write_text("prod")
    else:
        (folder / "terraform.tfstate").write_text(json.dumps({**STATE, "resources": []}))
    made = made_of(folder)
    assert [one.table for one in made.specs] == ["written"]
    assert "no state of it is at hand" in remarks(made)


def test_a_program_that_does_not_end_is_ended(folder: Path) -> None:
    program(folder, "exec sleep 60")
    notes = Notes()
    found = choose_sources([str(folder)], read([str(folder)], notes), static=False, notes=notes, timeout=0.2)
    assert [Path(text.path).name for text in found.texts] == ["terraform.tfstate"]
    assert any("did not end within 0.2 seconds" in note.why for note in notes.entries)


def test_a_table_whose_lifecycle_is_not_known_is_told(folder: Path) -> None:
    """A state's table that the files do not make here."""
    says(folder, shown({**table("live"), "address": "module.x.aws_dynamodb_table.this[0]"}))
    made = made_of(folder)
    assert "a state does not hold it" in remarks(made)


def test_at_the_command_line(folder: Path) -> None:
    says(folder, shown(table("live")))
    for option, name in (([], "live"), (["--static"], "written")):
        command = [sys.executable, "-m", "dynaops", "convert", str(folder), *option]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert ended.returncode == 0, ended.stderr
        assert f"table_name: {name}" in ended.stdout
        assert ("read from its state by `terraform show -json`" in ended.stderr) is (not option)


def plan(after_unknown: object, expressions: object, **values: object) -> str:
    """A plan's JSON of one table."""
    one = table("planned", **values)
    one["address"] = "aws_dynamodb_table.t"
    document = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [one]}},
        "resource_changes": [{"address": one["address"], "change": {"after_unknown": after_unknown}}],
        "configuration": {
            "root_module": {"resources": [{"address": one["address"], "expressions": expressions}]}
        },
    }
    return json.dumps(document)


def of_plan(tmp_path: Path, text: str) -> Conversion:
    (tmp_path / "plan.json").write_text(text)
    return convert([str(tmp_path / "plan.json")], None, Options({}, "eu-west-1"))


KEY = {"references": ["aws_kms_key.k.arn", "aws_kms_key.k"]}


def test_what_a_plan_knows_after_apply_only_is_no_default(tmp_path: Path) -> None:
    """A key that is made with the table is not the AWS managed key."""
    text = plan(
        {"arn": True, "server_side_encryption": [{"kms_key_arn": True}], "ttl": True},
        {"server_side_encryption": [{"enabled": {"constant_value": True}, "kms_key_arn": KEY}]},
        server_side_encryption=[{"enabled": True}],
    )
    made = of_plan(tmp_path, text)
    assert "known after apply only" in lost(made)["aws_dynamodb_table.t.server_side_encryption.kms_key_arn"]
    assert str(made.specs[0].spec["encryption"]["kms_key_arn"]).startswith("${var.")
    assert "ttl" not in made.specs[0].spec, "it is computed: the configuration has none"


def test_what_a_plan_computes_is_not_taken_for_what_was_written(tmp_path: Path) -> None:
    text = plan(
        {"server_side_encryption": [{"kms_key_arn": True}]},
        {"server_side_encryption": [{"enabled": {"constant_value": True}}]},
        server_side_encryption=[{"enabled": True}],
        warm_throughput=[{"read_units_per_second": 12000, "write_units_per_second": 4000}],
    )
    made = of_plan(tmp_path, text)
    assert not made.lost
    assert "encryption" not in made.specs[0].spec and "warm_throughput" not in made.specs[0].spec


def test_a_dynamic_block_of_a_plan_is_in_no_configuration(tmp_path: Path) -> None:
    """So nobody can say whether what is not known in it was written."""
    text = plan(
        {"server_side_encryption": [{"kms_key_arn": True}]}, {}, server_side_encryption=[{"enabled": True}]
    )
    assert "aws_dynamodb_table.t.server_side_encryption.kms_key_arn" in lost(of_plan(tmp_path, text))
