"""Patterns of addresses (``--target``)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.engine.addresses import check_patterns, matches, selected
from dynaops.model.errors import DynaopsError

ADDRESSES = ("orders", "orders/gsi/by-email", "orders/iam/custom/read", "shop-a", "shop-b", "shop-b/gsi/x")


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("orders", ["orders", "orders/gsi/by-email", "orders/iam/custom/read"]),
        ("orders/", ["orders", "orders/gsi/by-email", "orders/iam/custom/read"]),
        ("order", []),
        ("shop-*", ["shop-a", "shop-b", "shop-b/gsi/x"]),
        ("shop-?", ["shop-a", "shop-b", "shop-b/gsi/x"]),
        ("shop-[!a]", ["shop-b", "shop-b/gsi/x"]),
        ("*", list(ADDRESSES)),
        ("*/gsi/*", ["orders/gsi/by-email", "shop-b/gsi/x"]),
        ("*/gsi", ["orders/gsi/by-email", "shop-b/gsi/x"]),
        ("orders/*", ["orders/gsi/by-email", "orders/iam/custom/read"]),
        ("*/*/*/*", ["orders/iam/custom/read"]),
        ("o*/read", []),
        ("SHOP-*", []),
    ],
)
def test_what_a_pattern_fits(pattern: str, fits: list[str]) -> None:
    assert [address for address in ADDRESSES if matches(address, pattern)] == fits


@given(st.lists(st.text("ab[*]?-!.", min_size=1), min_size=1, max_size=4))
def test_an_address_fits_itself_whatever_is_in_its_name(names: list[str]) -> None:
    address = "/".join(names)
    assert matches(address, address)
    assert matches(f"{address}/more", address)


def test_without_patterns_all_are_selected() -> None:
    assert selected("orders", ())
    assert not selected("orders", ("shop-*",))


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("ordrs", "Did you mean orders?"),
        ("orders/gsi/by-mail", "Did you mean orders/gsi/by-email?"),
        ("zzz*", "Tables there are: orders, shop-a, shop-b."),
    ],
)
def test_a_pattern_that_fits_nothing_is_an_error(pattern: str, hint: str) -> None:
    check_patterns(["orders", "shop-*"], ADDRESSES)
    with pytest.raises(DynaopsError, match="fits no address of this plan") as caught:
        check_patterns(["orders", pattern], ADDRESSES)
    assert hint in (caught.value.hint or "")
