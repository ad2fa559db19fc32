"""The operational scripts, run as people run them, against the embedded AWS."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import bare_environment
from tests.companions.functions import make_function
from tests.preloaded.process import search_path

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = sorted((ROOT / "scripts").glob("*-*.sh"))


class Desk:
    """A folder with the examples, a sandbox, and the scripts."""

    def __init__(self, folder: Path, server: SandboxServer) -> None:
        shutil.copytree(ROOT / "specs", folder / "specs")
        self.folder = folder
        self.server = server
        self.environment = {
            **bare_environment(folder),
            "PATH": search_path(),
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }

    def client(self, service: str) -> Any:
        return self.server.client(service, "eu-west-1")

    def __call__(self, name: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "scripts" / name, *arguments],
            cwd=self.folder,
            env={**self.environment, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def answered(self, answer: str, name: str, *arguments: str) -> int:
        """Run at a terminal where somebody types `answer`."""
        ours, theirs = pty.openpty()
        os.write(ours, f"{answer}\n".encode())
        done = subprocess.run(
            [ROOT / "scripts" / name, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=theirs,
            capture_output=True,
            timeout=120,
            check=False,
        )
        os.close(ours)
        os.close(theirs)
        return done.returncode


@pytest.fixture
def desk(tmp_path: Path, server: SandboxServer) -> Desk:
    return Desk(tmp_path, server)


def test_a_table_is_deployed_and_deployed_again(desk: Desk) -> None:
    first = desk("deploy-table.sh", "--yes", "dev", "specs/simple-table.yaml")
    assert first.returncode == 0, first.stdout + first.stderr
    assert desk.client("dynamodb").describe_table(TableName="users")
    (outputs,) = desk.folder.glob("outputs-dev-*.json")
    assert json.loads(outputs.read_text())["users"]["table_name"] == "users"
    assert (desk.folder / ".dynaops/dev/state.json").exists()
    again = desk("deploy-table.sh", "dev", "specs/simple-table.yaml")
    assert again.returncode == 0
    assert "Nothing to do." in again.stdout


def test_nothing_is_deployed_without_a_yes(desk: Desk) -> None:
    alone = desk("deploy-table.sh", "dev", "specs/simple-table.yaml")
    assert alone.returncode == 1
    assert "add --yes" in alone.stderr
    assert desk.answered("n", "deploy-table.sh", "dev", "specs/simple-table.yaml") == 0
    assert desk.client("dynamodb").list_tables()["TableNames"] == []
    assert desk.answered("y", "deploy-table.sh", "dev", "specs/simple-table.yaml") == 0
    assert desk.client("dynamodb").list_tables()["TableNames"] == ["users"]


def test_functions_are_let_use_a_table(desk: Desk) -> None:
    desk("deploy-table.sh", "--yes", "dev", "specs/simple-table.yaml")
    for name in ("signup", "cleanup"):
        make_function(desk, name)
    done = desk("setup-lambda-permissions.sh", "--yes", "users", "signup, cleanup")
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = desk.folder.glob("lambda-permissions-users-*.json")
    assert {one["name"] for one in json.loads(file.read_text())["functions"]} == {"signup", "cleanup"}


def test_a_table_is_filled(desk: Desk) -> None:
    desk("deploy-table.sh", "--yes", "dev", "specs/simple-table.yaml")
    rows = [{"user_id": f"u{n}", "age": n} for n in range(60)]
    (desk.folder / "rows.json").write_text(json.dumps(rows))
    done = desk("populate-data.sh", "--yes", "users", "rows.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert desk.client("dynamodb").scan(TableName="users", Select="COUNT")["Count"] == 60
    bad = desk("populate-data.sh", "--yes", "users", "nowhere.json")
    assert (bad.returncode, "There is no file nowhere.json." in bad.stderr) == (1, True)


def test_a_table_is_backed_up(desk: Desk) -> None:
    desk("deploy-table.sh", "--yes", "dev", "specs/simple-table.yaml")
    done = desk("backup-table.sh", "--yes", "users", "before-migration")
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = desk.client("dynamodb").list_backups(TableName="users")["BackupSummaries"]
    assert (made["BackupName"], made["BackupStatus"]) == ("before-migration", "AVAILABLE")
    missing = desk("backup-table.sh", "--yes", "nowhere")
    assert missing.returncode == 1
    assert "There is no backup" in missing.stderr


def test_the_variables_of_a_terraform_module_are_deployed(desk: Desk) -> None:
    (desk.folder / "prod.tfvars").write_text(
        'table_name = "carts"\nhash_key = "cart_id"\nattributes = [{ name = "cart_id", type = "S" }]\n'
    )
    done = desk("deploy-table.sh", "--yes", "prod", "prod.tfvars")
    assert done.returncode == 0, done.stdout + done.stderr
    assert desk.client("dynamodb").list_tables()["TableNames"] == ["carts"]
    again = desk("deploy-table.sh", "prod", "prod.tfvars")
    assert "Nothing to do." in again.stdout, "the spec of a converted file is where it was"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_and_wrong_arguments(desk: Desk, script: Path) -> None:
    told = desk(script.name, "--help")
    assert told.returncode == 0
    assert f"Usage: scripts/{script.name}" in told.stdout
    wrong = desk(script.name, "--nonsense")
    assert wrong.returncode == 2
    assert "unknown option: --nonsense" in wrong.stderr
    assert "Usage:" in wrong.stderr


def test_no_credentials_are_told_before_anything_else(desk: Desk) -> None:
    desk.environment.pop("AWS_ACCESS_KEY_ID")
    desk.environment.pop("AWS_SECRET_ACCESS_KEY")
    done = desk("deploy-table.sh", "--yes", "dev", "specs/simple-table.yaml")
    assert done.returncode == 1
    assert "credentials" in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_they_are_clean_to_shellcheck() -> None:
    files = [
        *(ROOT / "scripts").glob("*.sh"),
        *(ROOT / "scripts" / name for name in ("setup", "test", "lock", "audit")),
    ]
    shellcheck = str(Path(sys.executable).parent / "shellcheck")
    command = [shellcheck, "-x", "-P", str(ROOT / "scripts"), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
