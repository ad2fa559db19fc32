"""``dynaops validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli import options, wiring
from dynaops.cli.exits import Exit
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen
from dynaops.cli.settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynaops.model.finding import Finding

app = new_app()
EXAMPLES = """dynaops validate
dynaops validate specs/orders.yaml --strict"""


@app.command(cls=Command, epilog=EXAMPLES)
def validate(
    ctx: typer.Context,
    paths: options.Paths = None,
    overlays: options.Overlays = None,
    variables: options.Variables = None,
    variable_files: options.VariableFiles = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if there are warnings.")] = False,
) -> int:
    """Check specs offline: form, AWS's rules, good practice.

    Nothing is sent, and no credentials are needed.
    """
    settings = settings_of(ctx)
    screen = Screen(settings)
    findings, tables = wiring.checked(wiring.source(paths, overlays, variables, variable_files))
    if settings.json:
        from dynaops.views.json_ import validated

        screen.document(validated(findings, tables))
    else:
        from dynaops.views.findings import report_page

        screen.show(report_page(findings, tables))
    return _exit(findings, strict)


def _exit(findings: Sequence[Finding], strict: bool) -> int:
    severities = {finding.severity.value for finding in findings}
    if "error" in severities:
        return Exit.FAILED
    return Exit.WARNINGS if strict and "warning" in severities else Exit.OK
