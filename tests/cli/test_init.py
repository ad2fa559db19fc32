"""The starter spec."""

from __future__ import annotations

from pathlib import Path

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
    assert result.json == {"file": "deep/down/users.yaml", "table": "users"}
    assert "table_name: users" in (here / "deep/down/users.yaml").read_text(encoding="utf-8")


def test_a_name_that_no_table_can_have(cli: Cli, here: Path) -> None:
    result = cli("init", "--table", "a b")
    assert result.code == 2
    assert not (here / "specs").exists()
