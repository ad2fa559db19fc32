"""AWS's front end: DDB-TABLE-042, 070, 126, 129, 442; types as a SerializationException."""

from typing import Any

import pytest

from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError
from tests.sandbox.dynamodb.desk import capacity, index, key, on_demand

NULL = "failed to satisfy constraint: Member must not be null"


def refusal(operation: str, body: dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        check_shape(operation, body)
    return caught.value


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "The parameter 'TableName' is required but was not present in the request"),
        ({"TableName": "n"}, "TableName must be at least 3 characters long and at most 255 characters long"),
        (
            {"TableName": "n" * 256},
            "TableName must be at least 3 characters long and at most 255 characters long",
        ),
        (
            on_demand(TableName="nyh@test"),
            "1 validation error detected: Value 'nyh@test' at 'tableName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
        (
            on_demand(KeySchema=[]),
            "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            on_demand(AttributeDefinitions=[{"AttributeType": "S"}]),
            f"1 validation error detected: Value null at 'attributeDefinitions.1.member.attributeName' {NULL}",
        ),
        (
            on_demand(AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "Q"}]),
            "1 validation error detected: Value 'Q' at 'attributeDefinitions.1.member.attributeType' failed "
            "to satisfy constraint: Member must satisfy enum value set: [B, N, S]",
        ),
        (
            on_demand(BillingMode="pay_per_request"),
            "1 validation error detected: Value 'pay_per_request' at 'billingMode' failed to satisfy "
            "constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]",
        ),
        (
            on_demand(ProvisionedThroughput=capacity(0, 1)),
            "1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed to "
            "satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            on_demand(GlobalSecondaryIndexes=[index("xy", "pk")]),
            "1 validation error detected: Value 'xy' at 'globalSecondaryIndexes.1.member.indexName' failed "
            "to satisfy constraint: Member must have length greater than or equal to 3",
        ),
        (
            on_demand(GlobalSecondaryIndexes=[{"IndexName": "abc", "KeySchema": key("pk")}]),
            f"1 validation error detected: Value null at 'globalSecondaryIndexes.1.member.projection' {NULL}",
        ),
        (
            on_demand(StreamSpecification={}),
            f"1 validation error detected: Value null at 'streamSpecification.streamEnabled' {NULL}",
        ),
    ],
)
def test_create_table_constraints(body: dict[str, Any], message: str) -> None:
    refused = refusal("CreateTable", body)
    assert (refused.code, refused.message) == ("ValidationException", message)


def test_all_faults_are_told_at_once() -> None:
    """DDB-TABLE-038: "2 validation errors detected: ...; ..."."""
    refused = refusal("CreateTable", on_demand(ProvisionedThroughput={}))
    assert refused.message.startswith("2 validation errors detected: Value null at ")
    assert "'provisionedThroughput.writeCapacityUnits'" in refused.message
    assert refused.message.count(NULL) == 2


def test_table_key_has_two_elements_at_most_but_a_global_index_eight() -> None:
    """DDB-TABLE-042, 123."""
    three = [*key("a", "b"), {"AttributeName": "c", "KeyType": "RANGE"}]
    assert "at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2" in (
        refusal("CreateTable", on_demand(KeySchema=three)).message
    )
    wide = {"IndexName": "wide", "KeySchema": three * 2, "Projection": {"ProjectionType": "ALL"}}
    check_shape("CreateTable", on_demand(GlobalSecondaryIndexes=[wide]))


@pytest.mark.parametrize("length", [0, 21])
def test_projection_holds_one_to_twenty_attributes(length: int) -> None:
    """DDB-TABLE-126."""
    bad = index("abc", "pk") | {
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [str(n) for n in range(length)]}
    }
    assert "projection.nonKeyAttributes" in (
        refusal("CreateTable", on_demand(GlobalSecondaryIndexes=[bad])).message
    )


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("TableName", 5, "NUMBER_VALUE cannot be converted to String"),
        ("TableName", 5.5, "DECIMAL_VALUE cannot be converted to String"),
        ("TableName", True, "TRUE_VALUE cannot be converted to String"),
        ("TableName", [], "Unrecognized collection type class java.lang.String"),
        ("TableName", {}, "Start of structure or map found where not expected"),
        ("KeySchema", "x", "Unexpected field type"),
        ("KeySchema", {}, "Start of structure or map found where not expected"),
        ("KeySchema", ["x"], "Unexpected value type in payload"),
        ("ProvisionedThroughput", "x", "Unexpected field type"),
        (
            "ProvisionedThroughput",
            {"ReadCapacityUnits": "5"},
            "STRING_VALUE cannot be converted to Long",
        ),
        ("DeletionProtectionEnabled", "yes", "Unexpected token received from parser"),
    ],
)
def test_wrong_json_types(member: str, value: Any, message: str) -> None:
    refused = refusal("CreateTable", on_demand(**{member: value}))
    assert (refused.code, refused.message) == ("SerializationException", message)


def test_unknown_and_null_members_are_ignored() -> None:
    check_shape("CreateTable", on_demand(Whatever=1, Tags=None))


def test_every_operation_of_the_service_has_a_shape() -> None:
    check_shape("DescribeLimits", {})
    assert refusal("ListTables", {"Limit": 101}).message.endswith("less than or equal to 100")
