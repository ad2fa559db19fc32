"""In the partitions of China, the US government and others every ARN is of that partition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import run_process

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
SPEC = """\
table_name: users
hash_key: id
attributes: {id: S}
billing_mode: PROVISIONED
read_capacity: 5
write_capacity: 5
autoscaling:
  read: {min: 5, max: 10}
stream: {view_type: NEW_IMAGE}
backup:
  daily: {retention_days: 35}
iam:
  read_only: {}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=3600) as running:
        yield running


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso")],
)
def test_a_whole_life(server: SandboxServer, tmp_path: Path, region: str, partition: str) -> None:
    (tmp_path / "users.yaml").write_text(SPEC, encoding="utf-8")
    options = ("--endpoint-url", server.url, "--region", region)
    printed = []
    for command in (
        ("validate", "users.yaml", "--json"),
        ("permissions", "users.yaml"),
        ("plan", "users.yaml", "--json"),
        ("apply", "users.yaml", "--yes", "--json"),
    ):
        result = run_process(*options, *command, cwd=tmp_path, env=KEYS)
        assert result.code in (0, 2), (command, result.out, result.err)
        printed.append(result.out)
    again = run_process(*options, "plan", "users.yaml", "--json", cwd=tmp_path, env=KEYS)
    assert again.code == 0, again.out
    states = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.json")]
    assert states
    for text in (*printed, *states):
        assert "arn:aws:" not in text
    assert f"arn:{partition}:iam::" in printed[1]
    assert f"arn:{partition}:dynamodb:{region}:" in "".join(states)
    statements = json.loads(printed[1])["Statement"]
    named = {resource for statement in statements for resource in statement["Resource"] if resource != "*"}
    assert {resource.split(":")[1] for resource in named} == {partition}
    destroyed = run_process(
        *options, "destroy", "users.yaml", "--yes", "--allow-destroy", cwd=tmp_path, env=KEYS
    )
    assert destroyed.code == 0, destroyed.err
