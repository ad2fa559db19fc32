"""What retention takes away, and never more; what cannot be deleted."""

from __future__ import annotations

import pytest

from dynaops.backups.create import Creation, plan_create
from dynaops.backups.delete import DAY, Retention, plan_delete, plan_prune
from dynaops.backups.listing import listing
from dynaops.engine.plan import PlanRefused
from dynaops.model.backup import Backup, Via
from dynaops.model.errors import DynaopsError
from dynaops.sandbox.faults import FaultRule
from tests.backups.shop import Shop
from tests.companions.bench import REGION, calls


def names(shop: Shop, table: str = "users") -> list[str]:
    return [one.name for one in listing(shop.aws, REGION, [table]).backups]


def made(name: str, age: float, status: str = "AVAILABLE") -> Backup:
    """A backup of so many days ago, at the time 1,000 days."""
    return Backup(
        via=Via.DYNAMODB,
        arn=name,
        name=name,
        table="users",
        region=REGION,
        status=status,
        kind="USER",
        created=(1000 - age) * DAY,
    )


OLD = [made("a", 40), made("b", 30), made("c", 20), made("d", 10), made("e", 1, "CREATING")]


@pytest.mark.parametrize(
    ("retention", "making", "gone"),
    [
        (Retention(keep=2), 0, "ab"),
        (Retention(keep=2), 1, "abc"),
        (Retention(keep=1), 1, "abcd"),
        (Retention(keep=9), 0, ""),
        (Retention(keep=0), 0, "abcd"),
        (Retention(older_than=25 * DAY), 0, "ab"),
        (Retention(older_than=5 * DAY), 0, "abc"),
        (Retention(older_than=5 * DAY, keep=0), 0, "abcd"),
        (Retention(older_than=5 * DAY), 1, "abcd"),
        (Retention(older_than=5 * DAY, keep=3), 0, "a"),
        (Retention(keep=1, match="[ab]"), 0, "a"),
    ],
)
def test_what_is_surplus(retention: Retention, making: int, gone: str) -> None:
    assert "".join(one.name for one in retention.surplus(OLD, 1000 * DAY, making)) == gone


def test_prune_keeps_exactly_the_newest(shop: Shop) -> None:
    for number in range(5):
        shop.back_up(name=f"nightly-{number}")
    shop.back_up(name="before-migration")
    plan = plan_prune(shop.aws, ["users"], Retention(keep=2, match="nightly-*"), REGION)
    assert calls(plan) == ["DeleteBackup"] * 3
    assert shop.run_plan(plan).complete
    assert names(shop) == ["before-migration", "nightly-4", "nightly-3"]
    assert not plan_prune(shop.aws, ["users"], Retention(keep=3), REGION).operations


def test_create_and_keep(shop: Shop) -> None:
    for number in range(4):
        shop.back_up(name=f"old-{number}")
    shop.back_up(name="new", keep=2)
    assert names(shop) == ["new", "old-3"]


def test_nothing_goes_where_the_new_one_fails(shop: Shop) -> None:
    shop.back_up(name="old")
    plan = plan_create(Creation(("users",), REGION, name="new", keep=1), shop.state, shop.aws)
    shop.server.faults.add(FaultRule("access_denied", operation="CreateBackup"))
    outcome = shop.run_plan(plan)
    assert len(outcome.failed) == 1 and len(outcome.skipped) == 1
    assert names(shop) == ["old"]


def test_retention_of_days(shop: Shop) -> None:
    shop.back_up(name="old")
    shop.pass_time(40 * DAY)
    shop.back_up(name="new", days=30)
    assert names(shop) == ["new"]


def test_recovery_points_are_deleted_in_their_vault(shop: Shop) -> None:
    point = shop.back_up(Via.AWS_BACKUP)
    kept = shop.back_up(name="kept")
    assert shop.run_plan(plan_delete(shop.aws, [point.arn], REGION)).complete
    assert names(shop) == [kept.name]


def test_no_such_backup_and_nothing_said(shop: Shop) -> None:
    shop.back_up(name="before-migration")
    with pytest.raises(DynaopsError, match="There is no backup before-migratoin in eu-west-1") as error:
        plan_delete(shop.aws, ["before-migratoin"], REGION)
    assert error.value.hint == "Did you mean before-migration?"
    with pytest.raises(DynaopsError, match="Nothing says which backups go"):
        plan_prune(shop.aws, ["users"], Retention(), REGION)


def test_backups_of_aws_cannot_be_deleted(shop: Shop) -> None:
    shop.destroy()
    [system] = [one for one in listing(shop.aws, REGION).backups if one.kind == "SYSTEM"]
    assert system.expires
    with pytest.raises(PlanRefused, match="AWS's own backup of a deleted table"):
        plan_delete(shop.aws, [system.arn], REGION)
    assert not plan_prune(shop.aws, ["users"], Retention(keep=0), REGION).operations
