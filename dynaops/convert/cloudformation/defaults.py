"""Defaults of CloudFormation and SAM: the only list of the defaults that converting relies on.

Each line has the property, its value when it is absent, and the documentation that says so. A property whose
documentation names no default is not listed: if it is absent, the spec has no value for it.
"""

from __future__ import annotations

from typing import Any

from dynaops.convert.defaults import DocumentedDefault

TABLE = "AWS::DynamoDB::Table"
GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
SIMPLE_TABLE = "AWS::Serverless::SimpleTable"
_REFERENCE = "CloudFormation Template Reference, "
_SAM = "AWS SAM Developer Guide, AWS::Serverless::SimpleTable, "


DEFAULTS: dict[tuple[str, str], DocumentedDefault] = {
    (TABLE, "BillingMode"): DocumentedDefault("PROVISIONED", f"{_REFERENCE}{TABLE}, BillingMode"),
    (TABLE, "TableClass"): DocumentedDefault("STANDARD", "DynamoDB API Reference, CreateTable, TableClass"),
    (TABLE, "DeletionProtectionEnabled"): DocumentedDefault(
        False, f"{_REFERENCE}{TABLE}, DeletionProtectionEnabled"
    ),
    (TABLE, "SSESpecification.SSEEnabled"): DocumentedDefault(
        False, f"{_REFERENCE}{TABLE} SSESpecification: absent or false is the key that AWS owns"
    ),
    (TABLE, "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"): DocumentedDefault(
        False, "DynamoDB Developer Guide, Point-in-time recovery: off until it is enabled"
    ),
    (TABLE, "PointInTimeRecoverySpecification.RecoveryPeriodInDays"): DocumentedDefault(
        35, f"{_REFERENCE}{TABLE} PointInTimeRecoverySpecification, RecoveryPeriodInDays"
    ),
    (GLOBAL_TABLE, "BillingMode"): DocumentedDefault(
        "PROVISIONED", f"{_REFERENCE}{GLOBAL_TABLE}, BillingMode"
    ),
    (GLOBAL_TABLE, "MultiRegionConsistency"): DocumentedDefault(
        "EVENTUAL", f"{_REFERENCE}{GLOBAL_TABLE}, MultiRegionConsistency"
    ),
    (GLOBAL_TABLE, "Replicas.TableClass"): DocumentedDefault(
        "STANDARD", f"{_REFERENCE}{GLOBAL_TABLE} ReplicaSpecification, TableClass"
    ),
    (GLOBAL_TABLE, "Replicas.DeletionProtectionEnabled"): DocumentedDefault(
        False, f"{_REFERENCE}{GLOBAL_TABLE} ReplicaSpecification, DeletionProtectionEnabled"
    ),
    (SIMPLE_TABLE, "PrimaryKey.Name"): DocumentedDefault("id", f"{_SAM}PrimaryKey"),
    (SIMPLE_TABLE, "PrimaryKey.Type"): DocumentedDefault("String", f"{_SAM}PrimaryKey"),
    (SIMPLE_TABLE, "BillingMode"): DocumentedDefault(
        "PAY_PER_REQUEST", f"{_SAM}ProvisionedThroughput: absent"
    ),
    (SIMPLE_TABLE, "SSESpecification.SSEEnabled"): DocumentedDefault(
        False, f"{_SAM}SSESpecification: as in {TABLE}"
    ),
    (SIMPLE_TABLE, "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"): DocumentedDefault(
        False, f"{_SAM}PointInTimeRecoverySpecification: as in {TABLE}"
    ),
}


def default(kind: str, name: str) -> Any:
    """The default of a property of the resource type `kind`."""
    return DEFAULTS[kind, name].value
