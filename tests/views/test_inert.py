"""Text of any origin, in any part of a plan, is inert on a terminal, in a pipe, in Markdown and in HTML."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest

from dynaops.model.plan import Plan
from dynaops.views.operations import operations_page
from dynaops.views.plain import to_text
from dynaops.views.plan import drift_page, plan_page
from dynaops.views.review import html, markdown
from tests.views.drawing import drawn
from tests.views.plans import FULL, plan

ESCAPES = (
    "\x1b[2J\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x9b31m\r\x08\x7f\u202e\u2066\u2028\u0085\udc80\n+ line"
)
MARKUP = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>"
    "[a](http://evil.example)![b](c)@team www.evil.example|`x`*y*_z_```\n# h"
)
_FIXED = {"lineage", "created_at", "dynaops_version", "format_version", "account", "endpoint", "fingerprints"}
"""What no spec, name or answer decides."""


def spoiled(value: Any, text: str, key: str = "") -> Any:
    """`value` with `text` after each string that is free, and in the keys of maps that are free."""
    if isinstance(value, dict):
        return {name: spoiled(child, text, name) for name, child in value.items() if name not in _FIXED}
    if isinstance(value, list | tuple):
        return tuple(spoiled(child, text, key) for child in value)
    return value + text if type(value) is str else value


def hostile(text: str) -> Plan:
    """The full plan with `text` in every string that a model takes it in."""
    found = plan(**spoiled(FULL.model_dump(), text)).model_dump()
    found["warnings"] = tuple(
        {**one, "message": text, "hint": text, "address": text} for one in found["warnings"]
    )
    found["changes"][0]["after"] = {text: {text: [text]}, "tags": {text: text}}
    return Plan.model_validate(found)


PAGES = {
    "plan": lambda made: plan_page(made),
    "operations": lambda made: operations_page(made),
    "drift": lambda made: drift_page(made.drift, made.unmanaged),
}


def harmful(text: str, allowed: str = "") -> set[str]:
    return {
        char
        for char in text
        if char not in "\n" + allowed and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }


@pytest.mark.parametrize("name", PAGES)
def test_on_a_terminal_and_in_a_pipe(name: str) -> None:
    made = hostile(ESCAPES)
    page = PAGES[name](made)
    assert "owned" in to_text(page)
    assert not harmful(to_text(page))
    assert not harmful(drawn(page))
    colored = re.sub(r"\x1b\[[0-9;]*m", "", drawn(page, color=True))
    assert not harmful(colored)
    assert not [line for line in to_text(page).split("\n") if line.startswith("+ line")]


def test_in_reviews() -> None:
    made = hostile(ESCAPES)
    assert not harmful(markdown(made), allowed="\u200b")
    assert not harmful(html(made))
    assert not [line for line in markdown(made).split("\n") if line.startswith("+ line")]


class _Tags(HTMLParser):
    """Which elements and attributes a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def test_markup_in_html() -> None:
    tags = _Tags()
    tags.feed(html(hostile(MARKUP)))
    assert not {"script", "img", "a", "iframe", "link"} & tags.tags
    assert not {"onerror", "src", "href"} & tags.attributes


def test_markup_in_markdown() -> None:
    """Outside of fenced blocks, which show it as it is and which it cannot end."""
    text = markdown(hostile(MARKUP))
    fences = re.compile(r"^(`{3,})diff\n.*?^\1$", re.MULTILINE | re.DOTALL)
    assert fences.search(text)
    lines = re.sub(r"\\.", "", fences.sub("", text)).split("\n")
    summaries = [line for line in lines if line.startswith("<details>")]
    rest = [re.sub(r"`[^`]*`", "", line) for line in lines if not line.startswith("<details>")]
    assert summaries and len(rest) > 10
    for line in (*summaries, *rest):
        for harm in ("<script", "<img", "http://", "www.", "@team"):
            assert harm not in line
        assert not line.startswith(("# h", "```"))
    assert not [line for line in rest if "](http" in line]
