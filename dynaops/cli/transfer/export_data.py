"""``dynaops export-data``."""

from __future__ import annotations

from typing import Annotated

import typer

from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app

app = new_app()
EXAMPLES = """dynaops export-data orders
dynaops export-data orders --out orders.jsonl.gz --rate 100 --consistent-read
dynaops export-data users --out - --format csv --projection id,name,address.city
dynaops export-data users --filter "age > :min" --values '{":min": 17}'
dynaops export-data orders --via-export --staging s3://handover/exports --out orders-export"""


@app.command(cls=Command, epilog=EXAMPLES)
def export_data(
    ctx: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Name of the table.")],
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="File (.jsonl, .csv, .tsv; .gz, .zst), folder, s3://BUCKET/KEY; - is stdout.  [default: TABLE.jsonl]",
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="jsonl, csv, tsv or dynamodb.  [default: by FILE's name; jsonl, or dynamodb if types would be lost]",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(metavar="N", min=1, max=256, help="Segments that are read at once.")
    ] = 8,
    rate: Annotated[
        float | None,
        typer.Option(metavar="RCU", min=0.1, help="Read units a second.  [default: what the table bears]"),
    ] = None,
    consistent_read: Annotated[
        bool, typer.Option("--consistent-read", help="Read what was written last; takes twice the units.")
    ] = False,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", metavar="EXPR", help="Only rows for which this expression holds."),
    ] = None,
    projection: Annotated[
        str | None, typer.Option(metavar="NAME,..", help="Only these attributes; paths such as a.b[0], too.")
    ] = None,
    names: Annotated[
        str | None, typer.Option(metavar="JSON", help='Names in the expression, such as {"#n": "name"}.')
    ] = None,
    values: Annotated[
        str | None, typer.Option(metavar="JSON", help='Values in the expression, such as {":min": 17}.')
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run ended.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it is there.")] = False,
    via_export: Annotated[
        bool, typer.Option("--via-export", help="AWS writes the table to S3; with --out DIR it is fetched.")
    ] = False,
    staging: Annotated[
        str | None,
        typer.Option(metavar="S3URL", help="Where AWS is to write, such as s3://bucket/prefix."),
    ] = None,
    export_time: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="With --via-export: the table as it was then (ISO 8601)."),
    ] = None,
) -> int:
    """Write a table's rows to a file that load-data reads back.

    Numbers keep all their digits. Sets and binary need DynamoDB JSON, which is chosen where there are any.
    An export that was interrupted or killed is continued with --resume.
    With --via-export AWS writes the table as it was at one moment, without reading capacity.
    """
    if via_export:
        if rate or consistent_read or filter_ or projection or names or values or format_:
            raise typer.BadParameter(
                "--via-export writes whole tables in DynamoDB JSON: leave out --format, --rate, "
                "--consistent-read, --filter, --projection, --names and --values."
            )
        from dynaops.cli.transfer import via_export as by_export

        return by_export.run(
            by_export.TableExportRequest(table, staging, out, export_time, resume), settings_of(ctx)
        )
    if staging or export_time:
        raise typer.BadParameter("--staging and --export-time go with --via-export.")
    from dynaops.cli.transfer.export import ExportRequest, run

    request = ExportRequest(
        table=table,
        out=out,
        format=format_,
        workers=workers,
        rate=rate,
        consistent=consistent_read,
        filter=filter_,
        projection=projection,
        names=names,
        values=values,
        resume=resume,
        overwrite=overwrite,
    )
    return run(request, settings_of(ctx))
