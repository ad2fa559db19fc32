"""The cost on the command line: in the text, in JSON, in the files for reviewers, from AWS's list or the packaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.conftest import cli, here, no_crash_files, temporary_folder  # noqa: F401 (fixtures)
from tests.cli.running import Cli

SPEC = """\
table_name: orders
hash_key: id
attributes: {id: S}
billing_mode: PROVISIONED
read_capacity: 10
write_capacity: 4
autoscaling: {write: {min: 2, max: 40}}
"""


def test_cost_of_a_plan(
    cli: Cli,  # noqa: F811
    here: Path,  # noqa: F811
    server: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    (here / "spec.yaml").write_text(SPEC)
    where = ("spec.yaml", "--endpoint-url", server.url, "--region", "eu-west-1")

    planned = cli("plan", *where, "--markdown", "plan.md", "--html", "plan.html").out
    assert "$0.00 -> $2.15 to $22.54  (+$2.15 to +$22.54)" in planned
    assert "orders write capacity  0 -> 2-40 WCU  $0.00 -> $1.07 to $21.46" in planned
    assert "packaged list prices of 2026-" in planned
    assert not [one for one in server.requests.since() if one.service == "pricing"], (
        "only when it is asked for"
    )
    for file in ("plan.md", "plan.html"):
        assert "+$2.15 to +$22.54" in (here / file).read_text()

    cost = cli("plan", *where, "--json", "--prices", "live").json["cost"]
    assert cost["source"] == "AWS price list"
    assert {one["item"]: one["price"] for one in cost["by_use"]} == {"storage": 0.283, "recovery": 0.2264}
    assert any("730 hours" in one for one in cost["assumptions"])

    server.faults.add(FaultRule("access_denied", service="pricing", times=9))
    refused = cli("plan", *where, "--prices", "live")
    assert (refused.code, "AWS's price list could not be read" in refused.out) == (0, True)
    assert "packaged list prices" in refused.out
    assert cli("plan", *where, "--json", "--prices", "off").json["cost"] is None

    assert cli("apply", *where, "--yes").code == 0
    destroyed = cli("destroy", *where, "--yes").out
    assert "$2.15 to $22.54 -> $0.00  (-$22.54 to -$2.15)" in destroyed
