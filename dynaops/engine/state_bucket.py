"""A bucket for states: made, or brought to what a state needs, by operations like any other.

Versioned, encrypted, closed to the public, and reachable over TLS only. What a bucket has besides stays: statements
of its policy, rules of its lifecycle, a KMS key where none is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dynaops import __version__
from dynaops.aws.errors import AccessDenied, AwsRefusal
from dynaops.engine.parameters import check_parameters
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.steps import operation
from dynaops.model.arns import Arn, partition_of
from dynaops.model.change import Action, Change, Difference
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Operation, Tolerance
from dynaops.model.plan import Plan

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

KIND = "state-bucket"
_SID, _RULE = "DynaopsTlsOnly", "dynaops-old-versions"
_SMALLEST = "TransitionDefaultMinimumObjectSize"
_OLD_DAYS = 90
"""Days that versions which were replaced are kept: beyond the generations, for accidents."""
_ABSENT = {
    *("NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "NoSuchLifecycleConfiguration"),
    *("ServerSideEncryptionConfigurationNotFoundError", "OwnershipControlsNotFoundError"),
}
_PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_ENFORCED = "BucketOwnerEnforced"
Settings = dict[str, Any]


@dataclass(frozen=True)
class _Setting:
    """One thing that a bucket must have: what it is, what it was, and the call that brings it about."""

    path: str
    before: Any
    after: Any
    api: str
    parameters: Settings
    title: str
    reason: str


def plan_bucket(name: str, aws: Aws, kms_key: str | None = None) -> Plan:
    """The operations that make the bucket `name` fit for states; none where it is. Raises DynaopsError."""
    region = _region_of(name, aws)
    there = region is not None
    region = region or aws.region
    bucket = _Bucket(aws, name, region) if there else None
    lacking = [
        setting
        for setting in _settings(name, region, aws.account, bucket, kms_key)
        if setting.before != setting.after
    ]
    operations = tuple(_operations(name, region, there, lacking))
    check_parameters(operations, aws)
    return Plan(
        dynaops_version=__version__,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        serial=0,
        lineage="",
        endpoint=aws.endpoint_url,
        changes=(_change(name, region, there, lacking),) if operations else (),
        operations=operations,
    )


@dataclass(frozen=True)
class _Bucket:
    """A bucket that is there, to be asked."""

    aws: Aws
    name: str
    region: str

    def ask(self, api: str) -> Settings:
        """What it is set to; empty where it is not set."""
        request = {"Bucket": self.name, "ExpectedBucketOwner": self.aws.account}
        try:
            return self.aws.call("s3", api, self.region, request)
        except AwsRefusal as error:
            if error.code in _ABSENT:
                return {}
            raise


def _region_of(name: str, aws: Aws) -> str | None:
    """Where the bucket is; None where there is none. Raises DynaopsError where it is another account's."""
    request = {"Bucket": name, "ExpectedBucketOwner": aws.account}
    try:
        found = aws.call("s3", "GetBucketLocation", aws.region, request).get("LocationConstraint")
    except AccessDenied as error:
        raise DynaopsError(
            f"The bucket {name} is not account {aws.account}'s, or access to it is denied",
            "Names of buckets are shared by all accounts: choose another, such as one with the account's number.",
        ) from error
    except AwsRefusal as error:
        if error.code in ("NoSuchBucket", "404"):
            return None
        raise
    return {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(found, found)


def _settings(
    name: str, region: str, account: str, bucket: _Bucket | None, kms_key: str | None
) -> Iterator[_Setting]:
    def ask(api: str) -> Settings:
        return bucket.ask(api) if bucket is not None else {}

    asked = {"Bucket": name, "ExpectedBucketOwner": account}
    private = ask("GetPublicAccessBlock").get("PublicAccessBlockConfiguration")
    yield _Setting(
        "public_access_blocked",
        (private == _PRIVATE) or None,
        True,
        "PutPublicAccessBlock",
        {**asked, "PublicAccessBlockConfiguration": _PRIVATE},
        f"close bucket {name} to the public",
        "a state is nobody else's to read",
    )
    owned = ask("GetBucketOwnershipControls").get("OwnershipControls", {}).get("Rules", [{}])
    yield _Setting(
        "object_ownership",
        owned[0].get("ObjectOwnership") if bucket else _ENFORCED,  # of a new one CreateBucket says so
        _ENFORCED,
        "PutBucketOwnershipControls",
        {**asked, "OwnershipControls": {"Rules": [{"ObjectOwnership": _ENFORCED}]}},
        f"turn ACLs off in bucket {name}",
        "whose objects they are must not depend on who wrote them",
    )
    yield _Setting(
        "versioning",
        ask("GetBucketVersioning").get("Status"),
        "Enabled",
        "PutBucketVersioning",
        {**asked, "VersioningConfiguration": {"Status": "Enabled"}},
        f"keep versions in bucket {name}",
        "what was overwritten or deleted by accident can be brought back",
    )
    yield _encryption(asked, ask("GetBucketEncryption"), kms_key)
    yield _policy(asked, region, ask("GetBucketPolicy").get("Policy"))
    yield _lifecycle(asked, ask("GetBucketLifecycleConfiguration"))


def _encryption(asked: Settings, found: Settings, kms_key: str | None) -> _Setting:
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    before = rules[0].get("ApplyServerSideEncryptionByDefault") if rules else None
    after: Settings = {"SSEAlgorithm": "AES256"}
    if kms_key is not None:
        after = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms_key}
    elif before:
        after = before
    rule = {
        **(rules[0] if rules else {}),
        "ApplyServerSideEncryptionByDefault": after,
        "BucketKeyEnabled": kms_key is not None,
    }
    return _Setting(
        "encryption",
        before,
        after,
        "PutBucketEncryption",
        {**asked, "ServerSideEncryptionConfiguration": {"Rules": [rule]}},
        f"encrypt bucket {asked['Bucket']}",
        "a state names resources and settings",
    )


def _policy(asked: Settings, region: str, found: str | None) -> _Setting:
    name = asked["Bucket"]
    policy: Settings = json.loads(found) if found else {"Version": "2012-10-17", "Statement": []}
    statements: list[Settings] = (
        policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    )
    arn = str(Arn(partition_of(region), "s3", "", "", name))
    ours = {
        "Sid": _SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    present = next((statement for statement in statements if statement.get("Sid") == _SID), None)
    others = [statement for statement in statements if statement.get("Sid") != _SID]
    return _Setting(
        "tls_only",
        (present == ours) or None,
        True,
        "PutBucketPolicy",
        {**asked, "Policy": json.dumps({**policy, "Statement": [*others, ours]})},
        f"refuse unencrypted connections to bucket {name}",
        "a state must not be read on its way",
    )


def _lifecycle(asked: Settings, found: Settings) -> _Setting:
    rules: list[Settings] = found.get("Rules", [])
    # S3 goes back to its default where it is not told.
    kept = {name: found[name] for name in (_SMALLEST,) if name in found}
    ours = {
        "ID": _RULE,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _OLD_DAYS},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    others = [rule for rule in rules if rule.get("ID") != _RULE]
    days = [rule.get("NoncurrentVersionExpiration") for rule in rules if rule.get("ID") == _RULE]
    return _Setting(
        "old_versions",
        days[0] if days else None,
        ours["NoncurrentVersionExpiration"],
        "PutBucketLifecycleConfiguration",
        {**asked, **kept, "LifecycleConfiguration": {"Rules": [*others, ours]}},
        f"drop replaced versions after {_OLD_DAYS} days in bucket {asked['Bucket']}",
        "every save and every sign of life of a lock leaves one",
    )


def _operations(name: str, region: str, there: bool, lacking: list[_Setting]) -> Iterator[Operation]:
    before: tuple[str, ...] = ()
    if not there:
        yield _create(name, region)
        before = ("1",)
    for number, one in enumerate(lacking, 1 + len(before)):
        yield operation(
            AddressDiff(name, KIND, region),
            one.api,
            one.title,
            one.parameters,
            id=str(number),
            reason=one.reason,
            service="s3",
            after=before,
            needs=before,
        )
        before = (str(number),)


def _create(name: str, region: str) -> Operation:
    parameters: Settings = {"Bucket": name, "ObjectOwnership": _ENFORCED}
    if region != "us-east-1":  # which S3 takes for granted, and refuses to be told
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": region}
    return operation(
        AddressDiff(name, KIND, region),
        "CreateBucket",
        f"create bucket {name}",
        parameters,
        id="1",
        reason="states need a place",
        service="s3",
        tolerate=(Tolerance(code="BucketAlreadyOwnedByYou"),),
    )


def _change(name: str, region: str, there: bool, lacking: list[_Setting]) -> Change:
    if not there:
        return Change(
            address=name,
            kind=KIND,
            region=region,
            action=Action.CREATE,
            reason="it shall keep states",
            after={one.path: one.after for one in lacking},
        )
    return Change(
        address=name,
        kind=KIND,
        region=region,
        action=Action.UPDATE,
        reason="it shall keep states",
        differences=tuple(Difference(path=one.path, before=one.before, after=one.after) for one in lacking),
    )
