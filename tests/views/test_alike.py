"""A plan with many new tables: what is alike is said once, nothing is hidden, and what is lost is never shortened."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dynaops.model.change import Action, Change, Difference
from dynaops.model.cost import Cost, CostLine, Rate, Span
from dynaops.views.plain import to_text
from dynaops.views.plan import plan_page
from dynaops.views.similar_tables import MANY
from tests.views.plans import REGION, change, plan


def new_table(name: str, team: str, **more: object) -> tuple[Change, ...]:
    after = {"table_name": name, "hash_key": "id", "attributes": {"id": "S"}, "tags": {"team": team}, **more}
    return (
        change(name, Action.CREATE, reason="the spec asks for it", after=after),
        change(f"{name}/iam/read_only", Action.CREATE, after={"name": f"{name}-read-only", "path": "/"}),
    )


def shown(*changes: Change, whole: bool = False) -> str:
    return to_text(plan_page(plan(changes=changes), whole=whole))


def test_a_first_plan_of_fifty_tables_is_read_in_a_minute() -> None:
    changes = [
        one
        for team in ("billing", "catalog", "growth", "identity", "orders")
        for number in range(10)
        for one in new_table(f"dev-{team}-{number}", team)
    ]
    text = shown(*changes)
    assert text.count("\n") <= 150
    assert all(f"dev-{team}-{number}" in text for team in ("billing", "orders") for number in range(10))
    assert text.count("team: billing") == 1
    assert "--operations" in text
    assert shown(*changes, whole=True).count("team: billing") == 10


def test_fifty_tables_of_which_no_two_are_alike_take_a_line_each() -> None:
    changes = [one for number in range(50) for one in new_table(f"table-{number:02}", f"team-{number}")]
    text = shown(*changes)
    assert text.count("\n") <= 150
    assert all(f"table-{number:02}" in text for number in range(50))
    assert text.count("with iam/read_only") > 30


def test_few_new_tables_are_shown_in_full() -> None:
    changes = [one for number in range(MANY) for one in new_table(f"table-{number}", "same")]
    assert shown(*changes) == shown(*changes, whole=True)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "hash_type": st.sampled_from(["S", "N", "B"]),
                "projection": st.sampled_from(["ALL", "KEYS_ONLY", "INCLUDE"]),
                "team": st.sampled_from(["one", "two"]),
            }
        ),
        min_size=MANY + 1,
        max_size=30,
    ),
    st.sampled_from(["table-{}", "{}-ALL", "KEYS_ONLY-{}"]),
)
def test_only_what_is_the_same_but_for_the_name_is_shown_once(
    settings: list[dict[str, str]], naming: str
) -> None:
    """Grouped by us and by an independent comparison of the settings alone, the groups are the same."""
    names = [naming.format(f"{number:03}") for number in range(len(settings))]
    changes = [
        one
        for name, setting in zip(names, settings, strict=True)
        for one in new_table(
            name, setting["team"], type=setting["hash_type"], projection=setting["projection"]
        )
    ]
    groups: dict[str, list[str]] = {}
    for name, setting in zip(names, settings, strict=True):
        groups.setdefault(str(sorted(setting.items())), []).append(name)
    text = shown(*changes)
    for first, *others in groups.values():
        assert first in text
        if others:
            assert f"{len(others)} more as {first}: {', '.join(others)}\n" in text or (
                f"{first} and {len(others)} more alike: {', '.join(others)}" in text
            )


def test_a_setting_that_reads_as_the_name_is_no_part_of_it() -> None:
    """Two tables that are called as their projections are not alike."""
    others = [one for number in range(MANY) for one in new_table(f"table-{number}", "same")]
    changes = [one for name in ("KEYS_ONLY", "INCLUDE") for one in new_table(name, "same", projection=name)]
    text = shown(*others, *changes)
    assert "projection  KEYS_ONLY" in text
    assert "projection  INCLUDE" in text


def test_what_is_changed_or_deleted_is_never_shortened() -> None:
    fresh = [one for number in range(40) for one in new_table(f"table-{number:02}", "same")]
    changed = [
        change(
            f"old-{number:02}",
            Action.UPDATE,
            differences=(Difference(path="tags", before={"team": "a"}, after={"team": "b"}),),
        )
        for number in range(20)
    ]
    gone = [change(f"gone-{number:02}", Action.DELETE, reason="no spec names it") for number in range(20)]
    text, whole = shown(*fresh, *changed, *gone), shown(*fresh, *changed, *gone, whole=True)
    assert text.count("tags.team") == whole.count("tags.team") == 20
    assert text.count("no spec names it") == whole.count("no spec names it") == 20


def test_the_cost_of_what_is_billed_alike_is_one_line() -> None:
    names = [f"table-{number:02}" for number in range(20)]
    same = Span(low=5, high=5)
    lines = tuple(
        CostLine(
            address=name,
            region=REGION,
            item="rcu",
            title="read capacity",
            unit="RCU",
            price=0.1,
            quantity_before=Span(),
            quantity_after=same if name != "table-07" else Span(low=6, high=6),
            before=Span(),
            after=same,
        )
        for name in names
    )
    rates = tuple(
        Rate(address=name, region=REGION, item="storage", title="storage", per="GB", price=0.25, new=True)
        for name in names
    )
    cost = Cost(
        lines=lines,
        by_use=rates,
        source="list",
        as_of="2026-01-01",
        before=Span(),
        after=Span(low=100, high=100),
        change=Span(low=100, high=100),
    )
    changes = new_table("table-00", "same")
    text = to_text(plan_page(plan(changes=changes, cost=cost)))
    assert "table-00 and 18 more, each: read capacity" in text
    assert "table-07 read capacity" in text
    assert f"table-00 and 19 more ({REGION})" in text
