"""The load-data command: check inputs and table, load or rehearse, show the progress and the result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaops.cli import wiring
from dynaops.cli.interrupts import terminated_as_interrupted
from dynaops.cli.planning.account_check import region_of
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.transfer import load_files, read_request
from dynaops.cli.transfer.read_request import ReadRequest
from dynaops.data.load import checkpoint_of, load
from dynaops.data.notes import LoadNote
from dynaops.data.options import LoadOptions, LoadProgress, LoadSummary, Mode, default_workers
from dynaops.data.reading.inputs import STDIN
from dynaops.data.reading.prepare import Prepared, ReadOptions, prepare
from dynaops.data.rehearse import LoadRehearsal, rehearse
from dynaops.data.table_info import TableInfo, describe, file_stem, ttl_attribute
from dynaops.data.unfinished import unfinished
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.model.quantities import size
from dynaops.views import wording
from dynaops.views.page import TextStyle
from dynaops.views.transfer_progress import TransferOutcome, TransferStatus, outcome_page, rate, view_on

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.data.rows import InputFault, Reject

_DONE = {
    Mode.PUT: "written",
    Mode.IF_NOT_EXISTS: "written",
    Mode.UPDATE: "updated",
    Mode.DELETE: "deleted",
}
_RESUME = "Run the same command with --resume to go on from there."


class LoadInterrupted(DynaopsError):
    """Ctrl-C, or a request to end."""

    json_kind = "interrupted"

    def __init__(self, rows: int, repeatable: bool) -> None:
        hint = _RESUME if repeatable else "What comes from stdin has to be loaded again from its beginning."
        super().__init__(f"Interrupted after {wording.count(rows, 'row')}", hint, Exit.INTERRUPTED)


@dataclass(frozen=True)
class LoadRequest:
    """The command line. Fields are named as its options; `read` are the options for reading the input."""

    table: str
    files: tuple[str, ...]
    read: ReadRequest
    workers: int | None
    rate: float | None
    resume: bool
    rejects: str | None
    fail_fast: bool
    mode: str
    shard: str | None
    restart: bool = False

    def reading(self) -> ReadOptions:
        """The options for reading. Raises DynaopsError for an option with an invalid value."""
        return self.read.options(self.mode, self.shard, self.table)

    @cached_property
    def rejects_path(self) -> Path:
        """The path of the rejects file, if the load is not resumed."""
        return load_files.new_rejects(self.rejects, file_stem(self.table), self.files, self.shard or "")


def run(request: LoadRequest, settings: GlobalSettings, dry_run: bool) -> int:
    """Load, or only rehearse. Returns the exit code."""
    reading = request.reading()
    check_rejects(request)
    _check_resumable(request, STDIN not in request.files)
    aws = wiring.aws(settings)
    target = describe(aws, request.table, region_of(request.table, settings, aws))
    prepared = prepare(request.files, target.keys, lambda: aws, reading)
    _check_resumable(request, prepared.repeatable)
    screen = Screen(settings)
    prepared = with_ttl(prepared, aws, target)
    tell_what_is_read(prepared, screen)
    if dry_run:
        code, document = rehearse_one(request, target, prepared, screen)
    else:
        code, document = load_one(request, settings, aws, target, prepared, screen)
    if screen.json:
        screen.document(document)
    return code


def options_of(
    request: LoadRequest, settings: GlobalSettings, target: TableInfo, prepared: Prepared
) -> LoadOptions:
    """The options for loading one table."""
    return LoadOptions(
        target.keys,
        prepared.plan,
        mode=Mode(request.mode),
        workers=request.workers or default_workers(),
        rate=request.rate,
        rejects=request.rejects_path,
        fail_fast=request.fail_fast,
        checkpoint=wiring.beside_state(settings) / "load",
        inputs=(*prepared.names, request.shard or ""),
        fingerprint=f"{prepared.fingerprint}{target.identity}",
        resume=request.resume,
    )


def load_one(
    request: LoadRequest,
    settings: GlobalSettings,
    aws: Aws,
    target: TableInfo,
    prepared: Prepared,
    screen: Screen,
) -> tuple[int, dict[str, Any]]:
    """Load one table and show the result. Returns (exit code, ``--json`` document)."""
    mode = Mode(request.mode)
    options = options_of(request, settings, target, prepared)
    path = checkpoint_of(aws, target.name, target.region, options)
    if not prepared.repeatable:
        path.unlink(missing_ok=True)  # a load from stdin cannot be resumed
    left = unfinished(path)
    load_name = f"{target.name} from {_named(request.files)}"
    if not (request.resume and left is None and path.exists()):  # the load reports a damaged one
        load_files.check_unfinished(
            left, load_name, options.fingerprint, request.resume, request.restart, screen
        )
    if request.resume:
        load_files.check_resumed_rejects(left, request.rejects)
    load_files.clean_up(options.checkpoint, screen, path)
    watched = _Watched(prepared)
    with view_on(screen.people, screen.color, _DONE[mode]) as view, terminated_as_interrupted():
        try:
            summary = load(
                aws,
                target.name,
                target.region,
                prepared.source,
                options,
                lambda element: view.show(watched.standing(element)),
            )
        except KeyboardInterrupt:
            raise LoadInterrupted(watched.rows, prepared.repeatable) from None
    screen.show(outcome_page(_outcome(summary, mode)))
    _tell_faults(summary.faults, screen)
    good = summary.complete and not (summary.counts.rejected or summary.counts.not_loaded)
    return Exit.OK if good else Exit.FAILED, _document(summary, request, target, prepared)


def rehearse_one(
    request: LoadRequest, target: TableInfo, prepared: Prepared, screen: Screen
) -> tuple[int, dict[str, Any]]:
    """Check the rows of one table and show the result. Returns (exit code, ``--json`` document)."""

    def standing(rehearsal: LoadRehearsal) -> TransferStatus:
        return TransferStatus(
            rows=rehearsal.read,
            moved=rehearsal.read,
            rejected=rehearsal.rejected,
            bytes=rehearsal.bytes,
            moved_bytes=rehearsal.bytes,
            expected=prepared.source.size,
            seconds=rehearsal.seconds,
        )

    with view_on(screen.people, screen.color, "checked") as view, terminated_as_interrupted():
        rehearsal = rehearse(
            prepared, request.rejects_path, request.fail_fast, lambda element: view.show(standing(element))
        )
    seconds = _expected_seconds(rehearsal, request, target)
    screen.show(outcome_page(_rehearsed(rehearsal, request, target, seconds)))
    _tell_faults(rehearsal.faults, screen)
    left_out = ("samples", "notes", "faults")
    about = {name: value for name, value in asdict(rehearsal).items() if name not in left_out}
    document = {
        "table": target.name,
        "region": target.region,
        "mode": request.mode,
        "dry_run": True,
        **about,
        "index_units_at_most": rehearsal.units * target.indexes,
        "expected_seconds": seconds,
        **_told_rejects(rehearsal.rejected, rehearsal.samples, request.rejects_path),
        "faults": [fault._asdict() for fault in rehearsal.faults],
        "columns": _columns(prepared),
        "notes": read_request.documents(prepared.notes, rehearsal.notes.all()),
    }
    return (
        Exit.FAILED if rehearsal.rejected or rehearsal.faults or rehearsal.not_loaded else Exit.OK,
        document,
    )


def _tell_faults(faults: Iterable[InputFault], screen: Screen) -> None:
    """Show the parts of the input that could not be read, as errors."""
    for fault in faults:
        screen.aside(f"error: {fault.message}")
        if fault.hint:
            screen.aside(f"hint: {fault.hint}")


def with_ttl(prepared: Prepared, aws: Aws, target: TableInfo) -> Prepared:
    """The options with the table's TTL attribute, so that values that never expire are noted."""
    if prepared.plan.keys_only:
        return prepared
    attribute, unknown = ttl_attribute(aws, target.name, target.region)
    notes = (LoadNote("ttl-unknown", "", f"TTL values are not checked: {unknown}"),) if unknown else ()
    plan = replace(prepared.plan, ttl=attribute)
    return replace(prepared, plan=plan, notes=(*prepared.notes, *notes))


class _Watched:
    """A load's progress, including what earlier runs of it have done."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._before: tuple[int, int] | None = None
        self.rows = 0

    def standing(self, progress: LoadProgress) -> TransferStatus:
        counts, traffic = progress.counts, progress.traffic
        if self._before is None:
            self._before = counts.read, counts.bytes
        rows, done = self._before
        self.rows = max(counts.read, rows + traffic.rows)
        size = self._prepared.source.size
        return TransferStatus(
            rows=self.rows,
            moved=traffic.rows,
            rejected=counts.rejected,
            bytes=max(counts.bytes, done + traffic.bytes),
            moved_bytes=traffic.bytes,
            expected=size,
            seconds=progress.seconds,
            units=traffic.consumed,
            throttles=traffic.throttles,
        )


def _outcome(summary: LoadSummary, mode: Mode) -> TransferOutcome:
    counts, traffic = summary.counts, summary.traffic
    facts = [f"{wording.count(counts.read, 'row')} read", f"{counts.written:,} {_DONE[mode]}"]
    if counts.skipped:
        facts.append(f"{counts.skipped:,} were there already")
    if counts.unsure:
        facts.append(f"{counts.unsure:,} unsure")
    if counts.replaced:
        facts.append(f"{counts.replaced:,} of them replaced by later rows of the same key")
    if counts.deleted:
        facts.append(f"{counts.deleted:,} deleted")
    facts.append(f"{counts.rejected:,} rejected")
    if counts.not_loaded:
        facts.append(f"{counts.not_loaded:,} not loaded, being of another table")
    facts.append(f"{wording.elapsed(summary.seconds)}, {rate(traffic.rows, summary.seconds)}")
    if traffic.consumed:
        facts.append(f"{traffic.consumed:,.0f} WCU")
    remarks = [read_request.sentence_of(note) for note in summary.notes]
    if summary.resumed:
        remarks.append("Counted from the beginning of the load, which was resumed.")
    if counts.unsure:
        remarks.append(
            f"The table holds the {wording.count(counts.unsure, 'unsure row')}. An answer from AWS was lost, so it "
            "cannot be told whether this load wrote them or they were there before, the same."
        )
    if summary.stopped:
        remarks.append(
            "Stopped at the first bad row (--fail-fast); rows before it may not all be written. " + _RESUME
        )
    verdict, style = ("Done", TextStyle.GOOD) if summary.complete else ("Stopped", TextStyle.ERROR)
    if summary.faults and not summary.stopped:
        verdict = "Not all of the input could be read"
    if summary.complete and counts.not_loaded:
        verdict, style = "Done but for rows of another table", TextStyle.WARNING
    if summary.complete and counts.rejected:
        verdict, style = "Done but for rejected rows", TextStyle.WARNING
    samples = list(summary.samples) or ([summary.stopped] if summary.stopped else [])
    outcome = TransferOutcome(verdict, style, facts, remarks=remarks)
    return _with_rejects(outcome, counts.rejected, samples, summary.rejects)


def _rehearsed(
    rehearsal: LoadRehearsal, request: LoadRequest, target: TableInfo, seconds: float | None
) -> TransferOutcome:
    facts = [
        f"{wording.count(rehearsal.read, 'row')} read",
        f"{rehearsal.valid:,} valid",
        f"{rehearsal.rejected:,} rejected",
        *([f"{rehearsal.not_loaded:,} not loaded, being of another table"] if rehearsal.not_loaded else ()),
        f"{size(rehearsal.item_bytes)} of items, the largest {size(rehearsal.largest)}",
        f"about {rehearsal.units:,} WCU"
        + (f" and up to {rehearsal.units * target.indexes:,} for indexes" if target.indexes else ""),
    ]
    if seconds is not None:
        facts.append(f"{wording.about(seconds)} to write")
    bad = rehearsal.rejected or rehearsal.faults or rehearsal.not_loaded
    verdict, style = "Checked; nothing was written", TextStyle.ERROR if bad else TextStyle.GOOD
    remarks = [read_request.sentence_of(note) for note in rehearsal.notes.all()]
    outcome = TransferOutcome(verdict, style, facts, remarks=remarks)
    return _with_rejects(outcome, rehearsal.rejected, rehearsal.samples, request.rejects_path)


def _with_rejects(
    outcome: TransferOutcome, count: int, samples: list[Reject], path: Path | None
) -> TransferOutcome:
    if not samples:
        return outcome
    shown = [(f"{sample.source}:{sample.line}", sample.reason) for sample in samples]
    remarks = list(outcome.remarks)
    if count:
        remarks.append(f"Rejected rows, with line and reason, are in {path}.")
    return outcome._replace(rejects=shown, more_rejects=max(0, count - len(shown)), remarks=remarks)


def _expected_seconds(rehearsal: LoadRehearsal, request: LoadRequest, target: TableInfo) -> float | None:
    """Expected seconds of writing at --rate, or at the table's capacity."""
    units = request.rate or target.write_capacity
    return round(rehearsal.units / units, 1) if units else None


def _document(
    summary: LoadSummary, request: LoadRequest, target: TableInfo, prepared: Prepared
) -> dict[str, Any]:
    counts, traffic = summary.counts, summary.traffic
    return {
        "table": target.name,
        "region": target.region,
        "mode": request.mode,
        "dry_run": False,
        "complete": summary.complete,
        "resumed": summary.resumed,
        **asdict(counts),
        "seconds": round(summary.seconds, 3),
        "rows_per_second": round(traffic.rows / max(summary.seconds, 0.001), 1),
        "consumed_units": traffic.consumed,
        "requests": traffic.requests,
        "throttles": traffic.throttles,
        "retries": traffic.retries,
        **_told_rejects(counts.rejected, summary.samples, summary.rejects),
        "faults": [fault._asdict() for fault in summary.faults],
        "columns": _columns(prepared),
        "notes": read_request.documents(prepared.notes, summary.notes),
    }


def _told_rejects(count: int, samples: Any, path: Path | None) -> dict[str, Any]:
    return {
        "rejects_file": str(path) if count else None,
        "rejects": [sample.document() for sample in samples],
    }


def tell_what_is_read(prepared: Prepared, screen: Screen) -> None:
    """Show the types of CSV columns and the notes, so that the user can correct them."""
    columns = _columns(prepared)
    if columns:
        shown = ", ".join(f"{name}={kind}" for name, kind in columns.items())
        screen.aside(f"Columns are taken for {shown} (change that with --types).")
    for note in prepared.notes:
        screen.aside(read_request.sentence_of(note))


def _columns(prepared: Prepared) -> dict[str, str]:
    """The types of CSV's columns."""
    plan = prepared.plan
    kinds = {**plan.columns, **plan.keys.index_keys, **plan.keys.types, **plan.types}
    return {name: kinds[name] for name in plan.columns}


def _check_resumable(request: LoadRequest, repeatable: bool) -> None:
    if request.resume and not repeatable:
        raise DynaopsError(
            "--resume has to read the input again, which stdin and pipes cannot give",
            "Load a file, or from s3://.",
        )


def check_rejects(request: LoadRequest) -> None:
    """Raise DynaopsError if the rejects file would overwrite an input or the rejects of another load."""
    load_files.check_rejects(request.rejects_path, request.files, request.rejects is not None, request.resume)


def _named(files: Sequence[str]) -> str:
    """The names of the inputs as a phrase."""
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
