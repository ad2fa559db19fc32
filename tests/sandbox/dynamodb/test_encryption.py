"""Server-side encryption: DDB-TABLE-020 to 027, 036, 065, 079, 081, 082, 140, 141, 461."""

import boto3
import pytest
from moto.kms.models import kms_backends

from tests.sandbox.dynamodb.desk import ACCOUNT, HOME, INVALID, LIMIT, Body, Desk, on_demand

MANAGED = {"Enabled": True, "SSEType": "KMS"}


def new_key(spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT", alias: str = "") -> str:
    kms = boto3.client("kms", region_name=HOME)
    key = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    if alias:
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    arn: str = key["Arn"]
    return arn


def with_key(wanted: str) -> Body:
    return {**MANAGED, "KMSMasterKeyId": wanted}


def test_the_key_is_shown_by_its_full_arn(desk: Desk) -> None:
    """DDB-TABLE-027: given by id, alias or ARN."""
    arn = new_key(alias="alias/mine")
    for number, wanted in enumerate((arn, arn.rsplit("/", 1)[1], "alias/mine")):
        body = on_demand(TableName=f"orders{number}", SSESpecification=with_key(wanted))
        shown = desk.call("CreateTable", **body)["TableDescription"]["SSEDescription"]
        assert shown == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}


def test_the_managed_key_is_made_once(desk: Desk) -> None:
    keys = {
        desk.call("CreateTable", **on_demand(TableName=name, SSESpecification=given))["TableDescription"][
            "SSEDescription"
        ]["KMSMasterKeyArn"]
        for name, given in (("one", MANAGED), ("two", {"Enabled": True}), ("three", {"SSEType": "KMS"}))
    }
    assert len(keys) == 1
    assert (
        desk.call("CreateTable", **on_demand(TableName="four", SSESpecification={"Enabled": False}))[
            "TableDescription"
        ]
        .keys()
        .isdisjoint({"SSEDescription"})
    )


def test_phases_of_a_change(desk: Desk) -> None:
    """DDB-TABLE-065, 140: TableStatus stays ACTIVE; old key, new key, then ENABLED at 22 s."""
    first, second = new_key(), new_key()
    desk.create(on_demand(SSESpecification=with_key(first)))
    answer = desk.update(SSESpecification=with_key(second))
    assert answer["TableStatus"] == "ACTIVE"
    assert answer["SSEDescription"] == {"Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": first}
    desk.pass_time(10)
    assert desk.table()["SSEDescription"] == {
        "Status": "UPDATING",
        "SSEType": "KMS",
        "KMSMasterKeyArn": second,
    }
    desk.pass_time(13)
    assert desk.table()["SSEDescription"]["Status"] == "ENABLED"


def test_switching_off_leaves_nothing(desk: Desk) -> None:
    """DDB-TABLE-079."""
    desk.create(on_demand(SSESpecification=MANAGED))
    desk.update(SSESpecification={"Enabled": False})
    desk.pass_time(10)
    assert desk.table()["SSEDescription"] == {"Status": "UPDATING"}
    desk.pass_time(13)
    assert "SSEDescription" not in desk.table()
    desk.refused(
        "UpdateTable",
        "ValidationException",
        f"{INVALID}Table is already encrypted by default",
        TableName="orders",
        SSESpecification={"Enabled": False},
    )


def test_only_the_exact_arn_is_a_repetition(desk: Desk) -> None:
    """DDB-TABLE-082, 141: the key's id re-encrypts and spends."""
    arn = new_key()
    desk.create(on_demand(SSESpecification=with_key(arn)))
    desk.refused(
        "UpdateTable",
        "ValidationException",
        f"{INVALID}Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if",
        TableName="orders",
        SSESpecification=with_key(arn),
    )
    assert (
        desk.update(SSESpecification=with_key(arn.rsplit("/", 1)[1]))["SSEDescription"]["Status"]
        == "UPDATING"
    )


def test_four_changes_in_a_rolling_day(desk: Desk) -> None:
    """DDB-TABLE-081, 120: then one in six hours; bad keys spend nothing."""
    desk.create(on_demand(SSESpecification=MANAGED))
    for _ in range(2):
        desk.refused(
            "UpdateTable",
            "ValidationException",
            "KMS validation error",
            TableName="orders",
            SSESpecification=with_key("alias/none"),
        )
    for _ in range(4):
        desk.update(SSESpecification=MANAGED)
        desk.pass_time(23)

    def refused() -> None:
        desk.refused(
            "UpdateTable",
            "LimitExceededException",
            f"{LIMIT}Encryption mode changes are limited in the 24h window ending at ",
            TableName="orders",
            SSESpecification=MANAGED,
        )

    refused()
    desk.pass_time(21_000)
    refused()
    desk.pass_time(600)
    desk.update(SSESpecification=MANAGED)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (
            "Disabled",
            "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: arn:aws:kms:",
        ),
        (
            "PendingDeletion",
            "KMS validation error: com.amazonaws.services.kms.model.KMSInvalidStateException: arn:aws:kms:",
        ),
    ],
)
def test_keys_that_cannot_be_used(desk: Desk, state: str, text: str) -> None:
    """DDB-TABLE-020 to 022."""
    arn = new_key()
    kms_backends[ACCOUNT][HOME].keys[arn.rsplit("/", 1)[1]].key_state = state
    body = on_demand(SSESpecification=with_key(arn))
    desk.refused("CreateTable", "ValidationException", text, **body)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("arn:aws:kms:eu-west-1:123456789012:key/x", "KMS validation error: "),
        (
            "11111111-1111-1111-1111-111111111111",
            "KMS validation error: com.amazonaws.services.kms.model.NotFound",
        ),
    ],
)
def test_keys_that_are_not_there(desk: Desk, wanted: str, text: str) -> None:
    """DDB-TABLE-023, 442."""
    body = on_demand(SSESpecification=with_key(wanted))
    desk.refused("CreateTable", "ValidationException", text, **body)


def test_an_asymmetric_key_is_a_server_error(desk: Desk) -> None:
    """DDB-TABLE-461."""
    body = on_demand(SSESpecification=with_key(new_key("RSA_2048")))
    assert desk.refused("CreateTable", "InternalServerError", "", **body).status == 500
