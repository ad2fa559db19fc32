"""Export to stdout: items are written during the scan, without a spool file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import orjson

from dynaops.data.exporting import shown
from dynaops.data.exporting.options import Exported, ExportOptions, RowForm
from dynaops.data.exporting.tables import TableWriter, columns_of
from dynaops.data.rows import Keys
from dynaops.model.errors import DynaopsError


def can_stream(options: ExportOptions) -> bool:
    """Whether items can be written during the scan. CSV needs the columns in advance, that is a projection."""
    if options.out is not None or options.upload is not None:
        return False
    return options.form not in (RowForm.CSV, RowForm.TSV) or bool(options.narrowing.columns)


class StdoutStream:
    """Writes the pages of a scan to stdout. Raises BrokenPipeError if the reader of stdout has ended."""

    def __init__(self, options: ExportOptions, keys: Keys) -> None:
        self.keys: list[Any] = [None] * options.segments
        self.exported = Exported(form=options.form)
        self._table: TableWriter | None = None
        if options.form in (RowForm.CSV, RowForm.TSV):
            columns = columns_of(options.narrowing.columns, keys)
            self._table = TableWriter(columns, options.form)
            self._write(self._table.header())

    def page(self, items: list[dict[str, Any]], lines: bytes) -> bytes:
        """A page in its output format. `lines` are its items as DynamoDB JSON."""
        exported = self.exported
        if self._table is not None:
            return self._table.rows(items)
        if exported.form is RowForm.AUTO and items:
            exported.form = RowForm.DYNAMODB if any(map(shown.loss, items)) else RowForm.JSONL
            exported.chosen = True
        if exported.form is RowForm.DYNAMODB:
            return lines
        return b"".join(map(self._line, items))

    def append(self, segment: int, page: bytes, key: Any) -> None:
        """Write a page of a segment; `key` is the segment's next start key."""
        self._write(page)
        self.keys[segment] = key

    def _line(self, item: Mapping[str, Any]) -> bytes:
        """An item as plain JSON; as DynamoDB JSON if plain JSON would lose a type and was not requested."""
        if self.exported.chosen and shown.loss(item):
            self.exported.typed_lines += 1
            return orjson.dumps({"Item": item}, option=orjson.OPT_APPEND_NEWLINE)
        return orjson.dumps(shown.plain(item), option=orjson.OPT_APPEND_NEWLINE)

    def _write(self, data: bytes) -> None:
        began = time.monotonic()
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise DynaopsError(f"Cannot write the export to stdout: {error.strerror or error}") from error
        self.exported.waited += time.monotonic() - began
