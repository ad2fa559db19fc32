"""Files that are no text: read as what they are, or refused by name; never printed as columns, never half unsaid."""

from __future__ import annotations

import bz2
import datetime
import gzip
import io
import lzma
import pickle
import random
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynaops.data.reading.inputs import StdinInput
from dynaops.model.errors import DynaopsError
from tests.data.reading import read

ROWS = [{"id": f"k{n}", "n": n} for n in range(5)]
ITEMS = [{"id": {"S": f"k{n}"}, "n": {"N": str(n)}} for n in range(5)]


def _table() -> Any:
    import pyarrow

    return pyarrow.Table.from_pylist(ROWS)


def _parquet(path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(_table(), path, row_group_size=2)


def _gzipped_parquet(path: Path) -> None:
    _parquet(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def _feather(path: Path) -> None:
    from pyarrow import feather

    feather.write_feather(_table(), str(path), compression="zstd")


def _stream(path: Path) -> None:
    from pyarrow import ipc

    with ipc.new_stream(str(path), _table().schema) as writer:
        writer.write_table(_table(), max_chunksize=2)


def _orc(path: Path) -> None:
    from pyarrow import orc

    orc.write_table(_table(), str(path))


def _sqlite(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE rows (id TEXT PRIMARY KEY, n INTEGER)")
    database.executemany("INSERT INTO rows VALUES (:id, :n)", ROWS)
    database.commit()
    database.close()


def _xlsx(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["id", "n"])
    for row in ROWS:
        book.active.append(list(row.values()))
    book.save(path)


def _bzip2(path: Path) -> None:
    path.write_bytes(b"".join(bz2.compress(f'{{"id":"k{n}","n":{n}}}\n'.encode()) for n in range(5)))


def _xz(path: Path) -> None:
    path.write_bytes(b"\0\0\0\0".join(lzma.compress(f'{{"id":"k{n}","n":{n}}}\n'.encode()) for n in range(5)))


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._a.csv", b"\0\0\0")
        archive.writestr("a/first.csv", "id,n\nk0,0\nk1,1\n")
        archive.writestr("b.jsonl", '{"id":"k2","n":2}\n{"id":"k3","n":3}\n')
        archive.writestr("c.json.gz", gzip.compress(b'[{"id":"k4","n":4}]'))


FORMATS = [
    _parquet, _gzipped_parquet, _feather, _stream, _orc, _sqlite, _xlsx, _bzip2, _xz, _zip,
]  # fmt: skip


@pytest.mark.parametrize("write", FORMATS)
def test_read_whatever_its_name_and_from_standard_input(
    tmp_path: Path, write: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows"
    write(path)
    found = read(path)
    assert found.items == ITEMS and not found.rejects
    monkeypatch.setattr(
        "dynaops.data.reading.sources.StdinInput", lambda: StdinInput(io.BytesIO(path.read_bytes()))
    )
    assert read(Path("-")).items == ITEMS


@pytest.mark.parametrize("write", FORMATS)
def test_read_on_from_any_block(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "rows"
    write(path)
    found = read(path)
    for at, block in enumerate(found.blocks):
        assert [one.data for one in read(path, start=block.end).blocks] == [
            one.data for one in found.blocks[at + 1 :]
        ]


@pytest.mark.parametrize("write", FORMATS)
def test_cut_anywhere_is_told(tmp_path: Path, write: Callable[[Path], None]) -> None:
    """Rows that were read before the cut are whole; that the file is not, is always an error."""
    whole = tmp_path / "whole"
    write(whole)
    data = whole.read_bytes()
    cut = tmp_path / "cut"
    for at in range(1, len(data), max(1, len(data) // 25)):
        cut.write_bytes(data[:at])
        try:
            found = read(cut)
        except DynaopsError as error:
            assert str(cut) in error.message
        else:
            between = write in (_bzip2, _xz) and data[at:].startswith((b"BZh", b"\xfd7zXZ", b"\0"))
            assert found.rejects or between, at


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Obj\x01\x04\x14avro.codec", "is in Avro, which is not read"),
        (b"\xe0\x01\x00\xea\xee\x81", "is in Amazon Ion, which is not read"),
        (b'$ion_1_0 {id:"a"}', "is in Amazon Ion"),
        (pickle.dumps([{"id": "a"}], 2), "is a Python pickle"),
        (pickle.dumps([{"id": "a"}], 5), "is a Python pickle"),
        (b"\0" * 8 + b"DUCK" + b"\0" * 500, "is a DuckDB database"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "is an old Excel workbook"),
        (bytes(range(256)) * 4, "is binary, and of no kind that is known"),
        (b"id,n\n" * 60 + b"\0\1\2\3" * 300, "is binary, and of no kind that is known"),
        (b"x" * 257 + b"ustar\x0000", "is a tar archive"),
        (b"\x93NUMPY\x01\x00", "is a NumPy array"),
    ],
)
@pytest.mark.parametrize("name", ["rows", "rows.csv", "rows.txt"])
def test_refused_by_name_with_a_way(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for packed in (content, gzip.compress(content)):
        path.write_bytes(packed)
        with pytest.raises(DynaopsError, match=message) as refused:
            read(path)
        assert refused.value.hint


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("Index/Document.iwa", "is a Numbers or Pages document"),
        ("xl/workbook.bin", "binary Excel workbook"),
        ("archive/data.pkl", "is a Python pickle"),
        ("content.xml", "OpenDocument"),
        ("empty/", "There is no file to load in"),
    ],
)
def test_documents_that_are_zip_archives(tmp_path: Path, member: str, message: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, b"")
    with pytest.raises(DynaopsError, match=message):
        read(path)


@pytest.mark.parametrize("header", ["ORC", "BZh9", "PK", "PAR1", "Obj", "RDX2"])
def test_csv_whose_header_looks_like_a_mark(tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header},id\n1,a\n")
    assert read(path).items == [{header: {"N": "1"}, "id": {"S": "a"}}]


def test_tables_of_a_database(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    _sqlite(path)
    with sqlite3.connect(path) as database:
        database.execute('CREATE VIEW "od""d" AS SELECT id || \'!\' AS id FROM rows')
    database.close()
    with pytest.raises(DynaopsError, match='has 2 tables: od"d, rows') as refused:
        read(path)
    assert refused.value.hint == "Say which with --sql-table NAME."
    assert read(path, sql_table='od"d').items[0] == {"id": {"S": "k0!"}}
    with pytest.raises(DynaopsError, match="has no table 'gone'"):
        read(path, sql_table="gone")


def test_rows_beside_a_database_are_not_missed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE rows (id TEXT)")
    database.execute("INSERT INTO rows VALUES ('a')")
    database.commit()
    with pytest.raises(DynaopsError, match="has changes that are not yet in it"):
        read(path)
    database.close()
    assert read(path).items == [{"id": {"S": "a"}}]


def test_cells_of_a_database_that_cannot_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE rows (id TEXT, v)")
        database.execute(
            "INSERT INTO rows VALUES ('a', 9e999), ('b', CAST(x'ff' AS TEXT)), (NULL, 1), ('c', x'00ff'), ('d', NULL)"
        )
    database.close()
    found = read(path)
    assert found.items == [
        {"id": {"S": "c"}, "v": {"B": "AP8="}},
        {"id": {"S": "d"}, "v": {"NULL": True}},
    ]
    assert found.told == [
        (1, "v: inf is no number that DynamoDB can hold"),
        (2, "v: is text that is not UTF-8"),
        (3, "the key 'id' is missing"),
    ]
    assert [(note.kind, note.rows, note.places) for note in found.notes] == [("nulls", 1, (f"{path}:5",))]
    assert read(path, drop_nulls=True).items[1] == {"id": {"S": "d"}}


def test_formulas_of_a_workbook(tmp_path: Path) -> None:
    """With a stored value, with empty text as such, and with none."""
    from openpyxl import Workbook

    book = Workbook()
    for row in (["id", "v"], ["a", "=1+1"], ["b", '=IF(1,"","")'], ["c", "=1+1"]):
        book.active.append(row)
    book.save(tmp_path / "written.xlsx")
    path = tmp_path / "stored.xlsx"
    with zipfile.ZipFile(tmp_path / "written.xlsx") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                for cell, kind, value in ((b"B2", b"", b"2"), (b"B3", b' t="str"', b"")):
                    before, _, after = text.partition(b'<c r="%b">' % cell)
                    formula, _, rest = after.partition(b"</f>")
                    rest = rest.partition(b"</c>")[2]
                    text = b'%b<c r="%b"%b>%b</f><v>%b</v></c>%b' % (before, cell, kind, formula, value, rest)
            new.writestr(name, text)
    found = read(path)
    assert found.items == [{"id": {"S": "a"}, "v": {"N": "2"}}, {"id": {"S": "b"}}]
    assert [line for line, _ in found.told] == [4]


def test_sheets_of_a_workbook(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    first = book.active
    first.append([])
    first.append(["id", "v", None, "w"])
    cells: list[Any] = [
        1.5, 0.1, 10**15, True, datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 3, 4, 5),
        datetime.time(6, 7), datetime.timedelta(hours=30), "=1+1", "#N/A", None, "007",
    ]  # fmt: skip
    for at, cell in enumerate(cells):
        first.append([f"k{at}", cell])
    first.append([])
    first.append(["stray", 1, "under no name"])
    book.create_sheet("second").append(["id"])
    book["second"].append(["other"])
    path = tmp_path / "a.xlsx"
    book.save(path)
    found = read(path)
    assert [item.get("v") for item in found.items] == [
        {"N": "1.5"}, {"N": "0.1"}, {"N": str(10**15)}, {"BOOL": True}, {"S": "2026-01-02"},
        {"S": "2026-01-02T03:04:05"}, {"S": "06:07:00"}, {"S": "PT108000S"}, None, {"S": "007"},
    ]  # fmt: skip
    assert found.told == [
        (11, "v: is a formula without a stored value: open the workbook in Excel and save it"),
        (12, "v: #N/A is an error of Excel's, not a value"),
        (16, "id: the row has a value in column 3, which has no name in the header"),
    ]
    assert read(path, sheet="second").items == [{"id": {"S": "other"}}]
    with pytest.raises(DynaopsError, match="has no sheet 'third'"):
        read(path, sheet="third")


def _samples() -> dict[str, bytes]:
    """The beginnings of files of other kinds, and random bytes."""
    noise = random.Random(7).randbytes
    document = b"\x02id\0\x02\0\0\0a\0\x10n\0\x05\0\0\0\0"
    return {
        "msgpack": b"".join(b"\x82\xa2id\xa3k%02d\xa1n%c" % (at, at) for at in range(90)),
        "bson": (struct.pack("<i", len(document) + 4) + document) * 20,
        "cbor": b"\x9f" + b"\xa2bid\x61a\x61n\x18\x2a" * 50 + b"\xff",
        "protobuf": b"".join(b"\x0a\x03abc\x10%c" % at for at in range(120)),
        "dbase": b"\x03\x5f\x07\x1a\x05\0\0\0a\0\x1e\0" + b"\0" * 20 + b"ID\0\0\0\0\0\0\0\0\0C" + b"\0" * 200,
        "spss": b"$FL2@(#) SPSS DATA FILE" + b" " * 40 + b"\x02\0\0\0\x03\0\0\0" * 9,
        "gpg": b"\x85\x01\x0c\x03" + noise(600),
        "redis": b"REDIS0011\xfa\tredis-ver\x057.2.4\xfa" + noise(100),
        "short": noise(40),
        "long": noise(300_000),
        "pickle": pickle.dumps([{"id": "a", "n": 1}], 0),
    }


@pytest.mark.parametrize("name", ["rows", "rows.csv", "rows.txt", "rows.json", "rows.jsonl"])
@pytest.mark.parametrize("kind", sorted(_samples()))
def test_no_row_is_made_of_what_is_no_text(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(_samples()[kind])
    with pytest.raises(DynaopsError) as refused:
        read(path)
    assert str(path) in refused.value.message
