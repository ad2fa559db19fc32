"""Names of AWS resources outside dynaops that a managed resource names: keys, roles, functions, streams, vaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dynaops.model.arns import region_of


class AwsName(NamedTuple):
    """How AWS's read calls find a resource. `name` is a name, an id or an ARN, as the service's calls take it."""

    service: str
    region: str
    name: str


class ExternalName(NamedTuple):
    """An AWS resource (or a region) that a managed resource names, and that is no resource of the same spec entry.

    `kind` and `name` identify it in the graph; where a managed resource of that kind has that name
    (`PropertyRules.shared`), that resource is meant. `label` is the verb between the two ("invokes"); the graph leaves
    out a name without a label. `inward`: data flows from it to the resource. `part`: it belongs to the resource.
    `aws`: how to look it up in AWS; None where there is nothing to look up.
    """

    kind: str
    name: str
    label: str
    title: str
    """What its kind is called ("Lambda function")."""
    inward: bool = False
    part: bool = False
    aws: AwsName | None = None


def kms_key(key: object, region: str) -> Iterator[ExternalName]:
    """The KMS key that encrypts a resource of `region`, by ARN, id or alias; nothing where `key` is no such name."""
    if isinstance(key, str) and key:
        by_arn = key.startswith("arn:")
        lookup = AwsName("kms", region_of(key, region), key) if by_arn else None
        yield ExternalName("kms_key", key.rpartition(":")[2], "encrypted with", "KMS key", aws=lookup)


def iam_role(name: str, region: str, label: str, kind: str = "role") -> ExternalName:
    """An IAM role, by its name or ARN. Service-linked roles are not looked up: AWS makes them by itself."""
    short = name.rpartition("/")[2] if name.startswith("arn:") else name
    lookup = None if "/aws-service-role/" in name else AwsName("iam", region, short)
    return ExternalName(kind, short, label, "IAM role", aws=lookup)


def lambda_function(name: str, region: str, label: str) -> ExternalName:
    """A Lambda function, by its name with its alias or version."""
    return ExternalName(
        "function", name, label, "Lambda function", aws=AwsName("lambda", region_of(name, region), name)
    )


def by_arn(arn: str, region: str, label: str) -> ExternalName:
    """A queue, topic, bucket or stream, by its ARN. Kinesis takes the ARN of a stream for its name."""
    service, name = arn.split(":")[2], arn.rpartition(":")[2]
    lookup = AwsName(service, region_of(arn, region), arn if service == "kinesis" else name)
    return ExternalName(service, name, label, service.upper(), aws=lookup)
