"""The state commands, on a real state file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynaops.model.state import Record, State
from dynaops.stores import open_store
from tests.cli.running import Cli


@pytest.fixture
def filled(here: Path) -> State:
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
    resources = {
        "orders": Record(
            kind="table",
            region="eu-central-1",
            id="an-id",
            arn=arn,
            properties={
                "hash_key": "id",
                "attributes": {"id": "S"},
                "billing_mode": "PAY_PER_REQUEST",
            },
            outputs={"stream_arn": f"{arn}/stream/2026"},
            applied_at="2026-01-02T03:04:05+00:00",
            source="specs/orders.yaml",
        ),
        "orders/gsi/by-status": Record(
            kind="gsi",
            region="eu-central-1",
            arn=f"{arn}/index/by-status",
            properties={
                "hash_key": "status",
                "attributes": {"status": "S"},
                "projection": {"type": "ALL"},
            },
            depends_on=("orders",),
        ),
    }
    return open_store(".dynaops/state.json").save(State.empty().model_copy(update={"resources": resources}))


def test_list(cli: Cli, filled: State) -> None:
    assert cli("state", "list").out == "orders\norders/gsi/by-status\n"
    assert cli("state", "list", "orders/gsi/by-status").out == "orders/gsi/by-status\n"
    assert [one["kind"] for one in cli("state", "list", "--json").json] == ["table", "gsi"]


def test_list_of_nothing(cli: Cli) -> None:
    result = cli("state", "list")
    assert (result.code, result.out) == (0, "")
    assert "names nothing yet" in result.err


def test_show(cli: Cli, filled: State) -> None:
    out = cli("state", "show", "orders").out
    assert "billing_mode  PAY_PER_REQUEST" in out
    assert "applied at  2026-01-02T03:04:05+00:00" in out
    assert cli("state", "show", "orders", "--json").json["properties"]["hash_key"] == "id"


def test_rm_and_back(cli: Cli, filled: State) -> None:
    removed = cli("state", "rm", "orders/gsi/by-status")
    assert removed.out == "Forgot orders/gsi/by-status.\n"
    assert cli("state", "list").out == "orders\n"
    assert f"dynaops state restore {filled.serial}" in removed.err
    assert cli("state", "restore", str(filled.serial)).code == 0
    assert cli("state", "list").out == "orders\norders/gsi/by-status\n"


def test_mv_gives_an_address_back(cli: Cli, filled: State) -> None:
    moved = {
        name.replace("orders", "sales"): record.model_copy(update={"depends_on": ()})
        for name, record in filled.resources.items()
    }
    open_store(".dynaops/state.json").save(filled.model_copy(update={"resources": moved}))
    assert cli("state", "mv", "sales", "orders").code == 0
    assert cli("state", "list").out == "orders\norders/gsi/by-status\n"


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("orders", "sales", "orders is the table orders in AWS, which cannot rename a table"),
        ("orders/gsi/by-status", "orders/gsi/by-state", "cannot rename or move the global secondary index"),
        ("orders/gsi", "sales/gsi", "cannot rename or move the global secondary index"),
        ("order", "orders", "Did you mean orders?"),
    ],
)
def test_mv_renames_nothing_that_aws_cannot(
    source: str, target: str, said: str, cli: Cli, filled: State
) -> None:
    result = cli("state", "mv", source, target)
    assert result.code == 1
    assert said in " ".join(result.err.split())
    assert cli("state", "list").out == "orders\norders/gsi/by-status\n"


def test_an_address_that_is_not_there(cli: Cli, filled: State) -> None:
    result = cli("state", "show", "order")
    assert result.code == 1
    assert "Did you mean orders?" in result.err


def test_pull_is_the_state(cli: Cli, filled: State) -> None:
    assert State.model_validate(json.loads(cli("state", "pull").out)) == filled


def test_history(cli: Cli, filled: State) -> None:
    cli("state", "rm", "orders/gsi/by-status")
    rows = cli("state", "history").out.splitlines()
    assert len(rows) == 3
    assert "1 resource;" in rows[0]
    assert rows[0].endswith("present")
    assert rows[1].endswith("dynaops state rm orders/gsi/by-status")
    kept = cli("state", "history", "--json").json
    assert [one["current"] for one in kept] == [True, False]
    assert kept[0]["run"]["command"] == "state rm"
    assert kept[1]["run"] is None


def test_unlock_of_what_is_not_locked(cli: Cli, filled: State) -> None:
    assert cli("state", "unlock").out == "The state is not locked.\n"


def test_unlock_of_a_lock_that_says_nothing(cli: Cli, filled: State) -> None:
    Path(".dynaops/state.json.lock.json").write_text("{")
    told = cli("state", "unlock", "--force").out
    assert told == "Took the lock away. It was damaged: it does not say whose it was.\n"
    assert cli("state", "unlock", "--force").out == "The state is not locked.\n"


def test_a_held_lock_names_its_holder_and_exits_4(cli: Cli, filled: State) -> None:
    with open_store(".dynaops/state.json").lock("apply"):
        result = cli("state", "rm", "orders")
    assert result.code == 4
    assert "apply" in result.err
    assert cli("state", "list").out.startswith("orders\n")
