"""A restore to a point in time has the items of that time, whatever call wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.sandbox import Sandbox
from dynaops.sandbox.dynamodb import history

REGION = "us-east-1"


class Desk:
    """A table `orders` with recovery on, and a look at what a restore of it holds."""

    def __init__(self, sandbox: Sandbox, sort: bool = False, **more: Any) -> None:
        self.sandbox = sandbox
        self.client = sandbox.client("dynamodb", REGION)
        names = ["id", "at"] if sort else ["id"]
        self.client.create_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in names],
            KeySchema=[
                {"AttributeName": one, "KeyType": kind}
                for one, kind in zip(names, ("HASH", "RANGE"), strict=False)
            ],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )
        sandbox.advance(20)
        self.switch(True)
        sandbox.advance(60)

    def switch(self, on: bool) -> None:
        self.client.update_continuous_backups(
            TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on}
        )

    def now(self) -> float:
        """The present time, with some time before and after it, so that writes are on one side of it."""
        self.sandbox.advance(5)
        now = self.sandbox.world.now()
        self.sandbox.advance(10)
        return now

    def put(self, **item: str) -> None:
        self.client.put_item(TableName="orders", Item={name: {"S": value} for name, value in item.items()})

    def rows(self, table: str = "orders") -> list[dict[str, Any]]:
        return sorted(self.client.scan(TableName=table)["Items"], key=str)

    def rows_at(self, at: float | None, name: str = "restored") -> list[dict[str, Any]]:
        when = {"RestoreDateTime": at} if at is not None else {"UseLatestRestorableTime": True}
        self.client.restore_table_to_point_in_time(SourceTableName="orders", TargetTableName=name, **when)
        self.sandbox.advance(200)
        found = self.rows(name)
        self.client.delete_table(TableName=name)
        self.sandbox.advance(60)
        return found

    def window(self) -> tuple[float, float]:
        found = self.client.describe_continuous_backups(TableName="orders")
        told = found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        return (
            told["EarliestRestorableDateTime"].timestamp(),
            told["LatestRestorableDateTime"].timestamp(),
        )


@pytest.mark.parametrize("sort", [False, True])
@pytest.mark.parametrize("stream", [False, True])
def test_every_kind_of_write_is_undone(sandbox: Sandbox, sort: bool, stream: bool) -> None:
    more = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}} if stream else {}
    desk = Desk(sandbox, sort, **more)
    rest = {"at": "1"} if sort else {}

    def key(value: str) -> dict[str, Any]:
        return {name: {"S": one} for name, one in {"id": value, **rest}.items()}

    for name in "abcdefg":
        desk.put(id=name, text="good", **rest)
    then, before = desk.now(), desk.rows()
    desk.put(id="a", text="bad", **rest)
    desk.put(id="new", **rest)
    desk.client.delete_item(TableName="orders", Key=key("b"))
    update = {"UpdateExpression": "SET #t = :v", "ExpressionAttributeNames": {"#t": "text"}}
    values = {"ExpressionAttributeValues": {":v": {"S": "bad"}}}
    desk.client.update_item(TableName="orders", Key=key("c"), **update, **values)
    desk.client.batch_write_item(
        RequestItems={
            "orders": [
                {"DeleteRequest": {"Key": key("d")}},
                {"PutRequest": {"Item": {**key("e"), "text": {"S": "bad"}}}},
            ]
        }
    )
    desk.client.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": "orders", "Key": key("f")}},
            {"Update": {"TableName": "orders", "Key": key("g"), **update, **values}},
        ]
    )
    later, after = desk.now(), desk.rows()
    assert before != after
    assert desk.rows_at(then) == before
    assert desk.rows_at(later) == after
    assert desk.rows_at(None) == after
    assert desk.rows() == after


def test_a_write_within_the_lag_is_not_yet_restorable(sandbox: Sandbox) -> None:
    desk = Desk(sandbox)
    desk.put(id="a")
    desk.now()
    desk.put(id="b")
    assert [row["id"]["S"] for row in desk.rows_at(None)] == ["a"]


def test_the_window_moves_on_where_the_past_is_too_long(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST", 3)
    desk = Desk(sandbox)
    early = desk.window()[0]
    desk.put(id="0")
    then = desk.now()
    for number in range(1, 5):
        desk.put(id=str(number))
        sandbox.advance(10)
    assert early < then < desk.window()[0] + 60
    assert len(desk.rows_at(desk.window()[0])) == 2
    with pytest.raises(desk.client.exceptions.InvalidRestoreTimeException):
        desk.rows_at(early)


def test_recovery_off_forgets_the_past(sandbox: Sandbox) -> None:
    desk = Desk(sandbox)
    desk.put(id="a")
    then = desk.now()
    desk.switch(False)
    desk.switch(True)
    with pytest.raises(desk.client.exceptions.InvalidRestoreTimeException):
        desk.rows_at(then)
