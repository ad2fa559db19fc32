"""Several environments for people: a heading for each, and how each ended."""

from __future__ import annotations

from collections.abc import Mapping

from dynaops.views.page import Node, Page, Section, Span, Style, line, strong

_WORDS = {
    0: ("done", Style.GOOD),
    1: ("failed", Style.ERROR),
    2: ("changes", Style.UPDATE),
    3: ("warnings", Style.WARNING),
    4: ("the state is locked", Style.ERROR),
    5: ("the plan is stale", Style.ERROR),
    130: ("interrupted", Style.ERROR),
}


def heading_page(environment: str) -> Page:
    """The heading of what is told of an environment."""
    return Page((Section((Node(line(strong(f"Environment {environment}"))),)),))


def exits_page(exits: Mapping[str, int]) -> Page:
    """How each environment ended: its exit code, and what that means."""
    return Page(
        (Section(tuple(_node(name, code) for name, code in exits.items()), line(strong("Environments"))),)
    )


def _node(name: str, code: int) -> Node:
    words, style = _WORDS.get(code, ("failed", Style.ERROR))
    return Node(line(name), value=line(f"exit {code}  ", Span(words, style)))
