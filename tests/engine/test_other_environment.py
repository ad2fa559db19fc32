"""Specs of one environment on the state of another are called that; ordinary plans are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.engine.other_environment import other_environment
from dynaops.model.change import Action, Change

BASES = ["orders", "users", "carts", "payments", "events"]
STAGES = ["dev", "staging", "prod", "test", "uat", "qa"]
NAMINGS = [
    "shop-{stage}-{base}",
    "{stage}-shop-{base}",
    "{base}-{stage}",
    "{stage}.{base}",
    "{base}_{stage}",
    "shop_{base}_{stage}_eu",
    "{stage}{Base}",
    "shop{Stage}{Base}",
    "{base}{Stage}",
    "{STAGE}-{base}",
    "acme.shop.{stage}.{base}.v2",
]


def named(naming: str, stage: str, base: str) -> str:
    return naming.format(
        stage=stage, Stage=stage.title(), STAGE=stage.upper(), base=base, Base=base.title()
    ).strip("-_.")


def changes(deleted: list[str], created: list[str], made: Action = Action.CREATE) -> list[Change]:
    def change(address: str, action: Action) -> Change:
        return Change(address=address, kind="table", region="eu-west-1", action=action, reason="")

    return [
        *(change(one, Action.DELETE) for one in deleted),
        *(change(one, made) for one in created),
        *(change(f"{one}/ttl", made).model_copy(update={"kind": "ttl"}) for one in created),
    ]


@pytest.mark.parametrize("made", [Action.CREATE, Action.ADOPT])
@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("naming", NAMINGS)
def test_stages_wherever_they_stand_in_names(naming: str, number: int, made: Action) -> None:
    for old, new in (("dev", "prod"), ("prod", "staging"), ("uat", "test")):
        before, after = ([named(naming, stage, base) for base in BASES[:number]] for stage in (old, new))
        found = other_environment(changes(before, after, made))
        assert found is not None, (before, after)
        assert (f"`{old}` and `{new}`" in found.message, before[0] in found.message) == (
            True,
            True,
        ) or number > 1
        assert f"{number} would go" in found.message


@pytest.mark.parametrize(
    "naming", ["{base}-{stage}", "{stage}-{base}", "shop-{stage}-{base}", "{base}{Stage}"]
)
def test_an_environment_whose_names_have_no_stage(naming: str) -> None:
    dev = [named(naming, "dev", base) for base in BASES]
    bare = [named(naming, "", base).replace("--", "-") for base in BASES]
    for before, after in ((dev, bare), (bare, dev)):
        found = other_environment(changes(before, after))
        assert found is not None, (before, after)
        assert "nothing" in found.message


def test_some_tables_besides_do_not_hide_it() -> None:
    before = [f"shop-dev-{base}" for base in BASES]
    after = [f"shop-prod-{base}" for base in BASES]
    assert other_environment(changes([*before, "dev-only"], [*after, "audit", "ledger"])) is not None


def test_words_of_a_team_for_its_stages() -> None:
    before, after = ([f"shop-{word}-{base}" for base in BASES] for word in ("blue", "green"))
    assert other_environment(changes(before, after)) is not None
    assert other_environment(changes(before[:2], after[:2])) is None, "two alike are not enough"


@pytest.mark.parametrize(
    ("deleted", "created"),
    [
        ([], BASES),
        (BASES, []),
        (["orders"], ["users"]),
        (["orders"], ["orders-archive"]),
        (["orders-v1"], ["orders-v2"]),
        (["shop-orders"], ["store-orders"]),
        (["orders-2024"], ["orders-2025"]),
        ([f"{base}-v1" for base in BASES], [f"{base}-v2" for base in BASES]),
        ([f"{base}-1" for base in BASES], [f"{base}-2" for base in BASES]),
        (["orders", "users"], ["orders-archive", "users-archive"]),
        (["test-results"], ["lab-results"]),
        (["shop-dev-orders"], ["billing-prod-invoices"]),
        (["shop-dev-orders", "shop-dev-users", "shop-dev-carts"], ["shop-dev-payments"]),
        (["a"], ["b"]),
    ],
)
def test_ordinary_plans(deleted: list[str], created: list[str]) -> None:
    assert other_environment(changes(deleted, created)) is None


@given(
    st.lists(st.from_regex(r"[a-z]{3,8}", fullmatch=True), min_size=1, max_size=30, unique=True),
    st.sampled_from(NAMINGS),
    st.tuples(st.sampled_from(STAGES), st.sampled_from(STAGES)).filter(lambda pair: pair[0] != pair[1]),
)
def test_any_estate(bases: list[str], naming: str, stages: tuple[str, str]) -> None:
    before, after = ([named(naming, stage, base) for base in bases] for stage in stages)
    if set(before) & set(after):
        return
    assert other_environment(changes(before, after)) is not None
    assert other_environment(changes([], after)) is None
