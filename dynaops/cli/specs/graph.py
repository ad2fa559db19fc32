"""``dynaops graph``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli import options, wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.planning.plan_inputs import PlanInputs
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.specs.sources import SpecOptions, takes_specs
from dynaops.model.files import write_text

if TYPE_CHECKING:
    from dynaops.model.graph import Graph

app = new_app()
EXAMPLES = """dynaops graph
dynaops graph specs/orders.yaml --plan
dynaops graph --out tables.svg
dynaops graph --recorded --format mermaid"""


class GraphFormat(StrEnum):
    """The formats of a graph."""

    TREE = "tree"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


_BY_SUFFIX = {
    ".svg": GraphFormat.SVG,
    ".dot": GraphFormat.DOT,
    ".gv": GraphFormat.DOT,
    ".mmd": GraphFormat.MERMAID,
    ".mermaid": GraphFormat.MERMAID,
}


@app.command(cls=Command, epilog=EXAMPLES)
@takes_specs()
def graph(
    ctx: typer.Context,
    chosen: SpecOptions,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Draw what the state names; no spec is read.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Look at AWS, and colour by what apply would do.")
    ] = False,
    format_: Annotated[
        GraphFormat | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="tree, mermaid, dot or svg.  [default: as FILE's name ends, else tree]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[str | None, typer.Option(metavar="FILE", help="Write it to a file.")] = None,
) -> None:
    """Draw resources and what they depend on.

    Without PATH and without a specs directory, that is what the state names. AWS is not asked, but with --plan.
    """
    if recorded and (chosen.paths or chosen.overlays or plan):
        raise typer.BadParameter("--recorded draws the state alone: leave out paths, --file and --plan.")
    settings = settings_of(ctx)
    screen = Screen(settings)
    specs = chosen.source(settings)
    of_specs = bool(chosen.paths or chosen.overlays or plan)
    if recorded or not (of_specs or specs.project.specs or Path(options.SPECS).exists()):
        drawn = wiring.graph_of_state(wiring.store(settings).load())
    else:
        drawn = _of_specs(settings, specs, plan)
    written_as = format_ or (_BY_SUFFIX.get(Path(out).suffix.lower()) if out else None) or GraphFormat.TREE
    if out is not None:
        from dynaops.model.project import require_inside

        require_inside(out)
        write_text(out, _written(drawn, written_as))
        screen.aside(f"The graph is in {out}.")
    if settings.json:
        screen.document(drawn.model_dump(mode="json"))
    elif out is None:
        _show(screen, drawn, written_as)


def _of_specs(settings: GlobalSettings, specs: wiring.SpecSource, plan: bool) -> Graph:
    region = wiring.home_region(settings)
    if not plan:
        return wiring.graph_of_specs(wiring.documents(specs), wiring.store(settings).load(), region)
    documents = wiring.plannable(specs)
    inputs = PlanInputs.of_documents(settings, documents, specs.read)
    state = inputs.state()
    return wiring.graph_of_specs(documents, state, region, inputs.plan(state))


def _show(screen: Screen, drawn: Graph, chosen: GraphFormat) -> None:
    if chosen is GraphFormat.TREE:
        from dynaops.views.graph.tree import tree_page

        screen.show(tree_page(drawn))
    else:
        screen.data(_written(drawn, chosen))


def _written(drawn: Graph, chosen: GraphFormat) -> str:
    """The graph as text for a file."""
    if chosen is GraphFormat.SVG:
        from dynaops.views.graph.svg import svg

        return svg(drawn)
    if chosen is GraphFormat.DOT:
        from dynaops.views.graph.dot import dot

        return dot(drawn)
    if chosen is GraphFormat.MERMAID:
        from dynaops.views.graph.mermaid import mermaid

        return mermaid(drawn)
    from dynaops.views.graph.tree import tree_page
    from dynaops.views.plain import to_text

    return to_text(tree_page(drawn))
