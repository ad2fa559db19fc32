"""``export-data --via-export``: AWS exports a table to S3; the files are downloaded if a folder is given."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaops.cli import wiring
from dynaops.cli.interrupts import Interrupts, terminated_as_interrupted
from dynaops.cli.planning.account_check import region_of
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.transfer.aws_jobs import followed, plan_of
from dynaops.data.aws_jobs import table_export
from dynaops.data.aws_jobs.job import AwsJob
from dynaops.data.aws_jobs.s3_location import parse_s3_location
from dynaops.data.table_info import TableInfo, describe
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.model.quantities import size
from dynaops.views import wording
from dynaops.views.page import TextStyle
from dynaops.views.progress import progress_on
from dynaops.views.transfer_progress import TransferOutcome, TransferStatus, outcome_page, view_on

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_NO_RECOVERY = "PointInTimeRecoveryUnavailableException"


@dataclass(frozen=True)
class TableExportRequest:
    """The command line. Fields are as its options."""

    table: str
    staging: str | None
    out: str | None
    export_time: str | None
    resume: bool

    @property
    def folder(self) -> Path | None:
        """The folder to download to. Raises DynaopsError if it is not a folder."""
        if self.out is None:
            return None
        folder = Path(self.out)
        if self.out == "-" or (folder.exists() and not folder.is_dir()):
            raise DynaopsError(
                f"--out {self.out}: an export by AWS is several files",
                "Name a folder, which load-data reads.",
            )
        return folder

    @property
    def at(self) -> datetime | None:
        """The requested point in time. Raises DynaopsError."""
        if self.export_time is None:
            return None
        try:
            moment = datetime.fromisoformat(self.export_time)
        except ValueError as error:
            raise DynaopsError(
                f"--export-time: {self.export_time!r} is no time", "Write it as 2026-11-25T20:15:00Z."
            ) from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def run(request: TableExportRequest, settings: GlobalSettings) -> int:
    """Export, or continue watching an export. Returns the exit code."""
    folder, at = request.folder, request.at
    aws = wiring.aws(settings)
    target = describe(aws, request.table, region_of(request.table, settings, aws))
    screen = Screen(settings)
    began = time.monotonic()
    if request.resume:
        job = _resumed(target, aws, screen)
    else:
        job = table_export.look(aws, target.region, _exported(request, target, at, aws, settings, screen))
    about = job.about or {}
    bucket, manifest = str(about["S3Bucket"]), str(about["ExportManifest"])
    folder_url = f"s3://{bucket}/{manifest.rpartition('/')[0]}/"
    facts = [wording.count(job.items, "row"), size(job.bytes)]
    document: dict[str, Any] = {
        "table": target.name,
        "region": target.region,
        "arn": job.arn,
        "items": job.items,
        "bytes": job.bytes,
        "export_time": str(about.get("ExportTime", "")),
        "url": folder_url,
    }
    remark = f"Load it with: dynaops load-data TABLE {folder_url}"
    if folder is not None:
        fetched = _fetched(bucket, manifest, folder, aws, screen)
        facts.append(f"{wording.count(fetched.files, 'file')}, {size(fetched.bytes)} fetched to {folder}")
        remark = f"Load it with: dynaops load-data TABLE {folder}"
        document |= {"folder": str(folder), "files": fetched.files, "fetched_bytes": fetched.bytes}
    facts.append(wording.elapsed(time.monotonic() - began))
    screen.show(outcome_page(TransferOutcome("Exported by AWS", TextStyle.GOOD, facts, remarks=[remark])))
    if screen.json:
        screen.document(document)
    return Exit.OK


def _resumed(target: TableInfo, aws: Aws, screen: Screen) -> AwsJob:
    """Continue with the export that was started last."""
    arn = table_export.latest(aws, target.region, target.arn)
    if arn is None:
        raise DynaopsError(
            f"There is no export of {target.name} to go on with", "Start one without --resume."
        )
    job = followed(lambda: table_export.look(aws, target.region, arn), aws, screen, "exported by AWS", None)
    if job.status != "COMPLETED":
        raise DynaopsError(f"The export failed: {job.why}")
    return job


def _exported(
    request: TableExportRequest,
    target: TableInfo,
    at: datetime | None,
    aws: Aws,
    settings: GlobalSettings,
    screen: Screen,
) -> str:
    """Start the export and wait; returns its ARN. Raises DynaopsError, also on Ctrl-C: AWS continues then."""
    if request.staging is None:
        raise DynaopsError("AWS has to write somewhere", "Name a place in S3: --staging s3://BUCKET/PREFIX.")
    call = table_export.operation(
        target.name, target.region, target.arn, parse_s3_location(request.staging), at
    )
    store = wiring.unrecorded()
    progress = progress_on(screen.people, screen.color, wiring.pace(settings))
    with progress, Interrupts(progress.note) as interrupts:
        outcome = wiring.apply(
            plan_of((call,), aws), store, aws, progress.tell, wait=True, stop=interrupts.stop
        )
    for name, message in outcome.failed.items():
        hint = outcome.hints.get(name)
        if _NO_RECOVERY in message:
            hint = f"Turn on point_in_time_recovery in the spec of {target.name}, or leave out --via-export."
        raise DynaopsError(message, hint)
    if not outcome.done:
        raise DynaopsError(
            "Interrupted; AWS goes on with what it had taken", "Watch it with --resume.", Exit.INTERRUPTED
        )
    arn = store.load().resources[call.address].arn
    assert arn is not None
    return arn


def _fetched(bucket: str, manifest: str, folder: Path, aws: Aws, screen: Screen) -> table_export.Fetched:
    began = time.monotonic()
    with view_on(screen.people, screen.color, "fetched") as view, terminated_as_interrupted():

        def tell(done: int) -> None:
            view.show(TransferStatus(bytes=done, moved_bytes=done, seconds=time.monotonic() - began))

        try:
            return table_export.fetch(aws, bucket, manifest, folder, tell)
        except KeyboardInterrupt:
            raise DynaopsError(
                "Interrupted while files were fetched",
                f"The export is whole, at s3://{bucket}/{manifest}; load-data reads it from there, too.",
                Exit.INTERRUPTED,
            ) from None
