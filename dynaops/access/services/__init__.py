"""The rules of the calls of each AWS service that dynaops uses, by its name in botocore."""

from __future__ import annotations

from dynaops.access.rules import ServiceRules
from dynaops.access.services import backup, cloudwatch, dynamodb, iam, lambda_functions, logs, others, pipes

SERVICES: dict[str, ServiceRules] = {
    "dynamodb": dynamodb.RULES,
    "dynamodbstreams": dynamodb.STREAMS,
    "application-autoscaling": others.APPLICATION_AUTOSCALING,
    "cloudwatch": cloudwatch.RULES,
    "logs": logs.RULES,
    "lambda": lambda_functions.RULES,
    "iam": iam.RULES,
    "backup": backup.RULES,
    "pipes": pipes.RULES,
    "kms": others.KMS,
    "kinesis": others.KINESIS,
    "s3": others.S3,
    "sts": others.STS,
}
