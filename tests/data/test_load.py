"""Whole loads into a table that behaves badly: each row is there as the file's last of its key, and all is counted."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from dynaops.aws.errors import AccessDenied, AwsRefusal
from dynaops.data.load import load
from dynaops.data.options import LoadOptions, LoadProgress, LoadSummary, Mode
from dynaops.data.rows import Keys
from dynaops.model.errors import DynaopsError
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.data.flat import FlatPlan, FlatSource, faulty_parser, flat_parser
from tests.data.sinks import FAULTS, SinkProcess

KEYS = Keys("id", None)
UNIQUE = 1_000_000


def _options(folder: Path, **changes: Any) -> LoadOptions:
    given: dict[str, Any] = {"workers": 2, "checkpoint": folder / "checkpoints", **changes}
    return LoadOptions(KEYS, FlatPlan(), flat_parser, **given)


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def _rows(count: int, keys: int, seed: int = 1) -> list[dict[str, Any]]:
    """Rows of which several have the same key, near to one another and far; of `UNIQUE` keys none."""
    pick = random.Random(seed)
    return [
        {
            "id": f"k{at if keys == UNIQUE else pick.randrange(keys)}",
            "n": at,
            "text": "x" * pick.randrange(90),
        }
        for at in range(count)
    ]


def _last(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a table holds after these rows, one after the other."""
    return {row["id"]: row for row in rows}


def _plain(items: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Items as the rows they were made of."""
    found: list[dict[str, Any]] = [
        {name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()}
        for item in items
    ]
    return {row["id"]: row for row in found}


def _adds_up(summary: LoadSummary) -> bool:
    counts = summary.counts
    return counts.read == counts.written + counts.skipped + counts.unsure + counts.rejected


@pytest.mark.parametrize("keys", [40, 2_000, UNIQUE])
def test_on_a_bad_day_the_last_row_of_each_key_is_there(tmp_path: Path, keys: int) -> None:
    rows = _rows(4_000, keys)
    path = _write(tmp_path / "rows.jsonl", rows)
    with SinkProcess(*FAULTS, "--latency-ms", "2") as sink:
        summary = load(sink.aws, "t", "eu-west-1", FlatSource(path, 40_000), _options(tmp_path, in_flight=16))
        assert _plain(sink.rows()) == _last(rows)
    assert summary.complete and _adds_up(summary)
    assert (summary.counts.read, summary.counts.written) == (4_000, 4_000)
    assert summary.counts.bytes == path.stat().st_size
    assert summary.traffic.rows == 4_000
    assert summary.traffic.retries > 0 and summary.traffic.throttles > 0
    assert (summary.counts.replaced > 0) == (keys != UNIQUE)


def test_only_new_rows(tmp_path: Path) -> None:
    rows = _rows(800, 150)
    first = {row["id"]: row for row in reversed(rows)}
    path = _write(tmp_path / "rows.jsonl", rows)
    options = _options(tmp_path, mode=Mode.IF_NOT_EXISTS)
    with SinkProcess("--throttle", "0.1", "--error", "0.05", "--jitter", "--latency-ms", "1") as sink:
        summary = load(sink.aws, "t", "eu-west-1", FlatSource(path, 9_000), options)
        assert _plain(sink.rows()) == first
        assert (summary.counts.written, summary.counts.skipped) == (len(first), 800 - len(first))
        again = load(sink.aws, "t", "eu-west-1", FlatSource(path, 9_000), options)
        assert (again.counts.written, again.counts.skipped + again.counts.unsure) == (0, 800)


def test_update_sets_what_the_rows_name(tmp_path: Path) -> None:
    base = _write(tmp_path / "base.jsonl", [{"id": f"k{n}", "kept": "yes", "n": -1} for n in range(100)])
    rows = _rows(700, 120)
    path = _write(tmp_path / "rows.jsonl", [*rows, {"id": "bare"}])
    with SinkProcess("--throttle", "0.1", "--jitter", "--latency-ms", "1") as sink:
        load(sink.aws, "t", "eu-west-1", FlatSource(base), _options(tmp_path))
        summary = load(
            sink.aws, "t", "eu-west-1", FlatSource(path, 9_000), _options(tmp_path, mode=Mode.UPDATE)
        )
        found = _plain(sink.rows())
    assert summary.counts.written == 701
    expected = {f"k{n}": {"id": f"k{n}", "kept": "yes", "n": -1} for n in range(100)}
    for row in [*rows, {"id": "bare"}]:
        expected.setdefault(row["id"], {}).update(row)
    assert found == expected


def test_delete_takes_the_keys_only(tmp_path: Path) -> None:
    rows = _rows(1_000, 400)
    path = _write(tmp_path / "rows.jsonl", rows)
    gone = _write(tmp_path / "gone.jsonl", [*rows[:300], *rows[:100], {"id": "never-there"}])
    with SinkProcess(*FAULTS, "--latency-ms", "1") as sink:
        load(sink.aws, "t", "eu-west-1", FlatSource(path), _options(tmp_path))
        summary = load(
            sink.aws, "t", "eu-west-1", FlatSource(gone, 5_000), _options(tmp_path, mode=Mode.DELETE)
        )
        left = _plain(sink.rows())
    assert summary.counts.written == 401
    deleted = {row["id"] for row in rows[:300]}
    assert left == {key: row for key, row in _last(rows).items() if key not in deleted}


def test_bad_rows_are_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = _rows(3_000, UNIQUE)
    for at in (100, 777, 778, 2_999):
        rows[at]["invalid"] = "AWS will not like it"
    lines = [orjson.dumps(row) for row in rows]
    lines[5] = b"{not json"
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    rejects = tmp_path / "out" / "rejects.jsonl"
    with SinkProcess(*FAULTS, "--latency-ms", "1") as sink:
        summary = load(
            sink.aws, "t", "eu-west-1", FlatSource(path, 20_000), _options(tmp_path, rejects=rejects)
        )
        found = _plain(sink.rows())
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [one["line"] for one in told] == [6, 101, 778, 779, 3_000]
    assert "invalid: as told (ValidationException)" in told[1]["reason"]
    assert rejects.stat().st_mode & 0o777 == 0o600
    good = [row for at, row in enumerate(rows) if at not in (5, 100, 777, 778, 2_999)]
    assert found == _last(good)
    assert (summary.counts.rejected, summary.counts.written) == (5, 2_995) and _adds_up(summary)
    assert [one.line for one in summary.samples] == [6, 101, 778, 779, 3_000]


def test_a_rejected_row_gives_way_to_the_one_it_had_replaced(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "n": 1},
        {"id": "a", "n": 2},
        {"id": "a", "n": 3, "invalid": "x"},
    ]
    rows += [{"id": "b", "n": 1, "invalid": "x"}, {"id": "c", "n": 1, "invalid": "x"}, {"id": "c", "n": 2}]
    path = _write(tmp_path / "rows.jsonl", rows)
    with SinkProcess() as sink:
        summary = load(sink.aws, "t", "eu-west-1", FlatSource(path), _options(tmp_path))
        assert _plain(sink.rows()) == {"a": rows[1], "c": rows[5]}
    assert (summary.counts.written, summary.counts.rejected, summary.counts.replaced) == (4, 2, 2)


def test_fail_fast_stops_and_says_why(tmp_path: Path) -> None:
    lines = [orjson.dumps(row) for row in _rows(4_000, UNIQUE)]
    lines[2_500] = b"nonsense"
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    rejects = tmp_path / "rejects.jsonl"
    options = _options(tmp_path, fail_fast=True, rejects=rejects)
    with SinkProcess("--latency-ms", "1") as sink:
        summary = load(sink.aws, "t", "eu-west-1", FlatSource(path, 20_000), options)
        stopped = summary.stopped
        assert stopped is not None and stopped.line == 2_501 and not summary.complete
        assert _adds_up(summary) and summary.counts.rejected == 0
        assert summary.counts.written == len(sink.rows()) < 4_000
        again = load(
            sink.aws,
            "t",
            "eu-west-1",
            FlatSource(path, 20_000),
            _options(tmp_path, rejects=rejects, resume=True),
        )
    assert again.complete and again.resumed
    assert (again.counts.written, again.counts.rejected) == (3_999, 1)
    assert len(rejects.read_text().splitlines()) == 1


def test_what_ends_a_load_is_told_in_words(tmp_path: Path, server: SandboxServer) -> None:
    from dynaops.aws.session import Aws

    path = _write(tmp_path / "rows.jsonl", _rows(50, 1_000))
    aws = Aws(region="eu-west-1", endpoint_url=server.url)
    with pytest.raises(AwsRefusal, match="ResourceNotFoundException"):
        load(aws, "missing", "eu-west-1", FlatSource(path), _options(tmp_path))
    server.faults.add(FaultRule("access_denied", operation="BatchWriteItem", times=None))
    with pytest.raises(AccessDenied, match="AWS denied dynamodb:BatchWriteItem in eu-west-1"):
        load(aws, "missing", "eu-west-1", FlatSource(path), _options(tmp_path))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("told", "The input is encrypted"),
        ("raises", r"Cannot read rows\.jsonl, from line 1: ZeroDivisionError: by nought"),
        ("dies", r"A worker process ended unexpectedly \(exit code 3\)"),
        ("nothing", r"Cannot read rows\.jsonl, from line 1: AttributeError: "),
    ],
)
def test_no_fault_of_a_worker_goes_unnoticed(tmp_path: Path, fault: str, words: str) -> None:
    path = _write(tmp_path / "rows.jsonl", _rows(50, UNIQUE))
    options = LoadOptions(KEYS, fault, faulty_parser, checkpoint=tmp_path)
    with SinkProcess() as sink, pytest.raises(DynaopsError, match=words):
        load(sink.aws, "t", "eu-west-1", FlatSource(path), options)


@pytest.mark.parametrize("fault", ["--throttle", "--unprocessed", "--drop"])
def test_patience_ends(tmp_path: Path, fault: str) -> None:
    path = _write(tmp_path / "rows.jsonl", _rows(50, 1_000))
    with SinkProcess(fault, "1") as sink, pytest.raises(DynaopsError, match=r"no row for 0\.2 s") as told:
        load(sink.aws, "t", "eu-west-1", FlatSource(path), _options(tmp_path, patience=0.2))
    assert "--resume" in str(told.value.hint)


def test_a_rate_is_kept_by_all_workers_together(tmp_path: Path) -> None:
    path = _write(tmp_path / "rows.jsonl", _rows(1_500, UNIQUE))
    with SinkProcess() as sink:
        summary = load(sink.aws, "t", "eu-west-1", FlatSource(path, 8_000), _options(tmp_path, rate=2_000.0))
    assert summary.traffic.consumed == 1_500
    assert 0.4 <= summary.seconds <= 3


def test_progress_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path / "rows.jsonl", _rows(4_000, UNIQUE))
    told: list[LoadProgress] = []
    with SinkProcess("--latency-ms", "4") as sink:
        summary = load(
            sink.aws, "t", "eu-west-1", FlatSource(path, 9_000), _options(tmp_path, rate=5_000.0), told.append
        )
    assert told[-1].counts == summary.counts and told[-1].traffic.rows == 4_000
    assert len(told) >= 3
    assert [one.traffic.rows for one in told] == sorted(one.traffic.rows for one in told)


def test_an_empty_input(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"")
    with SinkProcess() as sink:
        summary = load(sink.aws, "t", "eu-west-1", FlatSource(path), _options(tmp_path))
        assert summary.complete and summary.counts.read == 0
        assert sink.stats()["requests"] == 0


def test_within_a_running_event_loop(tmp_path: Path) -> None:
    import asyncio

    path = _write(tmp_path / "rows.jsonl", _rows(100, UNIQUE))

    async def notebook(sink: SinkProcess) -> LoadSummary:
        return load(sink.aws, "t", "eu-west-1", FlatSource(path), _options(tmp_path))

    with SinkProcess() as sink:
        assert asyncio.run(notebook(sink)).counts.written == 100


def test_two_tables_key_attributes(tmp_path: Path) -> None:
    rows = [{"id": f"k{at % 7}", "at": f"{at % 11}", "n": at} for at in range(2_000)]
    path = _write(tmp_path / "rows.jsonl", rows)
    options = LoadOptions(
        Keys("id", "at"), FlatPlan(("id", "at")), flat_parser, workers=2, checkpoint=tmp_path / "c"
    )
    with SinkProcess(*FAULTS, "--latency-ms", "1", keys="id,at") as sink:
        load(sink.aws, "t", "eu-west-1", FlatSource(path, 5_000), options)
        found = {(item["id"]["S"], item["at"]["S"]): int(item["n"]["N"]) for item in sink.rows()}
    assert found == {(row["id"], row["at"]): row["n"] for row in rows}
