"""Vector indexes: the service model's texts, and what suites found that were run against AWS."""

from typing import Any

import pytest

from tests.sandbox.dynamodb.desk import IN_USE, INVALID, LIMIT, Body, Desk, defined, index, key, on_demand

ONE_AT_A_TIME = f"{LIMIT}Only 1 online index can be created or deleted simultaneously per table"
WHOLE = {
    "AttributeDefinitions": defined("pk", "sk", "x", "z"),
    "KeySchema": key("pk", "sk"),
    "GlobalSecondaryIndexes": [index("gsi", "x")],
    "LocalSecondaryIndexes": [index("lsi", "pk", "z")],
}


def vector(name: str = "vec", attribute: str = "v", dimensions: float = 3, **more: Any) -> Body:
    return {
        "IndexName": name,
        "VectorAttribute": {"AttributeName": attribute},
        "Dimensions": dimensions,
        "DistanceFunction": "COSINE",
        "Projection": {"ProjectionType": "KEYS_ONLY"},
        **more,
    }


def shown(desk: Desk) -> list[Body]:
    listed: list[Body] = desk.table().get("VectorIndexes", [])
    return listed


def test_created_with_the_table(desk: Desk) -> None:
    schema = [{"AttributeName": "pk", "SearchSchemaElementType": "HASH"}]
    desk.create(on_demand(VectorIndexes=[vector(dimensions=6.7, SearchSchema=schema)]))
    (held,) = shown(desk)
    assert held.pop("IndexArn").endswith("table/orders/index/vec")
    assert held == {
        **vector(dimensions=6, SearchSchema=schema),
        "IndexStatus": "ACTIVE",
        "IndexSizeBytes": 0,
        "ItemCount": 0,
    }


@pytest.mark.parametrize(
    ("indexes", "word"),
    [
        ([vector("dup"), vector("dup")], "Duplicate index name: dup"),
        ([vector("gsi")], "Duplicate index name: gsi"),
        ([vector("lsi")], "Duplicate index name: lsi"),
        *(([vector(attribute=name)], "VectorAttribute") for name in ("pk", "sk", "x", "z")),
        ([vector("one"), vector("two", dimensions=4)], "Dimensions"),
        ([vector(dimensions=0)], "dimensions"),
        ([vector(dimensions=4097)], "Dimensions"),
        ([vector(DistanceFunction="dog")], "distanceFunction"),
        ([vector(attribute="")], "attributeName"),
        ([vector(attribute="x" * 65_536)], "attributeName"),
        ([vector("xy")], "indexName"),
    ],
)
def test_refused_at_creation(desk: Desk, indexes: list[Body], word: str) -> None:
    body = on_demand(**WHOLE, VectorIndexes=indexes)
    assert word in desk.refused("CreateTable", "ValidationException", "", **body).message


@pytest.mark.parametrize("member", list(vector()))
def test_nothing_has_a_default(desk: Desk, member: str) -> None:
    partial = {name: value for name, value in vector().items() if name != member}
    refused = desk.refused("CreateTable", "ValidationException", "", **on_demand(VectorIndexes=[partial]))
    assert f".{member[0].lower()}{member[1:]}'" in refused.message


def test_two_may_share_an_attribute_of_equal_dimensions(desk: Desk) -> None:
    desk.create(on_demand(VectorIndexes=[vector("one"), vector("two", DistanceFunction="EUCLIDEAN")]))
    assert [held["IndexName"] for held in shown(desk)] == ["one", "two"]


def test_added_and_removed(desk: Desk) -> None:
    """Like a global index: allocation, backfill (20 minutes even empty), removal during the backfill."""
    desk.create()
    desk.update(VectorIndexUpdates=[{"Create": vector()}])
    assert (desk.table()["TableStatus"], shown(desk)[0]["Backfilling"]) == ("UPDATING", False)
    desk.pass_time(60)
    assert (desk.table()["TableStatus"], shown(desk)[0]["Backfilling"]) == ("ACTIVE", True)
    desk.refused(
        "DeleteTable",
        "ResourceInUseException",
        f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted.",
        TableName="orders",
    )
    desk.pass_time(1100)
    assert shown(desk)[0]["IndexStatus"] == "ACTIVE"
    desk.update(VectorIndexUpdates=[{"Delete": {"IndexName": "vec"}}])
    assert shown(desk)[0]["IndexStatus"] == "DELETING"
    desk.pass_time(6)
    assert "VectorIndexes" not in desk.table()
    desk.update(VectorIndexUpdates=[{"Create": vector()}])
    desk.pass_time(60)
    desk.update(VectorIndexUpdates=[{"Delete": {"IndexName": "vec"}}])
    desk.pass_time(6)
    assert "VectorIndexes" not in desk.table()


UPDATES: list[tuple[list[Body], str, str]] = [
    ([{}], "ValidationException", f"{INVALID}One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete"),
    ([], "ValidationException", "At least one of "),
    (
        [{"Delete": {"IndexName": "none"}}],
        "ResourceNotFoundException",
        "Requested resource not found: Index none for table orders",
    ),
    ([{"Create": vector("one")}, {"Create": vector("two")}], "LimitExceededException", ONE_AT_A_TIME),
    (
        [{"Delete": {"IndexName": "one"}}, {"Delete": {"IndexName": "two"}}],
        "LimitExceededException",
        ONE_AT_A_TIME,
    ),
    *(
        (
            [{"Create": vector(name)}],
            "ValidationException",
            "Attempting to create an index which already exists",
        )
        for name in ("vec", "gsi", "lsi")
    ),
    *(
        ([{"Create": vector("new", name, 17)}], "ValidationException", f"{INVALID}VectorAttribute")
        for name in ("pk", "sk", "x", "z", "v")
    ),
]


@pytest.mark.parametrize(("updates", "code", "text"), UPDATES)
def test_refused_updates(desk: Desk, updates: list[Body], code: str, text: str) -> None:
    desk.create(on_demand(**WHOLE, VectorIndexes=[vector()]))
    desk.refused("UpdateTable", code, text, TableName="orders", VectorIndexUpdates=updates)


def test_counts_as_the_one_online_operation(desk: Desk) -> None:
    desk.create()
    create = [{"Create": index("by-a", "a")}]
    both = {"AttributeDefinitions": defined("a"), "GlobalSecondaryIndexUpdates": create}
    desk.refused(
        "UpdateTable",
        "LimitExceededException",
        ONE_AT_A_TIME,
        TableName="orders",
        VectorIndexUpdates=[{"Create": vector()}],
        **both,
    )
    desk.update(VectorIndexUpdates=[{"Create": vector()}])
    desk.pass_time(60)
    desk.refused("UpdateTable", "LimitExceededException", ONE_AT_A_TIME, TableName="orders", **both)


def test_a_vector_attribute_is_no_index_key(desk: Desk) -> None:
    desk.create(on_demand(VectorIndexes=[vector()]))
    desk.refused(
        "UpdateTable",
        "ValidationException",
        f"{INVALID}A key attribute cannot be the vector attribute of an index: v",
        TableName="orders",
        AttributeDefinitions=defined("v"),
        GlobalSecondaryIndexUpdates=[{"Create": index("by-v", "v")}],
    )
