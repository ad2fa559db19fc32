"""No two rows under way have the same key, whatever the workers' pace; and none waits for ever."""

from __future__ import annotations

import random
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.data.key_order import KeyOrder, OrderGrant, hashes_of

BLOCKS = st.lists(st.lists(st.integers(0, 12).map(lambda n: b"%d" % n), max_size=4), max_size=14)


@given(blocks=BLOCKS, seed=st.integers(0, 1_000_000), first=st.integers(0, 50))
@settings(max_examples=300, deadline=None)
def test_rows_with_a_key_in_common_go_one_after_the_other(
    blocks: list[list[bytes]], seed: int, first: int
) -> None:
    pick = random.Random(seed)
    order = KeyOrder(first)
    keys = {number: set(found) for number, found in enumerate(blocks, first)}
    coming = list(keys)
    confirmed: list[int] = []
    under_way: dict[int, set[bytes]] = {}
    held: dict[int, set[bytes]] = {}

    def let_go(grant: OrderGrant) -> None:
        mine = {key for key in keys[grant.number] if crc32(key) in grant.keys}
        now = keys[grant.number] - mine if grant.first else mine
        earlier = [other for other in range(first, grant.number) if other not in confirmed]
        assert all(now.isdisjoint(keys[other]) for other in earlier)
        assert all(now.isdisjoint(found) for other, found in under_way.items() if other != grant.number)
        under_way.setdefault(grant.number, set()).update(now)
        held[grant.number] = mine if grant.first else held[grant.number] - mine

    while coming or under_way:
        free = [number for number in under_way if not held[number]]
        assert coming or free, "nothing can go on"
        if coming and (not free or pick.random() < 0.5):
            number = coming.pop(pick.randrange(min(3, len(coming))))
            new = order.announce(number, hashes_of(sorted(keys[number])))
        else:
            number = pick.choice(free)
            del under_way[number]
            confirmed.append(number)
            new = order.confirm(number)
        for grant in new:
            let_go(grant)
    assert sorted(confirmed) == list(keys)


def test_blocks_confirmed_before_are_passed_over() -> None:
    order = KeyOrder(3)
    assert order.announce(4, None) == []
    assert order.announce(5, hashes_of([b"a"])) == []
    none: frozenset[int] = frozenset()
    assert order.announce(3, hashes_of([b"b"])) == [OrderGrant(3, True, none), OrderGrant(5, True, none)]
    assert order.confirm(3) == []


def test_a_key_in_every_block() -> None:
    order = KeyOrder()
    same = frozenset({crc32(b"same")})
    for number in range(5):
        grants = order.announce(number, hashes_of([b"same", b"%d" % number]))
        assert grants == [OrderGrant(number, True, same if number else frozenset())]
    for number in range(5):
        assert order.confirm(number) == ([OrderGrant(number + 1, False, same)] if number < 4 else [])


def test_a_block_is_not_confirmed_twice() -> None:
    order = KeyOrder()
    order.announce(0, hashes_of([b"a"]))
    order.confirm(0)
    with pytest.raises(KeyError):
        order.confirm(0)
