"""Comments on pull requests: within GitHub's bound whatever a plan holds, and whole Markdown where they are cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dynaops.model.change import Action, Difference
from dynaops.model.finding import Finding, Severity
from dynaops.model.operation import Danger
from dynaops.model.plan import Plan
from dynaops.views.review import markdown
from dynaops.views.review.bounded import CommentPart, bounded, cut, marker
from tests.views.plans import FULL, change, operation, plan
from tests.views.test_inert import MARKUP, hostile

GITHUB = 65_536
NASTY = ("x", "`", "|", "<", "&", "\\", "@a ", "~~~", "\x1b", "```\n", "</details>", "-->", "é", "\U0001f600")


def huge(tables: int, text: str, rows: int = 3, losses: int = 0, warnings: int = 0) -> Plan:
    """A plan with `text` wherever a spec or AWS decides."""
    names = [f"t{number}" for number in range(tables)]
    differences = tuple(Difference(path=f"{row}{text}", before=text, after=row) for row in range(rows))
    return plan(
        changes=tuple(
            change(name, Action.UPDATE, reason=text, differences=differences, removes=(text,))
            for name in names
        ),
        operations=(
            *(operation(f"{name}{text}", name, reason=text) for name in names),
            *(
                operation(f"loss {number}", f"t{number}/{text}", danger=Danger.DESTROY, loses=text)
                for number in range(losses)
            ),
        ),
        tables=tuple(names),
        warnings=tuple(
            Finding(code=f"W{number}", severity=Severity.WARNING, message=text, address=text)
            for number in range(warnings)
        ),
        violations=tuple(
            Finding(code=text, severity=Severity.ERROR, message=f"{number}{text}")
            for number in range(warnings)
        ),
    )


def assert_whole(text: str, last: str) -> None:
    """It is within the bound, and as a parser of its own sees it, nothing that was opened is left open."""
    assert len(text) <= GITHUB
    assert text.endswith(f"\n\n{last}\n")
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert blocks[-1].strip() == last
    opened = [block for block in blocks if block.startswith("<details>")]
    assert len(opened) == sum(block.strip() == "</details>" for block in blocks)
    assert all("<summary>" in block and "</summary>" in block for block in opened)
    assert all(token.content.count("\n") < 30_000 for token in tokens if token.type == "fence")


TEXTS = st.builds(
    lambda pieces, times: "".join(pieces) * times,
    st.lists(st.sampled_from(NASTY), max_size=4),
    st.sampled_from([1, 9, 200, 2000]),
)


@settings(max_examples=12)
@given(
    tables=st.sampled_from([0, 1, 7, 120]),
    text=TEXTS,
    rows=st.sampled_from([0, 1, 40]),
    losses=st.sampled_from([0, 1, 90]),
    warnings=st.sampled_from([0, 1, 90]),
)
def test_a_plan_of_any_size_is_a_comment_that_github_takes(
    tables: int, text: str, rows: int, losses: int, warnings: int
) -> None:
    if tables * rows * len(text) > 200_000:
        rows, tables = 2, min(tables, 7)
    whole = huge(tables, text, rows, losses, warnings).model_copy(update={"environment": "prod"})
    made = markdown(whole)
    assert_whole(made, "<!-- dynaops plan prod -->")


@pytest.mark.parametrize("made", [FULL, plan(), hostile(MARKUP)], ids=["full", "empty", "hostile"])
def test_what_fits_is_all_there(made: Plan) -> None:
    text = markdown(made)
    assert_whole(text, "<!-- dynaops plan default -->")
    assert "not all fit" not in text


def test_the_verdict_comes_first_and_what_is_missing_is_said_with_where_it_is() -> None:
    text = markdown(huge(300, "v" * 300, losses=400))
    head = text[:3000]
    assert head.startswith("### dynaops plan: 0 to create, 300 to update")
    assert "700 operations" in head
    assert "> [!CAUTION]" in head
    assert re.search(r"> - \*and \d+ more\*", text)
    (note,) = re.findall(r"> \[!NOTE\]\n> (.*)", text)
    assert "left out: t" in note
    assert "shortened: " in note
    assert "`dynaops plan` prints, its `--json` and its `--html`" in note
    assert text.index("[!NOTE]") < text.index("<details>")


def test_a_huge_table_leaves_handler_for_those_after_it() -> None:
    changes = [change("big", Action.CREATE, after={f"key{n}": "v" * 90 for n in range(2000)})]
    changes += [change(f"small{n}", Action.CREATE, after={"hash_key": "id"}) for n in range(50)]
    text = markdown(plan(changes=tuple(changes)))
    assert all(f"<b>small{n}</b>" in text for n in range(50))
    assert re.search(r"^# and [\d,]+ more lines$", text, re.MULTILINE)
    assert "shortened: 1" in text


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(60, 500))
def test_rows_are_cut_from_the_end_and_counted(lengths: list[int], limit: int) -> None:
    rows = tuple(f"{number}{'x' * length}" for number, length in enumerate(lengths))
    text = cut(CommentPart("p", rows, "open", "close", "and {} more"), limit)
    first, *middle, last = text.split("\n")
    assert (first, last) == ("open", "close")
    assert len(text) <= limit
    left = [row for row in middle if not row.startswith("and ")]
    assert tuple(left) == rows[: len(left)]
    assert len(left) == len(rows) or middle[-1] == f"and {len(rows) - len(left)} more"


def test_parts_that_have_no_handler_are_named() -> None:
    parts = [CommentPart(f"part{n}", ("x" * 900,) * 40) for n in range(40)]
    text = bounded(["head"], [], parts, "elsewhere", "<!-- m -->")
    assert len(text) <= GITHUB
    assert re.search(r"left out: part\d+.* and \d+ more; shortened: \d+\). All of it: elsewhere\.", text)


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        (None, "<!-- dynaops plan default -->"),
        ("prod", "<!-- dynaops plan prod -->"),
        ("eu-west.1_x", "<!-- dynaops plan eu-west.1_x -->"),
        ("a--> <b>@all", "<!-- dynaops plan a-b-all -->"),
    ],
)
def test_each_environment_has_a_marker_that_ends_nothing(environment: str | None, line: str) -> None:
    assert marker("plan", environment) == line
