"""Findings about what surrounds a table: autoscaling, IAM, triggers, logs, streams, items and alarms (other DDB4xx)."""

from __future__ import annotations

from dynaops.model.finding import Severity
from dynaops.model.findings.rule import FindingRule, Stage

DDB400 = FindingRule(
    "DDB400",
    Stage.SPECS,
    Severity.WARNING,
    "the schedule … never runs: the month has no such day",
    remedy="Correct the day or the month.",
)
DDB401 = FindingRule(
    "DDB401",
    Stage.SPECS,
    Severity.ERROR,
    "autoscaling needs billing_mode: PROVISIONED",
    remedy="Remove one of them.",
)
DDB402 = FindingRule(
    "DDB402",
    Stage.SPECS,
    Severity.ERROR,
    "autoscaling of …: there is no such index",
    remedy="Check the name.",
)
DDB403 = FindingRule(
    "DDB403",
    Stage.SPECS,
    Severity.ERROR,
    "…: min … is above max …",
    remedy="Swap them.",
)
DDB404 = FindingRule(
    "DDB404",
    Stage.PLAN,
    Severity.WARNING,
    "the … stays at …, and is not set to …: a scalable target that dynaops does not manage moves it (…)",
    remedy="Declare it under `autoscaling`, which adopts the target, or deregister it.",
)
DDB405 = FindingRule(
    "DDB405",
    Stage.PLAN,
    Severity.WARNING,
    "it is not known whether a scalable target that dynaops does not manage moves the …: …",
    remedy="Allow application-autoscaling:DescribeScalableTargets (`dynaops permissions`), or declare the target"
    " under `autoscaling`.",
)
DDB406 = FindingRule(
    "DDB406",
    Stage.SPECS,
    Severity.ERROR,
    "Application Auto Scaling refuses the schedule: …",
)
DDB407 = FindingRule(
    "DDB407",
    Stage.SPECS,
    Severity.ERROR,
    "the time zone of …: …",
)
DDB408 = FindingRule(
    "DDB408",
    Stage.SPECS,
    Severity.ERROR,
    "… sets neither min nor max",
    remedy="Give one of them, or both.",
)
DDB409 = FindingRule(
    "DDB409",
    Stage.SPECS,
    Severity.ERROR,
    "there are two schedules …",
    remedy="Rename one.",
)
DDB410 = FindingRule(
    "DDB410",
    Stage.PLAN,
    Severity.WARNING,
    "…: … stays, since … use it, which dynaops has not attached",
    remedy="Detach it from them, then delete the policy with the AWS CLI.",
)
DDB411 = FindingRule(
    "DDB411",
    Stage.SPECS,
    Severity.ERROR,
    "… is not the name of a policy",
    remedy="Up to 128 letters, digits and +=,.@_-",
)
DDB412 = FindingRule(
    "DDB412",
    Stage.SPECS,
    Severity.ERROR,
    "two policies are named … (case does not count)",
)
DDB413 = FindingRule(
    "DDB413",
    Stage.SPECS,
    Severity.ERROR,
    "policy … has no statements",
)
DDB414 = FindingRule(
    "DDB414",
    Stage.SPECS,
    Severity.ERROR,
    "… is not a path",
    remedy="It begins and ends with a slash.",
)
DDB415 = FindingRule(
    "DDB415",
    Stage.SPECS,
    Severity.ERROR,
    "a statement of policy … lacks …",
    remedy="A statement has Effect, Action and Resource.",
)
DDB416 = FindingRule(
    "DDB416",
    Stage.SPECS,
    Severity.ERROR,
    "Effect: … is neither Allow nor Deny",
)
DDB417 = FindingRule(
    "DDB417",
    Stage.SPECS,
    Severity.ERROR,
    "${…} means nothing in a policy",
    usual_remedy="There are ….",
)
DDB418 = FindingRule(
    "DDB418",
    Stage.SPECS,
    Severity.ERROR,
    "${stream_arn} is used, but the table has no stream",
    remedy="Add a stream block.",
)
DDB419 = FindingRule(
    "DDB419",
    Stage.SPECS,
    Severity.ERROR,
    "${index_arns} is used, but the table has no indexes",
)
DDB420 = FindingRule(
    "DDB420",
    Stage.PLAN,
    Severity.ERROR,
    "…: there is no role … to attach the policy to",
    remedy="Create the role first, or correct attach_to_roles.",
)
DDB421 = FindingRule(
    "DDB421",
    Stage.SPECS,
    Severity.ERROR,
    "… is named twice as a trigger",
)
DDB422 = FindingRule(
    "DDB422",
    Stage.SPECS,
    Severity.ERROR,
    "maximum_record_age is -1 or at least 60",
)
DDB423 = FindingRule(
    "DDB423",
    Stage.SPECS,
    Severity.ERROR,
    "Lambda takes … filter patterns",
)
DDB424 = FindingRule(
    "DDB424",
    Stage.PLAN,
    Severity.ERROR,
    "…: there is no function … in …",
    remedy="Deploy the function first, or correct its name under lambda_triggers.",
)
DDB425 = FindingRule(
    "DDB425",
    Stage.SPECS,
    Severity.ERROR,
    "the filter pattern … is not a JSON object",
)
DDB426 = FindingRule(
    "DDB426",
    Stage.SPECS,
    Severity.ERROR,
    "… is not an ARN",
)
DDB427 = FindingRule(
    "DDB427",
    Stage.PLAN,
    Severity.WARNING,
    "…: Lambda says …",
    remedy="Look at the function's errors and permissions; AWS goes on trying.",
)
DDB431 = FindingRule(
    "DDB431",
    Stage.SPECS,
    Severity.ERROR,
    "retention_days: … is not one that CloudWatch Logs takes",
    usual_remedy="The nearest is ….",
)
DDB441 = FindingRule(
    "DDB441",
    Stage.SPECS,
    Severity.ERROR,
    "… is not the ARN of a Kinesis stream",
    remedy="It looks like arn:aws:kinesis:REGION:ACCOUNT:stream/NAME.",
)
DDB442 = FindingRule(
    "DDB442",
    Stage.PLAN,
    Severity.ERROR,
    "there is no Kinesis stream …",
    remedy="Create the stream first, or correct kinesis.stream_arn.",
)
DDB481 = FindingRule(
    "DDB481",
    Stage.SPECS,
    Severity.ERROR,
    "it lacks the key attribute …",
)
DDB482 = FindingRule(
    "DDB482",
    Stage.SPECS,
    Severity.ERROR,
    "… is a key of type …, not …",
)
DDB483 = FindingRule(
    "DDB483",
    Stage.SPECS,
    Severity.ERROR,
    "it is about … bytes; an item is 400 KiB (… bytes) at the most",
    remedy="Keep large values in S3, or split the item.",
)
DDB484 = FindingRule(
    "DDB484",
    Stage.SPECS,
    Severity.ERROR,
    "the key … is given twice",
    usual_remedy="The first is ….",
)
DDB485 = FindingRule(
    "DDB485",
    Stage.SPECS,
    Severity.ERROR,
    "an item is no valid DynamoDB item: …",
)
DDB486 = FindingRule(
    "DDB486",
    Stage.SPECS,
    Severity.ERROR,
    "the key value of … is empty, or larger than … bytes",
)
DDB491 = FindingRule(
    "DDB491",
    Stage.SPECS,
    Severity.ERROR,
    "… is not the ARN of an SNS topic",
    remedy="It looks like arn:aws:sns:REGION:ACCOUNT:NAME.",
)
DDB492 = FindingRule(
    "DDB492",
    Stage.SPECS,
    Severity.ERROR,
    "the threshold of … must be above 0, and finite",
)
DDB493 = FindingRule(
    "DDB493",
    Stage.SPECS,
    Severity.ERROR,
    "… seconds are no whole minutes",
)
DDB494 = FindingRule(
    "DDB494",
    Stage.SPECS,
    Severity.ERROR,
    "… would look back for more than …, which CloudWatch refuses",
    remedy="Up to a day; up to a week where period is an hour or more.",
)
DDB495 = FindingRule(
    "DDB495",
    Stage.SPECS,
    Severity.WARNING,
    "there will be no alarm …: …",
)
DDB496 = FindingRule(
    "DDB496",
    Stage.SPECS,
    Severity.ERROR,
    "… is in another region than the alarms, which cannot tell it",
    usual_remedy="Name a topic in ….",
)
DDB497 = FindingRule(
    "DDB497",
    Stage.SPECS,
    Severity.WARNING,
    "the alarms of the replica in … tell nobody: no topic is in that region",
    usual_remedy="Add a topic of … to sns_topic_arns.",
)
