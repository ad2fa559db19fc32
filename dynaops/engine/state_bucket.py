"""Plan the S3 bucket that keeps states: create it, or change the settings that a state needs.

The bucket is versioned, encrypted, blocked for public access and reachable over TLS only. Other settings of an existing
bucket stay: other statements of its policy, other lifecycle rules, its KMS key if none is given.
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
"""Days after which noncurrent object versions expire; they allow recovery from accidents."""
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
    """One setting that a bucket must have: its value before and after, and the call that sets it."""

    path: str
    before: Any
    after: Any
    api: str
    parameters: Settings
    title: str
    reason: str


def plan_bucket(name: str, aws: Aws, kms_key: str | None = None) -> Plan:
    """The plan that makes the bucket `name` fit for states; it may have no operations. Raises DynaopsError."""
    region = _region_of(name, aws)
    exists = region is not None
    region = region or aws.region
    bucket = _Bucket(aws, name, region) if exists else None
    missing = [
        setting
        for setting in _settings(name, region, aws.account, bucket, kms_key)
        if setting.before != setting.after
    ]
    operations = tuple(_operations(name, region, exists, missing))
    check_parameters(operations, aws)
    return Plan(
        dynaops_version=__version__,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        serial=0,
        lineage="",
        endpoint=aws.endpoint_url,
        changes=(_change(name, region, exists, missing),) if operations else (),
        operations=operations,
    )


@dataclass(frozen=True)
class _Bucket:
    """An existing bucket, whose settings can be read."""

    aws: Aws
    name: str
    region: str

    def ask(self, api: str) -> Settings:
        """The response of a Get call of S3; empty if the setting does not exist."""
        request = {"Bucket": self.name, "ExpectedBucketOwner": self.aws.account}
        try:
            return self.aws.call("s3", api, self.region, request)
        except AwsRefusal as error:
            if error.code in _ABSENT:
                return {}
            raise


def _region_of(name: str, aws: Aws) -> str | None:
    """The bucket's region; None if there is no such bucket. Raises DynaopsError if another account owns it."""
    request = {"Bucket": name, "ExpectedBucketOwner": aws.account}
    try:
        location = aws.call("s3", "GetBucketLocation", aws.region, request).get("LocationConstraint")
    except AccessDenied as error:
        raise DynaopsError(
            f"The bucket {name} is not account {aws.account}'s, or access to it is denied",
            "Names of buckets are shared by all accounts: choose another, such as one with the account's number.",
        ) from error
    except AwsRefusal as error:
        if error.code in ("NoSuchBucket", "404"):
            return None
        raise
    return {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(location, location)


def _settings(
    name: str, region: str, account: str, bucket: _Bucket | None, kms_key: str | None
) -> Iterator[_Setting]:
    def read(api: str) -> Settings:
        return bucket.ask(api) if bucket is not None else {}

    request = {"Bucket": name, "ExpectedBucketOwner": account}
    private = read("GetPublicAccessBlock").get("PublicAccessBlockConfiguration")
    yield _Setting(
        "public_access_blocked",
        (private == _PRIVATE) or None,
        True,
        "PutPublicAccessBlock",
        {**request, "PublicAccessBlockConfiguration": _PRIVATE},
        f"close bucket {name} to the public",
        "a state is nobody else's to read",
    )
    owned = read("GetBucketOwnershipControls").get("OwnershipControls", {}).get("Rules", [{}])
    yield _Setting(
        "object_ownership",
        owned[0].get("ObjectOwnership") if bucket else _ENFORCED,  # CreateBucket sets it for a new bucket
        _ENFORCED,
        "PutBucketOwnershipControls",
        {**request, "OwnershipControls": {"Rules": [{"ObjectOwnership": _ENFORCED}]}},
        f"turn ACLs off in bucket {name}",
        "whose objects they are must not depend on who wrote them",
    )
    yield _Setting(
        "versioning",
        read("GetBucketVersioning").get("Status"),
        "Enabled",
        "PutBucketVersioning",
        {**request, "VersioningConfiguration": {"Status": "Enabled"}},
        f"keep versions in bucket {name}",
        "what was overwritten or deleted by accident can be brought back",
    )
    yield _encryption(request, read("GetBucketEncryption"), kms_key)
    yield _policy(request, region, read("GetBucketPolicy").get("Policy"))
    yield _lifecycle(request, read("GetBucketLifecycleConfiguration"))


def _encryption(request: Settings, current: Settings, kms_key: str | None) -> _Setting:
    rules = current.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
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
        {**request, "ServerSideEncryptionConfiguration": {"Rules": [rule]}},
        f"encrypt bucket {request['Bucket']}",
        "a state names resources and settings",
    )


def _policy(request: Settings, region: str, current: str | None) -> _Setting:
    name = request["Bucket"]
    policy: Settings = json.loads(current) if current else {"Version": "2012-10-17", "Statement": []}
    statements: list[Settings] = (
        policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    )
    arn = str(Arn(partition_of(region), "s3", "", "", name))
    own_statement = {
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
        (present == own_statement) or None,
        True,
        "PutBucketPolicy",
        {**request, "Policy": json.dumps({**policy, "Statement": [*others, own_statement]})},
        f"refuse unencrypted connections to bucket {name}",
        "a state must not be read on its way",
    )


def _lifecycle(request: Settings, current: Settings) -> _Setting:
    rules: list[Settings] = current.get("Rules", [])
    # S3 resets this member to its default if a Put call does not contain it.
    unchanged = {name: current[name] for name in (_SMALLEST,) if name in current}
    own_rule = {
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
        own_rule["NoncurrentVersionExpiration"],
        "PutBucketLifecycleConfiguration",
        {**request, **unchanged, "LifecycleConfiguration": {"Rules": [*others, own_rule]}},
        f"drop replaced versions after {_OLD_DAYS} days in bucket {request['Bucket']}",
        "every save and every sign of life of a lock leaves one",
    )


def _operations(name: str, region: str, exists: bool, missing: list[_Setting]) -> Iterator[Operation]:
    before: tuple[str, ...] = ()
    if not exists:
        yield _create(name, region)
        before = ("1",)
    for number, setting in enumerate(missing, 1 + len(before)):
        yield operation(
            AddressDiff(name, KIND, region),
            setting.api,
            setting.title,
            setting.parameters,
            id=str(number),
            reason=setting.reason,
            service="s3",
            after=before,
            needs=before,
        )
        before = (str(number),)


def _create(name: str, region: str) -> Operation:
    parameters: Settings = {"Bucket": name, "ObjectOwnership": _ENFORCED}
    if region != "us-east-1":  # S3 refuses us-east-1 as a LocationConstraint
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


def _change(name: str, region: str, exists: bool, missing: list[_Setting]) -> Change:
    if not exists:
        return Change(
            address=name,
            kind=KIND,
            region=region,
            action=Action.CREATE,
            reason="it shall keep states",
            after={setting.path: setting.after for setting in missing},
        )
    return Change(
        address=name,
        kind=KIND,
        region=region,
        action=Action.UPDATE,
        reason="it shall keep states",
        differences=tuple(
            Difference(path=setting.path, before=setting.before, after=setting.after) for setting in missing
        ),
    )
