"""Intrinsic functions are resolved, or told of; what is odd in a template is told of, and never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.convert.converted import conversion, converted, lost, spec_of

TABLE = """
Parameters:
  Stage: {{ Type: String }}
  Zones: {{ Type: CommaDelimitedList, Default: "a, b" }}
Mappings:
  Names: {{ here: {{ one: first }} }}
Conditions:
  Yes: !And [!Equals [1, "1"], !Or [!Equals [a, b], !Not [!Equals [a, b]]]]
  Unclear: !Equals [!Ref Stage, prod]
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
    ("name", "resolved"),
    [
        ("!Ref Stage", "live"),
        ("!Sub x-${Stage}-${AWS::Region}", "x-live-eu-west-1"),
        ("!Sub ['${A}.${!B}', {A: !Ref Stage}]", "live.${B}"),
        ("!Join ['-', [a, !Ref Stage, !Select [1, !Ref Zones]]]", "a-live-b"),
        ("!Select [1, !Split ['-', !Join ['-', [one, two]]]]", "two"),
        ("!FindInMap [Names, here, one]", "first"),
        ("!If [Yes, right, wrong]", "right"),
        ("!If [Unclear, right, wrong]", "wrong"),
        ("{'Fn::ImportValue': !Sub 'net-${Stage}'}", "imported"),
        ("!Ref AWS::AccountId", "42"),
    ],
)
def test_a_name_is_resolved(tmp_path: Path, name: str, resolved: str) -> None:
    given = {"Stage": "live", "net-live": "imported", "AWS::AccountId": "42"}
    made = converted(TABLE.format(name=name), tmp_path, "t.yaml", **given)
    found = [one.table for one in made.specs]
    assert found == [resolved]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("!Ref Stage", "the parameter Stage has no default: give it with --parameter Stage=VALUE"),
        ("!Ref Nothing", "there is no Nothing in the template: give it with --parameter Nothing=VALUE"),
        ("!If [Unclear, a, b]", "the parameter Stage has no default"),
        ("!If [Never, a, b]", "there is no condition Never"),
        ("!FindInMap [Names, there, one]", "the mapping Names has no there.one"),
        ("!ImportValue other", "other is another stack's export: give it with --parameter other=VALUE"),
        ("'{{resolve:ssm:/name}}'", "it is looked up when the stack is deployed"),
        ("!Select [7, !Ref Zones]", "Fn::Select finds no such element"),
        ("!Transform {Name: Macro}", "Fn::Transform cannot be resolved without CloudFormation"),
        ("!GetAtt Other.Arn", "Other.Arn is known when it is deployed"),
        ("!Ref T", "CloudFormation gives T its name when it is deployed"),
        ("!Ref AWS::NoValue", "CloudFormation gives T its name when it is deployed"),
    ],
)
def test_what_cannot_be_resolved_is_told_with_its_place(tmp_path: Path, name: str, why: str) -> None:
    made = converted(TABLE.format(name=name), tmp_path, "t.yaml")
    assert not made.specs
    (note,) = made.lost
    assert note.where.what == "T"
    assert note.why.startswith(why)
    assert note.where.place.endswith("t.yaml:11:3")


def test_a_table_without_a_name_is_named_by_hand(tmp_path: Path) -> None:
    text = TABLE.format(name="!Ref AWS::NoValue")
    assert spec_of(converted(text, tmp_path, "t.yaml", T="shop-T-1A2B3C"))["table_name"] == "shop-T-1A2B3C"


def test_every_setting_that_a_spec_lacks_is_told(tmp_path: Path) -> None:
    text = (
        TABLE.format(name="t")
        + """
      ImportSourceSpecification: { S3BucketSource: { S3Bucket: b }, InputFormat: CSV }
      StreamSpecification: { StreamViewType: NEW_IMAGE, ResourcePolicy: { PolicyDocument: {} } }
      Tomorrow: { Setting: 1 }
  Policy:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties: { PolicyName: p, PolicyType: StepScaling, ResourceId: table/t,
                  ScalableDimension: "dynamodb:table:ReadCapacityUnits" }
  Other:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: "arn:aws:sqs:eu-west-1:1:q", FunctionName: f }
  Far:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: "arn:aws:dynamodb:eu-west-1:1:table/far/stream/x", FunctionName: f }
"""
    )
    made = converted(text, tmp_path, "t.yaml")
    assert lost(made) == {
        "T.ImportSourceSpecification": "a spec has no imported items: load them with `dynaops load-data`",
        "T.StreamSpecification.ResourcePolicy": "a spec has no policy of the stream",
        "T.Tomorrow": "a spec has no such setting",
        "Policy": "a spec has no scaling by StepScaling",
        "Other": "its source is not a table's stream",
        "Far": "its table far is in none of the files",
    }


@pytest.mark.parametrize(
    "resources",
    [
        "[]",
        "{T: []}",
        "{T: {Type: [], Properties: {}}}",
        "{T: {Type: 'AWS::DynamoDB::Table'}}",
        "{T: {Type: 'AWS::DynamoDB::Table', Properties: [1]}}",
        "{T: {Type: 'AWS::DynamoDB::Table', Properties: {TableName: [a], KeySchema: 3, Tags: x}}}",
        "{T: {Type: 'AWS::DynamoDB::Table', Properties: {TableName: tab, KeySchema: [1, [2]], "
        "GlobalSecondaryIndexes: {a: 1}, ProvisionedThroughput: {ReadCapacityUnits: {Ref: T}}}}}",
        "{T: {Type: 'AWS::DynamoDB::GlobalTable', Properties: {TableName: tab, Replicas: [{Region: 1}, 2]}}}",
        "{T: {Type: 'AWS::DynamoDB::Table', Properties: {TableName: {'Fn::Sub': {a: b}}}}}",
        "{T: {Type: 'AWS::DynamoDB::Table', Condition: Loop, Properties: {TableName: {'Fn::GetAtt': T}}}}",
        "{T: {Type: 'AWS::Serverless::Function', Properties: {Events: [1]}}}",
        "{T: {Type: 'AWS::Backup::BackupPlan', Properties: {BackupPlan: {BackupPlanName: p, BackupPlanRule: [{}]}}}}",
        "{T: {Type: 'AWS::Backup::BackupSelection', Properties: {BackupPlanId: x, BackupSelection: {Resources: 1}}}}",
    ],
)
def test_malformed_resources_are_told_of_and_no_more(tmp_path: Path, resources: str) -> None:
    text = f"Conditions: {{Loop: {{Condition: Loop}}}}\nResources: {resources}\n"
    try:
        made = converted(text, tmp_path, "t.yaml")
    except Exception as error:
        assert type(error).__name__ == "DynaopsError", error
        return
    assert made.notes or made.specs[0].findings


def test_a_stack_says_the_home_region_of_its_global_table() -> None:
    made = conversion("cloudformation/global.yaml", region=None)
    assert not made.specs
    assert "--region" in lost(made)["Profiles"]
    away: dict[str, Any] = spec_of(conversion("cloudformation/global.yaml", region="us-east-1"))
    assert away["region"] == "us-east-1"
    assert [one["region"] for one in away["replicas"]] == ["eu-west-1"]
    assert away["deletion_protection"] is True


@pytest.mark.parametrize(
    ("policies", "lifecycle"),
    [
        ("DeletionPolicy: Delete", None),
        ("DeletionPolicy: Retain", {"on_destroy": "retain"}),
        ("DeletionPolicy: RetainExceptOnCreate", {"on_destroy": "retain"}),
        ("DeletionPolicy: Snapshot", {"on_destroy": "backup"}),
        ("DeletionPolicy: Retain, UpdateReplacePolicy: Retain", {"on_destroy": "retain"}),
        (
            "DeletionPolicy: Retain, UpdateReplacePolicy: Delete",
            {"on_destroy": "retain", "on_replace": "discard"},
        ),
        ("UpdateReplacePolicy: Snapshot", {"on_replace": "backup"}),
        ("UpdateReplacePolicy: Delete", None),
    ],
)
@pytest.mark.parametrize("kind", ["DynamoDB::Table", "DynamoDB::GlobalTable", "Serverless::SimpleTable"])
def test_what_becomes_of_a_table_that_the_stack_lets_go_of(
    tmp_path: Path, kind: str, policies: str, lifecycle: dict[str, str] | None
) -> None:
    properties = (
        "AttributeDefinitions: [{AttributeName: id, AttributeType: S}], BillingMode: PAY_PER_REQUEST, "
    )
    properties += "KeySchema: [{AttributeName: id, KeyType: HASH}]"
    if kind == "DynamoDB::GlobalTable":
        properties += ", Replicas: [{Region: eu-west-1}]"
    if kind == "Serverless::SimpleTable":
        properties = "PrimaryKey: {Name: id, Type: String}"
    text = (
        f"Resources: {{T: {{Type: 'AWS::{kind}', {policies}, Properties: {{TableName: tea, {properties}}}}}}}"
    )
    made = converted(text, tmp_path, "t.yaml")
    assert spec_of(made).get("lifecycle") == lifecycle
    assert not lost(made)
