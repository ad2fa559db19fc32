"""``--target`` with patterns, at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, Result

SPEC = "\n---\n".join(
    f"table_name: {name}\nhash_key: id\nattributes: {{id: S, a: S}}\n"
    "global_secondary_indexes: [{name: by-a, hash_key: a}]\n"
    for name in ("shop-orders", "shop-users", "audit")
)


class Desk:
    def __init__(self, cli: Cli, folder: Path, server: SandboxServer) -> None:
        self.cli, self.server = cli, server
        (folder / "spec.yaml").write_text(SPEC)

    def __call__(self, command: str, *more: str) -> Result:
        url = ("--endpoint-url", self.server.url, "--region", "eu-west-1")
        return self.cli(command, "spec.yaml", *url, *more)

    def changed(self, command: str, *more: str) -> list[str]:
        return [change["address"] for change in self(command, "--json", *more).json["changes"]]


@pytest.fixture
def desk(cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return Desk(cli, here, server)


def test_a_pattern_chooses_what_is_planned_applied_and_destroyed(desk: Desk) -> None:
    shops = ["shop-orders", "shop-users"]
    planned = desk.changed("plan", "--target", "shop-*")
    assert {address.partition("/")[0] for address in planned} == set(shops)
    assert desk("apply", "--yes", "--target", "shop-*").code == 0
    assert [address for address in desk.changed("plan") if "/" not in address] == ["audit"]
    index = desk("destroy", "--yes", "--allow-destroy", "--target", "*/gsi/*")
    assert index.code == 0, index.err
    assert desk.changed("plan", "--target", "shop-*") == [f"{table}/gsi/by-a" for table in shops]
    assert desk("destroy", "--yes", "--allow-destroy", "--target", "shop-o*").code == 0
    assert desk.changed("plan", "--target", "shop-orders")[0] == "shop-orders"
    assert desk.changed("plan", "--target", "shop-users") == ["shop-users/gsi/by-a"]


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_a_pattern_that_fits_nothing_is_an_error(command: str, desk: Desk) -> None:
    desk("apply", "--yes")
    result = desk(command, "--target", "shop-*", "--target", "audits")
    assert result.code == 1
    assert "--target audits fits no address of this plan" in result.err
    assert "Did you mean audit?" in result.err


def test_drift_takes_patterns_and_tells_a_mistyped_table(desk: Desk) -> None:
    desk("apply", "--yes")
    url = ("--endpoint-url", desk.server.url, "--region", "eu-west-1")
    desk.server.client("dynamodb", "eu-west-1").update_table(
        TableName="shop-users", DeletionProtectionEnabled=True
    )
    for patterns, code in ((("shop-*",), 2), (("audit", "shop-o?ders"), 0), ((), 2)):
        assert desk.cli("drift", *patterns, "--exit-code", *url).code == code
    unknown = desk.cli("drift", "shop-usr", *url)
    assert unknown.code == 1
    assert "The table shop-usr is not in the state" in unknown.err
    assert "Did you mean shop-users?" in unknown.err
