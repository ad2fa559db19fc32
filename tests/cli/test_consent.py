"""Consent as part of a saved plan, and the digest that proves which plan it is, as people and pipelines use them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.running import Cli, Result

TABLE = "table_name: {}\nhash_key: id\nattributes: {{id: S}}\n"
INDEX = """global_secondary_indexes: [{name: by-date, hash_key: date}]
attributes: {id: S, date: S}
"""


class Desk:
    """The tables orders (with an index) and users, applied; users' spec has gone, and orders' index."""

    def __init__(self, cli: Cli, folder: Path, server: SandboxServer) -> None:
        self.cli, self.folder, self.server = cli, folder, server
        self.specs = folder / "specs"
        self.specs.mkdir()
        self.orders = self.specs / "orders.yaml"
        users = self.specs / "users.yaml"
        self.orders.write_text("table_name: orders\nhash_key: id\n" + INDEX)
        users.write_text(TABLE.format("users"))
        assert self("apply", "--yes").code == 0
        users.unlink()
        self.orders.write_text(TABLE.format("orders"))

    def __call__(self, *arguments: str) -> Result:
        return self.cli(*arguments, "--endpoint-url", self.server.url, "--region", "eu-west-1")

    @property
    def tables(self) -> list[str]:
        return list(self.server.client("dynamodb", "eu-west-1").list_tables()["TableNames"])

    @property
    def indexes(self) -> list[str]:
        table = self.server.client("dynamodb", "eu-west-1").describe_table(TableName="orders")["Table"]
        return [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())]


@pytest.fixture
def desk(cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return Desk(cli, here, server)


BOTH = ("--consent", "destroy:users", "--consent", "destroy:orders/gsi/by-date")


def test_apply_of_a_plan_with_consent_asks_no_more(desk: Desk) -> None:
    planned = desk("plan", "--out", "p", *BOTH)
    assert planned.code == 0, planned.err
    assert "consented to in this plan: destroy:users" in planned.out
    applied = desk("apply", "p")
    assert applied.code == 0, applied.err
    assert (desk.tables, desk.indexes) == (["orders"], [])


def test_what_was_not_consented_to_is_refused(desk: Desk) -> None:
    assert desk("plan", "--out", "p", "--consent", "destroy:users").code == 0
    refused = desk("apply", "p", "--yes")
    assert refused.code == 1
    assert "1 step of the plan would destroy something" in refused.err
    assert "orders/gsi/by-date" in refused.err
    assert "--consent destroy:orders/gsi/by-date" in refused.err
    assert desk.tables == ["orders", "users"]
    applied = desk("apply", "p", "--yes", "--consent", "destroy:orders/gsi/by-date")
    assert applied.code == 0, applied.err
    assert (desk.tables, desk.indexes) == (["orders"], [])


def test_consent_given_to_apply_and_to_destroy_is_as_narrow(desk: Desk) -> None:
    assert desk("apply", "--yes", "--consent", "destroy:users").code == 1
    assert desk.tables == ["orders", "users"]
    assert desk("apply", "--yes", *BOTH).code == 0
    desk.orders.write_text(TABLE.format("orders") + "deletion_protection: true\n")
    assert desk("apply", "--yes").code == 0
    desk.server.advance(60)
    assert desk("destroy", "--yes").code == 1
    assert desk("destroy", "--yes", "--consent", "unprotect:orders").code == 0
    assert desk.tables == []


def test_a_consent_is_in_all_views_and_under_the_digest(desk: Desk) -> None:
    files = ("--out", "p", "--markdown", "p.md", "--html", "p.html")
    planned = desk("plan", "--json", *files, "--consent", "destroy:*", "--consent", "destroy:orders/gsi/*")
    assert planned.code == 0, planned.err
    digest = hashlib.sha256((desk.folder / "p").read_bytes()).hexdigest()
    assert planned.json["digest"] == digest
    assert planned.json["consents"] == [
        {"danger": "destroy", "address": "orders/gsi/by-date"},
        {"danger": "destroy", "address": "users"},
    ] or planned.json["consents"] == [
        {"danger": "destroy", "address": "users"},
        {"danger": "destroy", "address": "orders/gsi/by-date"},
    ]
    for name in ("p.md", "p.html"):
        text = (desk.folder / name).read_text()
        assert digest in text
        assert re.search(r"consented to in this plan: `?destroy:users", text), name
    assert f"--digest {digest}" in planned.err
    shown = desk("plan", "--operations", *BOTH)
    assert "consented to" in shown.out
    assert "needs consent" not in shown.out
    assert shown.out.count("consented to in this plan") == 2
    assert desk("plan", "--json").json["digest"] is None


@pytest.mark.parametrize(
    ("word", "code", "message"),
    [
        ("destroy:orders", 1, "Did you mean destroy:orders/gsi/by-date?"),
        ("destory:users", 2, "did you mean destroy:users?"),
        ("users", 2, "is not KIND:ADDRESS"),
    ],
)
def test_a_consent_that_says_nothing_saves_and_sends_nothing(
    desk: Desk, word: str, code: int, message: str
) -> None:
    for command in (("plan", "--out", "p"), ("apply", "--yes"), ("destroy", "--target", "users", "--yes")):
        refused = desk(*command, "--consent", word)
        assert refused.code == code, command
        if command[0] != "destroy" or code == 2:
            assert message in refused.err
    assert not (desk.folder / "p").exists()
    assert desk.tables == ["orders", "users"]


def test_a_plan_that_was_edited_is_refused_before_anything_is_read(desk: Desk) -> None:
    planned = desk("plan", "--out", "p", "--consent", "destroy:users", "--json")
    digest = planned.json["digest"]
    file = desk.folder / "p"
    reviewed = file.read_text()
    held = json.loads(reviewed)
    held["plan"]["consents"].append({"danger": "destroy", "address": "orders/gsi/by-date"})
    edits = {
        "consent": json.dumps(held, separators=(",", ":")),
        "space": f"{reviewed}\n",
        "indented": json.dumps(json.loads(reviewed), indent=2),
        "cut": reviewed[:-10],
        "empty": "",
        "spec": TABLE.format("orders"),
    }
    nowhere = ("--endpoint-url", "http://127.0.0.1:1", "--region", "eu-west-1")
    for edit, text in edits.items():
        file.write_text(text)
        refused = desk.cli("apply", "p", "--yes", "--digest", digest, *nowhere, "--json")
        assert refused.code == 5, (edit, refused.err)
        assert refused.json["error"]["kind"] == "edited-plan"
        assert f"its SHA-256 is {hashlib.sha256(text.encode()).hexdigest()}" in refused.err
    file.write_text(reviewed)
    for given in (digest, digest.upper(), f"sha256:{digest}"):
        refused = desk("apply", "p", "--yes", "--digest", given)
        assert refused.code == 1, given
        assert "orders/gsi/by-date" in refused.err
    applied = desk("apply", "p", "--yes", "--digest", digest, "--allow-destroy")
    assert applied.code == 0, applied.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("apply", "p", "--digest", "abc"), "64 hexadecimal digits"),
        (("apply", "p", "--digest", ""), "64 hexadecimal digits"),
        (("apply", "--digest", "a" * 64), "names a saved plan"),
        (("apply", "p", "q", "--digest", "a" * 64), "A saved plan is applied as it is"),
    ],
)
def test_a_digest_that_cannot_be_is_wrong_usage(cli: Cli, arguments: tuple[str, ...], message: str) -> None:
    refused = cli(*arguments)
    assert refused.code == 2
    assert message in refused.err


def test_consent_holds_for_a_run_that_goes_on(desk: Desk) -> None:
    assert desk("plan", "--out", "p", *BOTH).code == 0
    desk.server.faults.add(FaultRule("access_denied", operation="DeleteTable"))
    failed = desk("apply", "p")
    assert failed.code == 1
    assert (desk.tables, desk.indexes) == (["orders", "users"], [])
    again = desk("apply", "p")
    assert again.code == 0, again.err
    assert desk.tables == ["orders"]


PROJECT = """state = ".dynaops/state.json"
[environment.dev]
[environment.prod]
protected = true
"""


def test_a_protected_environment_takes_only_the_reviewed_plan(desk: Desk) -> None:
    (desk.folder / "dynaops.toml").write_text(PROJECT)
    planned = desk("-E", "prod", "plan", "--out", "p", "--json", *BOTH)
    assert planned.code == 0, planned.err
    nowhere = ("--endpoint-url", "http://127.0.0.1:1", "--region", "eu-west-1")
    for command, told in (
        (("apply", "--yes", "--allow-destroy"), "apply of specs is refused"),
        (("apply", "specs", "--yes"), "apply of specs is refused"),
        (("apply", "p", "--yes", "--allow-destroy"), "a saved plan is applied only with its digest"),
        (("destroy", "--yes", "--allow-destroy"), "destroy is refused"),
        (("grant", "orders", "some-function", "--yes"), "grant is refused"),
    ):
        refused = desk.cli("-E", "prod", *command, *nowhere)
        assert refused.code == 1, command
        assert f"The environment prod is protected (dynaops.toml:4:1): {told}" in refused.err
        assert "--digest SHA256" in refused.err
    applied = desk("-E", "prod", "apply", "p", "--digest", planned.json["digest"])
    assert applied.code == 0, applied.err
    assert (desk.tables, desk.indexes) == (["orders"], [])
    assert desk("-E", "dev", "destroy", "--yes").code == 0
