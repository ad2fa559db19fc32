"""Which tables restore drills are made of: those verified longest ago first, by what can be restored of each."""

from __future__ import annotations

from typing import Any

from dynaops.backups.drill_choice import OF_DELETED_TABLE, candidates, last_successes
from dynaops.backups.listing import listing
from dynaops.model.backup import Via
from tests.backups.shop import Shop
from tests.companions.bench import REGION


def test_successes_come_from_all_records() -> None:
    older: dict[str, dict[str, Any]] = {
        "r/a": {"at": 5, "identical": True},
        "r/b": {"at": 5, "identical": False},
        "r/c": {"at": 9, "identical": True},
    }
    newer: dict[str, dict[str, Any]] = {
        "r/a": {"at": 8, "identical": False, "succeeded_at": None},
        "r/c": {"at": 20, "identical": False, "succeeded_at": 12},
        "r/d": {"at": 7, "identical": True, "succeeded_at": 7},
        "r/e": {"at": 7, "identical": False, "succeeded_at": "yesterday"},
    }
    assert last_successes(older, newer) == {"r/a": 5, "r/c": 12, "r/d": 7}


def test_what_is_restored_of_a_table(shop: Shop) -> None:
    """The newest backup of any kind; recovery to a time before the backup of a deleted table; else nothing."""
    tables = {"users": REGION, "gone": REGION, "old": REGION}

    def choice(latest: bool = False) -> list[tuple[str, str | None, bool]]:
        known, gaps = candidates(shop.aws, tables, {f"{REGION}/users": 3, f"{REGION}/old": 2}, latest)
        assert gaps == []
        return [(candidate.table, candidate.reference, candidate.latest) for candidate in known]

    assert choice() == [("gone", None, False), ("old", None, False), ("users", "users", True)]
    shop.back_up()
    point = shop.back_up(Via.AWS_BACKUP)
    assert choice()[2] == ("users", point.arn, False)
    newest = shop.back_up()
    assert choice()[2] == ("users", newest.arn, False)
    assert choice(latest=True)[2] == ("users", "users", True)
    shop.destroy()
    assert listing(shop.aws, REGION, ["users"]).backups[0].kind == OF_DELETED_TABLE
    assert choice()[2] == ("users", newest.arn, False)
    assert choice(latest=True)[2] == ("users", None, False)
