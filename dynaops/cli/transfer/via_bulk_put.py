"""``load-data --via-bulk-put``: AWS reads items from S3 and puts them into an existing table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.planning.account_check import region_of
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.transfer import aws_jobs
from dynaops.cli.transfer.aws_jobs import JobCommand
from dynaops.cli.transfer.load import tell_what_is_read
from dynaops.data.aws_jobs import bulk_put
from dynaops.data.aws_jobs.job import AwsJob
from dynaops.data.aws_jobs.staging import StagedInput
from dynaops.data.reading.prepare import prepare
from dynaops.data.rows import Reject
from dynaops.data.table_info import TableInfo, describe
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.views.page import TextStyle
from dynaops.views.transfer_progress import TransferOutcome, outcome_page

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_VERDICTS = {
    "COMPLETED": ("Done", TextStyle.GOOD),
    "COMPLETED_WITH_ERRORS": ("Done but for rejected rows", TextStyle.WARNING),
    "CANCELLED": ("Cancelled; what is written stays", TextStyle.WARNING),
}


def run(via: JobCommand, settings: GlobalSettings) -> int:
    """Load, continue watching, list or cancel. Returns the exit code."""
    load = via.load
    rate = bulk_put.checked_rate(load.rate)
    aws = wiring.aws(settings)
    screen = Screen(settings)
    target = describe(aws, load.table, region_of(load.table, settings, aws))
    if via.listing:
        return _list(aws, target, screen)
    if via.cancel or load.resume:
        return _standing(via, aws, target, screen)
    if via.staging is None:
        raise DynaopsError(
            "AWS has to report somewhere which rows it could not put",
            "Name a place in S3: --staging s3://BUCKET/PREFIX.",
        )
    prepared = prepare(load.files, target.keys, lambda: aws, aws_jobs.reading(load))
    tell_what_is_read(prepared, screen)
    to = aws_jobs.handover(via, prepared, aws)
    assert to.reports is not None
    handed = aws_jobs.handed_over(via, prepared, to, aws, screen)
    record = aws_jobs.send(bulk_put.operation(target, handed, to.reports, rate), aws, screen)
    assert record is not None and record.arn is not None
    return _follow(via, aws, target, record.arn, handed, screen)


def _standing(via: JobCommand, aws: Aws, target: TableInfo, screen: Screen) -> int:
    """Cancel the running bulk put, or watch it."""
    going = bulk_put.jobs_of(aws, target, running=True)
    if not going:
        raise DynaopsError(f"No bulk put into {target.name} is under way", "List them with --list.")
    job = going[0]
    if via.cancel:
        aws_jobs.send(bulk_put.cancellation(target, job.arn), aws, screen)
    source = (job.about or {}).get("InputS3Configuration", {})
    handed = aws_jobs.staged_before(source.get("S3Bucket", ""), source.get("S3KeyPrefix", ""), aws)
    return _follow(via, aws, target, job.arn, handed, screen)


def _follow(
    via: JobCommand, aws: Aws, target: TableInfo, arn: str, handed: StagedInput, screen: Screen
) -> int:
    job = aws_jobs.followed(
        lambda: bulk_put.look(aws, target.region, arn), aws, screen, "put by AWS", handed.bytes or None
    )
    refused, samples = aws_jobs.refused_rows(bulk_put.errors(aws, job), via.load.rejects_path)
    samples = [*handed.samples, *samples]
    remarks = aws_jobs.tidied(handed, aws)
    if job.failed > refused:
        remarks.append(f"AWS told of {refused} of the {job.failed} rows that it could not put.")
    screen.show(outcome_page(_outcome(via, job, handed, samples, remarks)))
    if screen.json:
        document = aws_jobs.job_document(job, handed, samples, via.load.rejects_path)
        screen.document({"table": target.name, "region": target.region, "mode": "via-bulk-put", **document})
    good = job.status == "COMPLETED" or (via.cancel and job.status == "CANCELLED")
    return Exit.OK if good and not (handed.rejected or job.failed) else Exit.FAILED


def _outcome(
    via: JobCommand, job: AwsJob, handed: StagedInput, samples: list[Reject], remarks: list[str]
) -> TransferOutcome:
    verdict, style = _VERDICTS.get(job.status, (f"Failed: {job.why}", TextStyle.ERROR))
    if (handed.rejected or job.failed) and job.status == "COMPLETED":
        verdict, style = _VERDICTS["COMPLETED_WITH_ERRORS"]
    return aws_jobs.outcome(verdict, style, "put", via, job, handed, samples, remarks)


def _list(aws: Aws, target: TableInfo, screen: Screen) -> int:
    aws_jobs.show_jobs(f"Bulk puts into {target.name}", bulk_put.jobs_of(aws, target), screen)
    return Exit.OK
