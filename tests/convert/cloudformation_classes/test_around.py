"""What stands around tables: where a part is not known, nothing is made of the rest."""

from __future__ import annotations

from pathlib import Path

from tests.convert.converted import converted, lost, spec_of

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: { Unsaid: { Type: String } }
Conditions: { Perhaps: !Equals [!Ref Unsaid, x] }
Resources:
  Simple:
    Type: AWS::Serverless::SimpleTable
    Properties:
      TableName: simple
      ProvisionedThroughput: !If [Perhaps, { ReadCapacityUnits: 1, WriteCapacityUnits: 1 }, !Ref AWS::NoValue]
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Events:
        Nothing: { Type: DynamoDB }
        Streamless: { Type: DynamoDB, Properties: { StartingPosition: LATEST } }
  Vault: { Type: AWS::Backup::BackupVault, Properties: { BackupVaultName: !Ref Unsaid } }
  Plan:
    Type: AWS::Backup::BackupPlan
    Properties:
      BackupPlan:
        BackupPlanName: nightly
        BackupPlanRule:
          - { RuleName: r, TargetBackupVault: !Ref Vault, ScheduleExpression: "cron(0 1 ? * * *)" }
  Selection:
    Type: AWS::Backup::BackupSelection
    Properties:
      BackupPlanId: !Ref Plan
      BackupSelection:
        SelectionName: s
        IamRoleArn: !GetAtt Role.Arn
        Resources: [!GetAtt Simple.Arn]
  Role: { Type: AWS::IAM::Role, Properties: {} }
"""


def test_a_part_that_is_not_known_is_not_filled_in_by_a_default(tmp_path: Path) -> None:
    made = converted(TEMPLATE, tmp_path, "t.yaml")
    spec = spec_of(made)
    assert spec["billing_mode"] == "${var.Simple_ProvisionedThroughput}"
    assert "backup" not in spec, "its vault and its role are not known"
    told = lost(made)
    assert {"Vault", "Selection.BackupSelection.IamRoleArn"} <= set(told)
    assert any(name.startswith("Plan.") for name in told)
    events = [name for name in told if name.startswith("Function.Events")]
    assert sorted(name.rpartition(".")[2] for name in events) == ["Nothing", "Streamless"]
