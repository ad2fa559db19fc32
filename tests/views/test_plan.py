"""How plans look."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.model.change import Action, Difference
from dynaops.model.operation import Danger
from dynaops.views.operations import operations_page
from dynaops.views.page import Page
from dynaops.views.plain import to_text
from dynaops.views.plan import drift_page, plan_page
from tests.views.drawing import check_snapshot, drawn
from tests.views.plans import COSTLY, EMPTY, FULL, change, operation, plan, wait

HERE = Path(__file__).parent
PAGES = {
    "plan-full": plan_page(FULL),
    "plan-empty": plan_page(EMPTY),
    "plan-cost": plan_page(COSTLY),
    "plan-not-refreshed": plan_page(EMPTY, refreshed=False),
    "operations": operations_page(FULL),
    "drift": drift_page(FULL.drift, FULL.unmanaged),
    "drift-none": drift_page((), ()),
    "drift-unmanaged": drift_page((), FULL.unmanaged),
    "drift-unmanaged-counted": drift_page((), FULL.unmanaged, counted=True),
}


@pytest.mark.parametrize("name", PAGES)
def test_at_80_columns(name: str) -> None:
    text = drawn(PAGES[name])
    assert max(map(len, text.split("\n"))) <= 80
    check_snapshot(HERE, f"{name}-80", text)


@pytest.mark.parametrize("name", PAGES)
def test_in_a_pipe(name: str) -> None:
    text = to_text(PAGES[name])
    assert "\x1b" not in text
    assert text.replace("Zoë", "").isascii(), "ornaments are ASCII in a pipe"
    check_snapshot(HERE, f"{name}-pipe", text)


def words(text: str) -> str:
    """What is left of a drawing without line breaks and guides."""
    return " ".join("".join(" " if char in "│├└─\n" else char for char in text).split())


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_nothing_is_clipped_at_any_width(width: int) -> None:
    text = drawn(PAGES["plan-full"], width)
    assert max(map(len, text.split("\n"))) <= width
    squeezed = words(text).replace(" ", "")
    for sentence in (
        "customer_name, status]",
        "an index's keys cannot change in place",
        "Plan other billing changes of orders for tomorrow.",
        "specs/orders.yaml:12:15",
    ):
        assert sentence.replace(" ", "") in squeezed


def test_colour_says_nothing_that_is_not_said_in_words() -> None:
    import re

    colored = drawn(PAGES["plan-full"], color=True)
    assert "\x1b[32m" in colored
    bare = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert [line.rstrip() for line in bare.split("\n")] == drawn(PAGES["plan-full"]).split("\n")


def hostile(text: str) -> Page:
    made = change(
        f"orders{text}",
        Action.UPDATE,
        reason=text,
        differences=(Difference(path=f"tags.{text}", before=text, after={text: [text]}, note=text),),
    )
    return plan_page(
        plan(changes=(made,), pending=(text,), operations=(operation(text, "a", wait=wait(text, 99)),))
    )


@pytest.mark.parametrize("text", ["\x1b[2J\x1b]0;owned\x07", "\x9b31m", "a\rb", "a\u202eb", "a\nb", "\u2028"])
def test_control_characters_are_shown_and_not_obeyed(text: str) -> None:
    for drawing in (drawn(hostile(text)), to_text(hostile(text))):
        bad = [char for char in text if not char.isprintable()]
        assert not [char for char in bad if char in drawing.replace("\n", "")]
        assert "\\x" in drawing or "\\u" in drawing


def test_a_new_line_in_a_value_makes_no_new_line() -> None:
    assert "a\\nb" in to_text(hostile("a\nb"))
    assert not [line for line in to_text(hostile("a\nb")).split("\n") if line.startswith("b")]


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "[/]", "[link=http://a]b", ":warning:"])
def test_markup_is_taken_literally(text: str) -> None:
    assert text in words(drawn(hostile(text), 200))


def test_the_summary_counts_the_longest_chain_and_not_the_sum() -> None:
    chain = (
        operation("a", "orders", wait=wait("", 600)),
        operation("b", "orders", wait=wait("", 300), after=("a",)),
        operation("c", "users", wait=wait("", 840)),
    )
    made = plan(changes=(change("orders", Action.CREATE),), operations=chain)
    assert to_text(plan_page(made)).endswith(
        "Plan: 1 to create, 0 to update, 0 to replace, 0 to delete; 3 operations; about 15 min\n"
    )


def test_a_plan_that_only_records_calls_nothing() -> None:
    made = plan(changes=(change("orders", Action.ADOPT),), tables=("orders",))
    assert to_text(plan_page(made)).endswith("1 to adopt; no call to AWS\n")


def test_destroying_asks_for_consent_only_where_protection_is_lifted() -> None:
    steps = (
        operation("unprotect", "orders", danger=Danger.UNPROTECT),
        operation("delete", "orders", "DeleteTable", danger=Danger.DESTROY, after=("unprotect",)),
    )
    made = plan(changes=(change("orders", Action.DELETE),), operations=steps, destroy=True)
    assert to_text(plan_page(made)).count("needs --allow-destroy") == 1
    kept = made.model_copy(update={"destroy": False})
    assert to_text(plan_page(kept)).count("needs --allow-destroy") == 2


def test_only_the_differing_members_of_a_map_are_shown() -> None:
    made = change(
        "orders",
        Action.UPDATE,
        differences=(Difference(path="tags", before={"a": "1", "b": "same"}, after={"a": "2", "b": "same"}),),
    )
    text = to_text(plan_page(plan(changes=(made,), operations=(operation("x", "orders"),))))
    assert 'tags.a  "1" -> "2"' in text
    assert "same" not in text


def test_many_unchanged_tables_take_one_line() -> None:
    made = plan(
        changes=(change("t0", Action.CREATE),),
        tables=tuple(f"t{n}" for n in range(100)),
        operations=(operation("x", "t0"),),
    )
    assert "= unchanged: t1, t2, t3, t4 and 95 more\n" in to_text(plan_page(made))


def test_a_table_that_goes_by_another_address_is_named() -> None:
    """A state may have been edited to delete one table under another's name."""
    going = operation(
        "1", "junk", "DeleteTable", parameters={"TableName": "arn:aws:dynamodb:eu-west-1:1:table/production"}
    )
    going = going.model_copy(update={"danger": Danger.DESTROY})
    told = words(drawn(plan_page(plan(operations=(going,), destroy=True))))
    assert "junk (the table production) is deleted, with what is in it" in told
    same = going.model_copy(update={"parameters": {"TableName": "junk"}})
    assert "junk is deleted" in words(drawn(plan_page(plan(operations=(same,), destroy=True))))
