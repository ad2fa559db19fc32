"""Pages for a command on several environments: a heading for each, and the exit codes."""

from __future__ import annotations

from collections.abc import Mapping

from dynaops.views.page import Page, PageNode, Section, StyledText, TextStyle, line, strong

_WORDS = {
    0: ("done", TextStyle.GOOD),
    1: ("failed", TextStyle.ERROR),
    2: ("changes", TextStyle.UPDATE),
    3: ("warnings", TextStyle.WARNING),
    4: ("the state is locked", TextStyle.ERROR),
    5: ("the plan is stale", TextStyle.ERROR),
    130: ("interrupted", TextStyle.ERROR),
}


def heading_page(environment: str) -> Page:
    """The heading of one environment."""
    return Page((Section((PageNode(line(strong(f"Environment {environment}"))),)),))


def exits_page(exits: Mapping[str, int]) -> Page:
    """The exit code of each environment, and its meaning."""
    return Page(
        (Section(tuple(_node(name, code) for name, code in exits.items()), line(strong("Environments"))),)
    )


def _node(name: str, code: int) -> PageNode:
    words, style = _WORDS.get(code, ("failed", TextStyle.ERROR))
    return PageNode(line(name), value=line(f"exit {code}  ", StyledText(words, style)))
