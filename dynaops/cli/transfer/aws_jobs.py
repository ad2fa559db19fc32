"""Shared functions of load-data and export-data for AWS's import, export and bulk jobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple

from dynaops import __version__
from dynaops.aws.s3 import list_objects
from dynaops.cli import wiring
from dynaops.cli.interrupts import Interrupts, terminated_as_interrupted
from dynaops.cli.screen import Screen
from dynaops.cli.transfer.load import LoadRequest, check_rejects
from dynaops.cli.transfer.read_request import sentence_of
from dynaops.data.aws_jobs.job import AwsJob, watch
from dynaops.data.aws_jobs.s3_location import S3Location, fresh_name, parse_s3_location
from dynaops.data.aws_jobs.staging import StagedInput, as_it_is, stage, unstage
from dynaops.data.reading.prepare import Prepared, ReadOptions
from dynaops.data.rejects import RejectsFile
from dynaops.data.rows import Reject
from dynaops.engine.parameters import check_parameters
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Event, Stage
from dynaops.model.exits import Exit
from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.model.quantities import size
from dynaops.views import wording
from dynaops.views.aws_jobs import jobs_page
from dynaops.views.page import TextStyle
from dynaops.views.transfer_progress import TransferOutcome, TransferStatus, view_on

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.state import Record

_ROWS, _REPORTS = "rows", "reports"
_OURS = re.compile(r"(?:^|/)dynaops-[^/]+-\d{8}T\d{6}Z-[0-9a-f]{6}/rows/$")
_SAMPLES = 5


@dataclass(frozen=True)
class JobCommand:
    """The command line of a load by an AWS job: the load, and the options of such jobs."""

    load: LoadRequest
    staging: str | None
    spec: str
    variables: tuple[str, ...] = ()
    variable_files: tuple[str, ...] = ()
    env_names: tuple[str, ...] = ()
    yes: bool = False
    dry_run: bool = False
    cancel: bool = False
    listing: bool = False


class Handover(NamedTuple):
    """Where an AWS job reads its input, and where it may report errors. `ready`: the input is there."""

    rows: S3Location
    reports: S3Location | None
    ready: StagedInput | None


def reading(load: LoadRequest) -> ReadOptions:
    """The options for reading for an AWS job, which takes items and no deletes. Raises DynaopsError."""
    return replace(load.reading(), deletes=False)


def handover(via: JobCommand, prepared: Prepared, aws: Aws) -> Handover:
    """Find out whether the input has to be copied to S3 first, and to which location. Raises DynaopsError."""
    ready = as_it_is(via.load.files, prepared, aws)
    if ready is None and via.staging is None:
        raise DynaopsError(
            "AWS's engine reads DynamoDB JSON from S3, and this input is not that",
            "Name a place in S3 where dynaops may put it: --staging s3://BUCKET/PREFIX.",
        )
    if via.staging is None:
        assert ready is not None
        return Handover(ready.location, None, ready)
    own = parse_s3_location(via.staging).below(fresh_name(via.load.table))
    return Handover(ready.location if ready else own.below(_ROWS), own.below(_REPORTS), ready)


def outcome(
    verdict: str,
    style: TextStyle,
    done: str,
    via: JobCommand,
    job: AwsJob,
    handed: StagedInput,
    samples: Sequence[Reject],
    remarks: list[str],
) -> TransferOutcome:
    """The outcome of a load by an AWS job that has `done` ("imported") its input."""
    rejected = handed.rejected + job.failed
    facts = [f"{wording.count(handed.read, 'row')} read"] if handed.read else []
    facts += [f"{job.items - job.failed:,} {done} by AWS", f"{rejected:,} rejected", size(job.bytes)]
    if rejected:
        remarks = [f"Rejected rows, with place and reason, are in {via.load.rejects_path}.", *remarks]
    shown = [(f"{sample.source}:{sample.line}", sample.reason) for sample in samples]
    return TransferOutcome(
        verdict, style, facts, shown, max(0, rejected - len(shown)) if shown else 0, remarks
    )


def show_jobs(title: str, jobs: Iterable[AwsJob], screen: Screen) -> None:
    """Show a list of AWS jobs."""
    rows = [(job.arn, job.status, str((job.about or {}).get("StartTime", "")), job.items) for job in jobs]
    screen.show(jobs_page(title, rows))
    if screen.json:
        screen.document(
            [{"arn": arn, "status": status, "started": at, "items": n} for arn, status, at, n in rows]
        )


def handed_over(via: JobCommand, prepared: Prepared, to: Handover, aws: Aws, screen: Screen) -> StagedInput:
    """Copy the rows to S3 if needed. Raises DynaopsError if there are none, or if an invalid row stops the load."""
    load = via.load
    check_rejects(load)
    if to.ready is not None:
        return to.ready

    def standing(handed: StagedInput) -> TransferStatus:
        return TransferStatus(
            rows=handed.read,
            moved=handed.read,
            rejected=handed.rejected,
            bytes=handed.bytes,
            moved_bytes=handed.bytes,
            expected=prepared.source.size,
            seconds=handed.seconds,
        )

    with (
        view_on(screen.people, screen.color, "staged", "Ctrl-C stops; nothing is loaded then") as view,
        terminated_as_interrupted(),
    ):
        try:
            handed = stage(
                prepared,
                to.rows,
                aws,
                load.rejects_path,
                load.fail_fast,
                lambda element: view.show(standing(element)),
            )
        except KeyboardInterrupt:
            raise DynaopsError(
                "Interrupted while rows were put to S3: nothing was loaded", None, Exit.INTERRUPTED
            ) from None
    for note in handed.notes.all():
        screen.aside(sentence_of(note))
    if handed.stopped or not handed.rows:
        unstage(handed, aws)
        bad = handed.stopped or next(iter(handed.samples), None)
        where = f"{bad.source}:{bad.line}  {bad.reason}" if bad else "The input has no row"
        raise DynaopsError(f"Nothing was loaded: {where}", "Correct it and run the command again.")
    return handed


def send(operation: Operation, aws: Aws, screen: Screen) -> Record | None:
    """Make one call through apply, as all control-plane writes. Returns what its effect recorded.

    Raises DynaopsError if it failed.
    """
    store = wiring.unrecorded()

    def tell(event: Event) -> None:
        if event.stage is Stage.BLOCKED:
            screen.aside(f"{event.title}: {event.detail}")

    with Interrupts(screen.aside) as interrupts:
        outcome = wiring.apply(plan_of((operation,), aws), store, aws, tell, wait=True, stop=interrupts.stop)
    for name, message in outcome.failed.items():
        raise DynaopsError(message, outcome.hints.get(name))
    if not outcome.done:
        raise DynaopsError("Interrupted before AWS took it: nothing was done", None, Exit.INTERRUPTED)
    records = store.load().resources
    return next((records[effect.address] for effect in operation.effects if effect.address in records), None)


def plan_of(operations: Iterable[Operation], aws: Aws) -> Plan:
    """A plan of these operations, which changes no state. Raises DynaopsError."""
    planned = tuple(operations)
    check_parameters(planned, aws)
    return Plan(
        dynaops_version=__version__,
        created_at=datetime.fromtimestamp(time(), UTC).isoformat(timespec="seconds"),
        serial=0,
        lineage="",
        endpoint=aws.endpoint_url,
        operations=planned,
    )


def followed(look: Callable[[], AwsJob], aws: Aws, screen: Screen, verb: str, size: int | None) -> AwsJob:
    """Watch a job until it ends, and show its progress; `size` is that of its input if AWS does not give it.

    Raises DynaopsError, also on Ctrl-C: AWS continues the job then.
    """
    last = AwsJob("", "IN_PROGRESS")

    def tell(job: AwsJob, seconds: float) -> None:
        nonlocal last
        last = job
        view.show(
            TransferStatus(
                rows=job.items,
                moved=job.items,
                rejected=job.failed,
                bytes=job.bytes,
                moved_bytes=job.bytes,
                expected=job.total or size,
                seconds=seconds,
            )
        )

    stopping = "Ctrl-C stops watching; AWS goes on"
    with view_on(screen.people, screen.color, verb, stopping) as view, terminated_as_interrupted():
        try:
            return watch(aws, look, tell)
        except KeyboardInterrupt:
            raise Watched(last) from None


class Watched(DynaopsError):
    """Ctrl-C was pressed while AWS works: the job continues."""

    def __init__(self, job: AwsJob) -> None:
        super().__init__(
            f"Stopped watching after {job.items:,} items; AWS goes on",
            "Run the same command with --resume, and without files, to watch it again.",
            Exit.INTERRUPTED,
        )


def refused_rows(refused: Iterable[Reject], path: Path) -> tuple[int, list[Reject]]:
    """Add the items that AWS refused to the rejects file. Returns (their number, the first of them)."""
    count = 0
    samples: list[Reject] = []
    file: RejectsFile | None = None
    for reject in refused:
        file = file or RejectsFile(path, path.stat().st_size if path.exists() else None)
        file.append([reject])
        count += 1
        if len(samples) < _SAMPLES:
            samples.append(reject)
    if file is not None:
        file.flush()
        file.close()
    return count, samples


def staged_before(bucket: str, prefix: str, aws: Aws) -> StagedInput:
    """The input of an earlier run; its objects are ours if the name of their folder was made by dynaops."""
    if not _OURS.search(prefix):
        return StagedInput(S3Location(bucket, prefix), staged=False)
    keys = [list_object.key for list_object in list_objects(aws, bucket, prefix)]
    return StagedInput(S3Location(bucket, prefix), keys=keys)


def tidied(handed: StagedInput, aws: Aws) -> list[str]:
    """Delete the copied input. Returns a warning if that failed."""
    failed = unstage(handed, aws)
    return [f"What was staged is still at {handed.location.url} ({failed})."] if failed else []


def job_document(job: AwsJob, handed: StagedInput, samples: list[Reject], rejects: Path) -> dict[str, Any]:
    """A job as in the ``--json`` document."""
    rejected = handed.rejected + job.failed
    shown = {name: value for name, value in asdict(job).items() if name != "about"}
    return {
        **shown,
        "staged": handed.staged,
        "source": handed.location.url,
        "read": handed.read or None,
        "rejected": rejected,
        "rejects_file": str(rejects) if rejected else None,
        "rejects": [sample.document() for sample in samples],
    }
