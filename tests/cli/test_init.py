"""The starter spec."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.running import Cli


def test_it_is_written_once(cli: Cli, here: Path) -> None:
    assert cli("init").code == 0
    text = (here / "specs" / "orders.yaml").read_text(encoding="utf-8")
    assert "table_name: orders" in text
    again = cli("init", "--table", "orders")
    assert again.code == 1
    assert "exists already" in again.err
    assert (here / "specs" / "orders.yaml").read_text(encoding="utf-8") == text


def test_elsewhere_and_under_another_name(cli: Cli, here: Path) -> None:
    result = cli("init", "deep/down/users.yaml", "--table", "users", "--json")
    assert result.json == {"file": "deep/down/users.yaml", "table": "users", "project": "dynaops.toml"}
    assert cli("validate").code == 0
    assert "table_name: users" in (here / "deep/down/users.yaml").read_text(encoding="utf-8")


def test_the_project_file_that_is_written_is_valid(cli: Cli, here: Path) -> None:
    assert cli("init", "--project").code == 0
    assert not (here / "specs").exists()
    assert cli("config", "check").code == 1  # the folder of specs is not there yet
    assert cli("init").code == 0
    checked = cli("config", "check", "--json")
    assert (checked.code, checked.json["valid"]) == (0, True), checked


def test_every_line_of_the_project_file_is_valid_when_uncommented(cli: Cli, here: Path) -> None:
    cli("init", "--project")
    file = here / "dynaops.toml"
    lines = file.read_text(encoding="utf-8").split("\n")
    settings = [line[2:] if re.match(r"# (\[|[a-z_.]+ = )", line) else line for line in lines]
    file.write_text("\n".join(settings))
    shown = cli("config", "show", "-E", "prod", "--json").json
    assert shown["environments"] == ["dev", "prod"]
    assert shown["settings"]["protected"] == {
        "value": True,
        "origin": shown["settings"]["protected"]["origin"],
    }


@pytest.mark.parametrize("place", [".", ".."])
def test_a_project_file_is_never_overwritten(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    Path(place, "dynaops.toml").write_text("# ours\n")
    assert cli("init", "--json").json["project"] is None
    assert cli("init", "--project").code == 1
    assert Path(place, "dynaops.toml").read_text() == "# ours\n"


def test_a_name_that_no_table_can_have(cli: Cli, here: Path) -> None:
    result = cli("init", "--table", "a b")
    assert result.code == 2
    assert not (here / "specs").exists()
