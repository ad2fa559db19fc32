"""Killed while tables are made that refer to one another: the next apply goes on, and nothing is made twice."""

from __future__ import annotations

import signal

import pytest

from dynaops.sandbox.faults import FaultRule
from tests.e2e.conftest import REGION, Terminal

SPECS = """
table_name: reports
hash_key: id
attributes: {id: S}
tags: {of: "${ref:orders/stream_arn}"}
iam:
  custom:
    - name: reader
      statements:
        - Effect: Allow
          Action: dynamodb:GetRecords
          Resource: ["${ref:orders/stream_arn}", "${ref:orders/arn}/index/*"]
---
table_name: orders
hash_key: id
attributes: {id: S}
stream: {view_type: NEW_IMAGE}
"""


@pytest.mark.parametrize(("api", "nth"), [("CreateTable", 1), ("CreateTable", 2), ("CreatePolicy", 1)])
def test_killed_while_a_value_is_waited_for(terminal: Terminal, api: str, nth: int) -> None:
    path = terminal.write(SPECS)
    faults = terminal.server.faults
    rule = faults.add(FaultRule("kill", operation=api, nth=nth))
    process = terminal.start("apply", path, "--yes")
    faults.on_kill = process.kill
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert rule.hit
    faults.clear()
    applied = terminal("apply", path, "--yes")
    assert applied.code == 0, applied.out + applied.err
    plan = terminal("--json", "plan", path, "--exit-code")
    assert plan.code == 0, plan.out
    assert plan.json["drift"] == []
    stream = terminal.server.client("dynamodb", REGION).describe_table(TableName="orders")["Table"][
        "LatestStreamArn"
    ]
    iam = terminal.server.client("iam", REGION)
    (policy,) = iam.list_policies(Scope="Local")["Policies"]
    assert policy["DefaultVersionId"] == "v1"
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
    assert stream in version["Document"]["Statement"][0]["Resource"]
