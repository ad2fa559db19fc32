"""The root of the command line with the global options. Imports nothing that takes time."""

from __future__ import annotations

from typing import Annotated

import typer

from dynaops.cli.durations import seconds
from dynaops.cli.lazy import Root
from dynaops.cli.logs import start as start_logs
from dynaops.cli.settings import DEFAULT_STATE, ENVIRONMENT_VARIABLE, GlobalSettings, given_of

app = typer.Typer(
    cls=Root,
    name="dynaops",
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""These options may stand before or after the command.

    \b
    Exit codes: 0 done, 1 failed, 2 changes (--exit-code) or wrong usage,
    3 warnings (validate --strict), 4 state locked, 5 stale plan, 130 interrupted.""",
)


def _version(wanted: bool) -> None:
    if wanted:
        from dynaops import __version__

        typer.echo(f"dynaops {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    environment: Annotated[
        str | None,
        typer.Option(
            "--environment",
            "-E",
            metavar="NAME",
            help="Environment of the project file (dynaops.toml); plan, drift and validate take several.",
            envvar=ENVIRONMENT_VARIABLE,
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="AWS region of specs that name none.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Profile of the AWS configuration.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Send every service there.", envvar="AWS_ENDPOINT_URL")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help=f"Where the state lives: a file, or s3://bucket/key.  [default: {DEFAULT_STATE}]",
            envvar="DYNAOPS_STATE",
        ),
    ] = None,
    sandbox: Annotated[
        bool | None,
        typer.Option("--sandbox/--no-sandbox", help="Use the embedded AWS, started when needed; or do not."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours (also: NO_COLOR).")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more; show tracebacks.")] = False,
    log_file: Annotated[str | None, typer.Option(metavar="FILE", help="Write a log of this run.")] = None,
    lock_timeout: Annotated[
        str,
        typer.Option(
            metavar="DURATION", help="Wait for a state's lock: 90s, 10m.", envvar="DYNAOPS_LOCK_TIMEOUT"
        ),
    ] = "0s",
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """DynamoDB tables and everything around them, from YAML specs, straight through the AWS API."""
    del version
    ctx.obj = GlobalSettings(
        region=region,
        profile=profile,
        endpoint_url=endpoint_url,
        state=DEFAULT_STATE if state is None else state,
        sandbox=bool(sandbox),
        json=json,
        no_color=no_color,
        verbose=verbose,
        log_file=log_file,
        environment=environment or None,
        lock_timeout=seconds(lock_timeout, "--lock-timeout"),
        given=given_of(ctx),
        arguments=ctx.obj or (),
    )
    start_logs(ctx.obj, ctx.invoked_subcommand or "")
