"""Random tables as independent programs write them, each loaded and compared with what the writer was given.

A cell is loaded right if it is the text that was written, or the same number or flag in a column of such; and absent
if it was empty or null. What a guess may change is said in a note, and only then.
"""

from __future__ import annotations

import csv
import io
import random
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dynaops.model.errors import DynaopsError
from tests.data.reading import Found, read

Cell = str | None
_CODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "latin-1",
    "mac_roman",
]
_WORDS = ["", "x", "7", "-1.5", "00501", "1E5", "2.50", "true", "NULL", "ü", "naïve", "a b", " x ", "a,b;c|d"]
_NASTY = ['"', '""', 'say "hi"', "two\nlines", "cr\rlf\r\n", "tab\there", "\\", "C:\\temp", "#x", "'", "=1+1"]


class Table:
    """What a writer is given: names and rows of text and nulls. The first column is the key."""

    def __init__(self, rng: random.Random, nulls: bool, words: list[str]) -> None:
        self.names = ["id", *(f"c{n}" for n in range(rng.randint(1, 4)))]
        kinds = [rng.choice(["number", "float", "flag", "text", "text"]) for _ in self.names[1:]]
        self.rows: list[list[Cell]] = [
            [f"k{n}", *(self._cell(rng, kind, nulls, words) for kind in kinds)]
            for n in range(rng.randint(1, 40))
        ]

    @property
    def all_rows(self) -> list[list[Cell]]:
        """The header and the rows."""
        return [list(self.names), *self.rows]

    @staticmethod
    def _cell(rng: random.Random, kind: str, nulls: bool, words: list[str]) -> Cell:
        if nulls and rng.random() < 0.15:
            return None
        if kind == "number":
            return str(rng.randint(-10_000, 10_000))
        if kind == "float":
            return repr(rng.choice([rng.uniform(-9, 9), float(rng.randint(0, 9)), 1e-7]))
        if kind == "flag":
            return rng.choice(["true", "false"])
        return "".join(rng.choice(words) for _ in range(rng.randint(1, 3)))


def _csv_module(table: Table, rng: random.Random) -> tuple[str, dict[str, Any]]:
    text = io.StringIO(newline="")
    dialect: dict[str, Any] = {
        "delimiter": rng.choice(",;\t|"),
        "quoting": rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": rng.choice(["\n", "\r\n", "\r"]),
    }
    if dialect["lineterminator"] == "\r":
        dialect["quoting"] = csv.QUOTE_ALL  # csv.writer does not quote an LF then
    writer = csv.writer(text, **dialect)
    writer.writerows(table.all_rows)
    return text.getvalue(), {}


def _backslashes(table: Table, rng: random.Random) -> tuple[str, dict[str, Any]]:
    """Quotes with backslashes, as MySQL with ENCLOSED BY and pandas with escapechar write them."""

    def cell(value: Cell) -> str:
        if value is None:
            return "\\N"
        return '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))

    lines = [",".join(map(cell, row)) for row in table.all_rows]
    return "\n".join([*lines, '"q","\\""' + ',"x"' * (len(table.names) - 2), ""]), {}


def _excel(table: Table, rng: random.Random) -> tuple[str, dict[str, Any]]:
    text = io.StringIO(newline="")
    empty = rng.randint(0, 3)
    ends = "\r" if rng.random() < 0.3 else "\r\n"  # for Mac, and for Windows
    quoting: Any = (
        csv.QUOTE_ALL if ends == "\r" else csv.QUOTE_MINIMAL
    )  # csv.writer does not quote an LF then
    writer = csv.writer(text, delimiter=";", lineterminator=ends, quoting=quoting)
    writer.writerows([[*row, *[""] * empty] for row in table.all_rows])
    return f"sep=;{ends}{text.getvalue()}" + ";" * (len(table.names) + empty - 1) + ends, {}


def _copy(table: Table, rng: random.Random) -> tuple[str, dict[str, Any]]:
    escapes = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v"}

    def cell(value: Cell) -> str:
        return "\\N" if value is None else "".join(escapes.get(sign, sign) for sign in value)

    header = rng.random() < 0.5
    rows = table.all_rows if header else table.rows
    lines = ["\t".join(map(cell, row)) for row in rows]
    options = {} if header else {"columns": tuple(table.names)}
    return "\n".join([*lines, "\\."]) + "\n", options


def _mysql(table: Table, rng: random.Random) -> tuple[str, dict[str, Any]]:
    escapes = {"\\": "\\\\", "\n": "\\\n", "\t": "\\\t", "\0": "\\0"}

    def cell(value: Cell) -> str:
        return "\\N" if value is None else "".join(escapes.get(sign, sign) for sign in value)

    lines = ["\t".join(map(cell, row)) for row in table.rows]
    return "\n".join([*lines, ""]), {"columns": tuple(table.names), "format": "copy"}


def _pandas(table: Table, rng: random.Random) -> tuple[str, dict[str, Any]]:
    import pandas

    frame = pandas.DataFrame(table.rows, columns=table.names, dtype=object)
    text = frame.to_csv(
        index=rng.random() < 0.5,
        sep=rng.choice(",;\t"),
        lineterminator=rng.choice(["\n", "\r\n"]),
        na_rep=rng.choice(["", "\\N"]),
    )
    return str(text), {}


def _duckdb(table: Table, rng: random.Random) -> tuple[str, dict[str, Any]]:
    import duckdb

    names = ",".join(f'"{name}" VARCHAR' for name in table.names)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as base:
        base.execute(f"CREATE TABLE t ({names})")
        places = ",".join("?" for _ in table.names)
        base.executemany(f"INSERT INTO t VALUES ({places})", table.rows)  # noqa: S608
        path = Path(folder) / "t.csv"
        delimiter, null = rng.choice([",", ";", "|"]), rng.choice(["", "\\N"])
        base.execute(f"COPY t TO '{path}' (FORMAT csv, HEADER, DELIMITER '{delimiter}', NULLSTR '{null}')")
        return path.read_bytes().decode(), {}


Writer = Callable[[Table, random.Random], tuple[str, dict[str, Any]]]
_WRITERS: list[Writer] = [_csv_module, _backslashes, _excel, _copy, _mysql, _pandas, _duckdb]
_DUMPS = (_copy, _mysql)


def _right(cell: Cell, value: dict[str, Any] | None, dump: bool) -> bool:
    if cell is None or (cell == "" and not dump):
        return value is None or value == {"S": ""}
    if value is None:
        return False
    ((kind, content),) = value.items()
    if kind == "N":
        return Decimal(cell) == Decimal(content) and (cell == content or repr(float(cell)) == cell)
    return bool(content is (cell.lower() == "true") if kind == "BOOL" else content == cell)


def _written(seed: int, folder: Path, writer: Writer) -> tuple[Table, Path, bytes, dict[str, Any]]:
    rng = random.Random(seed)
    encoding = rng.choice(_CODINGS)
    words = _WORDS + _NASTY
    if writer in (_pandas, _csv_module):
        words = [word for word in words if word]
    table = Table(rng, writer is not _excel, words)
    text, options = writer(table, rng)
    if encoding == "mac_roman" or "\r" in text:
        options["encoding"] = encoding  # which of two it is would be guessed by the line ends
    path = folder / "a.txt"
    path.write_bytes(text.encode(encoding))
    return table, path, path.read_bytes(), options


def _compare(table: Table, found: Found, dump: bool) -> None:
    items = {item["id"]["S"]: item for item in found.items}
    items.pop("q", None)
    assert not found.rejects, found.told
    assert list(items) == [row[0] for row in table.rows]
    for row in table.rows:
        item = items[str(row[0])]
        for name, cell in zip(table.names, row, strict=True):
            assert _right(cell, item.get(name), dump), (name, cell, item.get(name))


@pytest.mark.parametrize("writer", _WRITERS)
@pytest.mark.parametrize("count", [25, pytest.param(1_000, marks=pytest.mark.slow)])
def test_what_was_written_is_loaded(tmp_path: Path, writer: Writer, count: int) -> None:
    for seed in range(count):
        table, path, data, options = _written(seed, tmp_path, writer)
        block = 64 if seed % 3 == 0 else 1 << 20
        try:
            _compare(table, read(path, block=block, **options), writer in _DUMPS)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {options}:\n{data!r}") from error


@pytest.mark.parametrize("writer", _WRITERS)
def test_a_file_that_is_cut_off_anywhere(tmp_path: Path, writer: Writer) -> None:
    """Whole rows are loaded, at most the last one is lost or changed, and each line's fate is told."""
    rng = random.Random(7)
    table = Table(rng, True, ["x", "7", "ü", "two\nlines", 'say "hi"', "a,b;c|d"])
    text, options = writer(table, rng)
    data = text.encode()
    options["encoding"] = "utf-8"
    keys = [row[0] for row in table.rows]
    begin = data.index(b"k0") + 2
    for cut in range(begin, len(data), max(1, len(data) // 120)):
        path = tmp_path / "a.txt"
        path.write_bytes(data[:cut])
        try:
            found = read(path, **options)
        except DynaopsError:
            continue  # so little is left that it is not known what it is: nothing is loaded
        whole = [key for key in keys if str(key).encode() in data[:cut]][:-1]
        loaded = [item["id"]["S"] for item in found.items if item["id"]["S"] != "q"]
        assert loaded[: len(whole)] == whole, (cut, found.told)
        assert len(loaded) - len(whole) <= 1 and found.read == len(found.rows) + len(found.rejects)
