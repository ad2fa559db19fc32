"""Rules of CloudWatch Logs on log groups that moto does not implement; after these checks moto answers."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox import constraints
from dynaops.sandbox.dispatch import PASS, ApiCall, operation
from dynaops.sandbox.errors import ApiError

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Valid retention periods in days (the service model's documentation of PutRetentionPolicy)."""


@operation("logs", "CreateLogGroup")
def create_log_group(call: ApiCall) -> dict[str, Any]:
    _check_shape(call)
    if call.body["logGroupName"].startswith("aws/"):
        raise _invalid("Log groups starting with AWS/ are reserved for AWS.")
    if "kmsKeyId" in call.body:
        _check_key(call, call.body["kmsKeyId"])
    return PASS


@operation("logs", "PutRetentionPolicy")
def put_retention(call: ApiCall) -> dict[str, Any]:
    _check_shape(call)
    days = call.body["retentionInDays"]
    if days not in RETENTION_DAYS:
        raise _invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(str(each) for each in RETENTION_DAYS)}]"
        )
    _group(call)
    return PASS


@operation("logs", "DeleteRetentionPolicy")
def delete_retention(call: ApiCall) -> dict[str, Any]:
    _check_shape(call)
    _group(call)
    return PASS


@operation("logs", "AssociateKmsKey")
def associate_key(call: ApiCall) -> dict[str, Any]:
    """Set the key of a log group. The sandbox has no query results, so a key for them is refused."""
    _check_shape(call)
    group = _named_group(call)
    _check_key(call, call.body["kmsKeyId"])
    group.kms_key_id = call.body["kmsKeyId"]
    return {}


@operation("logs", "DisassociateKmsKey")
def disassociate_key(call: ApiCall) -> dict[str, Any]:
    """Remove the key of a log group; it is no error if it has none."""
    _check_shape(call)
    _named_group(call).kms_key_id = None
    return {}


def _named_group(call: ApiCall) -> Any:
    if ("logGroupName" in call.body) == ("resourceIdentifier" in call.body):
        raise _invalid("Specify either logGroupName or resourceIdentifier, not both")
    if "resourceIdentifier" in call.body:
        name = call.body["resourceIdentifier"].removesuffix(":*").partition(":log-group:")[2]
        if not name:
            raise _invalid("The sandbox knows log groups only as resources with a key")
        return _group(call, name)
    return _group(call)


def _group(call: ApiCall, name: str | None = None) -> Any:
    from moto.logs.models import logs_backends

    group = logs_backends[call.account][call.region].groups.get(name or call.body["logGroupName"])
    if group is None:
        raise ApiError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _check_key(call: ApiCall, arn: str) -> None:
    """Refuse all but the ARN of a symmetric, enabled key of this region (CreateLogGroup, AssociateKmsKey)."""
    from moto.kms.models import kms_backends

    key = kms_backends[call.account][call.region].keys.get(arn.rpartition(":key/")[2])
    if key is None or key.arn != arn or key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise _invalid(
            f"The specified KMS key does not exist or is not allowed to be used with CloudWatch Logs: {arn}"
        )


def _check_shape(call: ApiCall) -> None:
    constraints.check(call, "logs", "InvalidParameterException")


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidParameterException", message)
