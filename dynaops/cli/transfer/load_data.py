"""``dynaops load-data``."""

from __future__ import annotations

from typing import Annotated

import typer

from dynaops.cli import options
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app

app = new_app()
EXAMPLES = """dynaops load-data orders orders.jsonl
dynaops load-data orders s3://exports/AWSDynamoDB/01695-abc/ --rate 500
dynaops load-data users users.csv.gz --types zip=S,age=N --dry-run
dynaops load-data users --from-rejects --types age=S
zcat old.csv.gz | dynaops load-data orders - --format csv
dynaops load-data orders big/ --via-bulk-put --staging s3://handover/rows
dynaops load-data orders s3://exports/AWSDynamoDB/01695-abc/ --via-import --spec specs/orders.yaml"""


@app.command(cls=Command, epilog=EXAMPLES)
def load_data(
    ctx: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help="Name of the table. Left out with --table-from-file: all arguments are files.",
        ),
    ],
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Files, folders, s3:// objects or prefixes, export manifests; - is stdin.",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="json, jsonl, csv, copy, dynamodb, parquet, arrow, orc, sqlite, xlsx.  [default: found out]",
        ),
    ] = None,
    types: Annotated[
        str, typer.Option(metavar="NAME=TYPE,..", help="Types of attributes, such as age=N,tags=SS.")
    ] = "",
    delimiter: Annotated[
        str | None, typer.Option(metavar="CHAR", help="CSV's delimiter.  [default: found out]")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAME,..", help="Names of the columns of CSV that has no header."),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Encoding of text, such as windows-1252.  [default: found out]"),
    ] = None,
    null: Annotated[
        list[str] | None,
        typer.Option("--null", metavar="TEXT", help="Cells of CSV with this text are left out. Repeatable."),
    ] = None,
    strict_types: Annotated[
        bool,
        typer.Option(
            "--strict-types", help="Reject cells of CSV that do not fit what their column was taken for."
        ),
    ] = False,
    keep_empty: Annotated[
        bool, typer.Option("--keep-empty", help="Empty cells of CSV are empty strings, not left out.")
    ] = False,
    nulls: Annotated[
        str,
        typer.Option(
            metavar="keep|drop", help="Nulls of JSON, Parquet and the like: NULL values, or left out."
        ),
    ] = "keep",
    sql_table: Annotated[
        str | None,
        typer.Option("--sql-table", metavar="NAME", help="Table or view of an SQLite database."),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sheet of an Excel workbook.  [default: the first]")
    ] = None,
    source_table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The table's name in files that name tables.  [default: TABLE]"),
    ] = None,
    table_from_file: Annotated[
        bool,
        typer.Option(
            "--table-from-file", help="Load rows into the tables that the files name for them (no TABLE)."
        ),
    ] = False,
    partitions: Annotated[
        bool,
        typer.Option("--partitions", help="Folders' names (dt=2026-01-01) are attributes of their rows."),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=64, help="Processes.  [default: one a core, up to 8]"),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(metavar="WCU", min=0.1, help="Write units a second.  [default: what the table bears]"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run ended.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew although an earlier run is unfinished.")
    ] = False,
    rejects: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Where bad rows go, if there are any; a new file.  [default: TABLE.INPUT.TIME.rejects.jsonl]",
        ),
    ] = None,
    from_rejects: Annotated[
        bool,
        typer.Option(
            "--from-rejects", help="FILE is a rejects file (or the table's newest): load its rows again."
        ),
    ] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first bad row.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all rows, write none; estimate cost and time.")
    ] = False,
    if_not_exists: Annotated[
        bool, typer.Option("--if-not-exists", help="Leave rows that are in the table as they are.")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Set the attributes that rows name; leave the others.")
    ] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the rows with these keys.")] = False,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only the I-th of N shares, for several hosts.")
    ] = None,
    via_import: Annotated[
        bool, typer.Option("--via-import", help="AWS makes the table by its spec and fills it from S3.")
    ] = False,
    via_bulk_put: Annotated[
        bool, typer.Option("--via-bulk-put", help="AWS reads the rows from S3 and puts them into the table.")
    ] = False,
    staging: Annotated[
        str | None,
        typer.Option(metavar="S3URL", help="Where rows are put for AWS to read, such as s3://bucket/prefix."),
    ] = None,
    spec: Annotated[
        str, typer.Option(metavar="PATH", help="With --via-import: the spec of the new table.")
    ] = options.SPECS,
    variables: options.Variables = None,
    variable_files: options.VariableFiles = None,
    env_names: options.EnvNames = None,
    yes: options.Yes = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel the bulk put that is under way.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the table's bulk puts or imports.")] = False,
) -> int:
    """Fill a table from files, fast, with account kept of every row.

    Rows that break a rule of DynamoDB go to the rejects file with line and reason, all others are written.
    A load that was interrupted or killed is continued with --resume. Of rows with the same key the last one stays.
    What outgrows one machine AWS itself loads from S3: --via-import, --via-bulk-put.
    """
    via = "import" if via_import else "bulk-put" if via_bulk_put else None
    _check_engines(via, via_import and via_bulk_put, staging, cancel, listing)
    if table_from_file:
        if via or rejects or from_rejects or source_table:
            raise typer.BadParameter(
                "--table-from-file gives each table a load and rejects of its own: leave out --rejects, "
                "--from-rejects, --source-table and --via-... (load-data TABLE --from-rejects loads one table's)."
            )
        files, table = [table, *(files or ())], ""
    if from_rejects and (via or format_ or columns or partitions):
        raise typer.BadParameter(
            "--from-rejects knows what its rows are: leave out --format, --columns, --partitions and --via-..."
        )
    if from_rejects and not files:
        from dynaops.cli.transfer.load_files import newest_rejects

        files = [newest_rejects(table)]
    if not files and not (via and (resume or cancel or listing)):
        raise typer.BadParameter("Name the files to load.", param_hint="FILE")
    if nulls not in ("keep", "drop"):
        raise typer.BadParameter(f"{nulls!r} is neither keep nor drop.", param_hint="--nulls")
    if sum((if_not_exists, update, delete)) > 1:
        raise typer.BadParameter("Choose one of --if-not-exists, --update and --delete.")
    if resume and restart:
        raise typer.BadParameter("Choose one of --resume and --restart.")
    from dynaops.cli.transfer.load import LoadRequest, run
    from dynaops.cli.transfer.read_request import ReadRequest

    mode = "if-not-exists" if if_not_exists else "update" if update else "delete" if delete else "put"
    request = LoadRequest(
        table=table,
        files=tuple(files or ()),
        read=ReadRequest(
            format=format_,
            types=types,
            delimiter=delimiter,
            keep_empty=keep_empty,
            nulls=nulls,
            sql_table=sql_table,
            sheet=sheet,
            encoding=encoding,
            columns=columns,
            null=tuple(null or ()),
            strict_types=strict_types,
            partitions=partitions,
            source_table=source_table,
            rejects=from_rejects,
        ),
        workers=workers,
        rate=rate,
        resume=resume,
        rejects=rejects,
        fail_fast=fail_fast,
        mode=mode,
        shard=shard,
        restart=restart,
    )
    if table_from_file:
        from dynaops.cli.transfer.load_tables import run as run_tables

        return run_tables(request, settings_of(ctx), dry_run)
    if via is None:
        return run(request, settings_of(ctx), dry_run)
    if mode != "put" or shard or workers or (dry_run and via_bulk_put):
        raise typer.BadParameter(
            "AWS's engines only put rows: leave out --if-not-exists, --update, --delete, --shard, --workers"
            + (" and --dry-run." if dry_run else ".")
        )
    from dynaops.cli.transfer import via_bulk_put as by_bulk_put
    from dynaops.cli.transfer import via_import as by_import
    from dynaops.cli.transfer.aws_jobs import JobCommand

    job_command = JobCommand(
        load=request,
        staging=staging,
        spec=spec,
        variables=tuple(variables or ()),
        variable_files=tuple(variable_files or ()),
        env_names=tuple(env_names or ()),
        yes=yes,
        dry_run=dry_run,
        cancel=cancel,
        listing=listing,
    )
    settings = settings_of(ctx)
    return by_import.run(job_command, settings) if via_import else by_bulk_put.run(job_command, settings)


def _check_engines(via: str | None, both: bool, staging: str | None, cancel: bool, listing: bool) -> None:
    """Raise BadParameter if options contradict each other."""
    if both:
        raise typer.BadParameter("Choose one of --via-import and --via-bulk-put.")
    if via is None and (staging or cancel or listing):
        raise typer.BadParameter("--staging, --cancel and --list go with --via-import or --via-bulk-put.")
    if cancel and listing:
        raise typer.BadParameter("Choose one of --cancel and --list.")
