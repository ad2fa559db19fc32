"""CloudWatch Logs in the sandbox: names, retention, keys."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox


@pytest.fixture
def logs(sandbox: Sandbox) -> Any:
    return sandbox.client("logs")


def refused(call: Any, code: str, text: str = "") -> None:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert text in error["Message"]


def shown(logs: Any, name: str = "g") -> dict[str, Any]:
    (found,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return dict(found)


@pytest.mark.parametrize("name", ["a b", "größe", "x" * 513, "a:b", "a*"])
def test_names_have_a_form(logs: Any, name: str) -> None:
    refused(lambda: logs.create_log_group(logGroupName=name), "InvalidParameterException", "logGroupName")


def test_some_names_are_awss(logs: Any) -> None:
    refused(lambda: logs.create_log_group(logGroupName="aws/x"), "InvalidParameterException", "reserved")
    logs.create_log_group(logGroupName="/aws/lambda/x.y_z#1-2")


def test_one_group_of_a_name(logs: Any) -> None:
    logs.create_log_group(logGroupName="g", tags={"a": "b"})
    refused(lambda: logs.create_log_group(logGroupName="g"), "ResourceAlreadyExistsException")
    assert logs.list_tags_for_resource(resourceArn=shown(logs)["logGroupArn"])["tags"] == {"a": "b"}


def test_retention(logs: Any) -> None:
    logs.create_log_group(logGroupName="g")
    logs.put_retention_policy(logGroupName="g", retentionInDays=3653)
    assert shown(logs)["retentionInDays"] == 3653
    logs.delete_retention_policy(logGroupName="g")
    assert "retentionInDays" not in shown(logs)


@pytest.mark.parametrize("days", [0, 2, 31, 366, 3654, -1])
def test_only_some_retentions(logs: Any, days: int) -> None:
    logs.create_log_group(logGroupName="g")
    refused(
        lambda: logs.put_retention_policy(logGroupName="g", retentionInDays=days),
        "InvalidParameterException",
        f"Value '{days}' at 'retentionInDays'",
    )
    assert "retentionInDays" not in shown(logs)


def test_a_group_that_is_not_there(sandbox: Sandbox, logs: Any) -> None:
    key = sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    for call in (
        lambda: logs.put_retention_policy(logGroupName="g", retentionInDays=1),
        lambda: logs.delete_retention_policy(logGroupName="g"),
        lambda: logs.associate_kms_key(logGroupName="g", kmsKeyId=key),
        lambda: logs.disassociate_kms_key(logGroupName="g"),
        lambda: logs.delete_log_group(logGroupName="g"),
    ):
        refused(call, "ResourceNotFoundException", "The specified log group does not exist.")


def test_keys(sandbox: Sandbox, logs: Any) -> None:
    key = sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName="g")
    logs.associate_kms_key(logGroupName="g", kmsKeyId=key)
    assert shown(logs)["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="g")
    logs.disassociate_kms_key(logGroupName="g")
    assert "kmsKeyId" not in shown(logs)
    logs.associate_kms_key(resourceIdentifier=shown(logs)["arn"], kmsKeyId=key)
    assert shown(logs)["kmsKeyId"] == key


def test_keys_that_do_not_fit(sandbox: Sandbox, logs: Any) -> None:
    kms = sandbox.client("kms")
    logs.create_log_group(logGroupName="g")
    disabled = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=disabled["KeyId"])
    pair = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    for key in (disabled["Arn"], pair, disabled["KeyId"], disabled["Arn"][:-1] + "x"):
        for call in (
            lambda key=key: logs.associate_kms_key(logGroupName="g", kmsKeyId=key),
            lambda key=key: logs.create_log_group(logGroupName="h", kmsKeyId=key),
        ):
            refused(call, "InvalidParameterException", "KMS key")
    assert "kmsKeyId" not in shown(logs)
