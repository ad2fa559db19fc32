"""``dynaops output``: for people, for programs, for a shell, one at a time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dynaops.model.state import Record, State
from dynaops.stores import open_store
from tests.cli.running import Cli

UUID = "5c9a4b8e-1111-4000-8000-000000000000"
LOGS = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/x"
REPLICA = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"


def record(kind: str, **more: object) -> Record:
    return Record(kind=kind, region="eu-central-1", **more)


RESOURCES = {
    "orders": record(
        "table",
        id="an-id",
        arn=ARN,
        properties={
            "table_name": "orders",
            "hash_key": "id",
            "attributes": {"id": "S"},
            "billing_mode": "PROVISIONED",
            "read_capacity": 5,
            "deletion_protection": False,
            "stream": {"view_type": "KEYS_ONLY"},
            "local_secondary_indexes": {"by-price": {"range_key": "price", "projection": {"type": "ALL"}}},
        },
        outputs={"stream_arn": f"{ARN}/stream/2026", "stream_label": "2026"},
    ),
    "orders/gsi/by-status": record(
        "gsi",
        arn=f"{ARN}/index/by-status",
        properties={"hash_key": "status", "attributes": {"status": "S"}, "projection": {"type": "ALL"}},
    ),
    "orders/iam/read_only": record(
        "policy", arn="arn:aws:iam::123456789012:policy/reader", properties={"name": "reader", "path": "/"}
    ),
    "orders/iam/custom/it's mine": record(
        "policy", arn="arn:aws:iam::123456789012:policy/it's", properties={"name": "it's", "path": "/"}
    ),
    "orders/trigger/worker:live": record(
        "trigger",
        id=UUID,
        properties={"function": "worker:live", "stream": f"{ARN}/stream/2026"},
        outputs={"function_arn": "arn:aws:lambda:eu-central-1:123456789012:function:worker:live"},
    ),
    "orders/log_group": record("log_group", arn=LOGS, properties={"name": "/aws/x"}),
    "orders/replica/us-east-1": Record(kind="replica", region="us-east-1", arn=REPLICA),
}


@pytest.fixture
def filled(here: Path) -> State:
    return open_store(".dynaops/state.json").save(State.empty().model_copy(update={"resources": RESOURCES}))


def test_for_people(cli: Cli, filled: State) -> None:
    lines = cli("output").out.splitlines()
    assert lines[0] == "orders"
    assert f"  table_arn                     {ARN}" in lines
    assert "  deletion_protection           false" in lines
    assert "  point_in_time_recovery        false" in lines
    assert f"  triggers/worker:live/mapping_id  {UUID}" in lines
    assert "  replica_regions               [us-east-1]" in lines


def test_for_programs(cli: Cli, filled: State) -> None:
    found = cli("output", "--json").json["orders"]
    assert found["table_id"] == "an-id"
    assert found["stream_view_type"] == "KEYS_ONLY"
    assert found["index_arns"] == {
        "by-price": f"{ARN}/index/by-price",
        "by-status": f"{ARN}/index/by-status",
    }
    assert found["policy_arns"]["custom"] == {"it's mine": "arn:aws:iam::123456789012:policy/it's"}
    assert found["log_group_arn"] == LOGS
    assert found["replica_arns"] == {"us-east-1": REPLICA}
    assert "ttl_attribute" not in found


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("orders", "table_id"), "an-id"),
        (("orders/table_id",), "an-id"),
        (("orders", "index_arns/by-status"), f"{ARN}/index/by-status"),
        (("orders/index_arns/by-status",), f"{ARN}/index/by-status"),
        (("orders/trigger/worker:live", "mapping_id"), UUID),
        (("orders", "triggers/worker:live/mapping_id"), UUID),
        (("orders", "deletion_protection"), "false"),
        (("orders", "replica_regions"), '["us-east-1"]'),
    ],
)
def test_one_alone_is_raw(cli: Cli, filled: State, arguments: tuple[str, ...], value: str) -> None:
    assert cli("output", *arguments).out == f"{value}\n"


def test_one_alone_as_json(cli: Cli, filled: State) -> None:
    assert cli("output", "orders", "read_capacity", "--json").json == 5
    assert cli("output", "orders", "policy_arns", "--json").json["read_only"].endswith("/reader")


def test_an_address_alone(cli: Cli, filled: State) -> None:
    assert cli("output", "orders/iam/read_only", "--json").json == {
        "orders": {"policy_arns": {"read_only": "arn:aws:iam::123456789012:policy/reader"}}
    }


def test_a_shell_reads_the_lines_back(cli: Cli, filled: State) -> None:
    lines = cli("output", "--env").out
    assert f"DYNAOPS_ORDERS_TABLE_ARN={ARN}\n" in lines
    names = ("DYNAOPS_ORDERS_POLICY_ARNS_CUSTOM_IT_S_MINE", "DYNAOPS_ORDERS_REPLICA_REGIONS")
    script = "\n".join([lines, *(f"printf '%s|' \"${name}\"" for name in names)])
    said = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == 'arn:aws:iam::123456789012:policy/it\'s|["us-east-1"]|'


def test_names_do_not_depend_on_what_is_asked_for(cli: Cli, filled: State) -> None:
    everything = set(cli("output", "--env").out.splitlines())
    one = cli("output", "orders/iam/read_only", "--env").out.splitlines()
    single = cli("output", "orders", "table_arn", "--env").out.splitlines()
    assert one and set(one) < everything
    assert single == [f"DYNAOPS_ORDERS_TABLE_ARN={ARN}"]


def test_a_prefix_of_ones_own(cli: Cli, filled: State) -> None:
    assert "ORDERS_TABLE_ID=an-id" in cli("output", "--env", "--prefix", "").out.splitlines()
    assert "TF_VAR_ORDERS_TABLE_ID=an-id" in cli("output", "--env", "--prefix", "TF_VAR_").out.splitlines()
    assert cli("output", "--env", "--prefix", "1-").code == 1
    assert cli("output", "--prefix", "X_").code == 2


def test_two_outputs_of_one_name_are_refused(cli: Cli, here: Path) -> None:
    keys = {"hash_key": "id", "attributes": {"id": "S"}}
    twins = {name: record("table", arn=ARN, properties=keys) for name in ("a-b", "a.b")}
    open_store(".dynaops/state.json").save(State.empty().model_copy(update={"resources": twins}))
    refused = cli("output", "--env")
    assert refused.code == 1
    assert "DYNAOPS_A_B_TABLE_NAME" in refused.err
    assert cli("output", "a-b", "--env").code == 0


def test_what_is_not_there(cli: Cli, filled: State) -> None:
    result = cli("output", "orders/nonsense")
    assert result.code == 1
    assert "table_arn" in result.err
    assert cli("output", "orders", "nonsense").code == 1
    assert cli("output", "nowhere").code == 1
    assert cli("output", "nowhere", "table_arn").code == 1


def test_nothing_applied(cli: Cli, here: Path) -> None:
    assert cli("output").out == "No table has been applied yet.\n"
    assert cli("output", "--json").json == {}
    assert cli("output", "--env").out == ""
