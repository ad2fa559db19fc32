"""export-data: Scan → spool file (DynamoDB JSON, with a checkpoint) → the requested file."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from filelock import FileLock, Timeout

from dynaops.aws.route import credentials_of, renewed_credentials, route_to
from dynaops.aws.session import Aws
from dynaops.data.exporting import shown
from dynaops.data.exporting.finish import finish
from dynaops.data.exporting.options import Exported, ExportOptions, RowForm
from dynaops.data.exporting.scan import Scan
from dynaops.data.exporting.spool import Spool
from dynaops.data.exporting.tables import DELIMITERS, note_types, types_of
from dynaops.data.exporting.to_stdout import StdoutStream, can_stream
from dynaops.data.table_info import TableInfo
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.stores.files import make_directory

_PROGRESS_SECONDS = 0.25


def export(
    aws: Aws, target: TableInfo, options: ExportOptions, progress: Callable[[Exported], None] = lambda _: None
) -> Exported:
    """Export all items of a table, or resume an export that ended early (`options.resume`).

    Items that are written meanwhile may be missing, as in any Scan. Raises DynaopsError and its subclasses; what is
    exported until then is kept for `resume`, also after KeyboardInterrupt.
    """
    # If stdout was closed by the caller, Python has none, and the command line has opened the null device instead.
    if (
        options.out is None
        and options.upload is None
        and getattr(sys.stdout, "name", os.devnull) == os.devnull
    ):
        raise DynaopsError(
            "The rows cannot be written: stdout is closed", "Write them to a file with --out FILE."
        )
    identity = {
        "table": target.name,
        "region": target.region,
        "aws": aws.origin,
        "identity": target.identity,
        "segments": options.segments,
        "packing": options.packing.value,
        "narrowing": options.narrowing.members(),
    }
    if options.upload:
        identity["upload"] = options.upload.url
    if can_stream(options):
        return _stream(aws, target, options, progress)
    part = options.out.with_name(f"{options.out.name}.part") if options.out else None
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
    make_directory(options.checkpoint)
    try:
        with FileLock(options.checkpoint / f"{target.name}.lock", timeout=0):
            spool = Spool(options.checkpoint, part, options.packing, identity, options.resume)
            exported = spool.exported
            began = time.monotonic()
            try:
                _run(_Export(aws, target, options, spool, progress, began))
            finally:
                spool.close()
                if not spool.begun:
                    spool.forget()
            try:
                finish(aws, spool, exported, options, target.keys)
            except BrokenPipeError:  # the reader of stdout has ended, so the export cannot be resumed
                spool.forget()
                raise
            exported.seconds = time.monotonic() - began
            return exported
    except Timeout:
        raise DynaopsError(
            "An export of this table is running already, in another process", exit_code=Exit.LOCKED
        ) from None


def _stream(
    aws: Aws, target: TableInfo, options: ExportOptions, progress: Callable[[Exported], None]
) -> Exported:
    """Write items to stdout during the scan."""
    if options.resume:
        raise DynaopsError(
            "--resume: what was written to stdout cannot be gone on with", "Write to a file with --out FILE."
        )
    began = time.monotonic()
    stream = StdoutStream(options, target.keys)
    _run(_Export(aws, target, options, stream, progress, began))
    exported = stream.exported
    if exported.form is RowForm.AUTO:
        exported.form = RowForm.JSONL  # there was no row
    exported.types = types_of(exported.types, target.keys)
    exported.seconds = time.monotonic() - began
    return exported


def _run(exporting: _Export) -> None:
    """Run in a new event loop, in a thread if the caller runs in an event loop (as in a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(exporting.run())
        return
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, exporting.run()).result()


class _Export:
    """One run of an export."""

    def __init__(
        self,
        aws: Aws,
        target: TableInfo,
        options: ExportOptions,
        spool: Spool | StdoutStream,
        progress: Callable[[Exported], None],
        began: float,
    ) -> None:
        self._aws = aws
        self._target = target
        self._options = options
        self._spool = spool
        self._exported = spool.exported
        self._progress = progress
        self._began = began

    async def run(self) -> None:
        """Scan all segments from where the spool file ends."""
        target = self._target
        route = route_to(self._aws, "dynamodb", target.region)
        scan = Scan(
            target.name,
            route,
            credentials_of(self._aws),
            self._options,
            self._exported,
            lambda refused: renewed_credentials(self._aws, refused),
            target.size / target.items if target.items else 0.0,
        )
        reporting = asyncio.ensure_future(self._report())
        try:
            await scan.run(list(self._spool.keys), self._took)
        finally:
            reporting.cancel()

    async def _took(self, segment: int, page: dict[str, Any], key: Any) -> None:
        items = page["Items"]
        lines = b"".join(orjson.dumps({"Item": item}, option=orjson.OPT_APPEND_NEWLINE) for item in items)
        page_bytes = await self._page(items, lines)
        exported = self._exported
        if exported.lost is None and shown.may_lose(lines):
            exported.lost = next(filter(None, map(shown.loss, items)), None)
        if self._options.form in DELIMITERS:
            mixed = set(exported.mixed)
            note_types(exported.types, mixed, items)
            exported.mixed = sorted(mixed)
        exported.items += len(items)
        exported.scanned += page.get("ScannedCount", len(items))
        exported.bytes += len(lines)
        self._spool.append(segment, page_bytes, key)

    async def _page(self, items: list[dict[str, Any]], lines: bytes) -> bytes:
        """A page in its stored form. The spool compresses it in a thread; pages for stdout are written in order."""
        if isinstance(self._spool, StdoutStream):
            return self._spool.page(items, lines)
        return await asyncio.to_thread(self._spool.page, items, lines)

    async def _report(self) -> None:
        while True:
            self._exported.seconds = time.monotonic() - self._began
            self._progress(self._exported)
            await asyncio.sleep(_PROGRESS_SECONDS)
