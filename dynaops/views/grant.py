"""Page about granted permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaops.views import wording
from dynaops.views.page import Page, PageNode, Section, faint, line, strong


def granted_page(configuration: Mapping[str, Any]) -> Page:
    """The policy, and the variables that the functions need."""
    functions = configuration["functions"]
    variables = functions[0]["environment"] if functions else {}
    policy = Section(
        (PageNode(line("ARN"), value=line(configuration["policy"]["arn"])),), line(strong("Policy"))
    )
    return Page(
        (
            policy,
            Section(
                tuple(PageNode(line(name), value=line(value)) for name, value in variables.items()),
                line(
                    strong("Variables"), faint(": for the functions' environment; dynaops does not set them")
                ),
            ),
        )
    )


def nothing_to_do(configuration: Mapping[str, Any], revoke: bool) -> str:
    """The message if a grant or a revocation has nothing to change."""
    names = wording.listed(function["name"] for function in configuration["functions"])
    table, policy = configuration["table"]["name"], configuration["policy"]["name"]
    if revoke:
        return f"Nothing to do: the policy {policy} is not attached to the role of {names}."
    return f"Nothing to do: {names} may use {table} already, by the policy {policy}."
