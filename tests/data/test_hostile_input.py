"""Hostile and broken input: rejected or refused in words, at a cost that goes by the rows, in little memory.

Costs are counted (lines read, texts parsed, bytes kept), never timed.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.data.parsing import csv_columns
from dynaops.data.parsing.items import ItemReader
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import Container, InputLayout, ParseOptions
from dynaops.data.parsing.parser import make_parser
from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.data.rows import InputBlock, Parsed, Position
from dynaops.model.errors import DynaopsError
from tests.data.reading import ID, nowhere, read

GOOD = '{"id":"a","n":1,"t":"x"}'


def _write(path: Path, *parts: bytes) -> Path:
    with path.open("wb") as file:
        for part in parts:
            file.write(part)
    return path


def _parse(data: bytes, container: Container = Container.LINES, **plan: Any) -> Parsed:
    parse = make_parser(ParseOptions(ID, {"x": InputLayout(container)}, **plan))
    if container is Container.CSV:  # blocks have the header as JSON
        header, _, rows = data.partition(b"\n")
        data = json.dumps(header.decode().split(",")).encode() + b"\n" + rows
    return parse(InputBlock(0, "x", 1, data, Position(0, len(data), 1)))


def _calls(work: Callable[[], object]) -> Counter[str]:
    """How often functions of C were called, by name."""
    counted: Counter[str] = Counter()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call":
            counted[argument.__name__] += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


# --- the cost of bad rows ---


class _CountingLines(io.StringIO):
    """Counts the lines that are taken out of it."""

    lines = 0

    def __next__(self) -> str:  # type: ignore[override] # what io says of text is of bytes
        _CountingLines.lines += 1
        return super().__next__()


@pytest.mark.parametrize("every", [1, 10])
def test_a_bad_csv_row_costs_its_own_lines_only(monkeypatch: pytest.MonkeyPatch, every: int) -> None:
    rows = [f"{'' if n % every == 0 else n},1" for n in range(2_000)]
    monkeypatch.setattr(io, "StringIO", _CountingLines)
    _CountingLines.lines = 0
    parsed = _parse("\n".join(["id,n", *rows, ""]).encode(), Container.CSV, columns={"n": "N"})
    assert len(parsed.rejects) == 2_000 // every and parsed.read == 2_000
    assert _CountingLines.lines <= 2 * 2_001


def test_a_bad_element_of_an_array_costs_itself_only() -> None:
    lines = [b'{"id":"k%d"},' % n if n % 100 else b'{"id":""},' for n in range(1_000)]
    counted = _calls(lambda: _parse(b"\n".join(lines), Container.STREAM))
    parsed = _parse(b"\n".join(lines), Container.STREAM)
    assert (len(parsed.rows), len(parsed.rejects)) == (990, 10)
    assert counted["loads"] < 1_200, "a block with a bad row is not read twice"


# --- blanks ---


@pytest.mark.parametrize("blank", [b"\n", b" \n", b"\t\r\n"])
def test_blank_lines_are_not_tried_one_by_one(blank: bytes) -> None:
    data = GOOD.encode() + b"\n" + blank * 5_000 + GOOD.encode() + b"\n" + blank * 5_000 + GOOD.encode()
    counted = _calls(lambda: _parse(data))
    assert counted["loads"] < 20
    assert [row.line for row in _parse(data).rows] == [1, 5_002, 10_003]


@pytest.mark.parametrize(
    ("name", "head", "blank", "tail", "line"),
    [
        ("a.jsonl", b'{"id":"a"}\n', b"\n", b'{"id":"b"}\n', 262_146),
        ("a.jsonl", b'{"id":"a"}\n', b" \r\n", b'{"id":"b"}\n', 262_146),
        ("a.json", b"[", b" \n", b'{"id":"b"}]', 262_145),
        ("a.json", b'[{"id":"a"},', b"\n", b'{"id":"b"}]', 262_145),
        ("a.json", b'[{"id":"a"}', b"\n", b",\n]", None),
        ("a.csv", b"id,n\na,1\n", b"\n", b"b,2\n", 262_147),
        ("a.csv", b"id\n", b"\r\n", b"b\n", 262_146),
    ],
)
def test_any_number_of_blanks_between_rows(
    tmp_path: Path, name: str, head: bytes, blank: bytes, tail: bytes, line: int | None
) -> None:
    """Blocks are of 4 KB here, so that rows lie many blocks apart, as with gigabytes of blanks."""
    path = _write(tmp_path / name, head, blank * 262_144, tail)
    found = read(path, block=4_096)
    assert not found.rejects and len(found.blocks) <= 4
    assert [row.line for row in found.rows][-1] == (line or 1)


def test_blanks_take_no_memory(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.json", b"[", *(b" " * (1 << 20) for _ in range(40)), b'{"id":"a"}]')
    tracemalloc.start()
    try:
        found = read(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.rows) == 1 and peak < 12 << 20


# --- names that are there twice ---

_TWICE = [
    ('{"id":"a","r":1,"r":2}', "r"),
    ('{"id":"a","r":1,"r":1}', "r"),
    ('{"id":"a","id":"b"}', "id"),
    ('{"id":"a","n":1,"t":"x","t":"y"}', "t"),
    ('{"id":"a","m":{"r":1,"r":2}}', "m: r"),
    ('{"id":"a","l":[{"r":1},{"r":1,"q":2,"r":2}]}', "l[1]: r"),
    ('{"id":"a","r":1,"\\u0072":2}', "r"),
    ('{"id":"a","r":1,"r":"\\u0022"}', "r"),
    ('{"id":"\\u0022","r":1,"r":2,"t":"\\u0022"}', "r"),
    ('{"id":"\\\\\\"","r":1,"r":2}', "r"),
    ('{"id":"a","r":0.12345678901234567890,"r":2}', "r"),
    ('{"id":{"S":"a"},"r":{"N":"1"},"r":{"N":"2"}}', "r"),
    ('{"id":{"S":"a","S":"b"}}', "id: S"),
    ('{"id":{"S":"a"},"m":{"M":{"r":{"N":"1"},"r":{"N":"2"}}}}', "m: r"),
    ('{"Item":{"id":{"S":"a"}},"Item":{"id":{"S":"b"}}}', "Item"),
    ('{"Item":{"id":{"S":"a"},"r":{"S":"1"},"r":{"S":"2"}}}', "r"),
    ('{"Item":{"id":{"S":"a"},"r":{"BOOL":true},"r":{"BOOL":false}}}', "r"),
    ('{"PutRequest":{"Item":{"id":{"S":"a"},"r":{"S":"1"},"r":{"S":"2"}}}}', "r"),
]


@pytest.mark.parametrize("form", ["lines", "array", "array on one line"])
@pytest.mark.parametrize(("text", "name"), _TWICE)
def test_a_name_that_is_there_twice_is_refused_by_name(form: str, text: str, name: str) -> None:
    """Also after rows of the same shape, which take the fast road."""
    usual = json.dumps(json.loads(text), separators=(",", ":")).replace('\\"', "x")
    lines = [usual, usual, usual, text, usual]
    between = {"lines": "\n", "array": ",\n", "array on one line": ","}[form]
    container = Container.LINES if form == "lines" else Container.STREAM
    parsed = _parse(between.join(lines).encode(), container)
    *where, name = name.rpartition(": ")
    reason = f"{''.join(where)}the name {name!r} is there twice"
    assert [(one.text, one.reason) for one in parsed.rejects] == [(text, reason)]
    assert len(parsed.rows) == 4


def test_a_name_that_is_there_twice_in_rows_to_delete_and_in_cells() -> None:
    parsed = _parse(b'{"id":"a"}\n{"id":"b"}\n{"id":"c"}\n{"id":"d","r":1,"r":2}\n', keys_only=True)
    assert [one.line for one in parsed.rejects] == [4]
    quoted = b'id,m\na,"{""r"":1,""r"":2}"\nb,"{""r"":1}"\n'
    parsed = _parse(quoted, Container.CSV, types={"m": "M"})
    assert [one.reason for one in parsed.rejects] == ["m: the name 'r' is there twice"]


_NAMES = st.sampled_from(["id", "r", 'q"', "\\", "é", "N"])
_VALUES: Any = st.recursive(
    st.sampled_from([1, 0.5, True, None, "x", '"', "\\u0022", "\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(_NAMES, inner), max_size=3).map(tuple),
    max_leaves=8,
)


def _text(value: Any, escape: bool) -> str:
    """JSON, in which tuples of pairs are objects, whose names may be there twice."""
    if isinstance(value, tuple):
        return "{" + ",".join(f"{_text(name, escape)}:{_text(one, escape)}" for name, one in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(one, escape) for one in value) + "]"
    if isinstance(value, str) and escape:
        return '"' + "".join("\\u0022" if sign == '"' else json.dumps(sign)[1:-1] for sign in value) + '"'
    return json.dumps(value, ensure_ascii=False)


def _has_twice(value: Any) -> bool:
    if isinstance(value, tuple):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(_has_twice(one) for _, one in value)
    return isinstance(value, list) and any(map(_has_twice, value))


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=4), st.booleans())
@settings(max_examples=200, deadline=None)
def test_names_are_never_there_twice_unnoticed(members: list[tuple[str, Any]], escape: bool) -> None:
    row = (("id", "k"), *members)
    text = _text(row, escape)
    once = orjson.dumps(orjson.loads(text)).decode()
    parsed = _parse("\n".join([once, once, text]).encode())
    told = [one.reason for one in parsed.rejects if one.line == 3]
    assert (bool(told) and "is there twice" in told[0]) == _has_twice(row)


# --- CSV ---


def test_a_header_that_is_too_long_is_refused(tmp_path: Path) -> None:
    names = ",".join(["id", *(f"c{n}" for n in range(60_000))])
    path = _write(tmp_path / "a.csv", f"{names}\nx\n".encode())
    with pytest.raises(DynaopsError, match="line 1: the header has no end in 256 KB"):
        read(path)


def test_many_columns_are_compared_once(tmp_path: Path) -> None:
    names = ",".join(["id", *(f"c{n}" for n in range(30_000)), "c7"])
    with pytest.raises(DynaopsError, match="two columns are named 'c7'"):
        read(_write(tmp_path / "a.csv", f"{names}\nx\n".encode()))


@pytest.mark.parametrize("length", [200_000, 9_000_000])
def test_lines_within_a_long_cell_are_never_rows(tmp_path: Path, length: int) -> None:
    """The standard library's reader gives up on a long cell, and takes its next line for a record."""
    csv.field_size_limit(131_072)
    cell = b'c,"' + b"x" * length + b"\nb,inside\n" + b"z" * (1 << 20) + b'"\n'
    found = read(_write(tmp_path / "a.csv", b'id,t\na"q,1\n', cell, b"d,2\n"), types={"t": "S"})
    assert [item["id"]["S"] for item in found.items] == ['a"q', "d"]
    assert len(found.rejects) == 1 and "bytes; at most" in found.rejects[0].reason


def test_rows_of_ever_new_gaps_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_columns, "_MOST_CELLS", 1_000)
    header = ["id", *(f"c{n}" for n in range(9))]
    rules = KeyRules(ID)
    columns = csv_columns.Columns(header, {}, rules, ItemReader(ParseOptions(ID), rules))
    for number in range(512):
        gaps = ["x" if number >> at & 1 else "" for at in range(9)]
        row = columns.row([f"k{number}", *gaps], number, True)
        assert len(orjson.loads(row.body)) == 1 + number.bit_count()
    assert len(columns._templates) * len(header) <= 1_020


# --- JSON ---


def test_rows_of_many_attributes_are_read() -> None:
    row = json.dumps({"id": "a", **{f"a{n}": n for n in range(9_000)}})
    parsed = _parse("\n".join([row] * 3).encode())
    assert len(parsed.rows) == 3 and not parsed.rejects


@pytest.mark.parametrize(
    "line",
    [
        "[" * 900 + "]" * 900,
        "[" * 500_000,
        '{"id":"a","m":' + '{"a":' * 900 + "1" + "}" * 901,
        '{"id":"a"}\0',
        "\0",
    ],
)
def test_lines_that_are_no_rows_are_rejected(line: str) -> None:
    parsed = _parse("\n".join([GOOD, line, GOOD]).encode())
    assert [one.line for one in parsed.rejects] == [2] and len(parsed.rows) == 2


@pytest.mark.parametrize(
    ("tail", "rows"),
    [
        (b'\n[{"id":"b"}]', 2),
        (b"{}", 1),
        (b"x", 1),
        (b"]", 1),
        (b"}" * 50, 1),
        (b" " * 3_000_000 + b'{"id":"b"}', 2),
    ],
)
def test_what_follows_an_array_is_not_lost_in_silence(tmp_path: Path, tail: bytes, rows: int) -> None:
    found = read(_write(tmp_path / "a.json", b'[{"id":"a"}]', tail), faults=True)
    assert len(found.rows) == rows and bool(found.rejects or found.faults) == (rows == 1)


@pytest.mark.parametrize(
    ("content", "rows", "rejects"),
    [
        (
            b'{"Items":[{"id":{"S":"a"}}],"Count":1,"ScannedCount":1,"ConsumedCapacity":[{"TableName":"t"}]}\n',
            1,
            0,
        ),
        (b'{"Items":[{"id":{"S":"a"}}],"Items":[{"id":{"S":"b"}}]}', 2, 0),
        (b'{"Items":[{"id":{"S":"a"}}]}{"Items":[{"id":{"S":"b"}}]}', 2, 0),
        (b'{"t":[{"PutRequest":{"Item":{"id":{"S":"a"}}}}],"u":[{"PutRequest":{"Item":{}}}]}', 1, 1),
        (b'[{"id":"a"}]' + b" \n" * 2_000_000, 1, 0),
    ],
)
def test_what_may_follow_an_array(tmp_path: Path, content: bytes, rows: int, rejects: int) -> None:
    found = read(_write(tmp_path / "a.json", content))
    assert (len(found.rows), len(found.rejects)) == (rows, rejects)


# --- packed ---


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_a_small_file_that_stands_for_a_large_one(tmp_path: Path, packing: str) -> None:
    import zstandard

    data = b'{"id":"a"}\n' + b" " * (96 << 20)
    packed = gzip.compress(data, 1, mtime=0) if packing == "gz" else zstandard.ZstdCompressor().compress(data)
    path = _write(tmp_path / f"a.jsonl.{packing}", packed)
    del data, packed
    tracemalloc.start()
    try:
        found = read(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.rows) == 1 and peak < 64 << 20


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.jsonl.gz",
            gzip.compress(GOOD.encode(), mtime=0) + b"rubbish",
            "something else in it, or behind it",
        ),
        ("a.jsonl.gz", gzip.compress(GOOD.encode() * 99, mtime=0)[:-9], "it ends early"),
        ("a.jsonl.zst", b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", "a window of more than 128 MB"),
    ],
)
def test_damaged_packings_are_told(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(DynaopsError, match=words):
        read(_write(tmp_path / name, content))


# --- manifests ---


@pytest.mark.parametrize(
    "entry",
    [
        {"dataFileS3Key": "x/data/a\0b.json.gz"},
        {"dataFileS3Key": "x/data/.."},
        {"dataFileS3Key": "x/data/"},
        {"dataFileS3Key": ""},
        {"dataFileS3Key": 5},
        {"dataFileS3Key": None},
        {"dataFileS3Key": ["a"]},
        {"dataFileS3Key": {"a": 1}},
        {},
        {"dataFileS3Key": "x/data/a.json.gz", "md5Checksum": 7},
        {"dataFileS3Key": "x/data/line\nbreak"},
        {"dataFileS3Key": "x/data/" + "a" * 5_000},
        {"dataFileS3Key": "x/data/not-there.json.gz"},
        {"dataFileS3Key": "/etc/passwd"},
        {"dataFileS3Key": "x/data/folder"},
        {"dataFileS3Key": "x/data/pipe"},
    ],
)
def test_hostile_manifests_are_refused_in_words(tmp_path: Path, entry: dict[str, Any]) -> None:
    (tmp_path / "data" / "folder").mkdir(parents=True)
    os.mkfifo(tmp_path / "data" / "pipe")
    _write(tmp_path / "manifest-files.json", json.dumps(entry).encode())
    with pytest.raises(DynaopsError):
        prepare([str(tmp_path)], ID, nowhere, ReadOptions())


@pytest.mark.parametrize(
    "text",
    [
        '{"dataFileS3Key":"data/a.json","dataFileS3Key":"data/b.json"}',
        '{"dataFileS3Key":"data/a.json"}\n{"dataFileS3Key":"other/a.json"}',
        "[" * 100_000,
        "\xff",
        "[]",
        "null",
    ],
)
def test_manifests_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "data").mkdir()
    for name in ("a.json", "b.json"):
        _write(tmp_path / "data" / name, b'{"Item":{"id":{"S":"a"}}}\n')
    _write(tmp_path / "manifest-files.json", text.encode("latin-1"))
    with pytest.raises(DynaopsError):
        prepare([str(tmp_path)], ID, nowhere, ReadOptions())
