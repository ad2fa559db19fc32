"""The calls of services that need few rules: Application Auto Scaling, KMS, Kinesis, S3 and STS."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.access.rules import Body, CallLocation, ServiceRules


def _scaling_resources(api: str, location: CallLocation, _body: Body) -> Iterable[str]:
    reads = api.startswith("Describe")
    return ("*",) if reads else (location.arn("application-autoscaling", "scalable-target/*"),)


def _key_resources(_api: str, location: CallLocation, body: Body) -> Iterable[str]:
    return (location.key(str(body["KeyId"])) if body.get("KeyId") else "*",)


def _kinesis_resources(_api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if body.get("StreamARN"):
        return (str(body["StreamARN"]),)
    return (location.arn("kinesis", f"stream/{body['StreamName']}") if body.get("StreamName") else "*",)


APPLICATION_AUTOSCALING = ServiceRules(
    resources=_scaling_resources,
    linked_roles={"RegisterScalableTarget": "dynamodb.application-autoscaling.amazonaws.com"},
)
KMS = ServiceRules(resources=_key_resources)
KINESIS = ServiceRules(resources=_kinesis_resources)
S3 = ServiceRules(
    actions={
        "ListObjectsV2": "s3:ListBucket",
        "HeadBucket": "s3:ListBucket",
        "HeadObject": "s3:GetObject",
        "PutBucketEncryption": "s3:PutEncryptionConfiguration",
        "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
        "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    }
)
STS = ServiceRules(free=frozenset({"GetCallerIdentity"}))
