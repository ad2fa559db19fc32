"""Sources beside Terraform and CloudFormation: recognised by their content, and converted as they are deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dynaops.convert.formats import Options
from dynaops.convert.ledger import ConversionOutcome
from dynaops.convert.run import Conversion, convert
from dynaops.model.errors import DynaopsError
from tests.convert.converted import INPUTS, converted, lost, spec_of

FILES = {
    "serverless": "serverless/serverless.yml",
    "ack": "ack/tables.yaml",
    "crossplane": "crossplane/tables.yaml",
    "cdk": "cdk/cdk.out",
}
LISTED = {
    "serverless": {
        "functions (count, plain)",
        "functions.plain.events[1]",
        "Songs.Tags[0].Value",
        "Missing",
    },
    "ack": {"Namespace/shop", "Table/plain.SomethingNew", "Backup/nightly"},
    "crossplane": {
        "Table/sessions.ImportTable",
        "TableItem/one",
    },
    "cdk": set(),
}


def made_of(name: str, format_: str | None = None) -> Conversion:
    return convert([str(INPUTS / FILES[name])], format_, Options())


def expected(name: str) -> list[dict[str, Any]]:
    found = YAML(typ="safe", pure=True).load((INPUTS / name / "expected.yaml").read_text())
    return list(found)


@pytest.mark.parametrize("name", FILES)
def test_it_is_recognised_and_converted(name: str) -> None:
    made = made_of(name)
    assert [one.spec for one in made.specs] == expected(name)
    assert not [one.findings for one in made.specs if one.findings]
    assert set(lost(made)) == LISTED[name]
    assert ConversionOutcome.LOST not in made.resources
    assert made_of(name, name).specs == made.specs


def test_options_of_the_framework_are_parameters() -> None:
    path = str(INPUTS / FILES["serverless"])
    made = convert([path], None, Options({"opt:stage": "prod", "env:OWNER": "me", "ssm:/name": "found"}))
    songs = made.specs[0].spec
    assert songs["table_name"] == "jukebox-songs-prod"
    assert songs["read_capacity"] == 10
    assert "point_in_time_recovery" not in songs  # on, as a spec has it
    assert songs["tags"]["owner"] == "me"
    assert {one.table for one in made.specs} >= {"found"}


SERVERLESS = """
service: s
provider: {{ name: aws, region: eu-west-1 }}
custom: {{ a: "${{self:custom.b}}", b: "${{self:custom.a}}", map: {{ x: 1 }} }}
resources:
  Resources:
    T:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: {name}
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}]
        KeySchema: [{{ AttributeName: id, KeyType: HASH }}]
"""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ('"${env:NAME}"', "give it with --parameter env:NAME=VALUE"),
        ("\"${env:NAME, 'fallback'}\"", "give it with --parameter env:NAME=VALUE"),
        ('"${cf:other.Name}"', "looked up when it is deployed"),
        ('"${opt:name}"', "has no value: give it with --parameter opt:name=VALUE"),
        ('"${self:custom.a}"', "depends on itself"),
        ('"x-${self:custom.map}"', "is no text"),
        ('"${self:custom.nothing}"', "has no value"),
        ('"${file(../../secret.yml):name}"', "is not read"),
        ('"${file(name.js):name}"', "is not read"),
        ('"${aws:accountId}-t"', "known when it is deployed"),
    ],
)
def test_what_the_framework_looks_up_later_is_listed(tmp_path: Path, name: str, why: str) -> None:
    made = converted(SERVERLESS.format(name=name), tmp_path, "serverless.yml")
    assert not made.specs
    assert why in lost(made)["T"]


@pytest.mark.parametrize(
    ("name", "resolved"),
    [
        ("\"${opt:name, 'fallback'}\"", "fallback"),
        ('"${self:service}-${sls:stage}-${aws:region}"', "s-dev-eu-west-1"),
        ('"${self:custom.nothing, self:service}-t"', "s-t"),
        ('!Sub "${AWS::Region}-${self:service}"', "eu-west-1-s"),
    ],
)
def test_what_is_known_is_filled_in(tmp_path: Path, name: str, resolved: str) -> None:
    made = converted(SERVERLESS.format(name=name), tmp_path, "serverless.yml")
    assert spec_of(made)["table_name"] == resolved


def test_a_chart_is_not_guessed(tmp_path: Path) -> None:
    text = (INPUTS / "ack" / "tables.yaml").read_text().split("---")[1]
    text = text.replace("readCapacityUnits: 5", 'readCapacityUnits: "{{ .Values.read }}"')
    spec = spec_of(converted(text, tmp_path, "t.yaml"))
    assert spec["read_capacity"] == "${var.Table_orders_ProvisionedThroughput_ReadCapacityUnits}"


def test_an_assembly_does_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "../../etc/passwd"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"S": stack}}))
    with pytest.raises(DynaopsError, match="is outside of the folder"):
        convert([str(tmp_path)], None, Options())


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: dynamodb.services.k8s.aws/v1alpha1\nkind: Table\n",
        "apiVersion: dynamodb.services.k8s.aws/v1alpha1\nkind: Table\nmetadata: []\nspec: 3\n",
        "apiVersion: dynamodb.services.k8s.aws/v1alpha1\nkind: [x]\nspec: {tableName: [a]}\n",
        "apiVersion: dynamodb.aws.upbound.io/v1beta1\nkind: Table\nspec: {forProvider: [1]}\n",
        "apiVersion: dynamodb.aws.upbound.io/v1beta1\nkind: Table\nspec: {forProvider: {attribute: x, ttl: [1, 2]}}\n",
        "service: x\nprovider: aws\nresources: [1, {Resources: 3}]\nfunctions: [7, {f: {events: {stream: 1}}}]\n",
        "service: x\nprovider: aws\nresources: ${file(nothing.yml)}\nfunctions: {f: {events: [{stream: [1]}]}}\n",
        "7\n---\napiVersion: dynamodb.services.k8s.aws/v1alpha1\nkind: List\nitems: [1]\n",
    ],
)
def test_malformed_sources_are_told_of_and_no_more(tmp_path: Path, text: str) -> None:
    made = converted(text, tmp_path, "t.yaml")
    assert made.lost or made.specs[0].findings
    assert ConversionOutcome.LOST not in made.resources
