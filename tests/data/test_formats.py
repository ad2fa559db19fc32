"""Every format gives the same rows, cut into blocks of any size, and read on from any of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import tracemalloc
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from dynaops.data.parsing.dialect import Dialect
from dynaops.data.parsing.parse_options import Container
from dynaops.data.reading.chunking import AfterRecord
from dynaops.data.reading.detect import detect
from dynaops.data.reading.inputs import LocalInput
from dynaops.data.reading.prepare import ReadOptions, parsed_shard, parsed_types, prepare
from dynaops.data.reading.source import FileSource
from dynaops.data.rows import Keys
from dynaops.model.errors import DynaopsError
from tests.data.reading import ID, nowhere, read

Rows = Sequence[dict[str, Any]]

_PICK = random.Random(7)
_TEXTS = ["", "plain", 'quo"ted', "two\nlines", "a,b;c\td", "ü€𝄞", "[{", "}],", "\\", "{"]
ROWS: Rows = [
    {"id": f"k{n}", "n": n * 10**12, "t": _PICK.choice(_TEXTS) * _PICK.randrange(4), "u": "x" * (n % 60)}
    for n in range(400)
]


def _csv(rows: Rows, **dialect: Any) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _lines(rows: Rows) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def _typed(rows: Rows) -> Rows:
    return [{n: {"N": str(v)} if isinstance(v, int) else {"S": v} for n, v in row.items()} for row in rows]


def _array(rows: Rows, **form: Any) -> bytes:
    return json.dumps(rows, **form).encode()


FILES: dict[str, Callable[[Rows], bytes]] = {
    "lines.jsonl": _lines,
    "no-newline-at-the-end.jsonl": lambda rows: _lines(rows).rstrip(),
    "windows.jsonl": lambda rows: b"\xef\xbb\xbf" + _lines(rows).replace(b"\n", b"\r\n"),
    "lines.json": _lines,
    "array.json": _array,
    "indented.json": lambda rows: _array(rows, indent=2),
    "array-of-lines.json": lambda rows: b"[\n" + b",\n".join(_lines(rows).splitlines()) + b"\n]\n",
    "one-after-the-other.json": lambda rows: b"\n".join(_array([row], indent=1)[1:-1] for row in rows),
    "scan.json": lambda rows: json.dumps({"Items": _typed(rows), "Count": len(rows)}).encode(),
    "batch.json": lambda rows: json.dumps(
        {"tab": [{"PutRequest": {"Item": row}} for row in _typed(rows)]}, indent=1
    ).encode(),
    "typed.jsonl": lambda rows: _lines(_typed(rows)),
    "export.json.gz": lambda rows: gzip.compress(_lines([{"Item": row} for row in _typed(rows)])),
    "members.jsonl.gz": lambda rows: (
        gzip.compress(_lines(rows[:9]), mtime=0) + gzip.compress(_lines(rows[9:]))
    ),
    "frames.jsonl.zst": lambda rows: (
        zstandard.compress(_lines(rows[:9])) + zstandard.compress(_lines(rows[9:]))
    ),
    "named.wrongly.gz": _lines,
    "plain.csv": _csv,
    "all-quoted.csv": lambda rows: _csv(rows, quoting=csv.QUOTE_ALL, lineterminator="\n"),
    "excel.csv": lambda rows: b"\xef\xbb\xbf" + _csv(rows, delimiter=";"),
    "tabs.tsv": lambda rows: _csv(rows, delimiter="\t"),
    "packed.csv.gz": lambda rows: gzip.compress(_csv(rows), mtime=0),
}


def _plain(items: Rows) -> Rows:
    kinds: dict[str, Callable[[Any], Any]] = {"S": str, "N": int}
    return [
        {name: kinds[kind](v) for name, value in item.items() for kind, v in value.items()} for item in items
    ]


def _expected(name: str) -> Rows:
    if ".csv" not in name and ".tsv" not in name:
        return ROWS
    return [{name: value for name, value in row.items() if value != ""} for row in ROWS]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("block", [700, 9_000, 1 << 20])
def test_the_same_rows_from_each_format(tmp_path: Path, name: str, block: int) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name](ROWS))
    found = read(path, block=block)
    assert not found.rejects
    assert _plain(found.items) == _expected(name)
    assert [one.number for one in found.blocks] == list(range(len(found.blocks)))
    assert len(found.blocks) <= 2 or block < 1 << 20  # what is behind the rows of an answer is one


@pytest.mark.parametrize("name", FILES)
def test_reading_on_from_any_block_gives_the_rest(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name](ROWS))
    whole = read(path, block=3_000).blocks
    for at in range(0, len(whole), 3):
        rest = read(path, block=3_000, start=whole[at].end).blocks
        assert [(one.data, one.first_line, one.end) for one in rest] == [
            (one.data, one.first_line, one.end) for one in whole[at + 1 :]
        ]


def test_several_files_are_one_source(tmp_path: Path) -> None:
    names = ["lines.jsonl", "plain.csv", "array.json", "packed.csv.gz"]
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(FILES[path.name](ROWS))
    found = read(paths, block=5_000)
    assert len(found.rows) == 4 * len(ROWS) and not found.rejects
    middle = found.blocks[len(found.blocks) // 2]
    rest = read(paths, block=5_000, start=middle.end)
    after = [one.data for one in found.blocks[len(found.blocks) // 2 + 1 :]]
    assert [one.data for one in rest.blocks] == after


@pytest.mark.parametrize(
    "name", ["indented.json", "array-of-lines.json", "one-after-the-other.json", "lines.jsonl"]
)
def test_rows_know_their_lines(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name](ROWS))
    text = path.read_text().split("\n")
    found = read(path, block=2_000)
    for row, item in zip(found.rows, found.items, strict=True):
        here = "\n".join(text[row.line - 1 : row.line + 2])
        assert json.dumps(item["id"]["S"]) in here


def test_records_over_many_lines_know_where_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,"t\nx"\nk1,"one\ntwo"\n\nk2,"a ""b"""\nk3,"\n\n\n"\nk4,5"\n')
    for block in (20, 1 << 20):
        found = read(path, block=block)
        assert [(item["id"]["S"], row.line) for row, item in zip(found.rows, found.items, strict=True)] == [
            ("k1", 3),
            ("k2", 6),
            ("k3", 7),
            ("k4", 11),
        ]
    assert found.items[1]["t\nx"] == {"S": 'a "b"'} and found.items[3]["t\nx"] == {"S": '5"'}


@given(
    st.lists(st.lists(st.text('a",\n\r é', max_size=6), min_size=2, max_size=2), min_size=1, max_size=30),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.integers(1, 60),
)
def test_csv_is_cut_between_records_only(records: list[list[str]], quoting: Any, block: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting).writerows(records)
    data = text.getvalue().encode()
    cut = AfterRecord(Dialect(","), 2)
    ends = {sum(len(one.encode()) for one in parts) for parts in _prefixes(records, quoting)}
    at = cut(data[:block], False)
    assert at == 0 or at in ends


def _prefixes(records: list[list[str]], quoting: Any) -> list[list[str]]:
    written = []
    for record in records:
        text = io.StringIO(newline="")
        csv.writer(text, quoting=quoting).writerow(record)
        written.append(text.getvalue())
    return [written[:count] for count in range(len(written) + 1)]


def test_types_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,zip,price,big,flag,mix,code,none\n1,01234,1.50,9e9,true,1,7,\n2,99999,-3,1,False,x,8,\n"
    )
    plan = prepare([str(path)], ID, nowhere, ReadOptions()).plan
    assert plan.columns == {
        "id": "N",
        "zip": "S",
        "price": "S",
        "big": "S",
        "flag": "BOOL",
        "mix": "S",
        "code": "N",
        "none": "S",
    }
    found = read(path, types={"code": "S", "mix": "S"})
    assert found.items[0] == {
        "id": {"S": "1"},
        "zip": {"S": "01234"},
        "price": {"S": "1.50"},
        "big": {"S": "9e9"},
        "flag": {"BOOL": True},
        "mix": {"S": "1"},
        "code": {"S": "7"},
    }


def test_empty_cells_are_left_out_or_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,a,n\n1,,\n2,,3\n")
    assert read(path).items == [{"id": {"S": "1"}}, {"id": {"S": "2"}, "n": {"N": "3"}}]
    assert read(path, keep_empty=True).items == [
        {"id": {"S": "1"}, "a": {"S": ""}},
        {"id": {"S": "2"}, "a": {"S": ""}, "n": {"N": "3"}},
    ]


def test_cells_of_other_types(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,s,l,b\n1,"[""x"",""y""]","[1.10,{""a"":null}]",AQ==\n2,"[]",,\n')
    found = read(path, types={"s": "SS", "l": "L", "b": "B"})
    assert found.items == [
        {
            "id": {"S": "1"},
            "s": {"SS": ["x", "y"]},
            "l": {"L": [{"N": "1.1"}, {"M": {"a": {"NULL": True}}}]},
            "b": {"B": "AQ=="},
        }
    ]
    assert found.told == [(3, "s: SS holds a list of at least one value: a set is never empty")]


def test_parquet(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table(
        {
            "id": [f"k{n}" for n in range(5_000)],
            "n": pyarrow.array([2**63 - 1 - n for n in range(5_000)], pyarrow.int64()),
            "d": pyarrow.array([Decimal("12345678901234567890.12")] * 5_000, pyarrow.decimal128(30, 2)),
            "f": [0.1] * 5_000,
            "b": [b"\0\1"] * 5_000,
            "l": [[{"x": 1}]] * 5_000,
            "none": pyarrow.array([None] * 5_000, pyarrow.string()),
            "day": pyarrow.array([0] * 5_000, pyarrow.date32()),
        }
    )
    path = tmp_path / "rows.parquet"
    parquet.write_table(table, path, row_group_size=1_700)
    found = read(path)
    assert not found.rejects and len(found.rows) == 5_000 and len(found.blocks) > 2
    assert found.items[1] == {
        "id": {"S": "k1"},
        "n": {"N": str(2**63 - 2)},
        "d": {"N": "12345678901234567890.12"},
        "f": {"N": "0.1"},
        "b": {"B": "AAE="},
        "l": {"L": [{"M": {"x": {"N": "1"}}}]},
        "day": {"S": "1970-01-01"},
        "none": {"NULL": True},
    }
    rest = read(path, start=found.blocks[1].end)
    assert [one.data for one in rest.blocks] == [one.data for one in found.blocks[2:]]
    assert [row.line for row in found.rows] == list(range(1, 5_001))


def test_parquet_that_has_bad_rows(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    parquet.write_table(pyarrow.table({"id": ["a", None, "b"], "f": [1.0, 2.0, float("nan")]}), path)
    found = read(path)
    assert found.told == [(2, "the key 'id' is missing"), (3, "f: nan is no number that DynamoDB can hold")]
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DynaopsError, match=r"Cannot read .*rows\.parquet as Parquet"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "container"),
    [
        ("a", b'{"id":1}\n{"id":2}', Container.LINES),
        ("a", b'{"id":1}', Container.LINES),
        ("a", b'  [{"id":1}]', Container.STREAM),
        ("a", b'{\n "id":1\n}', Container.STREAM),
        ("a", b'{"id":1}{"id":2}', Container.STREAM),
        ("a.json", b"{oops\n" + b'{"id":1}\n', Container.LINES),
        ("a.jsonl", b"oops\n", Container.LINES),
        ("a.json", b'{"l":[\n{"x":1},\n {"y":2}\n]}', Container.STREAM),
        ("a", b"id,b\n1,2\n", Container.CSV),
        ("a.csv", b"id\n1\n", Container.CSV),
        ("a.txt", b"id\tb\n", Container.CSV),
        ("a", b"", Container.LINES),
    ],
)
def test_what_a_file_is(tmp_path: Path, name: str, content: bytes, container: Container) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert detect(LocalInput(path)).layout.container is container


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04....", r"Cannot unpack .* \(zip\)"),
        (b"BZh91AY", r"Cannot unpack .* \(bzip2\): it ends early"),
        (b"\xe0\x01\x00\xea", "in Amazon Ion"),
        (b"just words\n", "Cannot tell what"),
        (b"id,b,id\n", "two columns are named 'id'"),
        (b"id,gr\x81\xdf\xe0\xe1e\n", r"the header is not text in UTF-8 \(column 2\)"),
        (b"id,,c\n1,x,2\n", "column 2 has no name"),
        (b"name,b\n", "has no column 'id', a key of the table"),
        (b"\x1f\x8bnot gzip at all", "Cannot unpack"),
        (b"\x28\xb5\x2f\xfdneither zstd is this", "Cannot unpack"),
    ],
)
def test_files_that_cannot_be_loaded(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DynaopsError, match=message):
        read(path)


@pytest.mark.parametrize(
    ("name", "cut", "message"),
    [
        ("members.jsonl.gz", 40, "it ends early"),
        ("frames.jsonl.zst", 40, "it ends early"),
        ("array.json", 1, "ends before its JSON array does"),
        ("indented.json", 3, "ends before its JSON array does"),
    ],
)
def test_a_file_that_was_cut_off_is_told(tmp_path: Path, name: str, cut: int, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name](ROWS)[:-cut])
    with pytest.raises(DynaopsError, match=message):
        read(path)


def test_a_row_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id":"a"}\n{"id":"' + b"x" * (17 << 20))
    with pytest.raises(DynaopsError, match="line 2: there is no end of a row in 16 MB"):
        read(path, block=1 << 20)


@pytest.mark.parametrize("name", ["lines.jsonl", "array.json", "plain.csv", "members.jsonl.gz"])
def test_memory_stays_flat(tmp_path: Path, name: str) -> None:
    rows = [{"id": f"k{n}", "n": n, "t": "y" * 900} for n in range(30_000)]
    path = tmp_path / name
    path.write_bytes(FILES[name](rows))
    prepared = prepare([str(path)], ID, nowhere, ReadOptions())
    tracemalloc.start()
    size = sum(len(block.data) for block in FileSource(prepared.source.inputs).blocks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 27_000_000 and peak < 21_000_000  # orjson takes 16 MB to look at one


def test_the_size_is_known_or_estimated(tmp_path: Path) -> None:
    for name in ("lines.jsonl", "members.jsonl.gz"):
        path = tmp_path / name
        path.write_bytes(FILES[name](ROWS))
        source = prepare([str(path)], ID, nowhere, ReadOptions()).source
        assert source.size == path.stat().st_size
        total = sum(len(block.data) for block in source.blocks())
        assert source.size is not None and abs(source.size - total) < total / 10


def test_what_changes_the_input_changes_the_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,n\n1,2\n")
    options = [
        ReadOptions(),
        ReadOptions(types={"n": "S"}),
        ReadOptions(keep_empty=True),
        ReadOptions(keys_only=True),
    ]
    seen = [prepare([str(path)], ID, nowhere, one).fingerprint for one in options]
    path.write_text("id,n\n1,3\n4,5\n")
    seen.append(prepare([str(path)], ID, nowhere, ReadOptions()).fingerprint)
    assert len(set(seen)) == 5
    assert prepare([str(path)], ID, nowhere, ReadOptions()).fingerprint == seen[-1]


def test_options_that_say_nothing() -> None:
    for given_, message in (
        ("n", "is not NAME=TYPE"),
        ("n=Q", "is not NAME=TYPE"),
        ("=N", "is not NAME=TYPE"),
    ):
        with pytest.raises(DynaopsError, match=message):
            parsed_types(given_)
    assert parsed_types("a=b=n, c=SS") == {"a=b": "N", "c": "SS"}
    for given_ in ("0/2", "3/2", "x", "1/"):
        with pytest.raises(DynaopsError, match="is not I/N"):
            parsed_shard(given_)
    with pytest.raises(DynaopsError, match="the key 'id' is of type S"):
        prepare(["x"], Keys("id", None, {"id": "S"}), nowhere, ReadOptions(types={"id": "N"}))
