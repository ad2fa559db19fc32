"""Converts the spool file (DynamoDB JSON) to the requested format, and moves it to the destination."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import orjson

from dynaops.aws.session import Aws
from dynaops.data.exporting import shown
from dynaops.data.exporting.options import Exported, ExportOptions, RowForm
from dynaops.data.exporting.spool import Spool
from dynaops.data.exporting.tables import DELIMITERS, TableWriter, types_of
from dynaops.data.exporting.upload import upload
from dynaops.data.reading.chunking import AfterLine, Opening, pieces
from dynaops.data.reading.decompress import InputStream, Packing
from dynaops.data.reading.inputs import LocalInput
from dynaops.data.rows import Keys
from dynaops.model.errors import DynaopsError
from dynaops.stores.files import failure

_PAGE = 1 << 20


def finish(aws: Aws, spool: Spool, exported: Exported, options: ExportOptions, keys: Keys) -> None:
    """Write the final file or object. Sets `exported.form`. Raises DynaopsError and its subclasses."""
    exported.form = _form(options.form, exported)
    out = options.out
    finished = spool.part
    try:
        if exported.form is not RowForm.DYNAMODB:
            finished = spool.part.with_name(f"{spool.part.name}.new")
            with finished.open("wb") as file:
                finished.chmod(0o600)
                exported.bytes = _write(file, spool, options.packing, exported, keys)
        if options.upload is not None:
            upload(aws, finished, options.upload)
        elif out is None:
            _copy_to_stdout(finished)
        else:
            finished.replace(out)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise failure("write the export to", out or finished, error) from error
    finally:
        if finished is not spool.part:
            finished.unlink(missing_ok=True)
    spool.forget()


def _copy_to_stdout(finished: Path) -> None:
    """Write the file to stdout. Raises BrokenPipeError if its reader has ended."""
    with finished.open("rb") as file:
        try:
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise DynaopsError(
                f"Cannot write the export to stdout: {error.strerror or error}",
                "What was read is kept: run the command again with --resume.",
            ) from error


def _form(wanted: RowForm, exported: Exported) -> RowForm:
    if wanted is not RowForm.AUTO:
        return wanted
    return RowForm.DYNAMODB if exported.lost else RowForm.JSONL


def _write(file: IO[bytes], spool: Spool, packing: Packing, exported: Exported, keys: Keys) -> int:
    """Write all items; returns the size in bytes before compression."""
    items = _items(spool.part, packing)
    pages = _table(items, exported, keys) if exported.form in DELIMITERS else _jsonl(items)
    total = 0
    for page in pages:
        total += len(page)
        file.write(spool.packed(page))
    return total


def _items(part: Path, packing: Packing) -> Iterator[list[dict[str, Any]]]:
    """The exported items, in lists."""
    stream = InputStream(LocalInput(part), packing)
    for piece in pieces(stream, Opening(0, 1), str(part), AfterLine(), _PAGE):
        yield [orjson.loads(line)["Item"] for line in piece.data.splitlines()]
    stream.close()


def _jsonl(pages: Iterable[list[dict[str, Any]]]) -> Iterator[bytes]:
    for items in pages:
        yield b"".join(orjson.dumps(shown.plain(item), option=orjson.OPT_APPEND_NEWLINE) for item in items)


def _table(pages: Iterable[list[dict[str, Any]]], exported: Exported, keys: Keys) -> Iterator[bytes]:
    """The items as CSV or TSV."""
    exported.types = types_of(exported.types, keys)
    writer = TableWriter(list(exported.types), exported.form)
    yield writer.header()
    yield from map(writer.rows, pages)
