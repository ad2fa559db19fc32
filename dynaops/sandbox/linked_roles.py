"""Service-linked roles of the services used with DynamoDB, with AWS's names (moto's names differ)."""

from __future__ import annotations

import json
from typing import Any

from dynaops.model.arns import iam_arn
from dynaops.sandbox.iam_backend import iam_backend

_NAMES = {
    "dynamodb.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
    "replication.dynamodb.amazonaws.com": "AWSServiceRoleForDynamoDBReplication",
    "kinesisreplication.dynamodb.amazonaws.com": "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication",
    "contributorinsights.dynamodb.amazonaws.com": "AWSServiceRoleForDynamoDBCloudWatchContributorInsights",
    "backup.amazonaws.com": "AWSServiceRoleForBackup",
}
"""Role names by the service that assumes them (IAM User Guide, "Services that work with IAM")."""


def name_of(service: str) -> str | None:
    """The role name of a service; None for a service that is not known here."""
    return _NAMES.get(service)


def arn_of(account: str, region: str, service: str) -> str:
    """The ARN of a known service's role, whether it exists yet or not."""
    return iam_arn(region, account, f"role/aws-service-role/{service}/{_NAMES[service]}")


def find(account: str, region: str, service: str) -> Any:
    """moto's role object; None if it does not exist."""
    roles = iam_backend(account, region).roles.values()
    return next((role for role in roles if role.name == _NAMES[service]), None)


def ensure(account: str, region: str, service: str, description: str = "") -> Any:
    """The role of a known service; created if it does not exist, as AWS does when the service first needs it."""
    role = find(account, region, service)
    if role is not None:
        return role
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    return iam_backend(account, region).create_role(
        role_name=_NAMES[service],
        assume_role_policy_document=json.dumps(trust),
        path=f"/aws-service-role/{service}/",
        permissions_boundary=None,
        description=description,
        tags=[],
        max_session_duration="3600",
        linked_service=service,
    )
