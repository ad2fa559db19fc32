"""``plan --rehearse``: what it finds before anything is touched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.aws.session import Aws
from dynaops.engine.import_table import import_table
from dynaops.sandbox import SandboxServer
from dynaops.stores import open_store
from tests.cli.running import Result, run_process

REGION = "eu-central-1"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"
DAY = 86_400
SPECS = {
    "building": """
attributes: {id: S, a: S, b: S}
global_secondary_indexes:
  - {name: by-a, hash_key: a}
  - {name: by-b, hash_key: b}
""",
    "cooling": "attributes: {id: S}\nttl: {attribute: fresh}\n",
    "classy": "attributes: {id: S}\ntable_class: STANDARD\n",
    "global": "attributes: {id: S}\nreplicas: [{region: eu-west-1}]\n",
    "sealed": f"attributes: {{id: S}}\nencryption: {{kms_key_arn: {KEY}}}\n",
    "plain": "attributes: {id: S}\ntags: {team: shop}\n",
}


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """An account whose time stands still: what is under way stays so."""
    with SandboxServer(speed=0) as running:
        yield running


def _write(folder: Path, name: str, text: str) -> None:
    (folder / "specs").mkdir(exist_ok=True)
    header = f"table_name: {name}\nhash_key: id\npoint_in_time_recovery: false\nencryption: false\n"
    if "encryption" in text:
        header = header.replace("encryption: false\n", "")
    (folder / "specs" / f"{name}.yaml").write_text(header + text)


def _live(server: SandboxServer) -> None:
    """The tables that exist before: one with an index being built, one with TTL, one of the other class."""
    client = server.client("dynamodb", REGION)
    for name in ("building", "cooling", "classy"):
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    server.advance(30)
    client.update_time_to_live(
        TableName="cooling", TimeToLiveSpecification={"Enabled": True, "AttributeName": "stale"}
    )
    client.update_table(TableName="classy", TableClass="STANDARD_INFREQUENT_ACCESS")
    server.advance(7200)
    client.update_table(
        TableName="building",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "a", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-a",
                    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    server.advance(60)


def _rehearse(server: SandboxServer, folder: Path, *more: str) -> Result:
    return run_process(
        *("--endpoint-url", server.url, "--region", REGION, *more, "plan", "--rehearse"),
        cwd=folder,
        env={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
    )


def test_finds_what_would_fail_and_what_would_wait(server: SandboxServer, tmp_path: Path) -> None:
    _live(server)
    for name, text in SPECS.items():
        _write(tmp_path, name, text)
    store = open_store(str(tmp_path / ".dynaops" / "state.json"))
    aws = Aws(REGION, endpoint_url=server.url)
    state = import_table("classy", store.load(), aws).state
    record = state.resources["classy"]
    stamped = record.model_copy(update={"stamps": {"table_class": [time.time() - 5 * DAY]}})
    with store.lock("test"):
        store.save(state.model_copy(update={"resources": {**state.resources, "classy": stamped}}))
    server.requests.clear()

    result = _rehearse(server, tmp_path, "--json")

    assert result.code == 1
    assert server.requests.count and not server.requests.writes()
    rehearsal = result.json["rehearsal"]
    found = {one["operation"]: one for one in rehearsal["operations"]}
    assert list(found) == [one["id"] for one in result.json["operations"]]
    assert found["plain:CreateTable"]["stage"] == "done"
    assert found["global/replica/eu-west-1:UpdateTable"]["stage"] == "done"

    second_build = found["building/gsi/by-b:UpdateTable"]
    assert second_build["stage"] == "done"
    assert 400 < second_build["blocked_for"] < 600 < second_build["end"]
    assert any("by-a of building" in note for note in rehearsal["notes"])

    cooldown = found["cooling/ttl:UpdateTimeToLive-2"]
    assert cooldown["blocked"] == "until AWS takes another TTL change of cooling"
    assert 1800 < cooldown["blocked_for"] < 1900
    assert rehearsal["seconds"] == pytest.approx(cooldown["end"], abs=1)

    switched, sealed = found["classy:UpdateTable"], found["sealed:CreateTable"]
    assert (switched["stage"], sealed["stage"]) == ("failed", "failed")
    assert "limited to 2 times in 30 day(s)" in switched["message"]
    assert f"Key '{KEY}' does not exist" in sealed["message"]
    assert "Would not go well" in result.err
    assert "2 would fail" in result.err


def test_a_plan_that_passes(server: SandboxServer, tmp_path: Path) -> None:
    """A key that is there is known by its own ARN and alias; a table keeps what is around it."""
    key = server.client("kms", REGION).create_key()["KeyMetadata"]["Arn"]
    _write(tmp_path, "sealed", f"attributes: {{id: S}}\nencryption: {{kms_key_arn: {key}}}\n")
    result = _rehearse(server, tmp_path)
    assert result.code == 0, result.out + result.err
    assert "Rehearsed well" in result.out
    assert not server.client("dynamodb", REGION).list_tables()["TableNames"]


def test_a_replica_without_the_stream_it_needs(server: SandboxServer, tmp_path: Path) -> None:
    stream = "stream: {view_type: KEYS_ONLY}"
    _write(tmp_path, "global", f"attributes: {{id: S}}\n{stream}\nreplicas: [{{region: eu-west-1}}]\n")
    result = _rehearse(server, tmp_path)
    assert result.code == 1
    assert "replicas need a stream of NEW_AND_OLD_IMAGES" in result.err
    assert not server.requests.writes()
