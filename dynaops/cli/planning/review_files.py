"""Reviews of plans: files for reviewers, and a team's house rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli.project.project_file import project
from dynaops.cli.settings import GlobalSettings
from dynaops.model.errors import DynaopsError
from dynaops.model.project import require_inside

if TYPE_CHECKING:
    from dynaops.model.plan import Plan
    from dynaops.model.state import State
    from dynaops.specs.load import Document

Policies = Annotated[
    list[str] | None,
    typer.Option("--policy", metavar="FILE", help="House rules that the plan is held to (repeatable)."),
]
Markdown = Annotated[
    str | None, typer.Option("--markdown", metavar="FILE", help="Also write it for a pull request's comment.")
]
Html = Annotated[
    str | None, typer.Option("--html", metavar="FILE", help="Also write it as one self-contained page.")
]


def house_rules(settings: GlobalSettings, policies: Sequence[str] | None) -> tuple[str, ...]:
    """The files of house rules, from the project file and the command line."""
    return tuple(dict.fromkeys((*project(settings).policies, *(policies or ()))))


def judged(plan: Plan, documents: Sequence[Document], state: State, policies: Sequence[str] | None) -> Plan:
    """The plan with findings for the house rules that it breaks. Raises SpecError for an invalid policy file."""
    if not policies:
        return plan
    from dynaops.engine.house_rules import load_rules

    broken = load_rules(policies).broken_by(plan, documents, state)
    return plan.model_copy(update={"violations": tuple(broken)})


def write_reviews(
    plan: Plan,
    markdown: str | None,
    html: str | None,
    refreshed: bool,
    digest: str | None = None,
) -> None:
    """Write the requested files; `digest` is that of the saved plan. Raises DynaopsError."""
    if markdown is not None:
        from dynaops.views.review import markdown as as_markdown

        _write(markdown, as_markdown(plan, refreshed, digest))
    if html is not None:
        from dynaops.views.review import html as as_html

        _write(html, as_html(plan, refreshed, digest))


def _write(path: str, text: str) -> None:
    require_inside(path)
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DynaopsError(f"Cannot write {path}: {error.strerror}") from error


def require_lawful(plan: Plan) -> None:
    """Raise DynaopsError if the plan breaks a house rule of severity error."""
    broken = plan.forbidden
    if broken:
        names = ", ".join(dict.fromkeys(finding.code for finding in broken))
        raise DynaopsError(
            f"Nothing was sent: the plan breaks house rules ({names})",
            "They are told above. Change the spec, or the rules (--policy).",
        )
