"""``dynaops backup``: make, list, delete, restore and verify backups."""

from __future__ import annotations

from typing import Annotated

import typer

from dynaops.cli import options
from dynaops.cli.context import settings_of
from dynaops.cli.durations import seconds
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.model.backup import Via

app = new_app(
    help="Make backups, restore and verify them.\n\n"
    "DynamoDB's own on-demand backups and the recovery points of AWS Backup alike, and point-in-time recovery. "
    "Nothing of it is recorded in the state, but for tables that are restored."
)

Tables = Annotated[
    list[str], typer.Argument(metavar="TABLE", help="Names of tables, managed by dynaops or not.")
]
SomeTables = Annotated[
    list[str] | None,
    typer.Argument(metavar="TABLE", help="Only these tables.  [default: all]", show_default=False),
]
ViaOption = Annotated[Via, typer.Option("--via", metavar="NAME", help="dynamodb or aws-backup.")]
Role = Annotated[
    str | None,
    typer.Option(metavar="ROLE", help="What AWS Backup works as.  [default: the table's, or the account's]"),
]
At = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="The table as it was then: 2026-11-25T10:00:00Z (UTC), or 15m for so long ago."
    ),
]
Latest = Annotated[bool, typer.Option("--latest", help="The table as it was at the latest time there is.")]
Yes = options.Yes
Operations = options.ShowOperations


@app.command(
    cls=Command,
    epilog="dynaops backup create orders\n"
    "dynaops backup create orders users --keep 7 --yes\n"
    "dynaops backup create orders --via aws-backup --vault nightly --retention 35",
)
def create(
    ctx: typer.Context,
    tables: Tables,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What it is called.  [default: TABLE-TIME]")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it can be restored.")] = True,
    via: ViaOption = Via.DYNAMODB,
    vault: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="AWS Backup's vault.  [default: that of the table's plan, or Default]"
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE", help="What AWS Backup works as.  [default: the table's, or the account's]"
        ),
    ] = None,
    retention: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS", help="How long it is kept. AWS Backup sees to that; older on-demand ones go now."
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Then delete on-demand backups of the table but the newest N."),
    ] = None,
    yes: Yes = False,
    operations: Operations = False,
) -> int:
    """Back tables up now.

    On-demand backups have no life of their own: --keep and --retention delete older ones once the new one is there.
    It is asked before any is deleted.
    """
    from dynaops.cli.backup.actions import make

    if via is Via.AWS_BACKUP and (name or keep):
        raise typer.BadParameter(
            "Recovery points have no names, and AWS Backup deletes them by itself: use --retention."
        )
    if via is Via.DYNAMODB and (vault or role):
        raise typer.BadParameter("--vault and --role are for --via aws-backup.")
    creation = {
        "tables": tuple(tables),
        "via": via,
        "name": name,
        "vault": vault,
        "role": role,
        "days": _days(retention),
        "keep": keep,
    }
    return make(settings_of(ctx), creation, wait=wait, yes=yes, operations=operations)


@app.command("list", cls=Command, epilog="dynaops backup list\ndynaops backup list orders --json")
def list_(
    ctx: typer.Context,
    tables: SomeTables = None,
    via: Annotated[
        Via | None, typer.Option("--via", metavar="NAME", help="Only dynamodb, or only aws-backup.")
    ] = None,
) -> int:
    """List backups: both kinds, with age, size and end.

    Of tables that are named, the times that point-in-time recovery can restore are shown, too. --verbose shows ARNs.
    """
    from dynaops.cli.backup.actions import show_list

    return show_list(settings_of(ctx), tables or (), via)


@app.command(cls=Command, epilog="dynaops backup status\ndynaops backup status orders --wait")
def status(
    ctx: typer.Context,
    tables: SomeTables = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end of what is running.")] = False,
) -> int:
    """Show running backups and restores, and wait for them.

    Whoever began them, from wherever. Jobs that failed within a day are told, too.
    """
    from dynaops.cli.backup.actions import show_status

    return show_status(settings_of(ctx), tables or (), wait)


@app.command(cls=Command, epilog="dynaops backup delete orders-20261125T101500Z")
def delete(
    ctx: typer.Context,
    backups: Annotated[
        list[str], typer.Argument(metavar="BACKUP", help="Names or ARNs of backups, ids of recovery points.")
    ],
    yes: Yes = False,
    operations: Operations = False,
) -> int:
    """Delete backups, for good."""
    from dynaops.cli.backup.actions import remove

    return remove(settings_of(ctx), backups, yes, operations)


@app.command(
    cls=Command,
    epilog="dynaops backup prune orders --keep 7\n"
    "dynaops backup prune orders users --older-than 30d --keep 3 --match 'nightly-*'",
)
def prune(
    ctx: typer.Context,
    tables: Tables,
    keep: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Never delete the newest N.  [default: 1]")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Only what is older than this, such as 30d.")
    ] = None,
    match: Annotated[str, typer.Option(metavar="GLOB", help="Only backups with such names count.")] = "*",
    via: ViaOption = Via.DYNAMODB,
    yes: Yes = False,
    operations: Operations = False,
) -> int:
    """Delete backups that are too many or too old.

    Each table counts by itself.
    """
    from dynaops.backups.delete import Retention
    from dynaops.cli.backup.actions import prune as pruned

    age = seconds(older_than, "--older-than", "d") if older_than else None
    retention = Retention(keep, age, match)
    return pruned(settings_of(ctx), tables, retention, via, yes=yes, operations=operations)


@app.command(
    cls=Command,
    epilog="dynaops backup restore orders-20261125T101500Z orders-restored\n"
    "dynaops backup restore orders orders-restored --at 2026-11-25T10:00:00Z\n"
    "dynaops backup restore orders orders-restored --at 15m --without lambda_triggers",
)
def restore(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A backup's name or ARN, a recovery point's id or ARN; with --at or --latest a table.",
        ),
    ],
    target: Annotated[str, typer.Argument(metavar="NEW-TABLE", help="The name of the table that is made.")],
    at: At = None,
    latest: Latest = False,
    spec: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="Its spec, or a folder for it: used if it is there, else written; - prints it.  "
            "[default: NEW-TABLE.yaml beside the source's]",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Do not put this back, such as lambda_triggers (repeatable)."),
    ] = None,
    role: Role = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the rows, and put the settings back.")
    ] = True,
    yes: Yes = False,
    operations: Operations = False,
) -> int:
    """Restore a new table, with all its settings.

    A restore carries rows, keys, indexes, capacity and encryption. TTL, tags, stream, point-in-time recovery,
    autoscaling, policies, triggers and the rest are put back from the spec of the table it comes from, and the new
    table is recorded in the state. Run again, it goes on where it stands.
    """
    from pathlib import Path

    from dynaops.backups.restore import RestoreRequest
    from dynaops.cli.backup.restore import restore as restored

    file = Path(spec) if spec else None
    if file is not None and file.is_dir():
        file /= f"{target}.yaml"
    request = RestoreRequest(source, target, "", None, latest, role, file, tuple(without or ()))
    return restored(settings_of(ctx), request, at, wait=wait, yes=yes, operations=operations)


@app.command(
    cls=Command,
    epilog="dynaops backup verify orders-20261125T101500Z\n"
    "dynaops backup verify orders --latest --sample 1000 --yes\n"
    "dynaops backup verify --all --stalest 5 --latest --yes",
)
def verify(
    ctx: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="A backup's name or ARN, a recovery point's id or ARN; with --at or --latest a table.",
            show_default=False,
        ),
    ] = None,
    at: At = None,
    latest: Latest = False,
    all_tables: Annotated[
        bool,
        typer.Option(
            "--all", help="All tables of the state, each by its newest backup; with --latest as it is now."
        ),
    ] = False,
    stalest: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Of --all, only the N whose last successful drill is longest ago; those without one first.",
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Compare all keys, but only N items whole.  [default: all items]"
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="RCU", min=0.1, help="Read units a second, of each table.  [default: what they bear]"
        ),
    ] = None,
    role: Role = None,
    yes: Yes = False,
    operations: Operations = False,
) -> int:
    """Prove that a backup can be restored and is whole.

    It is restored into a scratch table, without indexes, compared with the table it is of, and deleted. Exits 1 where
    they differ. Run again after an interruption, it goes on where it stands. With --all, a drill that fails does not
    stop the others, and a table with nothing to restore fails, too.
    """
    from dynaops.backups.compare import How

    if all_tables and not (source is None and at is None):
        raise typer.BadParameter(f"--all is of every table: leave out {source or '--at'}.")
    if stalest is not None and not all_tables:
        raise typer.BadParameter("--stalest chooses among the tables of --all: add that.")
    how = How(sample, rate)
    if source is None:
        if not all_tables:
            raise typer.BadParameter("Name what is verified, or add --all for all tables of the state.")
        from dynaops.cli.backup.verify_all import verify_all

        return verify_all(settings_of(ctx), stalest, latest, role, how, yes=yes, operations=operations)
    from dynaops.cli.backup.verify import verify as verified

    return verified(settings_of(ctx), source, at, latest, role, how, yes=yes, operations=operations)


def _days(text: str | None) -> int | None:
    """A duration in whole days, the unit of AWS Backup."""
    if text is None:
        return None
    days, rest = divmod(seconds(text, "--retention", "d"), 86_400)
    if rest or not days:
        raise typer.BadParameter("write whole days, such as 35 or 35d", param_hint="--retention")
    return int(days)
