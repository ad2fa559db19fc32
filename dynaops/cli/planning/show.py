"""Show a plan, for several commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynaops.cli.project.project_file import project
from dynaops.cli.screen import Screen

if TYPE_CHECKING:
    from dynaops.model.plan import Plan


def show_plan(screen: Screen, plan: Plan, *, operations: bool = False, refreshed: bool = True) -> None:
    """Show the plan, with the list of its operations if asked for."""
    from dynaops.cli.state.workspaces import selected
    from dynaops.views.operations import operations_page
    from dynaops.views.plan import plan_page

    if operations and plan.operations:
        screen.show(operations_page(plan))
        screen.gap()
    screen.show(plan_page(plan, refreshed, whole=operations))
    workspace = selected(project(screen.settings))
    if plan.lineage and workspace != "default":
        screen.aside(f"Workspace: {workspace}")
