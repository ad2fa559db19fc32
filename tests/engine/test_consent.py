"""What a consent that names an address covers, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.engine.consent import agreed, consents_needed, missing, parsed
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Danger
from dynaops.model.plan import Consent, Plan
from tests.views.plans import operation, plan

LOSSES = (
    ("destroy", "users"),
    ("destroy", "users/replica/eu-west-1"),
    ("unprotect", "users"),
    ("destroy", "orders/gsi/by-date"),
    ("replace", "orders/gsi/by-name"),
    ("recovery", "orders/point_in_time_recovery"),
    ("unproven", "orders/alarm/throttles"),
)


def losing(*losses: tuple[str, str], destroy: bool = False) -> Plan:
    dangers = [operation(f"{word}-{at}", at, danger=word) for word, at in losses]
    return plan(operations=(operation("harmless", "orders/ttl"), *dangers), destroy=destroy)


def lacking(of: Plan, *words: str) -> set[str]:
    """What still needs consent, after these."""
    with_words = agreed(of, [parsed(word) for word in words])
    return {f"{one.danger}:{one.address}" for one in missing(with_words, False, False)}


ALL = {f"{word}:{at}" for word, at in LOSSES}


@pytest.mark.parametrize(
    ("words", "covered"),
    [
        (["destroy:users"], {"destroy:users", "destroy:users/replica/eu-west-1"}),
        (["unprotect:users"], {"unprotect:users"}),
        (["destroy:users/replica/eu-west-1"], {"destroy:users/replica/eu-west-1"}),
        (["destroy:orders/gsi/by-date"], {"destroy:orders/gsi/by-date"}),
        (["destroy:orders/gsi/*"], {"destroy:orders/gsi/by-date"}),
        (["replace:*/gsi/*"], {"replace:orders/gsi/by-name"}),
        (["destroy:*"], {"destroy:users", "destroy:users/replica/eu-west-1"}),
        (["recovery:orders/*"], {"recovery:orders/point_in_time_recovery"}),
        (["unproven:orders/alarm/throttles"], {"unproven:orders/alarm/throttles"}),
        (
            ["destroy:users", "unprotect:users", "destroy:users"],
            {"destroy:users", "destroy:users/replica/eu-west-1", "unprotect:users"},
        ),
    ],
)
def test_a_consent_covers_what_it_names_and_what_goes_with_it(words: list[str], covered: set[str]) -> None:
    assert ALL - lacking(losing(*LOSSES), *words) == covered


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("destroy:orders", "Did you mean destroy:orders/gsi/by-date, replace:orders/gsi/by-name"),
        ("destroy:user", "Did you mean destroy:users?"),
        ("replace:users", "Did you mean destroy:users, destroy:users/replica/eu-west-1, unprotect:users?"),
        ("destroy:orders/*", "Did you mean recovery:orders/point_in_time_recovery?"),
        ("destroy:nothing-like-it", "What needs consent: destroy:users"),
        ("destroy:orders/ttl", "What needs consent"),
    ],
)
def test_a_consent_that_fits_nothing_is_an_error_that_names_what_there_is(word: str, hint: str) -> None:
    with pytest.raises(DynaopsError, match="Nothing in the plan needs the consent") as caught:
        agreed(losing(*LOSSES), [parsed("destroy:users"), parsed(word)])
    assert caught.value.hint is not None
    assert hint in caught.value.hint


def test_where_nothing_is_lost_there_is_nothing_to_consent_to() -> None:
    with pytest.raises(DynaopsError) as caught:
        agreed(losing(), [parsed("destroy:users")])
    assert caught.value.hint == "The plan loses nothing: leave --consent out."


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("users", "is not KIND:ADDRESS"),
        ("destroy:", "is not KIND:ADDRESS"),
        (":users", "'' is no kind of consent"),
        ("destory:users", "did you mean destroy:users?"),
        ("everything:users", "kinds are destroy, replace, unprotect, recovery"),
    ],
)
def test_what_is_no_consent(word: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"consent|KIND") as caught:
        parsed(word)
    assert message in str(caught.value)


def test_destroying_needs_no_word_for_deleting_but_takes_it() -> None:
    whole = losing(*LOSSES[:3], destroy=True)
    assert lacking(whole) == {"unprotect:users"}
    assert lacking(whole, "destroy:users", "unprotect:users") == set()


PARTS = st.sampled_from(["a", "b", "a.b", "[a]", "a*"])
ADDRESSES = st.lists(PARTS, min_size=1, max_size=3).map("/".join)


@given(st.lists(st.tuples(st.sampled_from(Danger), ADDRESSES), max_size=6), st.data())
def test_each_kind_and_each_address_is_consented_to_by_itself(
    losses: list[tuple[Danger, str]], data: st.DataObject
) -> None:
    """Every loss can be consented to by its own words; those never cover another kind, nor what does not go with it."""
    made = losing(*((danger.value, at) for danger, at in losses))
    needed = consents_needed(made)
    assert len(needed) == len(set(losses))
    chosen = data.draw(st.lists(st.sampled_from(needed))) if needed else []
    given_words = agreed(made, [parsed(str(consent)) for consent in chosen])
    assert set(chosen) <= set(given_words.consents)
    for extra in set(given_words.consents) - set(chosen):
        assert any(extra.danger is one.danger and _goes_with(extra, one) for one in chosen)
    still = {(one.danger, one.address) for one in missing(given_words, False, False)}
    assert still == {(one.danger, one.address) for one in needed} - {
        (one.danger, one.address) for one in given_words.consents
    }


def _goes_with(extra: Consent, chosen: Consent) -> bool:
    """Whether it lies below the chosen one, or the chosen one's star stands for it."""
    return extra.address.startswith(f"{chosen.address}/") or "*" in chosen.address or "[" in chosen.address
