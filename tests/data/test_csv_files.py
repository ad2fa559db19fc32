"""CSV as other programs write it: Excel, pandas, databases; each specimen is a way that files come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.data.rows import Keys
from dynaops.model.errors import DynaopsError
from tests.data.reading import ID, Found, nowhere, read

NUMBERED = Keys("id", "n", {"id": "S", "n": "N"})


def _read(tmp_path: Path, data: str | bytes, name: str = "a.csv", keys: Keys = ID, **options: Any) -> Found:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read(path, keys, **options)


def _plain(found: Found) -> list[dict[str, Any]]:
    return [{name: value for name, typed in item.items() for value in typed.values()} for item in found.items]


def _notes(tmp_path: Path, *names: str, **options: Any) -> list[tuple[str, str]]:
    prepared = prepare(
        [str(tmp_path / name) for name in names or ("a.csv",)], ID, nowhere, ReadOptions(**options)
    )
    return [(note.kind, note.text.replace(f"{tmp_path}/", "")) for note in prepared.notes]


# --- lines, quotes and columns ---


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block", [16, 1 << 20])
def test_line_ends(tmp_path: Path, ends: str, block: int) -> None:
    rows = [f'k{n},"x{ends}{n}"' if n % 3 == 0 else f"k{n},{n}" for n in range(40)]
    found = _read(tmp_path, ends.join(["id,v", *rows, ""]), block=block)
    assert [row["id"] for row in _plain(found)] == [f"k{n}" for n in range(40)]
    assert _plain(found)[3]["v"] == f"x{ends}3"
    assert [row.line for row in found.rows] == [2 + n + (n + 2) // 3 for n in range(40)]


def test_line_ends_of_all_kinds_in_one_file(tmp_path: Path) -> None:
    found = _read(tmp_path, "id,v\ra,1\nb,2\r\nc,3\r\rd,4")
    assert [(row.line, item["id"]["S"]) for row, item in zip(found.rows, found.items, strict=True)] == [
        (2, "a"),
        (3, "b"),
        (4, "c"),
        (6, "d"),
    ]


@pytest.mark.parametrize("block", [30, 1 << 20])
def test_a_quote_that_is_not_closed_costs_its_own_row(tmp_path: Path, block: int) -> None:
    rows = [f"k{n},{n},x" for n in range(30)]
    rows[7] = 'k7,"7,x'
    rows[20] = 'k20,20,"x'
    rows[24] = 'k24,24,"a, b"'
    found = _read(tmp_path, "\n".join(["id,n,v", *rows]), block=block)
    assert {item["id"]["S"] for item in found.items} == {f"k{n}" for n in range(30)} - {"k7", "k20"}
    assert [one.line for one in found.rejects] == [9, 22]


def test_a_record_over_lines_that_is_too_short_is_one_reject(tmp_path: Path) -> None:
    found = _read(tmp_path, 'id,n,v\na,"x\ny, z"\nb,1,2\n')
    assert _plain(found) == [{"id": "b", "n": "1", "v": "2"}]
    assert [(one.line, one.text) for one in found.rejects] == [(2, 'a,"x\ny, z"')]


def test_quotes_with_backslashes(tmp_path: Path) -> None:
    found = _read(tmp_path, 'id,v\na,"say \\"hi\\", C:\\\\x"\nb,"\\\\"\nc,1\n')
    assert _plain(found)[:2] == [{"id": "a", "v": 'say "hi", C:\\x'}, {"id": "b", "v": "\\"}]
    assert _notes(tmp_path)[0][0] == "backslash-quotes"


def test_rows_of_another_width(tmp_path: Path) -> None:
    found = _read(tmp_path, "id,n\na\nb,1,2\nc,3\n# end\n\n,,\nd,4,,\n")
    assert _plain(found) == [{"id": "c", "n": "3"}, {"id": "d", "n": "4"}]
    assert [line for line, _ in found.told] == [2, 3, 5]
    assert found.read == 5
    assert {note.kind for note in found.notes} == {"empty-rows", "empty-cells"}


def test_excel(tmp_path: Path) -> None:
    found = _read(tmp_path, "\ufeffsep=;\r\nid;v;;\r\na;1,5;;\r\n;;;\r\n".encode())
    assert _plain(found) == [{"id": "a", "v": "1,5"}] and found.rows[0].line == 3
    assert [kind for kind, _ in _notes(tmp_path)] == ["empty-columns", "decimal-comma"]


def test_a_column_without_a_name_is_dropped_only_where_it_is_empty(tmp_path: Path) -> None:
    with pytest.raises(DynaopsError, match="line 1: column 3 has no name"):
        _read(tmp_path, "id,v,\na,1,\nb,2,x\n")
    filler = "k,1,\n" * 60_000
    found = _read(tmp_path, f"id,v,\n{filler}z,2,late\n")
    assert found.told == [(60_002, "column 3 has no name in the header, but here it has 'late'")]


def test_the_index_of_pandas(tmp_path: Path) -> None:
    found = _read(tmp_path, ",id,v\n0,a,1.0\n1,b,2.5\n")
    assert found.items == [{"id": {"S": "a"}, "v": {"N": "1"}}, {"id": {"S": "b"}, "v": {"N": "2.5"}}]
    assert _notes(tmp_path)[0][0] == "index-column"
    with pytest.raises(DynaopsError, match="column 1 has no name"):
        _read(tmp_path, ",id\nx,a\ny,b\n")


def test_blanks_around_names(tmp_path: Path) -> None:
    assert _plain(_read(tmp_path, " id ,v , w\na,1, 2\n")) == [{"id": "a", "v": "1", "w": " 2"}]
    assert _notes(tmp_path)[0] == (
        "header-blanks",
        "a.csv: blanks around the names of columns are left out: id, v, w",
    )


def test_a_file_without_a_header(tmp_path: Path) -> None:
    found = _read(tmp_path, "a,1\nb,2\n", columns=("id", "n"))
    assert _plain(found) == [{"id": "a", "n": "1"}, {"id": "b", "n": "2"}]
    assert [row.line for row in found.rows] == [1, 2]
    with pytest.raises(DynaopsError, match="has a header of its own"):
        _read(tmp_path, "id,n\na,1\n", columns=("id", "n"))
    with pytest.raises(DynaopsError, match="has no column 'id'") as error:
        _read(tmp_path, "a,1\nb,2\n")
    assert "--columns" in str(error.value.hint)


def test_empty_keys(tmp_path: Path) -> None:
    every: list[dict[str, Any]] = [{}, {"keys_only": True}, {"keep_empty": True}]
    for options in every:
        found = _read(tmp_path, "id,n,v\na,1,x\nb,,y\n,2,z\n", keys=NUMBERED, **options)
        assert [item["id"]["S"] for item in found.items] == ["a"]
        assert found.told == [(3, "the key 'n' is empty"), (4, "the key 'id' is empty")]


def test_a_key_of_blanks_is_told(tmp_path: Path) -> None:
    found = _read(tmp_path, "id,v\n ,1\n b,2\n")
    assert [item["id"]["S"] for item in found.items] == [" ", " b"]
    assert [(note.kind, note.rows) for note in found.notes] == [("blank-key", 1)]


# --- encodings ---

_TEXT = "id;name;città\nk1;Müller – “€”;à\nk2;x;é\n"


@pytest.mark.parametrize("bom", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_unicode(tmp_path: Path, encoding: str, bom: bool) -> None:
    data = ("\ufeff" if bom else "") + _TEXT
    found = _read(tmp_path, data.encode(encoding), block=8)
    assert _plain(found) == [
        {"id": "k1", "name": "Müller – “€”", "città": "à"},
        {"id": "k2", "name": "x", "città": "é"},
    ]
    assert read(tmp_path / "a.csv", start=found.blocks[0].end).items == found.items[1:]


@pytest.mark.parametrize(
    ("encoding", "ends", "shown"), [("cp1252", "\r\n", "Windows-1252"), ("mac_roman", "\r", "Mac Roman")]
)
def test_eight_bit_encodings_are_guessed_and_said(
    tmp_path: Path, encoding: str, ends: str, shown: str
) -> None:
    found = _read(tmp_path, _TEXT.replace("\n", ends).encode(encoding))
    assert _plain(found)[0] == {"id": "k1", "name": "Müller – “€”", "città": "à"}
    kind, text = _notes(tmp_path)[0]
    assert kind == "encoding-guessed" and f"is read as {shown}, a guess" in text


@pytest.mark.parametrize("encoding", ["latin-1", "cp1251", "shift_jis", "gb18030", "cp437"])
def test_encodings_that_somebody_says(tmp_path: Path, encoding: str) -> None:
    words = {"latin-1": "ÿþ£", "cp1251": "Привет", "shift_jis": "日本語", "gb18030": "汉字", "cp437": "é╔"}
    text = f"id,v\na,{words[encoding]}\n"
    assert _plain(_read(tmp_path, text.encode(encoding), encoding=encoding))[0]["v"] == words[encoding]


def test_what_cannot_be_decoded_is_rejected(tmp_path: Path) -> None:
    found = _read(tmp_path, "id,v\na,ä\n".encode() + b"b,\xff\xfe\nc,1\n\xe4,\xe4\n")
    assert [item["id"]["S"] for item in found.items] == ["a", "c"]
    assert found.told == [(3, "v: is not UTF-8 text"), (5, "id: is not UTF-8 text")]
    assert found.rejects[0].text == "b,\\xff\\xfe"
    found = _read(tmp_path, b"id,v\na,\x81\nb,1\n", encoding="cp1252")
    assert [item["id"]["S"] for item in found.items] == ["b"] and found.told == [(2, "v: is not CP1252 text")]
    with pytest.raises(DynaopsError, match="--encoding: there is no 'klingon'"):
        _read(tmp_path, b"id\n", encoding="klingon")


# --- database dumps ---


def test_copy_of_postgresql(tmp_path: Path) -> None:
    rows = ["a\tx\\ty\\nz\t1\t", "b\t\\N\t\\N\t\\\\N", 'c\tback\\\\slash\\r\t-2.5\t"q"', "\\."]
    found = _read(tmp_path, "\n".join(["id\tv\tn\tw", *rows, ""]), name="a.txt")
    assert found.items == [
        {"id": {"S": "a"}, "v": {"S": "x\ty\nz"}, "n": {"N": "1"}, "w": {"S": ""}},
        {"id": {"S": "b"}, "w": {"S": "\\N"}},
        {"id": {"S": "c"}, "v": {"S": "back\\slash\r"}, "n": {"N": "-2.5"}, "w": {"S": '"q"'}},
    ]
    assert not found.rejects and _notes(tmp_path, "a.txt")[0][0] == "dump-file"


@pytest.mark.parametrize("block", [12, 1 << 20])
def test_tab_files_of_mysql(tmp_path: Path, block: int) -> None:
    data = "a\tone\\\ntwo\\\tthree\t1\nb\tC:\\\\temp\t\\N\nc\t\\0\r\t7\n"
    found = _read(tmp_path, data, name="a.txt", columns=("id", "v", "n"), block=block)
    assert found.items == [
        {"id": {"S": "a"}, "v": {"S": "one\ntwo\tthree"}, "n": {"N": "1"}},
        {"id": {"S": "b"}, "v": {"S": "C:\\temp"}},
        {"id": {"S": "c"}, "v": {"S": "\0\r"}, "n": {"N": "7"}},
    ]
    assert [row.line for row in found.rows] == [1, 3, 4]


def test_an_escaped_cr_is_no_line(tmp_path: Path) -> None:
    found = _read(tmp_path, "a\tx\\\ry\nb\t\\N\n", name="a.txt", columns=("id", "v"), format="copy")
    assert _plain(found) == [{"id": "a", "v": "x\ry"}, {"id": "b"}] and [row.line for row in found.rows] == [
        1,
        2,
    ]


def test_an_escape_that_databases_read_differently_is_rejected(tmp_path: Path) -> None:
    found = _read(tmp_path, "id\tv\na\t\\N\nb\t\\x41\n", name="a.tsv", format="copy")
    assert _plain(found) == [{"id": "a"}] and found.told[0][0] == 3


def test_backslashes_are_no_escapes_where_nothing_shows_it(tmp_path: Path) -> None:
    found = _read(tmp_path, "id\tv\na\t\\\\nas\\temp\n", name="a.tsv")
    assert _plain(found) == [{"id": "a", "v": "\\\\nas\\temp"}]
    assert _notes(tmp_path, "a.tsv")[0][0] == "perhaps-escapes"
    assert _plain(_read(tmp_path, "id\tv\na\tx\\\\y\n", name="a.tsv", format="copy")) == [
        {"id": "a", "v": "x\\y"}
    ]


def test_nulls_that_are_not_known_are_told(tmp_path: Path) -> None:
    data = "id,n\na,1\nb,NULL\nc,2\n"
    found = _read(tmp_path, data)
    assert found.items[1] == {"id": {"S": "b"}, "n": {"S": "NULL"}} and found.items[2]["n"] == {"N": "2"}
    assert ("looks-null", "n", 1) in {(note.kind, note.attribute, note.rows) for note in found.notes}
    assert _read(tmp_path, data, nulls=("NULL",)).items[1] == {"id": {"S": "b"}}
    assert _read(tmp_path, data, nulls=("NULL",), keep_empty=True).items[1] == {"id": {"S": "b"}}
    quoted = _read(tmp_path, 'id,n,v\na,1,"x, y"\nb,\\N,\\N\n')
    assert quoted.items[1] == {"id": {"S": "b"}} and _notes(tmp_path)[0][0] == "null-mark"


# --- types ---


def test_types_are_guessed_by_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,z\na,1\n")
    (tmp_path / "b.csv").write_text("id,z\nb,007\n")
    found = read([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert [item["z"] for item in found.items] == [{"S": "1"}, {"S": "007"}]
    (note,) = _notes(tmp_path, "a.csv", "b.csv")
    assert note[0] == "taken-for-text" and "007 (b.csv:2)" in note[1]


@pytest.mark.parametrize("late", ["00501", "1E5", "2.50", "x", "+1", "1e-7", ".5", "-0"])
def test_a_cell_that_does_not_fit_is_kept_and_told(tmp_path: Path, late: str) -> None:
    head = "".join(f"k{n},{n}\n" for n in range(25_000))
    data = f"id,z\n{head}late,{late}\n"
    found = _read(tmp_path, data)
    assert found.items[0]["z"] == {"N": "0"} and found.items[-1]["z"] == {"S": late}
    (note,) = found.notes
    assert (note.kind, note.attribute, note.rows) == ("kept-as-text", "z", 1)
    assert note.places == (f"{tmp_path}/a.csv:25002",)
    strict = _read(tmp_path, data, strict_types=True)
    assert [one.line for one in strict.rejects] == [25_002] and len(strict.rows) == 25_000


@pytest.mark.parametrize(
    ("cells", "types"),
    [
        (["1", "-2.5", "0"], "NNN"),
        (["10001", "00501"], "SS"),
        (["9.90", "12"], "SS"),
        (["1.0", "2.5", "1e-07", "-0.5"], "NNNN"),
        (["1.0", "3"], "SS"),
        (["1"] + [str(n) for n in range(2, 30)] + ["1e-07"], "N" * 29 + "S"),
        (["1e5", "2"], "SS"),
        (["true", "False"], ["BOOL", "BOOL"]),
        (["true", "yes"], "SS"),
        (["1,5", "2,25"], "SS"),
        (["1,234.50"], "S"),
        (["1" * 39], "S"),
        (["1e200", "2.5"], "SS"),
        (["٣", "1"], "SS"),
    ],
)
def test_guesses_change_nothing(tmp_path: Path, cells: list[str], types: Any) -> None:
    rows = "".join(f'k{n};"{cell}"\n' for n, cell in enumerate(cells))
    found = _read(tmp_path, f"id;z\n{rows}")
    assert [next(iter(item["z"])) for item in found.items] == list(types)
    for cell, item in zip(cells, found.items, strict=True):
        ((kind, value),) = item["z"].items()
        assert value == cell or (kind == "N" and float(value) == float(cell)) or kind == "BOOL"


def test_key_attributes_have_the_tables_type(tmp_path: Path) -> None:
    found = _read(tmp_path, "id,n\n1,007\n2,x\n", keys=NUMBERED)
    assert found.items == [{"id": {"S": "1"}, "n": {"N": "7"}}]
    assert found.told == [(3, "n: 'x' is not a number")]
