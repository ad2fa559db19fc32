"""Validation: offline, all errors at once, and quick to load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Cli, bare_environment

VALID = "table_name: orders\nhash_key: id\nattributes: {id: S}\n"
WARNED = VALID.replace("orders", "orders-production")
INVALID = VALID + "hsh_key: id\nttl: {attribute: id}\n"


def test_a_valid_spec(cli: Cli, here: Path) -> None:
    (here / "orders.yaml").write_text(VALID, encoding="utf-8")
    result = cli("validate", "orders.yaml", "--strict")
    assert (result.code, result.out) == (0, "Valid; 1 table; 0 errors; 0 warnings\n")


def test_warnings_count_only_where_it_is_strict(cli: Cli, here: Path) -> None:
    (here / "orders.yaml").write_text(WARNED, encoding="utf-8")
    assert cli("validate", "orders.yaml").code == 0
    result = cli("validate", "orders.yaml", "--strict")
    assert result.code == 3
    assert "orders.yaml:1:13: warning: " in result.out


def test_all_errors_of_all_files_are_told_with_their_places(cli: Cli, here: Path) -> None:
    (here / "a.yaml").write_text(INVALID, encoding="utf-8")
    (here / "b.yaml").write_text("table_name: [", encoding="utf-8")
    result = cli("validate", ".")
    assert result.code == 1
    assert "a.yaml:4:1: error: unknown key hsh_key" in result.out
    assert "hint: Did you mean hash_key?" in result.out
    assert "b.yaml:" in result.out
    assert result.out.rstrip().split("\n")[-1].startswith("Invalid; ")


def test_json(cli: Cli, here: Path) -> None:
    (here / "a.yaml").write_text(INVALID, encoding="utf-8")
    result = cli("validate", "a.yaml", "--json")
    assert result.code == 1
    assert result.err == ""
    assert result.json["valid"] is False
    assert result.json["findings"][0]["place"] == {"file": "a.yaml", "line": 4, "column": 1}


def test_no_specs_at_all(cli: Cli) -> None:
    result = cli("validate")
    assert result.code == 1
    assert "dynaops init" in result.out


def test_the_starter_spec_is_valid(cli: Cli) -> None:
    cli("init")
    assert cli("validate", "--strict").code == 0


@pytest.mark.parametrize("arguments", [["validate", "orders.yaml"], ["schema"]])
def test_offline_commands_load_neither_aws_nor_sandbox(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "orders.yaml").write_text(VALID, encoding="utf-8")
    program = (
        "import sys\n"
        "from dynaops.cli.main import main\n"
        f"code = main({arguments!r})\n"
        "heavy = [name for name in ('boto3', 'botocore', 'moto', 'rich', 'jmespath') if name in sys.modules]\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
