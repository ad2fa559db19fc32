"""A load whose counts do not add up does not end well: parsers and cuts that lose rows are broken on purpose here."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dynaops.data.checkpoint import Checkpoint
from dynaops.data.load import load
from dynaops.data.options import Counts, LoadOptions, LoadSummary
from dynaops.data.parsing.parse_options import ParseOptions
from dynaops.data.parsing.parser import make_parser
from dynaops.data.reading.chunking import pieces
from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.data.reading.source import FileSource
from dynaops.data.recount import CountsDiffer, check_totals
from dynaops.data.rows import InputBlock, InputFault, Parsed
from tests.data.reading import ID, nowhere, read
from tests.data.sinks import SinkProcess

ROWS = [
    {"id": f"k{n}", "text": 'with "quotes", and\nlines' if n % 7 == 3 else "x" * (n % 5)} for n in range(90)
]


def losing_parser(plan: ParseOptions) -> Callable[[InputBlock], Parsed]:
    """The parser, but for one row of each block, which it neither makes a row of nor rejects."""
    parse = make_parser(plan)

    def lose(block: InputBlock) -> Parsed:
        found = parse(block)
        return found._replace(rows=found.rows[:-1], read=found.read - 1)

    return lose


def forgetting_parser(plan: ParseOptions) -> Callable[[InputBlock], Parsed]:
    """The parser, which counts a row that it does not give."""
    parse = make_parser(plan)

    def forget(block: InputBlock) -> Parsed:
        found = parse(block)
        return found._replace(rows=found.rows[:-1])

    return forget


def _jsonl(path: Path) -> None:
    path.write_text("\n\n".join(map(json.dumps, ROWS)))


def _gzipped(path: Path) -> None:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode(), mtime=0))


def _array(path: Path) -> None:
    path.write_text(json.dumps(ROWS))


def _csv(path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows((row["id"], row["text"]) for row in ROWS)


def _parquet(path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(ROWS), path, row_group_size=40)


WRITERS = {
    "a.jsonl": _jsonl,
    "a.jsonl.gz": _gzipped,
    "a.json": _array,
    "a.csv": _csv,
    "a.parquet": _parquet,
}


def _load(sink: SinkProcess, path: Path, make: Any) -> LoadSummary:
    prepared = prepare([str(path)], ID, nowhere, ReadOptions())
    options = LoadOptions(
        ID, prepared.plan, make, workers=1, checkpoint=path.parent / "load", fingerprint=prepared.fingerprint
    )
    return load(sink.aws, "t", "eu-west-1", FileSource(prepared.source.inputs, 700), options)


@pytest.fixture(scope="module")
def sink() -> Any:
    with SinkProcess() as running:
        yield running


@pytest.mark.parametrize("name", WRITERS)
def test_a_parser_that_loses_rows_is_found_out(sink: SinkProcess, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    whole = _load(sink, path, make_parser)
    assert whole.complete and whole.counts.read == whole.counts.written == len(ROWS)
    with pytest.raises(CountsDiffer, match=rf"Counts do not add up: .*{name}, .* the file holds (\d+) rows"):
        _load(sink, path, losing_parser)
    with pytest.raises(CountsDiffer, match=r"rows read, but .* to write, 0 rejected and 0 not loaded"):
        _load(sink, path, forgetting_parser)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_a_cut_that_loses_bytes_is_found_out(
    sink: SinkProcess, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    WRITERS[name](path)

    def losing(*arguments: Any) -> Any:
        return (piece for at, piece in enumerate(pieces(*arguments)) if at != 1)

    for module in ("source", "json_documents"):
        monkeypatch.setattr(f"dynaops.data.reading.{module}.pieces", losing)
    with pytest.raises(
        CountsDiffer, match=r"bytes were read|bytes up to \d+ were read, the next rows begin at \d+"
    ):
        _load(sink, path, make_parser)
    for module in ("source", "json_documents"):
        monkeypatch.setattr(
            f"dynaops.data.reading.{module}.pieces", lambda *arguments: list(pieces(*arguments))[:-1]
        )
    with pytest.raises(CountsDiffer, match="rows and what is between them account for"):
        _load(sink, path, make_parser)


def test_counts_that_differ_are_told_with_their_numbers() -> None:
    check_totals(Counts(read=7, written=1, deleted=1, skipped=1, unsure=1, rejected=1, not_loaded=2))
    with pytest.raises(
        CountsDiffer, match=r"7 rows read, but 5 written, 0 deleted, .* 1 rejected and 0 not loaded"
    ):
        check_totals(Counts(read=7, written=5, rejected=1))


def test_what_cannot_be_read_is_told_after_all_whole_rows_are_written(
    monkeypatch: pytest.MonkeyPatch, sink: SinkProcess, tmp_path: Path
) -> None:
    for name in "abc":
        rows = "".join(
            json.dumps({"id": f"{name}{n}", "x": random.Random(n).random()}) + "\n" for n in range(900)
        )
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(rows.encode(), mtime=0))
    damaged = tmp_path / "b.jsonl.gz"
    damaged.write_bytes(damaged.read_bytes()[:-3000])
    paths = [str(tmp_path / f"{name}.jsonl.gz") for name in "abc"]
    prepared = prepare(paths, ID, nowhere, ReadOptions())
    options = LoadOptions(ID, prepared.plan, checkpoint=tmp_path / "load", inputs=prepared.names, workers=1)
    monkeypatch.setattr(Checkpoint, "forget", lambda _: None)
    summary = load(sink.aws, "t", "eu-west-1", FileSource(prepared.source.inputs, 9_000), options)
    (fault,) = summary.faults
    assert not summary.complete and "b.jsonl.gz (gzip): it ends early" in fault.message
    counts = summary.counts
    assert 1_800 < counts.written + counts.rejected == counts.read < 2_700 and counts.rejected <= 1
    partial = gzip.GzipFile(damaged)
    whole = b""
    with suppress(EOFError):
        while data := partial.read(1):
            whole += data
    assert counts.written == 1_800 + whole.count(b"\n")
    ids = {row["id"]["S"] for row in sink.rows()}
    assert {f"{name}{n}" for name in "ac" for n in range(900)} <= ids and "b0" in ids
    monkeypatch.undo()
    again = load(
        sink.aws,
        "t",
        "eu-west-1",
        FileSource(prepared.source.inputs, 9_000),
        replace(options, resume=True),
    )
    assert again.faults == (fault,) and again.counts == counts and not again.complete


@pytest.mark.parametrize("seed", range(4))
def test_the_second_count_agrees_with_random_files(tmp_path: Path, seed: int) -> None:
    """`read` compares the counts of each block."""
    pick = random.Random(seed)
    texts = [
        "",
        "a",
        'a "quoted" cell',
        "line\nbreak",
        "cr\r\nlf",
        "comma, semi; tab\t",
        "\\",
        "ü",
        '"',
        '""',
    ]
    for block in (70, 400, 1 << 20):
        rows = [(f"k{n}", *(pick.choice(texts) for _ in range(3))) for n in range(pick.randrange(1, 60))]
        path = tmp_path / f"{block}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(
                file, delimiter=pick.choice(",;\t"), lineterminator=pick.choice(["\n", "\r\n"])
            )
            writer.writerow(["id", "b", "c", "d"])
            for row in rows:
                writer.writerow(row)
                file.write(pick.choice(["", "", "", "\n"]))
        assert read(path, block=block).read == len(rows)
        path = tmp_path / f"{block}.json"
        items = [{"id": row[0], "t": row[1:]} for row in rows]
        path.write_text(json.dumps(items, indent=pick.choice([None, 1])))
        assert read(path, block=block).read == len(rows)


def test_a_fault_reaches_the_reader_of_blocks(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"id":"a"},\n{"id":"b"}')
    prepared = prepare([str(path)], ID, nowhere, ReadOptions())
    *_, last = prepared.source.blocks()
    assert isinstance(last.fault, InputFault) and "ends before its JSON array does" in last.fault.message
    assert last.data == b"" and last.end.source == 1
