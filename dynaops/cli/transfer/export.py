"""The export-data command: export, show the progress and the result."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass

from dynaops.cli import wiring
from dynaops.cli.interrupts import terminated_as_interrupted
from dynaops.cli.planning.account_check import region_of
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.transfer import load_files
from dynaops.cli.transfer.load import LoadInterrupted
from dynaops.data.exporting.destination import destination
from dynaops.data.exporting.export import export
from dynaops.data.exporting.filters import narrowing
from dynaops.data.exporting.options import Exported, ExportOptions, RowForm
from dynaops.data.exporting.tables import DELIMITERS
from dynaops.data.exporting.to_stdout import can_stream
from dynaops.data.exporting.upload import is_there
from dynaops.data.table_info import TableInfo, describe, file_stem
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.model.quantities import size
from dynaops.views import wording
from dynaops.views.page import TextStyle
from dynaops.views.transfer_progress import (
    TransferOutcome,
    TransferStatus,
    outcome_page,
    rate,
    view_on,
)


@dataclass(frozen=True)
class ExportRequest:
    """The command line. Fields are as its options."""

    table: str
    out: str | None
    format: str | None
    workers: int
    rate: float | None
    consistent: bool
    filter: str | None
    projection: str | None
    names: str | None
    values: str | None
    resume: bool
    overwrite: bool

    def options(self, settings: GlobalSettings) -> ExportOptions:
        """The export options. Raises DynaopsError for an option with an invalid value."""
        to = destination(self.out, self.format, file_stem(self.table))
        return ExportOptions(
            out=to.file,
            upload=to.upload,
            form=to.form,
            packing=to.packing,
            segments=self.workers,
            consistent=self.consistent,
            rate=self.rate,
            narrowing=narrowing(self.filter, self.projection, self.names, self.values),
            checkpoint=wiring.beside_state(settings) / "export",
            resume=self.resume,
        )


def run(request: ExportRequest, settings: GlobalSettings) -> int:
    """Export. Returns the exit code."""
    options = request.options(settings)
    stdout = options.out is None and options.upload is None
    if stdout and settings.json:
        raise DynaopsError(
            "--json and rows cannot both be on stdout", "Write the rows to a file with --out FILE."
        )
    if options.out is not None and options.out.exists() and not request.overwrite:
        raise DynaopsError(f"{options.out} is there already", "Name another with --out, or add --overwrite.")
    aws = wiring.aws(settings)
    if options.upload and not request.overwrite and is_there(aws, options.upload):
        raise DynaopsError(f"{options.name} is there already", "Name another with --out, or add --overwrite.")
    target = describe(aws, request.table, region_of(request.table, settings, aws))
    screen = Screen(settings)
    if stdout:
        screen.people = sys.stderr
    load_files.clean_up(options.checkpoint, screen)
    with view_on(screen.people, screen.color, "read") as view, terminated_as_interrupted():
        last = Exported()

        def show(exported: Exported) -> None:
            nonlocal last
            last = exported
            view.show(_standing(exported, target))

        try:
            exported = export(aws, target, options, show)
        except KeyboardInterrupt:
            if can_stream(options):
                text = (
                    f"Interrupted after {wording.count(last.items, 'row')}; what went to stdout is not whole"
                )
                raise DynaopsError(
                    text, "Export again, or to a file with --out FILE.", Exit.INTERRUPTED
                ) from None
            raise LoadInterrupted(last.items, repeatable=True) from None
    screen.show(outcome_page(_outcome(exported, options)))
    if screen.json:
        about = {**asdict(exported), "seconds": round(exported.seconds, 3), "file": options.name}
        screen.document({"table": target.name, "region": target.region, **about})
    return Exit.OK


def _standing(exported: Exported, target: TableInfo) -> TransferStatus:
    return TransferStatus(
        rows=exported.items,
        moved=exported.items,
        bytes=exported.bytes,
        moved_bytes=exported.bytes,
        expected=_expected(exported, target),
        seconds=exported.seconds,
        units=exported.consumed,
        unit="RCU",
        throttles=exported.throttles,
    )


def _expected(exported: Exported, target: TableInfo) -> int | None:
    """The expected size in bytes, from the last item count of AWS; None if that count is clearly out of date."""
    if not exported.scanned or target.items < exported.scanned:
        return None
    return exported.bytes * target.items // exported.scanned


def _outcome(exported: Exported, options: ExportOptions) -> TransferOutcome:
    facts = [
        wording.count(exported.items, "row"),
        f"{size(exported.bytes)} to {options.name}",
        f"{wording.elapsed(exported.seconds)}, {rate(exported.items, exported.seconds)}",
        f"{exported.consumed:,.1f} RCU",
    ]
    return TransferOutcome("Exported", TextStyle.GOOD, facts, remarks=_remarks(exported, options))


def _remarks(exported: Exported, options: ExportOptions) -> list[str]:
    if exported.form in DELIMITERS:
        return _table_remarks(exported)
    if exported.typed_lines:
        rows = wording.count(exported.typed_lines, "row")
        return [
            f"{rows} written as DynamoDB JSON among the others, since {exported.lost}; load-data reads both."
        ]
    if not exported.lost:
        return []
    if options.form is RowForm.AUTO:
        return [f"Written as DynamoDB JSON, since {exported.lost}, which plain JSON cannot tell."]
    if exported.form is RowForm.JSONL:
        return [
            f"Types were lost: {exported.lost}, which plain JSON cannot tell. --format dynamodb keeps them."
        ]
    return []


def _table_remarks(exported: Exported) -> list[str]:
    """Notes about types that CSV and TSV do not keep, and how to load the file again."""
    name = exported.form.value.upper()
    types = ",".join(f"{name}={kind}" for name, kind in exported.types.items())
    remarks = [
        f"{name} has no types, and no empty strings apart from absent ones. Load it with: --types {types}"
    ]
    if exported.mixed:
        shown = ", ".join(exported.mixed)
        remarks.append(
            f"Of several types, which {name} cannot tell, so that they come back as text: {shown}."
        )
    return remarks
