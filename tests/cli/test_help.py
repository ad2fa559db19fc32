"""Help: complete, current in the docs, and quick to come."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs_tools import commands_reference as reference
from docs_tools import spec_reference
from dynaops.cli.lazy import SECTIONS, load
from tests.cli.running import Cli, bare_environment
from tests.views.drawing import check_snapshot

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs" / "cli.md"
HEAVY = ("boto3", "botocore", "moto", "ruamel", "rich", "orjson", "jmespath", "logging")


def commands() -> Iterator[tuple[str, Any]]:
    for section in SECTIONS.values():
        for name, listed in section.items():
            command = load(name, listed)
            yield name, command
            for child, below in getattr(command, "commands", {}).items():
                yield f"{name} {child}", below


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", [name for section in SECTIONS.values() for name in section])
def test_the_root_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    listed = next(section[name] for section in SECTIONS.values() if name in section)
    assert COMMANDS[name].help.split("\n")[0] == listed.help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_is_explained(name: str) -> None:
    assert COMMANDS[name].help
    for parameter in COMMANDS[name].params:
        assert parameter.help, f"{name} {parameter.name}"


@pytest.mark.parametrize("arguments", [(), ("plan",), ("state",), ("sandbox",)])
def test_help_fits_80_columns(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli(*arguments, "--help")
    assert result.code == 0
    assert max(map(len, result.out.split("\n"))) <= 80
    check_snapshot(HERE, f"help-{'-'.join(arguments) or 'root'}", result.out)


def test_without_arguments_help_is_shown(cli: Cli) -> None:
    assert cli().out == cli("--help").out


def test_the_reference_in_the_docs_is_current() -> None:
    assert DOCS.read_text(encoding="utf-8") == reference.document(), (
        "write it anew: python -m docs_tools.commands_reference"
    )


@pytest.mark.parametrize("name", ["spec.md", "spec.schema.json", "project.schema.json"])
def test_the_reference_of_specs_is_current(name: str) -> None:
    assert DOCS.with_name(name).read_text(encoding="utf-8") == spec_reference.documents()[name], (
        "write it anew: python -m docs_tools.spec_reference docs"
    )


def test_every_key_of_a_spec_is_explained() -> None:
    rows = [line for line in spec_reference.documents()["spec.md"].split("\n") if line.startswith("| `")]
    assert len(rows) > 100
    assert [row for row in rows if row.endswith("|  |")] == []


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], (*HEAVY, "pydantic")),
        (["--version"], (*HEAVY, "pydantic")),
        (["plan", "--help"], HEAVY),  # Typer itself needs Pydantic for options before a command
    ],
)
def test_help_imports_nothing_heavy(tmp_path: Path, arguments: list[str], heavy: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        "from dynaops.cli.main import main\n"
        f"code = main({arguments!r})\n"
        f"heavy = [name for name in {heavy!r} if name in sys.modules]\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=bare_environment(tmp_path),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
