"""``dynaops render``."""

from __future__ import annotations

from typing import Annotated

import typer

from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen
from dynaops.cli.specs import sources
from dynaops.cli.specs.sources import SpecOptions, takes_specs

app = new_app()
EXAMPLES = """dynaops render specs/orders.yaml -E prod
dynaops render -E prod --origins
dynaops render -E prod -f hotfix.yaml --json"""


@app.command(cls=Command, epilog=EXAMPLES)
@takes_specs()
def render(
    ctx: typer.Context,
    chosen: SpecOptions,
    origins: Annotated[
        bool, typer.Option("--origins", help="Say of each value where it is written, and its variables.")
    ] = False,
) -> None:
    """Print composed specs, and where each value comes from.

    With defaults, overlays and variables, as YAML that loads to the same specs: what a plan is made of. What --env-var
    opens is not printed, but stays ${env.NAME}. Values from --var, variable files and DYNAOPS_VAR_ are printed.
    """
    from dynaops.model.rendered import RenderedDocument
    from dynaops.specs.render import rendered
    from dynaops.views.rendered import json_documents, yaml_text

    settings = settings_of(ctx)
    screen = Screen(settings)
    specs = chosen.source(settings)
    loaded = sources.documents(specs)
    values = sources.values_of(specs)
    documents = [RenderedDocument(document.source, rendered(document.written, values)) for document in loaded]
    documents += [
        RenderedDocument(document.source, rendered(document.node, values)) for document in loaded.beside
    ]
    if settings.json:
        screen.document(json_documents(documents))
    elif documents:
        screen.data(yaml_text(documents, origins))
    else:
        screen.aside("There are no documents in this environment.")
