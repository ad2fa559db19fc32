"""The resources that a pipe sends to, is enriched by and reports to: their ARNs, parameters and IAM actions.

Sources: EventBridge User Guide, "Amazon EventBridge Pipes targets", "enrichment" and "permissions"; the actions are
those of the Service Authorization Reference that the pipe calls.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dynaops.model.arns import Arn, parse


class PipeTarget(NamedTuple):
    """A type of resource that a pipe calls. `actions` are the IAM actions that calling it takes."""

    service: str
    resource: str
    """Pattern of the last part of its ARN."""
    title: str
    actions: tuple[str, ...]
    parameters: str = ""
    """The member of TargetParameters that is about it."""
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    suffix: str = ""
    """What follows the ARN in the resource that the actions are granted on."""
    invocation_type: str | None = None
    """How it is called where the spec does not say."""


_LAMBDA = PipeTarget(
    "lambda",
    r"function:.+",
    "a Lambda function",
    ("lambda:InvokeFunction",),
    "LambdaFunctionParameters",
    ("invocation_type",),
    invocation_type="REQUEST_RESPONSE",
)
_API_DESTINATION = PipeTarget(
    "events", r"api-destination/.+", "an API destination", ("events:InvokeApiDestination",)
)
_QUEUE = PipeTarget("sqs", r"(?!.*\.fifo$)[^/]+", "an SQS queue", ("sqs:SendMessage",))
_TOPIC = PipeTarget("sns", r"[^:]+", "an SNS topic", ("sns:Publish",))
TARGETS = (
    _LAMBDA,
    _QUEUE,
    PipeTarget(
        "sqs",
        r"[^/]+\.fifo",
        "a FIFO queue",
        ("sqs:SendMessage",),
        "SqsQueueParameters",
        ("message_group_id", "message_deduplication_id"),
        ("message_group_id",),
    ),
    _TOPIC,
    PipeTarget(
        "kinesis",
        r"stream/.+",
        "a Kinesis stream",
        ("kinesis:PutRecord", "kinesis:PutRecords"),
        "KinesisStreamParameters",
        ("partition_key",),
        ("partition_key",),
    ),
    PipeTarget(
        "states",
        r"stateMachine:.+",
        "a state machine",
        ("states:StartExecution",),
        "StepFunctionStateMachineParameters",
        ("invocation_type",),
        invocation_type="FIRE_AND_FORGET",
    ),
    PipeTarget("events", r"event-bus/.+", "an event bus", ("events:PutEvents",)),
    _API_DESTINATION,
    PipeTarget(
        "firehose",
        r"deliverystream/.+",
        "a Firehose stream",
        ("firehose:PutRecord", "firehose:PutRecordBatch"),
    ),
    PipeTarget(
        "logs",
        r"log-group:[^:]+",
        "a log group",
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        suffix=":*",
    ),
)
ENRICHMENTS = (
    _LAMBDA,
    PipeTarget("states", r"stateMachine:.+", "an Express state machine", ("states:StartSyncExecution",)),
    _API_DESTINATION,
    PipeTarget("execute-api", r".+", "an API Gateway API", ("execute-api:Invoke",)),
)
DEAD_LETTERS = (_QUEUE, _TOPIC)
MEMBERS = ("partition_key", "message_group_id", "message_deduplication_id", "invocation_type")
"""The keys of a pipe that only some targets take."""


class Accepted(NamedTuple):
    """The ARNs that one key of a pipe takes."""

    kinds: tuple[PipeTarget, ...]
    description: str
    example: str


ACCEPTED = {
    "target_arn": Accepted(
        TARGETS, "a target that dynaops knows for pipes", "arn:PARTITION:sqs:REGION:ACCOUNT:QUEUE"
    ),
    "enrichment_arn": Accepted(
        ENRICHMENTS, "an enrichment of pipes", "arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME"
    ),
    "dead_letter_arn": Accepted(
        DEAD_LETTERS, "a standard SQS queue or an SNS topic", "arn:PARTITION:sqs:REGION:ACCOUNT:QUEUE"
    ),
    "role_arn": Accepted(
        (PipeTarget("iam", r"role/.+", "a role", ()),), "an IAM role", "arn:PARTITION:iam::ACCOUNT:role/NAME"
    ),
    "kms_key_arn": Accepted(
        (PipeTarget("kms", r"key/.+", "a KMS key", ()),),
        "a KMS key",
        "arn:PARTITION:kms:REGION:ACCOUNT:key/ID",
    ),
}


def find(kinds: tuple[PipeTarget, ...], arn: str) -> PipeTarget | None:
    """The first of `kinds` that an ARN is of; None for other ARNs and for any other text."""
    parsed = parse(arn)
    return next((kind for kind in kinds if parsed and _is_of(kind, parsed)), None)


def target_of(arn: str) -> PipeTarget | None:
    """The type of a pipe's target."""
    return find(TARGETS, arn)


def _is_of(kind: PipeTarget, arn: Arn) -> bool:
    return arn.service == kind.service and re.fullmatch(kind.resource, arn.resource) is not None
