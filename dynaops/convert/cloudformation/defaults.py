"""What CloudFormation and SAM do where a template says nothing: THE TABLE of the defaults that converting relies on.

Each line has the property, what it is when it is absent, and the documentation that says so. A property whose
documentation names no default is not here: its absence carries nothing over.
"""

from __future__ import annotations

from typing import Any

from dynaops.convert.defaults import Default

TABLE = "AWS::DynamoDB::Table"
GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
SIMPLE_TABLE = "AWS::Serverless::SimpleTable"
_REFERENCE = "CloudFormation Template Reference, "
_SAM = "AWS SAM Developer Guide, AWS::Serverless::SimpleTable, "


DEFAULTS: dict[tuple[str, str], Default] = {
    (TABLE, "BillingMode"): Default("PROVISIONED", f"{_REFERENCE}{TABLE}, BillingMode"),
    (TABLE, "TableClass"): Default("STANDARD", "DynamoDB API Reference, CreateTable, TableClass"),
    (TABLE, "DeletionProtectionEnabled"): Default(False, f"{_REFERENCE}{TABLE}, DeletionProtectionEnabled"),
    (TABLE, "SSESpecification.SSEEnabled"): Default(
        False, f"{_REFERENCE}{TABLE} SSESpecification: absent or false is the key that AWS owns"
    ),
    (TABLE, "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"): Default(
        False, "DynamoDB Developer Guide, Point-in-time recovery: off until it is enabled"
    ),
    (TABLE, "PointInTimeRecoverySpecification.RecoveryPeriodInDays"): Default(
        35, f"{_REFERENCE}{TABLE} PointInTimeRecoverySpecification, RecoveryPeriodInDays"
    ),
    (GLOBAL_TABLE, "BillingMode"): Default("PROVISIONED", f"{_REFERENCE}{GLOBAL_TABLE}, BillingMode"),
    (GLOBAL_TABLE, "MultiRegionConsistency"): Default(
        "EVENTUAL", f"{_REFERENCE}{GLOBAL_TABLE}, MultiRegionConsistency"
    ),
    (GLOBAL_TABLE, "Replicas.TableClass"): Default(
        "STANDARD", f"{_REFERENCE}{GLOBAL_TABLE} ReplicaSpecification, TableClass"
    ),
    (GLOBAL_TABLE, "Replicas.DeletionProtectionEnabled"): Default(
        False, f"{_REFERENCE}{GLOBAL_TABLE} ReplicaSpecification, DeletionProtectionEnabled"
    ),
    (SIMPLE_TABLE, "PrimaryKey.Name"): Default("id", f"{_SAM}PrimaryKey"),
    (SIMPLE_TABLE, "PrimaryKey.Type"): Default("String", f"{_SAM}PrimaryKey"),
    (SIMPLE_TABLE, "BillingMode"): Default("PAY_PER_REQUEST", f"{_SAM}ProvisionedThroughput: absent"),
    (SIMPLE_TABLE, "SSESpecification.SSEEnabled"): Default(False, f"{_SAM}SSESpecification: as in {TABLE}"),
    (SIMPLE_TABLE, "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"): Default(
        False, f"{_SAM}PointInTimeRecoverySpecification: as in {TABLE}"
    ),
}


def default(kind: str, name: str) -> Any:
    """What the property of the resource type is where the template says nothing."""
    return DEFAULTS[kind, name].value
