"""Answers that are not AWS's, the short form; the long one: ``python -m tests.faults.foreign``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import REGION
from tests.e2e.conftest import Terminal
from tests.faults.foreign import Counts, StillBench, run, still_world

STREAM = f"arn:aws:kinesis:{REGION}:123456789012:stream/changes"
SPEC = "table_name: users\nhash_key: id\nattributes: {id: S}\ntags: {team: one}\n"


@pytest.fixture
def still() -> Iterator[SandboxServer]:
    """A sandbox whose clock moves only by what the engine waits."""
    with SandboxServer(speed=0) as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, still: SandboxServer) -> StillBench:
    return still_world(tmp_path, still)


@pytest.mark.parametrize(
    ("name", "every"),
    [
        ("plain", 61),
        pytest.param("plain", 7, marks=pytest.mark.slow),
        pytest.param("indexed", 17, marks=pytest.mark.slow),
        pytest.param("everything", 61, marks=pytest.mark.slow),
    ],
)
def test_every_so_many_answers(tmp_path: Path, still: SandboxServer, name: str, every: int) -> None:
    counts = Counts()
    run(tmp_path, still, name, counts, every, first=3)
    assert not counts.wrong, counts.wrong
    assert counts.orphans == counts.false_success == 0
    assert counts.strikes > 4
    assert counts.told


@pytest.mark.parametrize("page", ["html", "empty", "redirect", "truncated", "garbled", "content_type"])
def test_a_call_whose_answer_was_somebody_elses_is_made_once(bench: StillBench, page: str) -> None:
    bench.server.faults.add(FaultRule("foreign_after", operation="CreateTable", page=page))
    _, outcome = bench.run({})
    assert outcome.complete, outcome
    assert sum(request.operation == "CreateTable" for request in bench.server.requests.since()) == 2
    assert "users" in bench.state.resources


def test_a_wait_ends_where_nobody_but_a_portal_answers(bench: StillBench) -> None:
    bench.server.faults.add(FaultRule("foreign_before", operation="Describe*", nth=2, times=None))
    _, outcome = bench.run({})
    assert not outcome.complete
    message = "; ".join(outcome.failed.values())
    assert "127.0.0.1" in message
    assert "an HTML page titled 'Please log in'" in message
    bench.server.faults.clear()
    bench.apply({})
    assert sum(request.operation == "CreateTable" for request in bench.server.requests.since()) == 1


def test_a_call_is_not_sent_again_where_looking_it_up_fails(bench: StillBench) -> None:
    """And its intent stays: the refusal was of the look, not of the call."""
    spec = {"kinesis": {"stream_arn": STREAM}}
    bench.apply({})
    look = "DescribeKinesisStreamingDestination"
    bench.server.faults.add(FaultRule("foreign_after", operation="EnableKinesisStreamingDestination"))
    seen = bench.server.requests.count
    plan = bench.plan(spec)
    looks = sum(request.operation == look for request in bench.server.requests.since(seen))
    assert [operation.api for operation in plan.operations] == ["EnableKinesisStreamingDestination"]
    bench.server.faults.add(FaultRule("access_denied", operation=look, nth=looks + 1, times=None))
    _, outcome = bench.run(spec)
    assert not outcome.complete
    calls = [request.operation for request in bench.server.requests.since(seen)]
    assert calls.count("EnableKinesisStreamingDestination") == 1
    assert bench.state.in_flight
    bench.server.faults.clear()
    bench.apply(spec)


def test_a_refusal_after_a_lost_answer_does_not_forget_the_first_request(bench: StillBench) -> None:
    spec = {"log_group": {"name": "/a", "retention_days": 7}}
    bench.apply({})
    bench.server.faults.add(FaultRule("foreign_after", operation="CreateLogGroup"))
    bench.server.faults.add(FaultRule("access_denied", operation="CreateLogGroup", times=None))
    _, outcome = bench.run(spec)
    assert not outcome.complete
    assert "an earlier request may have been carried out" in "; ".join(outcome.failed.values())
    assert bench.state.in_flight
    bench.server.faults.clear()
    bench.apply(spec)
    bench.destroy()
    assert bench.client("logs").describe_log_groups()["logGroups"] == []


class _Faulty(Aws):
    """An Aws with a fault of ours in it, at one table's call."""

    def call(
        self, service: str, api: str, region: str, parameters: dict[str, Any], repeats: bool = True
    ) -> dict[str, Any]:
        if api == "CreateTable" and parameters["TableName"] == "users":
            raise KeyError("a fault of ours")
        return super().call(service, api, region, parameters, repeats)


def test_a_fault_of_ours_at_one_table_does_not_end_the_work_on_another(bench: StillBench) -> None:
    bench.aws = _Faulty(region=REGION, endpoint_url=bench.server.url, poll_cap=10.0, attempts=1)
    with pytest.raises(KeyError, match="a fault of ours"):
        bench.run({}, {"table_name": "orders"})
    assert {name.partition("/")[0] for name in bench.state.resources} == {"orders"}
    bench.aws = StillBench(bench.folder, bench.server).aws
    bench.apply({}, {"table_name": "orders"})


def test_the_command_line_names_who_answered(tmp_path: Path, server: SandboxServer) -> None:
    terminal = Terminal(tmp_path, server)
    terminal.write(SPEC)
    server.faults.add(FaultRule("foreign_before", operation="DescribeTable", times=None))
    result = terminal("apply", "--yes")
    said = " ".join(result.err.split())
    assert result.code == 1
    assert "is not AWS's but an HTML page titled 'Please log in' (status 200)" in said
    assert f"127.0.0.1:{server.url.rpartition(':')[2]}" in said
    assert "A proxy, a captive portal or another server answers in AWS's place" in said
    assert "fault in dynaops" not in said
    server.faults.clear()
    assert terminal("apply", "--yes").code == 0
