"""ARNs, and the partitions of AWS that regions belong to.

An ARN is ``arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`` (IAM User Guide, "Identify AWS resources with Amazon
Resource Names"); global services leave the region empty, and some the account.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_PARTS = 6
_PLAIN = "aws"
"""The partition of a region that no pattern is of, as an emulator may have; botocore takes it for such, too."""


class Partition(NamedTuple):
    """A partition: its regions' pattern, the suffix of its host names, and a region that answers for IAM and STS."""

    regions: str
    dns_suffix: str
    global_region: str


PARTITIONS = {
    "aws": Partition(r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+", "amazonaws.com", "us-east-1"),
    "aws-cn": Partition(r"cn-\w+-\d+", "amazonaws.com.cn", "cn-north-1"),
    "aws-eusc": Partition(r"eusc-(de)-\w+-\d+", "amazonaws.eu", "eusc-de-east-1"),
    "aws-iso": Partition(r"us-iso-\w+-\d+", "c2s.ic.gov", "us-iso-east-1"),
    "aws-iso-b": Partition(r"us-isob-\w+-\d+", "sc2s.sgov.gov", "us-isob-east-1"),
    "aws-iso-e": Partition(r"eu-isoe-\w+-\d+", "cloud.adc-e.uk", "eu-isoe-west-1"),
    "aws-iso-f": Partition(r"us-isof-\w+-\d+", "csp.hci.ic.gov", "us-isof-south-1"),
    "aws-us-gov": Partition(r"us-gov-\w+-\d+", "amazonaws.com", "us-gov-west-1"),
}
"""By name, as botocore's partitions.json has them; a test compares the two."""


class Arn(NamedTuple):
    """The parts of an ARN. `resource` may hold colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return ":".join(("arn", *self))


def parse(text: str | None) -> Arn | None:
    """The parts of an ARN; None for any other text."""
    parts = (text or "").split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
        return None
    return Arn(*parts[1:])


def arn(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of what a service has in a region."""
    return str(Arn(partition_of(region), service, region, account, resource))


def iam_arn(region: str, account: str, resource: str) -> str:
    """The ARN of what IAM has for the regions of the same partition; `account` is ``aws`` for AWS's own policies."""
    return str(Arn(partition_of(region), "iam", "", account, resource))


def region_of(text: str, default: str) -> str:
    """The region that an ARN names, `default` where it names none or is no ARN."""
    parsed = parse(text)
    return parsed.region if parsed and parsed.region else default


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """The name of a region's partition."""
    for name, partition in PARTITIONS.items():
        if re.fullmatch(partition.regions, region, re.ASCII):
            return name
    return _PLAIN


def dns_suffix_of(region: str) -> str:
    """What the host names of a region's services end with."""
    return PARTITIONS[partition_of(region)].dns_suffix


def global_region(partition: str) -> str:
    """A region of a partition that IAM and STS can be asked in."""
    return PARTITIONS.get(partition, PARTITIONS[_PLAIN]).global_region
