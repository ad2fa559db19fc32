"""The static answer held against Terraform's own: what differs and is not listed is a fault.

`configurations/NAME` is a configuration, and `answers/NAME.json` is what `terraform show -json` prints of its state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaops.convert.formats import Options
from dynaops.convert.ledger import ConversionOutcome
from dynaops.convert.part import Open
from dynaops.convert.run import Conversion, convert

HERE = Path(__file__).parent
CLASSES = sorted(one.stem for one in (HERE / "answers").glob("*.json"))
ARGUMENTS = {
    "encryption": "server_side_encryption",
    "point_in_time_recovery": "point_in_time_recovery",
    "deletion_protection": "deletion_protection_enabled",
    "global_secondary_indexes": "global_secondary_index",
    "ttl": "ttl",
    "tags": "tags",
}
"""Where a configuration says what a spec's keys say; a difference has to be listed there."""
NOT_LISTED = "what differs from Terraform's answer is not listed"


def static(name: str) -> Conversion:
    return convert([str(HERE / "configurations" / name)], None, Options({}, "eu-west-1", static=True))


def answer(name: str) -> Conversion:
    return convert([str(HERE / "answers" / f"{name}.json")], None, Options({}, "eu-west-1"))


def normal(spec: dict[str, Any]) -> dict[str, Any]:
    """Without what no state holds, and lists whose order says nothing by name."""
    said = {key: value for key, value in spec.items() if key != "lifecycle"}
    for key in ("global_secondary_indexes", "replicas", "items"):
        if key in said:
            said[key] = sorted(said[key], key=str)
    return said


def address(source: str) -> str:
    return source.rpartition(" (")[2].removesuffix(")")


def listed(made: Conversion, *names: str) -> bool:
    return any(note.where.what.startswith(names) for note in made.lost)


def differing(ours: dict[str, Any], theirs: dict[str, Any]) -> set[str]:
    return {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}


def faults(ours: Conversion, theirs: Conversion) -> list[str]:
    """What the static answer has wrong without saying so."""
    found = []
    mine = {one.table: one for one in ours.specs}
    for one in theirs.specs:
        at = address(one.source)
        own = mine.pop(one.table, None)
        if own is None:
            bare = at.replace(".aws_dynamodb_table.main", "")
            if not listed(ours, at, at.removesuffix("[0]"), bare):
                found.append(f"{one.table} is missing")
            continue
        for key in sorted(differing(normal(own.spec), normal(one.spec))):
            where = f"{address(own.source)}.{ARGUMENTS.get(key, key)}"
            if not listed(ours, where):
                found.append(f"{one.table}.{key}: {own.spec.get(key)!r} for {one.spec.get(key)!r}")
    return found + [f"{name} is none of Terraform's tables" for name in mine]


@pytest.mark.parametrize("name", CLASSES)
def test_what_differs_from_terraforms_answer_is_listed(name: str) -> None:
    ours = static(name)
    assert not faults(ours, answer(name)), NOT_LISTED
    assert ConversionOutcome.LOST not in ours.resources
    for one in ours.specs:
        assert not one.findings, one.findings


EXACT = sorted(set(CLASSES) - {"data_sources", "foreign_modules"})


@pytest.mark.parametrize("name", EXACT)
def test_what_the_files_say_is_worked_out(name: str) -> None:
    """No refuge in listing: these differ in nothing, and nothing of a table's settings is listed."""
    ours = static(name)
    theirs = {one.table: normal(one.spec) for one in answer(name).specs}
    assert {one.table: normal(one.spec) for one in ours.specs} == theirs
    allowed = ("timeouts", "its count is 0", "aws_s3_bucket", "prod.tfvars")
    rest = [note for note in ours.lost if not any(one in f"{note.where.what} {note.why}" for one in allowed)]
    assert not rest


def test_there_are_enough() -> None:
    assert len(CLASSES) >= 15


def test_what_data_sources_say_is_a_variable_with_its_place() -> None:
    made = static("data_sources")
    (known,) = made.specs
    assert isinstance(known.spec["encryption"]["kms_key_arn"], Open)
    assert "# ${var.aws_dynamodb_table_known_server_side_encryption_kms_key_arn} stands for" in known.yaml
    places = {note.where.what: note.where.place.rpartition("/")[2] for note in made.lost}
    text = (HERE / "configurations" / "data_sources" / "main.tf").read_text().splitlines()
    for what, written in (
        ("known.tags.suffix", "suffix"),
        ("unknown.name", 'name         = "unknown'),
        ("known.server_side_encryption.kms_key_arn", "kms_key_arn"),
    ):
        file, line, _ = places[
            f"aws_dynamodb_table.{what}{'.suffix' if what.endswith('tags') else ''}"
        ].split(":")
        assert file == "main.tf" and text[int(line) - 1].strip().startswith(written), (what, line)


def test_names_of_variables_decide_nothing() -> None:
    """Specimens: a local module with other meanings, a label module, and a private registry's module."""
    made = static("foreign_modules")
    why = {note.where.what: note.why for note in made.lost}
    assert [one.table for one in made.specs] == ["prefix-orders-v2", "songs"]
    assert "cloudposse/label/null is no module whose variables are known" in why["module.label"]
    assert "app.terraform.io/acme/dynamodb-table/aws" in why["module.elsewhere"]


def test_lifecycle_is_read_in_full() -> None:
    """Specimen: the text was cut to 57 characters."""
    (moved, _) = static("moved_blocks").specs
    assert moved.spec["lifecycle"]["ignore_changes"] == [
        *("read_capacity", "write_capacity", "global_secondary_indexes", "ttl"),
        *("point_in_time_recovery", "encryption", "tags"),
    ]
    assert moved.spec["lifecycle"]["prevent_destroy"] is True


def test_a_time_to_live_without_enabled_is_off() -> None:
    """Specimen: the provider's default is false, and rows would expire."""
    specs = {one.table: one.spec for one in static("conditionals").specs}
    assert "ttl" not in specs["users-staging"]
    (timeouts,) = [note for note in static("conditionals").lost if "timeouts" in note.where.what]
    assert timeouts.where.what == "aws_dynamodb_table.always.timeouts"


def test_a_wrong_answer_is_found() -> None:
    """The check can fail: another configuration's answer has faults."""
    assert faults(static("optional_defaults"), answer("conditionals"))
