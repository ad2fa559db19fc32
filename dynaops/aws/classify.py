"""Classes of AWS errors: sets of error codes, and the class of a refusal by the control plane.

AWS uses one code for opposite cases, so the beginning of the message decides.

Prefixes are those of live probes (public findings of the ACK DynamoDB controller, docs/api-quirks) and
are the same in all regions.
"""

from __future__ import annotations

from enum import StrEnum

INVALID = "One or more parameter values were invalid: "
IN_USE = "Attempt to change a resource which is still in use: "
LIMIT = "Subscriber limit exceeded: "


class ErrorClass(StrEnum):
    """The class of a refusal, which says what to do."""

    ALREADY = "already"
    """The resource is as wanted already: this is a success."""
    RETRY = "retry"
    """Try again in some seconds."""
    WAIT = "wait"
    """Another change of the resource is in progress; try again when it has ended."""
    SCHEDULE = "schedule"
    """A limit or cooldown of hours: only an operation that expects it waits."""
    FAIL = "fail"


_ALREADY = (
    "The provisioned throughput for the",
    "Table already has an enabled stream",
    "Table has no stream to disable",
    "TimeToLive is already",
    f"{INVALID}Table is already encrypted",
    "Table is already encrypted",
    "Precision is already set",
)
_RETRY = (
    "Rate exceeded",
    "The rate of control plane",
    f"{LIMIT}Table tags are being updated",
    "Table tags are being updated",
    f"{IN_USE}Table is pending previous resource-based policy",
    "Deletion protection setting for table",
    "Resource-based policy for",
    "Backups are being enabled",
)
_WAIT = (
    "The resource which you are attempting",
    f"{LIMIT}Only 1 online index",
    f"{LIMIT}Only 50 restore",
    "Table needs to be in ACTIVE status",
    "Operation cannot be performed while replica server-side encryption",
    "Create/Update/Delete of replica is not allowed while the replica is being added",
    "Table or Index is not in a valid state to update",
    "Table is not in a valid state to enable Kinesis",
    "Cannot describe time to live",
    "Cannot update the event source mapping because it is in use",
    "Cannot delete the event source mapping because it is in use",
)
_SCHEDULE = (
    f"{LIMIT}Provisioned throughput decreases are limited",
    f"{LIMIT}Encryption mode changes are limited",
    f"{LIMIT}Updates to TableClass are limited",
    "Time to live has been modified multiple times",
)
_BUSY = {
    *("OperationAbortedException", "ConcurrentUpdateException", "ConcurrentModification"),
    "OperationAborted",
}
"""CloudWatch Logs, Application Auto Scaling, IAM and S3: another call for the same resource is in progress."""
THROTTLED = frozenset(
    {
        *(
            "ProvisionedThroughputExceededException",
            "ThrottlingException",
            "Throttling",
            "ThrottledException",
        ),
        *(
            "RequestThrottled",
            "RequestThrottledException",
            "RequestLimitExceeded",
            "TooManyRequestsException",
        ),
        *("BandwidthLimitExceeded", "SlowDown"),
    }
)
"""The caller is throttled (botocore's list, without LimitExceededException: see `DATA_THROTTLED`)."""
DATA_THROTTLED = THROTTLED | {"LimitExceededException"}
"""Throttling of reads and writes of items. In the control plane, LimitExceededException may also mean a quota."""
SERVER_ERRORS = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable"})
DATA_RETRYABLE = SERVER_ERRORS | {
    *("RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete"),
    *("TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException"),
}
"""Errors of reads and writes of items that are retried without lowering the rate."""
EXPIRED_TOKEN = frozenset({"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired"})
EXPIRED = EXPIRED_TOKEN | {"RequestExpired"}
"""Errors that new credentials or a new signature solve."""
WRONG_SIGNATURE = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
CLOCK_SKEW = WRONG_SIGNATURE | {
    *("RequestTimeTooSkewed", "RequestInTheFuture", "AccessDeniedException", "AuthFailure"),
}
"""Errors that a wrong clock of the caller may cause, among other reasons (botocore's list)."""
ACCESS_DENIED = frozenset(
    {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AuthorizationError"}
)
"""The caller lacks a permission."""


def classify(code: str, message: str) -> ErrorClass:
    """The class of an error response of DynamoDB's control plane."""
    if message.startswith(_ALREADY):
        return ErrorClass.ALREADY
    if message.startswith(_RETRY) or code in THROTTLED or code in _BUSY:
        return ErrorClass.RETRY
    if message.startswith(_SCHEDULE):
        return ErrorClass.SCHEDULE
    if message.startswith(_WAIT) or message.startswith(IN_USE):
        return ErrorClass.WAIT
    if code == "ContinuousBackupsUnavailableException" or code in SERVER_ERRORS:
        return ErrorClass.RETRY
    return ErrorClass.FAIL
