"""``dynaops validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli import wiring
from dynaops.cli.context import settings_of
from dynaops.cli.formats import FormatOption, output
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.planning.review_files import house_rules
from dynaops.cli.screen import Screen
from dynaops.cli.specs.sources import SpecOptions, takes_specs
from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynaops.model.finding import Finding

app = new_app()
Subjects = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH|TABLE",
        help="Spec files or directories of them; with --live also tables.  [default: specs]",
        show_default=False,
    ),
]
EXAMPLES = """dynaops validate
dynaops validate specs/orders.yaml --strict
dynaops validate --policy house-rules.yaml --policy cost-rules.yaml
dynaops validate --live
dynaops validate orders --live --junit report.xml
dynaops validate --format github"""


@app.command(cls=Command, epilog=EXAMPLES)
@takes_specs(Subjects)
def validate(
    ctx: typer.Context,
    chosen: SpecOptions,
    live: Annotated[bool, typer.Option("--live", help="Also check the deployed tables in AWS.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if there are warnings.")] = False,
    policies: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="FILE", help="House rules that the specs are held to (repeatable)."),
    ] = None,
    markdown: Annotated[
        str | None, typer.Option("--markdown", metavar="FILE", help="With --live: also write it as Markdown.")
    ] = None,
    junit: Annotated[
        str | None, typer.Option("--junit", metavar="FILE", help="With --live: also write it as JUnit XML.")
    ] = None,
    form: FormatOption = None,
) -> int:
    """Check specs offline; with --live, the deployed tables too.

    Offline, nothing is sent and no credentials are needed. With --live nothing is changed either: settings, drift,
    restore drills and 24 hours of metrics are judged, against the specs where there are some.
    """
    settings = settings_of(ctx)
    with output(settings, "validate", form) as document:
        specs = chosen.source(settings)
        rules = house_rules(settings, policies)
        if live:
            from dynaops.cli.specs.live_check import Files, validate_live

            files = Files(markdown, junit)
            return validate_live(settings, specs.paths, specs, files, rules, strict=strict, document=document)
        if markdown or junit:
            raise typer.BadParameter("needs --live", param_hint="--markdown" if markdown else "--junit")
        screen = Screen(settings, document=form is not None)
        findings, tables = wiring.validated(specs, rules)
        if settings.json:
            from dynaops.views.json_documents import validated

            screen.document(validated(findings, tables))
        else:
            from dynaops.views.findings import report_page

            screen.show(report_page(findings, tables))
        if form is not None:
            from dynaops.views.formats.entries import of_specs

            document.show(of_specs(findings, tables, strict))
    return _exit(findings, strict)


def _exit(findings: Sequence[Finding], strict: bool) -> int:
    severities = {finding.severity.value for finding in findings}
    if "error" in severities:
        return Exit.FAILED
    return Exit.WARNINGS if strict and "warning" in severities else Exit.OK
