"""The IAM permissions that one AWS call needs: its own action and its dependent actions.

Actions, resource types and condition keys are from AWS's Service Authorization Reference; dependent actions from the
services' own guides (Developer Guide of DynamoDB: global tables, encryption, Kinesis; AWS Backup: access control).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dynaops.access import arns
from dynaops.model.arns import iam_arn

Body = Mapping[str, Any]


class Need(NamedTuple):
    """An action on a resource; `context` holds the condition keys of the request."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


_ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
"""Calls whose IAM action has another name."""
_PREFIXES = {"dynamodbstreams": "dynamodb"}
_FREE = {"sts:GetCallerIdentity"}
"""Calls that need no permission."""
_REPLICA_DATA = ("Query", "Scan", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
_KEY = ("DescribeKey", "CreateGrant", "Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey")
_LINKED = {
    "application-autoscaling:RegisterScalableTarget": "dynamodb.application-autoscaling.amazonaws.com",
    "dynamodb:EnableKinesisStreamingDestination": "kinesisreplication.dynamodb.amazonaws.com",
    "dynamodb:UpdateContributorInsights": "contributorinsights.dynamodb.amazonaws.com",
}
"""Calls with which AWS creates the service-linked role of a service, if it does not exist yet."""
_TAGGED = {
    "dynamodb:CreateTable": ("Tags", "dynamodb:TagResource"),
    "iam:CreatePolicy": ("Tags", "iam:TagPolicy"),
    "iam:CreateRole": ("Tags", "iam:TagRole"),
    "backup:CreateBackupVault": ("BackupVaultTags", "backup:TagResource"),
    "backup:CreateBackupPlan": ("BackupPlanTags", "backup:TagResource"),
    "logs:CreateLogGroup": ("tags", "logs:TagResource"),
    "cloudwatch:PutMetricAlarm": ("Tags", "cloudwatch:TagResource"),
    "lambda:CreateEventSourceMapping": ("Tags", "lambda:TagResource"),
}
"""Calls that create a resource with tags: the member that holds the tags, and the additional action."""
_REPLICATION = "replication.dynamodb.amazonaws.com"


def needs(service: str, api: str, region: str, account: str, body: Body) -> Iterator[Need]:
    """All permissions that the call needs, its own action first."""
    action = action_of(service, api)
    if action in _FREE:
        return
    location = arns.CallLocation(region, account)
    for resource in arns.resources(service, api, location, body):
        yield Need(action, resource, _context(action, body))
    yield from _dependent_needs(action, location, body)


def action_of(service: str, api: str) -> str:
    """The IAM action of a call."""
    name = f"{_PREFIXES.get(service, service)}:{api}"
    return _ACTIONS.get(name, name)


def _context(action: str, body: Body) -> tuple[tuple[str, str], ...]:
    if action == "lambda:CreateEventSourceMapping" and str(body.get("FunctionName", "")).startswith("arn:"):
        return (("lambda:FunctionArn", str(body["FunctionName"])),)
    return ()


def _dependent_needs(action: str, location: arns.CallLocation, body: Body) -> Iterator[Need]:
    """The dependent actions of a call, without its own action."""
    if action in _LINKED:
        yield _linked_role(location, _LINKED[action])
    if action == "dynamodb:CreateTable" and body.get("ResourcePolicy"):
        yield Need("dynamodb:PutResourcePolicy", location.table(str(body["TableName"])))
    if action in ("dynamodb:CreateTable", "dynamodb:UpdateTable"):
        yield from _encryption(location, body)
        yield from _replicas(location, body)
    if action == "dynamodb:EnableKinesisStreamingDestination":
        for api in ("DescribeStream", "PutRecord", "PutRecords"):
            yield Need(f"kinesis:{api}", str(body["StreamArn"]))
    if action == "backup:CreateBackupSelection":
        role = str(body["BackupSelection"]["IamRoleArn"])
        yield Need("iam:PassRole", role, (("iam:PassedToService", "backup.amazonaws.com"),))
    if action == "backup:CreateBackupVault":
        yield Need("backup-storage:MountCapsule", "*")
        if body.get("EncryptionKeyArn"):
            for api in ("CreateGrant", "GenerateDataKey", "Decrypt", "RetireGrant", "DescribeKey"):
                yield Need(f"kms:{api}", str(body["EncryptionKeyArn"]))
    yield from _tags(action, location, body)


def _tags(action: str, location: arns.CallLocation, body: Body) -> Iterator[Need]:
    """The tagging action of a call that creates a resource with tags, on the same resource."""
    member, tagging = _TAGGED.get(action, ("", ""))
    if not body.get(member):
        return
    service, _, api = action.partition(":")
    if service == "lambda":  # AWS generates the mapping's id in this call
        yield Need(tagging, location.arn("lambda", "event-source-mapping:*"))
        return
    for resource in arns.resources(service, api, location, body):
        yield Need(tagging, resource)


def _encryption(location: arns.CallLocation, body: Body) -> Iterator[Need]:
    key = (body.get("SSESpecification") or {}).get("KMSMasterKeyId")
    if key:
        yield from _key_use(location, str(key))


def _key_use(location: arns.CallLocation, key: str) -> Iterator[Need]:
    via = (("kms:ViaService", f"dynamodb.{location.region}.amazonaws.com"),)
    for api in _KEY:
        yield Need(f"kms:{api}", location.key(key), via)


def _replicas(location: arns.CallLocation, body: Body) -> Iterator[Need]:
    """The actions on the replica's table in its region, which the caller must be allowed to create, fill and delete."""
    for update in body.get("ReplicaUpdates") or ():
        for verb, settings in update.items():
            replica_location = arns.CallLocation(str(settings["RegionName"]), location.account)
            table = replica_location.table(str(body["TableName"]))
            own = f"{verb}TableReplica"
            names: tuple[str, ...]
            if verb == "Create":
                names = ("CreateTable", own, "DescribeTable", "UpdateTable", *_REPLICA_DATA)
                yield _linked_role(location, _REPLICATION)
            else:
                names = ("DeleteTable", own) if verb == "Delete" else ("UpdateTable",)
            for name in names:
                yield Need(f"dynamodb:{name}", table)
            if verb == "Create":
                yield Need(f"dynamodb:{own}", location.table(str(body["TableName"])))
            if settings.get("KMSMasterKeyId"):
                yield from _key_use(replica_location, str(settings["KMSMasterKeyId"]))


def _linked_role(location: arns.CallLocation, service: str) -> Need:
    role = iam_arn(location.region, location.account, f"role/aws-service-role/{service}/*")
    return Need("iam:CreateServiceLinkedRole", role, (("iam:AWSServiceName", service),))
