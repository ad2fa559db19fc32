"""What several commands show: a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynaops.cli.project.project_file import project
from dynaops.cli.screen import Screen

if TYPE_CHECKING:
    from dynaops.model.plan import Plan


def show_plan(screen: Screen, plan: Plan, *, operations: bool = False, refreshed: bool = True) -> None:
    """The plan for people, with the list of its operations where that was asked for."""
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
