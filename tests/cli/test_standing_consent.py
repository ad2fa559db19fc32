"""`allow_adopt`, `allow_replace` and `allow_destroy` of an environment: consent that is given beforehand, and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli

SPEC = "table_name: orders\nhash_key: {key}\nattributes: {{{key}: S}}\n"
FILE = """region = "eu-west-1"
[environment.dev]
allow_adopt = true
allow_replace = true
allow_destroy = true
[environment.prod]
"""


@pytest.fixture
def project(here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    (here / "dynaops.toml").write_text(FILE)
    (here / "specs").mkdir()
    return here / "specs" / "orders.yaml"


def test_an_environment_agrees_and_says_so(cli: Cli, project: Path, server: SandboxServer) -> None:
    server.client("dynamodb", "eu-west-1").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    project.write_text(SPEC.format(key="id"))
    assert "--allow-adopt" in cli("-E", "prod", "apply", "--yes").err
    adopted = cli("-E", "dev", "apply", "--yes")
    assert adopted.code == 0
    told = " ".join(adopted.err.split())
    assert "The environment dev agrees beforehand: allow_adopt, dynaops.toml:3:1" in told
    project.write_text(SPEC.format(key="pk") + "deletion_protection: true\n")
    assert cli("-E", "dev", "apply", "--yes").code == 0
    assert cli("-E", "dev", "plan", "--out", "x.plan").code == 0
    project.unlink()
    assert cli("-E", "dev", "apply", "--allow-destroy").code == 1, "it is still asked whether to run it"
    assert cli("-E", "dev", "destroy", "--yes").code == 0
    assert server.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == []


@pytest.mark.parametrize("key", ["allow_adopt", "allow_replace", "allow_destroy"])
def test_it_is_neither_for_all_environments_nor_for_a_protected_one(
    cli: Cli, project: Path, key: str
) -> None:
    file = Path("dynaops.toml")
    file.write_text(f"{key} = true\n")
    told = cli("config", "check")
    assert told.code == 1 and "dynaops.toml:1:1" in told.out and "[environment.NAME]" in told.out
    file.write_text(f"[environment.prod]\n{key} = true\nprotected = true\n")
    told = cli("config", "check")
    assert told.code == 1 and "dynaops.toml:2:1" in told.out and "--consent" in told.out
    file.write_text(f"[environment.prod]\n{key} = false\nprotected = true\n")
    assert cli("config", "check").code == 0
