"""Translate failures of AWS calls to errors with hints. No other package sees a botocore exception."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dynaops.aws.classify import ACCESS_DENIED, EXPIRED_TOKEN, WRONG_SIGNATURE, ErrorClass, classify
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

_LACKING = re.compile(r"not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?")
_CREDENTIALS = {
    "UnrecognizedClientException": "the access key is unknown to AWS",
    "InvalidClientTokenId": "the access key is unknown to AWS",
    **dict.fromkeys(WRONG_SIGNATURE, "the secret key does not fit the access key"),
    **dict.fromkeys(EXPIRED_TOKEN, "the session token has expired"),
    "MissingAuthenticationTokenException": "the request carried no credentials",
    "MissingAuthenticationToken": "the request carried no credentials",
}
_HINTS = {
    "BackupInUseException": "A backup serves one restore at a time, and cannot be deleted meanwhile: wait for the "
    "restore that is using it (dynaops backup status --wait), then run the command again.",
    "BackupNotFoundException": "`dynaops backup list` shows the backups there are.",
    "ContinuousBackupsUnavailableException": "AWS is still setting up backups of a table that is new: run the command "
    "again in some minutes.",
    "InvalidRestoreTimeException": "`dynaops backup list TABLE` shows the times that the table can be restored to.",
    "PointInTimeRecoveryUnavailableException": "Point-in-time recovery is off for the table: restore one of its "
    "backups (dynaops backup list).",
    "TableAlreadyExistsException": "A restore always makes a new table: choose a name that is free.",
    "TableInUseException": "The table is being made, restored or deleted: wait until that is done, or choose "
    "another name.",
}
"""Hints for error codes that have a single meaning."""
_LONGEST_TEXT = 1000
"""The most characters of a text of AWS that are shown."""
_AGAIN = "Run the command again: it finds out what was done and goes on from there."
_FOREIGN = (
    "A proxy, a captive portal or another server answers in AWS's place: check the network, the proxy settings and "
    "--endpoint-url or AWS_ENDPOINT_URL. Then run the command again: it finds out what was done."
)
_LOGIN = "Log in again (for example `aws sso login`), or choose other credentials with --profile."


def one_line(text: str) -> str:
    """A text of a response on one line, so that a server cannot print lines of its own."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return f"{line[:_LONGEST_TEXT]}..." if len(line) > _LONGEST_TEXT else line


class AwsFailure(DynaopsError):
    """A call has failed: AWS refused it, or did not respond."""

    def __init__(self, message: str, hint: str | None = None, exit_code: int = Exit.FAILED) -> None:
        super().__init__(one_line(message), one_line(hint) if hint else hint, exit_code)


class AwsRefusal(AwsFailure):
    """AWS responded with an error. `attempts` is the number of retries that botocore has made."""

    json_kind = "refused"

    def __init__(
        self, message: str, hint: str | None, code: str, text: str, attempts: int, status: int
    ) -> None:
        super().__init__(message, hint)
        self.code = code
        self.text = text
        self.attempts = attempts
        self.status = status

    @property
    def verdict(self) -> ErrorClass:
        return classify(self.code, self.text)


class AccessDenied(AwsRefusal):
    """The caller lacks a permission."""

    json_kind = "denied"


class AccountUnknown(AwsFailure):
    """The custom endpoint does not say which account it belongs to."""


class ResponseLost(AwsFailure):
    """No response arrived; it is not known whether the request had its effect."""

    json_kind = "lost"


class ForeignAnswer(ResponseLost):
    """The response is not from AWS but from a proxy, a captive portal, or another server at the endpoint."""


class Unreachable(AwsFailure):
    """The request did not reach AWS."""


def refused(error: ClientError, service: str, api: str, region: str) -> AwsRefusal:
    """Translate an error response of `service`'s `api`."""
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code", "Unknown"))
    text = str(response.get("Error", {}).get("Message") or response.get("message") or "")
    meta = response.get("ResponseMetadata", {})
    attempts, status = int(meta.get("RetryAttempts", 0)), int(meta.get("HTTPStatusCode", 0))
    return refusal(code, text, f"{service}:{api}", region, attempts, status)


def refusal(code: str, text: str, action: str, region: str, attempts: int = 0, status: int = 0) -> AwsRefusal:
    """The AwsRefusal for an error `code` with its `text`; `action` is as in IAM, such as dynamodb:PutItem."""
    code, text = one_line(code), one_line(text)
    details: dict[str, Any] = {"code": code, "text": text, "attempts": attempts, "status": status}
    if code in ACCESS_DENIED:
        return AccessDenied(f"AWS denied {action} in {region}: {text}", _grant(action, text), **details)
    if code in _CREDENTIALS:
        return AwsRefusal(
            f"AWS refused the credentials in {region}: {_CREDENTIALS[code]} ({code})", _LOGIN, **details
        )
    hint = _HINTS.get(code)
    if hint is None and classify(code, text) is ErrorClass.RETRY:
        hint = "AWS is throttling or busy; run the command again, it goes on where it stands."
    return AwsRefusal(f"{action.rpartition(':')[2]} in {region}: {code}: {text}", hint, **details)


def _shut_out(error: BotoCoreError) -> bool:
    """Whether the proxy could not be reached or did not connect, so that no request was sent."""
    from botocore.exceptions import ProxyConnectionError
    from urllib3.exceptions import NewConnectionError

    if not isinstance(error, ProxyConnectionError):
        return False
    cause = getattr(error.kwargs.get("error"), "original_error", None)
    return isinstance(cause, NewConnectionError) or "Tunnel connection failed" in str(cause)


def unreadable(error: Exception, api: str, region: str) -> ResponseLost:
    """Translate an unexpected exception in botocore, such as one for an invalid response of a credential provider."""
    details = " ".join(str(error).split())[:200]
    return ResponseLost(
        f"{api} in {region}: no usable answer ({type(error).__name__}: {details})",
        f"Where credentials come from a provider (SSO, a role, a container), it may have answered oddly. {_AGAIN}",
    )


def _grant(action: str, text: str) -> str:
    """A hint with the statement to add to the caller's policy. AWS usually names the missing action and resource."""
    match = _LACKING.search(text)
    missing = match.group(1) if match else action
    resource = match.group(2) if match and match.group(2) else "*"
    statement = json.dumps({"Effect": "Allow", "Action": missing, "Resource": resource})
    return f"Add to the caller's IAM policy, or use other credentials (--profile): {statement}"


def unanswered(error: BotoCoreError, service: str, api: str, region: str) -> AwsFailure:
    """Translate a failure without a response: credentials, network, configuration."""
    from botocore import exceptions as known

    from dynaops.aws.credentials import CredentialsFailed
    from dynaops.aws.response_check import DamagedAnswer, ForeignPage

    endpoint = f"{service} in {region}"
    if isinstance(error, CredentialsFailed):
        return AwsFailure(f"The AWS credentials cannot be had: {error}", _LOGIN)
    if isinstance(error, (known.NoCredentialsError, known.PartialCredentialsError)):
        return AwsFailure(
            f"No AWS credentials were found ({error})",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, use --profile, or log in with `aws sso login`. "
            "To try dynaops without an AWS account, add --sandbox.",
        )
    if isinstance(error, (known.EndpointConnectionError, known.ConnectTimeoutError)) or _shut_out(error):
        return Unreachable(
            f"Cannot reach {endpoint}: {error}",
            "Check the network, the region, and --endpoint-url or AWS_ENDPOINT_URL.",
        )
    if isinstance(error, (ForeignPage, DamagedAnswer)):
        return ForeignAnswer(f"{api} in {region}: {error}", _FOREIGN)
    if isinstance(
        error,
        (
            known.HTTPClientError,
            known.ProxyConnectionError,
            known.IncompleteReadError,
            known.FlexibleChecksumError,
        ),
    ):
        return ResponseLost(
            f"{api} in {region}: the connection ended before an answer came ({type(error).__name__})",
            _AGAIN,
        )
    if isinstance(error, known.ParamValidationError):
        return AwsFailure(f"{api}: {error}", "This is a fault in the spec or in dynaops; nothing was sent.")
    return AwsFailure(f"{api} in {region}: {error}", _LOGIN if "oken" in str(error) else None)
