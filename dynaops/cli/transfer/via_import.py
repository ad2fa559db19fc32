"""``load-data --via-import``: AWS creates the table of a spec and fills it from S3; then the state records it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dynaops.cli import wiring
from dynaops.cli.planning.account_check import state_of
from dynaops.cli.planning.approval import require_agreement
from dynaops.cli.planning.run_plan import Terms, carry_out
from dynaops.cli.planning.show import show_plan
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.transfer import aws_jobs
from dynaops.cli.transfer.aws_jobs import JobCommand
from dynaops.cli.transfer.load import tell_what_is_read
from dynaops.data.aws_jobs import table_import
from dynaops.data.aws_jobs.job import AwsJob
from dynaops.data.aws_jobs.staging import StagedInput
from dynaops.data.reading.prepare import prepare
from dynaops.data.rows import Reject
from dynaops.data.table_info import keys_of
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.views.page import TextStyle
from dynaops.views.transfer_progress import TransferOutcome, outcome_page

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.operation import Operation
    from dynaops.model.plan import Plan
    from dynaops.specs.load import Document
    from dynaops.stores.base import Store

_AGAIN = "What AWS made of the table, if anything, is not in the state; see `dynaops load-data --via-import --list`."


def run(via: JobCommand, settings: GlobalSettings) -> int:
    """Import, continue watching an import, or list imports. Returns the exit code."""
    load = via.load
    if load.rate is not None:
        raise DynaopsError("--rate: ImportTable takes no rate", "It uses none of the table's capacity.")
    if via.cancel:
        raise DynaopsError("AWS cannot cancel an import of a table", "Delete the table when it is ACTIVE.")
    document = _document(settings, via)
    aws = wiring.aws(settings)
    screen = Screen(settings)
    region = document.spec.region or aws.region
    store = wiring.store(settings)
    state_of(store, aws)
    if via.listing:
        return _list(aws, region, load.table, screen)
    with store.lock("load-data") as lock:
        if lock.note:
            screen.aside(lock.note)
        if load.resume:
            arn, handed = _standing(aws, region, load.table)
        else:
            started = _begin(via, document, store, aws, screen)
            if started is None:
                return Exit.OK
            arn, handed = started
        return _follow(via, document, store, aws, settings, arn, region, handed)


def _document(settings: GlobalSettings, via: JobCommand) -> Document:
    """The spec of the table."""
    source = wiring.source(settings, [via.spec], None, via.variables, via.variable_files, via.env_names)
    documents = [
        document for document in wiring.plannable(source) if document.spec.table_name == via.load.table
    ]
    if not documents:
        raise DynaopsError(
            f"No spec in {via.spec} declares the table {via.load.table!r}",
            "ImportTable makes a new table: name the file that says which with --spec.",
        )
    return documents[0]


def _begin(
    via: JobCommand, document: Document, store: Store, aws: Aws, screen: Screen
) -> tuple[str, StagedInput] | None:
    """Show the table to be created, ask for confirmation, copy the rows to S3 and start. Returns None for a dry run."""
    plan = wiring.make_plan([document], store.load(), aws)
    create = _creation(plan, via.load.table)
    prepared = prepare(via.load.files, keys_of(create.parameters), lambda: aws, aws_jobs.reading(via.load))
    tell_what_is_read(prepared, screen)
    to = aws_jobs.handover(via, prepared, aws)
    handed = to.ready or StagedInput(to.rows)
    preview = [
        table_import.operation(create, handed) if operation is create else operation
        for operation in plan.operations
    ]
    show_plan(screen, plan.model_copy(update={"operations": tuple(preview)}))
    screen.say(_said(create, handed))
    if via.dry_run:
        screen.say("Nothing was sent (--dry-run).")
        return None
    require_agreement(screen, f"Import into a new table {via.load.table}?", via.yes)
    handed = aws_jobs.handed_over(via, prepared, to, aws, screen)
    call = table_import.operation(create, handed).model_copy(update={"after": (), "needs": ()})
    record = aws_jobs.send(call, aws, screen)
    assert record is not None and record.arn is not None
    return record.arn, handed


def _said(create: Operation, handed: StagedInput) -> str:
    """Notes about the differences from an apply."""
    sentence = f"AWS makes the table and fills it from {handed.location.url} in one go (ImportTable)."
    later = table_import.left_out(create)
    return (
        f"{sentence} What that does not take ({', '.join(later)}) follows when the rows are in."
        if later
        else sentence
    )


def _creation(plan: Plan, table: str) -> Operation:
    for operation in plan.operations:
        if (
            operation.api == "CreateTable"
            and operation.parameters["TableName"] == table
            and not plan.destructive
        ):
            return operation
    raise DynaopsError(
        f"There is a table {table!r} already, and ImportTable makes a new one",
        "Load into it with load-data, with or without --via-bulk-put; an import that runs is watched with --resume.",
    )


def _standing(aws: Aws, region: str, table: str) -> tuple[str, StagedInput]:
    """The latest import of the table."""
    imports = table_import.listed(aws, region, table)
    if not imports:
        raise DynaopsError(f"There is no import of a table {table!r} in {region}")
    source = imports[0].get("S3BucketSource", {})
    handed = aws_jobs.staged_before(source.get("S3Bucket", ""), source.get("S3KeyPrefix", ""), aws)
    return str(imports[0]["ImportArn"]), handed


def _follow(
    via: JobCommand,
    document: Document,
    store: Store,
    aws: Aws,
    settings: GlobalSettings,
    arn: str,
    region: str,
    handed: StagedInput,
) -> int:
    """Watch the import until it ends, then record the table and apply the settings that ImportTable does not set."""
    screen = Screen(settings)
    job = aws_jobs.followed(lambda: table_import.look(aws, region, arn), aws, screen, "read by AWS", None)
    bad_items = job.code == table_import.BAD_ITEMS
    if job.status != "COMPLETED" and not bad_items:
        aws_jobs.tidied(handed, aws)
        raise DynaopsError(f"The import failed: {job.why}", _AGAIN)
    refused, samples = aws_jobs.refused_rows(table_import.errors(aws, region, job), via.load.rejects_path)
    samples = [*handed.samples, *samples]
    remarks = aws_jobs.tidied(handed, aws)
    if job.failed > refused:
        remarks.append(f"AWS logged {refused} of the {job.failed} rows that it could not import.")
    screen.show(outcome_page(_outcome(via, job, handed, samples, remarks)))
    screen.gap()
    about = aws_jobs.job_document(job, handed, samples, via.load.rejects_path)
    code = _adopt(document, store, aws, settings, {"import": about})
    return code or (Exit.FAILED if handed.rejected or job.failed else Exit.OK)


def _adopt(
    document: Document, store: Store, aws: Aws, settings: GlobalSettings, about: dict[str, Any]
) -> int:
    """Record the table, and apply the rest of its spec."""
    plan = wiring.make_plan([document], store.load(), aws)
    screen = Screen(settings)
    if screen.json and not (plan.operations or plan.updates):  # adopted before
        screen.document({**plan.public(), **about})
        return Exit.OK
    terms = Terms(
        yes=True, allow_replace=False, allow_destroy=False, document=lambda: about, allow_adopt=True
    )
    return carry_out(plan, store, aws, settings, terms)


def _outcome(
    via: JobCommand, job: AwsJob, handed: StagedInput, samples: Sequence[Reject], remarks: list[str]
) -> TransferOutcome:
    good = not (handed.rejected or job.failed)
    verdict, style = (
        ("Imported", TextStyle.GOOD) if good else ("Imported but for rejected rows", TextStyle.WARNING)
    )
    return aws_jobs.outcome(verdict, style, "imported", via, job, handed, samples, remarks)


def _list(aws: Aws, region: str, table: str, screen: Screen) -> int:
    imports = [
        table_import.look(aws, region, summary["ImportArn"])
        for summary in table_import.listed(aws, region, table)
    ]
    aws_jobs.show_jobs(f"Imports of {table}", imports, screen)
    return Exit.OK
