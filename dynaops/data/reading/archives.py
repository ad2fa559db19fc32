"""Reads zip archives: each member is an input, named ARCHIVE/MEMBER."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from typing import IO

from dynaops.data.reading.damage import DamagedInput
from dynaops.data.reading.inputs import HEAD_BYTES, Expected, Input, Readable
from dynaops.data.reading.seekable import seekable
from dynaops.model.errors import DynaopsError

_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 1
_NOT_DATA = ("__MACOSX/",)
_DOCUMENTS = (
    ("Index/Document.iwa", "a Numbers or Pages document", "Export the sheet from it as .xlsx or CSV."),
    ("Index.zip", "a Numbers or Pages document", "Export the sheet from it as .xlsx or CSV."),
    ("xl/workbook.bin", "a binary Excel workbook (.xlsb)", "Save the sheet as .xlsx or .csv, and load that."),
    ("word/document.xml", "a Word document", "Load the table that its rows were made from."),
    ("content.xml", "an OpenDocument file", "Save the sheet as .xlsx or .csv, and load that."),
    ("data.pkl", "a Python pickle", "Write the rows as JSON lines or Parquet from Python."),
)
_WORKBOOK = "xl/workbook.xml"


def is_zip(head: bytes) -> bool:
    """Whether an input with these first bytes is a zip archive; workbooks are zip archives, too."""
    return head.startswith(_MARKS)


def is_workbook(source: Input) -> bool:
    """Whether a zip archive is an Excel workbook. Raises DynaopsError for other documents that are zip archives."""
    names = {info.filename for info in _infos(source)}
    if _WORKBOOK in names:
        return True
    for member, description, hint in _DOCUMENTS:
        if member in names or (member == "data.pkl" and any(name.endswith("/data.pkl") for name in names)):
            raise DynaopsError(f"{source.name} is {description}, which is not read", hint)
    return False


def members(source: Input) -> list[Input]:
    """The files in a zip archive, sorted by name. Raises DynaopsError if one cannot be read, or if there is none."""
    files: list[Input] = []
    names = set[str]()
    for info in sorted(_infos(source), key=lambda info: info.filename):
        name = info.filename
        if info.is_dir() or name.startswith(_NOT_DATA) or name.rpartition("/")[2].startswith("."):
            continue
        if info.flag_bits & _ENCRYPTED:
            raise DynaopsError(
                f"{source.name} is protected by a password ({name} in it)",
                "Unpack it, and load what is in it.",
            )
        if name in names:
            raise DynaopsError(
                f"{source.name} has two files named {name}", "Unpack it, and load what is in it."
            )
        names.add(name)
        files.append(ZipMember(source, info))
    if not files:
        raise DynaopsError(f"There is no file to load in {source.name}")
    return files


class ZipMember:
    """A file in a zip archive."""

    alike = False
    expected: Expected | None = None
    partitions: tuple[tuple[str, str], ...] = ()

    def __init__(self, archive: Input, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self.name = f"{archive.name}/{info.filename}"
        # If the archive can be read only once, this is true for its members, too.
        self.size = info.file_size if archive.size is not None else None
        self.identity = f"{archive.identity} {info.filename} {info.file_size} {info.CRC:08x}"

    def head(self) -> bytes:
        """Its first bytes."""
        reader = self.open()
        try:
            return reader.read(HEAD_BYTES)
        finally:
            reader.close()

    def open(self, start: int = 0) -> Readable:
        """Its bytes from `start` on. Raises DynaopsError."""
        return _Member(self._archive, self._info, start, self.name)


class _Member:
    """An open member of an archive."""

    def __init__(self, archive: Input, info: zipfile.ZipInfo, start: int, name: str) -> None:
        self._name = name
        self._file = seekable(archive)
        try:
            self._member: IO[bytes] = zipfile.ZipFile(self._file).open(info)  # noqa: SIM115 (closed in `close`)
        except Exception as error:
            self._file.close()
            raise _damaged(name, error) from error
        while start > 0 and (data := self.read(min(start, HEAD_BYTES))):
            start -= len(data)

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._member.read(size)
        except Exception as error:  # of zlib, bz2, lzma, or zipfile's own for a wrong checksum
            raise _damaged(self._name, error) from error

    def close(self) -> None:
        with suppress(Exception):
            self._member.close()
        self._file.close()


def _infos(source: Input) -> list[zipfile.ZipInfo]:
    with seekable(source) as file:
        try:
            return zipfile.ZipFile(file).infolist()
        except Exception as error:
            raise _damaged(source.name, error) from error


def _damaged(name: str, error: Exception) -> DamagedInput:
    reason = "it ends early" if isinstance(error, EOFError) else str(error) or type(error).__name__
    return DamagedInput(
        f"Cannot unpack {name} (zip): {reason}", "Get the file again, whole, and load it from the beginning."
    )
