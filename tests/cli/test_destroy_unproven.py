"""A hand has written another resource's name into the state: `destroy` names it as AWS does, and asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli

SPEC = """table_name: orders
region: eu-west-1
hash_key: id
attributes: {id: S}
iam: {read_only: true}
"""
DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


@pytest.fixture
def server(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with SandboxServer(speed=5000) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


def test_a_policy_that_was_written_into_the_state(cli: Cli, server: SandboxServer) -> None:
    Path("orders.yaml").write_text(SPEC, encoding="utf-8")
    assert cli("apply", "orders.yaml", "--yes").code == 0
    iam = server.client("iam", "eu-west-1")
    arn = iam.create_policy(PolicyName="billing", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    path = Path(".dynaops/state.json")
    state = json.loads(path.read_text(encoding="utf-8"))
    own = state["resources"]["orders/iam/read_only"]
    was, own["arn"] = own["arn"], arn
    path.write_text(json.dumps(state), encoding="utf-8")
    for command in (("destroy", "--yes"), ("destroy", "orders.yaml", "--yes")):
        refused = cli(*command)
        assert refused.code == 1
        assert (
            f"orders/iam/read_only ({arn}) is deleted, and nothing proves that dynaops made it" in refused.err
        )
        assert "--allow-destroy" in refused.err
        assert f"removes {arn}" in refused.out
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PolicyName"] == "billing"
    own["arn"] = was
    path.write_text(json.dumps(state), encoding="utf-8")
    done = cli("destroy", "--yes")
    assert done.code == 0, done.err
    assert f"removes {was}" in done.out
    assert iam.list_policies(Scope="Local")["Policies"][0]["Arn"] == arn
