"""--if-not-exists when answers are lost: a row that is there may be the load's own, which is counted as unsure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from dynaops.data.checkpoint import Checkpoint
from dynaops.data.load import load
from dynaops.data.options import Counts, LoadOptions, Mode
from dynaops.data.requests import is_same
from dynaops.data.rows import Keys, WriteRow
from tests.data.flat import FlatPlan, FlatSource, flat_parser
from tests.data.sinks import SinkProcess

LOST = ("--drop", "0.2", "--seed", "7")
"""A fifth of the connections is lost, half of them after the effect."""


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> FlatSource:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return FlatSource(path, 4_000)


def _options(folder: Path, **changes: Any) -> LoadOptions:
    given = {"workers": 1, "checkpoint": folder / "checkpoints", "mode": Mode.IF_NOT_EXISTS, **changes}
    return LoadOptions(Keys("id", None), FlatPlan(), flat_parser, **given)


def _adds_up(counts: Counts) -> bool:
    return counts.read == counts.written + counts.skipped + counts.unsure + counts.rejected


def test_own_rows_are_never_counted_as_there_before(tmp_path: Path) -> None:
    rows = [{"id": f"k{n}", "n": n} for n in range(600)]
    source = _write(tmp_path / "rows.jsonl", rows)
    with SinkProcess(*LOST) as sink:
        counts = load(sink.aws, "t", "eu-west-1", source, _options(tmp_path)).counts
        assert len(sink.rows()) == 600
    assert counts.skipped == 0 and counts.unsure > 0
    assert counts.written + counts.unsure == 600 and _adds_up(counts)


def test_other_rows_are_never_counted_as_own(tmp_path: Path) -> None:
    """Of 600 rows 200 are there with other attributes, and 200 the same: these may be skipped or unsure."""
    before = [{"id": f"k{n}", "n": n if n % 3 else -1} for n in range(600) if n % 3 != 2]
    rows = [{"id": f"k{n}", "n": n} for n in range(600)]
    with SinkProcess(*LOST) as sink:
        put = _options(tmp_path, mode=Mode.PUT)
        load(sink.aws, "t", "eu-west-1", _write(tmp_path / "before.jsonl", before), put)
        source = _write(tmp_path / "rows.jsonl", rows)
        counts = load(sink.aws, "t", "eu-west-1", source, _options(tmp_path)).counts
        there = {item["id"]["S"]: item["n"]["N"] for item in sink.rows()}
    assert there == {f"k{n}": str(n if n % 3 else -1) for n in range(600)}
    assert 200 <= counts.skipped <= 400, "those with other attributes are proven to be others'"
    assert counts.written <= 200 <= counts.written + counts.unsure
    assert _adds_up(counts)


def test_without_lost_answers_nothing_is_unsure(tmp_path: Path) -> None:
    rows = [{"id": f"k{n}", "n": n} for n in range(300)]
    source = _write(tmp_path / "rows.jsonl", rows)
    with SinkProcess("--throttle", "0.2") as sink:
        load(sink.aws, "t", "eu-west-1", _write(tmp_path / "half.jsonl", rows[:100]), _options(tmp_path))
        counts = load(sink.aws, "t", "eu-west-1", source, _options(tmp_path)).counts
    assert (counts.written, counts.skipped, counts.unsure) == (200, 100, 0)


def test_only_blocks_that_an_earlier_run_may_have_sent_are_unsure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint says which these are; one that lacks that (of an older version) says nothing, so all may be."""
    rows = [{"id": f"k{n}", "n": n} for n in range(600)]
    source = _write(tmp_path / "rows.jsonl", rows)
    with SinkProcess() as sink:
        monkeypatch.setattr(Checkpoint, "forget", lambda _: None)
        load(sink.aws, "t", "eu-west-1", source, _options(tmp_path))
        (path,) = (tmp_path / "checkpoints").glob("*.json")
        finished = json.loads(path.read_text())
        blocks = list(source.blocks())
        assert finished.pop("begun") == len(blocks) > 1
        anew = {**finished, "block": 0, "position": None, "counts": {}, "complete": False}
        unsure = {}
        for name, begun in (("one block", {"begun": 1}), ("unknown", {})):
            path.write_text(json.dumps({**anew, **begun}))
            counts = load(sink.aws, "t", "eu-west-1", source, _options(tmp_path, resume=True)).counts
            assert counts.skipped + counts.unsure == 600
            unsure[name] = counts.unsure
    assert unsure == {"one block": blocks[0].data.count(b"\n"), "unknown": 600}


@pytest.mark.parametrize(
    ("there", "sent", "same"),
    [
        ({"a": {"N": "1.50"}}, {"a": {"N": "1.5"}}, True),
        ({"a": {"N": "1E+2"}}, {"a": {"N": "100"}}, True),
        ({"a": {"N": "1"}}, {"a": {"S": "1"}}, False),
        ({"a": {"SS": ["x", "y"]}}, {"a": {"SS": ["y", "x"]}}, True),
        ({"a": {"NS": ["1", "2.0"]}}, {"a": {"NS": ["2", "1"]}}, True),
        ({"a": {"L": [{"S": "x"}, {"S": "y"}]}}, {"a": {"L": [{"S": "y"}, {"S": "x"}]}}, False),
        ({"a": {"M": {"b": {"N": "1.0"}}}}, {"a": {"M": {"b": {"N": "1"}}}}, True),
        ({"a": {"M": {"b": {"N": "1"}}}}, {"a": {"M": {"b": {"N": "2"}}}}, False),
        ({"a": {"S": "x"}, "b": {"S": "y"}}, {"a": {"S": "x"}}, False),
        ({"a": {"NULL": True}}, {"a": {"NULL": True}}, True),
        ({"a": {"N": "much"}}, {"a": {"N": "1"}}, False),
        ({"a": {}}, {"a": {"N": "1"}}, False),
        ("no item", {"a": {"N": "1"}}, False),
    ],
)
def test_items_are_compared_as_dynamodb_does(there: Any, sent: dict[str, Any], same: bool) -> None:
    assert is_same(there, WriteRow(orjson.dumps(sent), b"k", 1, 1)) is same
