"""Restore drills: identical copies are found so, damaged ones are not, and no scratch table stays behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from dynaops.backups.compare import How
from dynaops.backups.contents import Contents, canonical
from dynaops.backups.status import jobs
from dynaops.backups.verify import Drill, clean_up, compare, note, plan_drill
from dynaops.data.rows import Keys
from dynaops.model.backup import Verified, Via
from dynaops.stores.drills import KIND, read_drills
from dynaops.stores.side_files import LocalFolder
from tests.backups.shop import Shop, item
from tests.companions.bench import REGION, calls

HOWS = [How(), How(sample=1000)]


def restored(shop: Shop, reference: str, **more: Any) -> Drill:
    """A drill whose copy is there."""
    drill = plan_drill(shop.aws, shop.state, reference, REGION, **more)
    assert shop.run_plan(drill.plan).complete
    return drill


def verify(shop: Shop, reference: str, how: How = HOWS[0], **more: Any) -> Verified:
    """All of it; nothing stays."""
    before = shop.rows.list_tables()["TableNames"]
    drill = restored(shop, reference, **more)
    verified = compare(shop.aws, drill, how)
    assert shop.run_plan(clean_up(shop.aws, drill)).complete
    assert shop.rows.list_tables()["TableNames"] == before
    return verified


@pytest.mark.parametrize("how", HOWS)
def test_identical_from_all_sources(shop: Shop, how: How) -> None:
    shop.fill()
    sources: list[dict[str, Any]] = [
        {"reference": shop.back_up().name},
        {"reference": shop.back_up(Via.AWS_BACKUP).arn},
        {"reference": "users", "at": shop.now()},
        {"reference": "users", "latest": True},
    ]
    for source in sources if how.sample is None else sources[:1]:
        found = verify(shop, how=how, **source)
        assert found.identical and found.items == found.expected == 60 == found.compared, found
        assert found.units > 0


@pytest.mark.parametrize("how", HOWS)
def test_a_damaged_copy_is_found_out(shop: Shop, how: How) -> None:
    shop.fill()
    drill = restored(shop, shop.back_up().name)
    shop.rows.put_item(TableName=drill.scratch, Item={**item(3), "name": {"S": "wrong"}})
    shop.rows.delete_item(TableName=drill.scratch, Key={"id": {"S": "u5"}})
    shop.rows.put_item(TableName=drill.scratch, Item={"id": {"S": "stray"}})
    shop.rows.put_item(TableName=drill.scratch, Item={"id": {"S": "stray2"}})
    found = compare(shop.aws, drill, how)
    assert not found.identical and (found.items, found.expected) == (61, 60)
    told = found.differing
    assert (told.changed, told.missing, told.extra) == (1, 1, 2)
    keys = {orjson.loads(key)["id"]["S"] for key in told.keys}
    assert keys == {"u3", "u5", "stray", "stray2"}


def test_only_a_value_differs(shop: Shop) -> None:
    """As many items, the same keys: only the content tells."""
    shop.fill(8)
    name = shop.back_up().name
    shop.rows.put_item(
        TableName="users", Item={**item(3), "balance": {"N": "12345678901234567890.123456788"}}
    )
    found = verify(shop, name)
    assert found.items == found.expected == 8 and not found.identical
    assert found.differing.changed == found.differing.total == 1


def test_a_table_that_is_gone_is_only_counted(shop: Shop) -> None:
    shop.fill(7)
    name = shop.back_up().name
    shop.destroy()
    found = verify(shop, name)
    assert found.identical and (found.method, found.items, found.expected) == ("count", 7, 7)


def test_a_drill_that_was_broken_off_is_found_and_gone_on_with(shop: Shop) -> None:
    shop.fill(5)
    name = shop.back_up().name
    shop.server.clock.set_speed(0)
    begun = plan_drill(shop.aws, shop.state, name, REGION)
    shop.aws.call("dynamodb", begun.plan.operations[0].api, REGION, begun.plan.operations[0].parameters)
    again = plan_drill(shop.aws, shop.state, name, REGION)
    assert (again.scratch, calls(again.plan)) == (begun.scratch, ["DescribeTable"])
    shop.server.clock.set_speed(3600)
    assert shop.run_plan(again.plan).complete
    [left] = [one for one in jobs(shop.aws, REGION)[0] if one.kind == "verify"]
    assert left.target == begun.scratch and "run it again" in (left.message or "")
    third = plan_drill(shop.aws, shop.state, name, REGION)
    assert third.plan.operations == () and compare(shop.aws, third, How()).identical
    assert shop.run_plan(clean_up(shop.aws, third)).complete
    assert jobs(shop.aws, REGION)[0] == []


def test_the_scratch_table_has_rows_alone_and_drills_are_remembered(shop: Shop, tmp_path: Path) -> None:
    index = {
        "attributes": {"id": "S", "a": "S"},
        "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
    }
    shop.spec = {**shop.spec, **index}
    shop.apply(shop.spec)
    drill = restored(shop, shop.back_up().name)
    table = shop.rows.describe_table(TableName=drill.scratch)["Table"]
    assert "GlobalSecondaryIndexes" not in table
    assert shop.plan(shop.spec).empty and drill.scratch not in shop.state.resources
    folder = LocalFolder(tmp_path / "state.json", KIND)
    verified = compare(shop.aws, drill, How())
    note(folder, verified, drill.source, 12.5)
    note(folder, verified.model_copy(update={"expected": -1}), drill.source, 13.5)
    tables = [(REGION, "users"), (REGION, "never")]
    known = read_drills(folder, tables)
    assert list(known) == [f"{REGION}/users"]
    last = known[f"{REGION}/users"]
    assert (last["at"], last["identical"], last["succeeded_at"]) == (13, False, 12)
    for damaged in (b"", b"{", b"[]", b'{"at": "then"}', b"[" * 99999):
        folder.write(f"{REGION}/users.json", damaged)
        assert read_drills(folder, tables) == {}


def test_order_does_not_matter_and_types_do() -> None:
    keys = Keys("id", None, {"id": "S"})

    def of(*items: dict[str, Any]) -> Contents:
        found = Contents(keys)
        for one in items:
            found.add(one)
        return found

    one, two = {"id": {"S": "1"}, "a": {"SS": ["x", "y"]}}, {"id": {"S": "2"}}
    same = {"a": {"SS": ["y", "x"]}, "id": {"S": "1"}}
    assert of(one, two).digest == of(two, same).digest
    assert canonical({"l": {"L": [{"S": "x"}, {"S": "y"}]}}) != canonical(
        {"l": {"L": [{"S": "y"}, {"S": "x"}]}}
    )
    assert of(one).digest != of(one, one).digest
    assert of({"id": {"S": "1"}, "a": {"N": "1"}}).digest != of({"id": {"S": "1"}, "a": {"S": "1"}}).digest
    assert len(of(one, two).differing(of(one))) == 1 and not of(one).differing(of(same))
