"""Recognises binary files by their first bytes: the kinds that are read, and those that are refused with a hint."""

from __future__ import annotations

import codecs
import csv
import io

from dynaops.model.errors import DynaopsError

READ = {
    "parquet": "parquet",
    "arrow": "arrow",
    "arrow stream": "arrow",
    "orc": "orc",
    "sqlite": "sqlite",
    "xlsx": "xlsx",
}
"""The kinds of binary files that are read, with their --format names."""
_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PAR1", "parquet"),
    (0, b"ARROW1\0\0", "arrow"),
    (0, b"\xff\xff\xff\xff", "arrow stream"),
    (0, b"ORC", "orc"),
    (0, b"SQLite format 3\0", "sqlite"),
)
_DUCKDB = "Write the table to Parquet: duckdb FILE -c \"COPY my_table TO 'my_table.parquet'\""
_SHEET = "Save the sheet as .xlsx or .csv, and load that."
_UNPACK = "Unpack it, and load what is in it."
_OTHERS: tuple[tuple[int, bytes, str, str], ...] = (
    (8, b"DUCK", "a DuckDB database", _DUCKDB),
    (
        0,
        b"Obj\x01",
        "in Avro",
        "Write it as Parquet: duckdb -c \"INSTALL avro; COPY (FROM read_avro('FILE')) TO 'rows.parquet'\"",
    ),
    (
        0,
        b"\xe0\x01\x00\xea",
        "in Amazon Ion",
        "Export the table in DynamoDB JSON instead (--export-format DYNAMODB_JSON).",
    ),
    (0, b"PARE", "an encrypted Parquet file", "Write it without encryption."),
    (
        0,
        b"FEA1",
        "a Feather file of version 1",
        "Write it as version 2: pyarrow.feather.write_feather(table, FILE).",
    ),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel workbook (.xls), or one with a password",
        _SHEET,
    ),
    (0, b"\x93NUMPY", "a NumPy array", "Write it as CSV or Parquet from Python."),
    (
        0,
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file",
        "Write its table as Parquet: pandas.read_hdf(FILE).to_parquet(...).",
    ),
    (
        0,
        b"PGDMP",
        "a dump of pg_dump in its own format",
        "Write the table with: psql -c '\\copy my_table TO rows.csv CSV HEADER'",
    ),
    (
        0,
        b"\x00\x01\x00\x00Standard ",
        "a Microsoft Access database",
        "Export the table from Access as CSV or .xlsx.",
    ),
    (0, b"RDX", "an R data file", "Write it from R: write.csv(data, 'rows.csv', row.names = FALSE)."),
    (0, b"<stata_dta>", "a Stata file", "Write it as Parquet: pandas.read_stata(FILE).to_parquet(...)."),
    (0, b"%PDF-", "a PDF document", "Rows are not read from documents: load the table they were made from."),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4", "Unpack it with: lz4 -d FILE"),
    (0, b"\xff\x06\x00\x00sNaPpY", "compressed with snappy", _UNPACK),
    (0, b"\x1f\x9d", "compressed with compress (.Z)", "Unpack it with: gunzip FILE"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (257, b"ustar", "a tar archive", "Unpack it with: tar -xf FILE"),
    (0, b"\xca\xfe\xba\xbe", "a program", _UNPACK),
    (0, b"\x7fELF", "a program", "Name the file of rows."),
    (0, b"\x89PNG\r\n", "a picture", "Name the file of rows."),
    (0, b"\xff\xd8\xff", "a picture", "Name the file of rows."),
)
_ION_TEXT = b"$ion_1_0"
_LOOKED_AT = 4096
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\x0c\x1b\x01\x1c\x1d\x1e\x1f") + b"\x7f"
"""Control characters that do not occur in text. The other ones separate cells and rows in some files."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def kind_of(sample: bytes) -> str | None:
    """The kind (of READ) of a file by its first bytes; None for text and for files that are not read."""
    for at, mark, kind in _MARKS:
        if sample.startswith(mark, at) and _is_meant(mark, sample):
            return kind
    return None


def check_readable(sample: bytes, name: str) -> None:
    """Raises DynaopsError for a file that is not read, with the name of its kind and a hint."""
    if sample.lstrip().startswith(_ION_TEXT):
        raise DynaopsError(f"{name} is in Amazon Ion", _OTHERS[2][3])
    for at, mark, description, hint in _OTHERS:
        if sample.startswith(mark, at) and (at or _is_meant(mark, sample)):
            raise DynaopsError(f"{name} is {description}, which is not read", hint)
    if _is_pickle(sample):
        raise DynaopsError(
            f"{name} is a Python pickle, which is not read: loading it could run any program",
            "Write the rows as JSON lines or Parquet from Python, where you trust the file.",
        )
    if is_binary(sample) and not sample.lstrip().startswith((b"{", b"[")) and not _is_table_text(sample):
        raise DynaopsError(
            f"{name} is binary, and of no kind that is known here",
            f"Text (JSON, CSV) and these kinds are read: {', '.join(sorted(set(READ.values())))}. "
            "If it is CSV all the same, say --format csv.",
        )


def _is_meant(mark: bytes, sample: bytes) -> bool:
    """Whether a file that begins with `mark` is of the mark's kind, and not CSV whose header begins so."""
    header = sample.partition(b"\n")[0]
    return is_binary(sample) or not mark.isascii() or not any(sign in header for sign in b",;\t|")


def is_binary(sample: bytes) -> bool:
    """Whether bytes are not text: more than one in twenty is a control character, or the first line has a NUL."""
    if sample.startswith(_UTF_16):
        return False
    looked_at = sample[:_LOOKED_AT]
    controls = len(looked_at) - len(looked_at.translate(None, _CONTROLS))
    halves = max(looked_at[::2].count(0), looked_at[1::2].count(0))
    if halves * 4 > len(looked_at) and halves * 10 > controls * 9:
        return False  # UTF-16 without a mark
    return controls * 20 > len(looked_at) or b"\0" in looked_at.partition(b"\n")[0]


def _is_table_text(sample: bytes) -> bool:
    """Whether this is CSV with control characters in its cells: UTF-8, with rows as wide as the header, which has none.

    Rows of one column only are not told from other text.
    """
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    header = sample.partition(b"\n")[0]
    if header != header.translate(None, _CONTROLS):
        return False
    return any(_is_table(text, sign) for sign in ",;\t|" if sign.encode() in header)


def _is_table(text: str, delimiter: str) -> bool:
    """Whether all rows of a text have as many cells as the first; the last row may be cut off."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return False
    cut_off = widths[-1:] if len(text) >= _LOOKED_AT else []
    return len(widths) > 1 and set(widths[: len(widths) - len(cut_off)]) == {widths[0]}


def _is_pickle(sample: bytes) -> bool:
    """Whether a file is a Python pickle, by its first opcodes (pickletools); the oldest protocol is text."""
    if sample.startswith((b"(lp0\n", b"(dp0\n", b"ccopy_reg\n")):
        return True
    return len(sample) > 2 and sample[0] == 0x80 and 2 <= sample[1] <= 5 and sample[2:3] in b"\x95}](cX\x8cqK"
