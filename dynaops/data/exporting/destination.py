"""The destination and the format of an export, from --out and --format: a file, a folder, an S3 object, stdout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dynaops.data.exporting.options import RowForm, S3Target
from dynaops.data.reading.decompress import Packing
from dynaops.model.errors import DynaopsError

STDOUT = "-"
_S3 = "s3://"
_PACKINGS = {".gz": Packing.GZIP, ".zst": Packing.ZSTD, ".bz2": Packing.BZIP2, ".xz": Packing.XZ}
_JSON_LINES = (".jsonl", ".ndjson", ".jsonlines", ".json")
_TABLES = {".csv": RowForm.CSV, ".tsv": RowForm.TSV, ".tab": RowForm.TSV}
_ENDINGS = {RowForm.CSV: ".csv", RowForm.TSV: ".tsv"}
_FOREIGN = {
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".xlsx": "Excel",
    ".xls": "Excel",
    ".ods": "OpenDocument",
    ".arrow": "Arrow",
    ".feather": "Feather",
    ".orc": "ORC",
    ".avro": "Avro",
    ".ion": "Amazon Ion",
    ".sqlite": "SQLite",
    ".sqlite3": "SQLite",
    ".db": "a database",
    ".duckdb": "DuckDB",
    ".sql": "SQL",
    ".xml": "XML",
    ".yaml": "YAML",
    ".yml": "YAML",
    ".pkl": "a pickle",
    ".zip": "a zip archive",
    ".tar": "a tar archive",
    ".tgz": "a tar archive",
    ".7z": "a 7z archive",
    ".lz4": "LZ4",
    ".snappy": "Snappy",
    ".br": "Brotli",
}
"""Formats that export-data does not write, by file name extension."""


@dataclass(frozen=True)
class ExportDestination:
    """The destination of an export: `file`, or `upload`; stdout if both are None."""

    file: Path | None
    upload: S3Target | None
    form: RowForm
    packing: Packing

    @property
    def name(self) -> str:
        """The name in messages."""
        return self.upload.url if self.upload else str(self.file or "stdout")


def destination(out: str | None, wanted: str | None, stem: str) -> ExportDestination:
    """The destination by --out and --format. If --out is a folder or missing, the file name is made of `stem`.

    Raises DynaopsError.
    """
    form = _form(wanted)
    if out == STDOUT:
        return ExportDestination(None, None, form, Packing.NONE)
    if out is not None and out.startswith(_S3):
        upload = _in_s3(out, f"{stem}{_ENDINGS.get(form, '.jsonl')}")
        form, packing = _by_name(upload.key, form, wanted)
        return ExportDestination(None, upload, form, packing)
    file = Path(out or f"{stem}{_ENDINGS.get(form, '.jsonl')}")
    if out is not None and (out.endswith("/") or file.is_dir()):
        file = file / f"{stem}{_ENDINGS.get(form, '.jsonl')}"
    form, packing = _by_name(file.name, form, wanted)
    return ExportDestination(file, None, form, packing)


def _by_name(name: str, form: RowForm, wanted: str | None) -> tuple[RowForm, Packing]:
    """The format and compression by a file's name. Raises DynaopsError if it contradicts --format."""
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    packing = _PACKINGS.get(ending, Packing.NONE)
    if packing is not Packing.NONE:
        ending = PurePosixPath(path.stem).suffix.lower()
    if ending in _FOREIGN:
        raise DynaopsError(
            f"--out {name}: an export is not written as {_FOREIGN[ending]}",
            "Forms are JSON lines (.jsonl), CSV (.csv), TSV (.tsv), each also as .gz or .zst; other tools make what "
            "you need of these, such as DuckDB: COPY (FROM 'x.jsonl') TO 'x.parquet'.",
        )
    named = _TABLES.get(ending)
    if wanted is not None:
        lines = ending in _JSON_LINES and form in (RowForm.CSV, RowForm.TSV)
        if lines or (named is not None and named is not form):
            raise DynaopsError(
                f"--out {name} names another format than --format {wanted}", "Leave out one of the two."
            )
        return form, packing
    return named or form, packing


def _form(wanted: str | None) -> RowForm:
    known = [form.value for form in RowForm if form is not RowForm.AUTO]
    if wanted is None:
        return RowForm.AUTO
    if wanted not in known:
        raise DynaopsError(f"--format: there is no {wanted!r}", f"Formats are {', '.join(known)}.")
    return RowForm(wanted)


def _in_s3(url: str, name: str) -> S3Target:
    bucket, _, key = url.removeprefix(_S3).partition("/")
    if not bucket:
        raise DynaopsError(
            f"--out {url} names no bucket", "Write it as s3://BUCKET/KEY or s3://BUCKET/PREFIX/."
        )
    return S3Target(bucket, key if key and not key.endswith("/") else f"{key}{name}")
