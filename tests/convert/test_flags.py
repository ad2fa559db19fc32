"""A setting that a source leaves out is what its tool makes of that, and a flag written as text is that flag."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.convert.converted import converted, lost, spec_of

KEYS: dict[str, Any] = {
    "TableName": "users",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
TERRAFORM = """
resource "aws_dynamodb_table" "t" {{
  name         = "users"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {{
    name = "id"
    type = "S"
  }}
{more}
}}
"""
MODULE = """
module "t" {{
  source     = "terraform-aws-modules/dynamodb-table/aws"
  version    = "4.0.0"
  name       = "users"
  hash_key   = "id"
  attributes = [{{ name = "id", type = "S" }}]
{more}
}}
"""
ACK = """
apiVersion: dynamodb.services.k8s.aws/v1alpha1
kind: Table
metadata: {{ name: t }}
spec:
  tableName: users
  billingMode: PAY_PER_REQUEST
  attributeDefinitions: [{{ attributeName: id, attributeType: S }}]
  keySchema: [{{ attributeName: id, keyType: HASH }}]
{more}
"""
TABLE, GLOBAL, SIMPLE = "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable"


def template(kind: str, properties: dict[str, Any]) -> str:
    resources = {"T": {"Type": kind, "Properties": properties}}
    return json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources})


def cloudformation(kind: str, settings: dict[str, Any]) -> str:
    """A template with a table of that kind; a global table has `settings` at its replica."""
    if kind == SIMPLE:
        return template(kind, {"TableName": "users", **settings})
    if kind == GLOBAL:
        return template(kind, {**KEYS, "Replicas": [{"Region": "eu-west-1", **settings}]})
    return template(kind, {**KEYS, **settings})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((f"{kind.rpartition('::')[2]}.json", cloudformation(kind, {})) for kind in (TABLE, GLOBAL, SIMPLE)),
        ("resource.tf", TERRAFORM.format(more="")),
        ("module.tf", MODULE.format(more="")),
        ("ack.yaml", ACK.format(more="")),
    ],
    ids=lambda value: value if len(value) < 30 else "",
)
def test_point_in_time_recovery_is_off_where_no_block_turns_it_on(
    tmp_path: Path, name: str, text: str
) -> None:
    """A spec's own default is on, so that a converted spec has to say it."""
    spec = spec_of(converted(text, tmp_path, name))
    assert spec["point_in_time_recovery"] in (False, {"enabled": False})


RECOVERY = "PointInTimeRecoverySpecification"
SETTINGS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "recovery": lambda flag: {RECOVERY: {"PointInTimeRecoveryEnabled": flag, "RecoveryPeriodInDays": 9}},
    "protection": lambda flag: {"DeletionProtectionEnabled": flag},
    "encryption": lambda flag: {"SSESpecification": {"SSEEnabled": flag}},
    "expiry": lambda flag: {"TimeToLiveSpecification": {"AttributeName": "until", "Enabled": flag}},
    "insights": lambda flag: {"ContributorInsightsSpecification": {"Enabled": flag}},
}


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("style", [str, lambda text: str(text).lower(), lambda text: str(text).upper()])
def test_a_flag_as_text_is_that_flag(tmp_path: Path, setting: str, style: Any, flag: bool) -> None:
    """CloudFormation takes "true" and "false" for booleans, and so parameters, which are texts, can give them."""
    made = [
        converted(cloudformation(TABLE, SETTINGS[setting](value)), tmp_path, "t.json")
        for value in (flag, style(flag))
    ]
    plain, text = (spec_of(one) for one in made)
    assert text == plain
    assert lost(made[0]) == lost(made[1])


@pytest.mark.parametrize("setting", SETTINGS)
def test_each_flag_makes_a_difference(tmp_path: Path, setting: str) -> None:
    on, off = (
        spec_of(converted(cloudformation(TABLE, SETTINGS[setting](value)), tmp_path, "t.json"))
        for value in (True, False)
    )
    assert on != off


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (TERRAFORM, "point_in_time_recovery {{ enabled = {flag} }}"),
        (TERRAFORM, "deletion_protection_enabled = {flag}"),
        (TERRAFORM, "server_side_encryption {{ enabled = {flag} }}"),
        (TERRAFORM, 'ttl {{\n enabled = {flag}\n attribute_name = "until"\n}}'),
        (TERRAFORM, 'stream_view_type = "NEW_IMAGE"\nstream_enabled = {flag}'),
        (MODULE, "point_in_time_recovery_enabled = {flag}"),
        (MODULE, "deletion_protection_enabled = {flag}"),
        (MODULE, "server_side_encryption_enabled = {flag}"),
        (MODULE, 'ttl_attribute_name = "until"\nttl_enabled = {flag}'),
        (MODULE, 'stream_view_type = "NEW_IMAGE"\nstream_enabled = {flag}'),
    ],
)
def test_terraform_converts_texts_to_booleans(tmp_path: Path, text: str, more: str) -> None:
    """Terraform converts "true" and "false" where a boolean is wanted (language reference, "Types and Values")."""
    specs = [
        spec_of(converted(text.format(more=more.format(flag=flag)), tmp_path, "t.tf"))
        for flag in ("true", "false", '"true"', '"false"')
    ]
    assert specs[0] != specs[1]
    assert specs[2:] == specs[:2]


@pytest.mark.parametrize(
    "more",
    [
        "  deletionProtectionEnabled: {flag}",
        "  sseSpecification: {{ enabled: {flag} }}",
        "  timeToLive: {{ attributeName: until, enabled: {flag} }}",
        "  continuousBackups: {{ pointInTimeRecoveryEnabled: {flag} }}",
        "  streamSpecification: {{ streamEnabled: {flag}, streamViewType: NEW_IMAGE }}",
    ],
)
def test_flags_of_kubernetes(tmp_path: Path, more: str) -> None:
    specs = [
        spec_of(converted(ACK.format(more=more.format(flag=flag)), tmp_path, "t.yaml"))
        for flag in ("true", "false", '"true"', '"false"')
    ]
    assert specs[0] != specs[1]
    assert specs[2:] == specs[:2]
