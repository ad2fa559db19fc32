"""The caller's identity: account and partition of the credentials, and which endpoint or emulator is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dynaops.aws.classify import ErrorClass
from dynaops.aws.errors import AwsFailure, AwsRefusal, ForeignAnswer
from dynaops.aws.response_members import MARK
from dynaops.model.arns import parse

LOCAL = "local"
"""The origin of all endpoints on this machine."""
_WORLD = re.compile(r"(?:^|;)\s*world=([\w-]+)")
_ACCOUNT = re.compile(r"\d{12}")


class Caller(NamedTuple):
    """The caller's account, partition and endpoint. Values that are not known are None.

    `origin` is ``aws``, ``local`` (an endpoint on this machine) or the URL of another endpoint. `world` identifies an
    endpoint on this machine: ``sandbox ID`` is a dynaops sandbox at any port, ``port N`` is any other. `arn` is that of
    the user or of the role's session.
    """

    origin: str
    account: str | None = None
    partition: str | None = None
    world: str | None = None
    arn: str | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether the endpoint is a dynaops sandbox, which has an id of its own."""
        return self.world is not None and self.world.startswith("sandbox ")


def is_local(url: str | None) -> bool:
    """Whether an endpoint is on this machine."""
    host = (urlsplit(url).hostname or "") if url else ""
    return host in ("localhost", "::1") or host.startswith("127.")


def origin_of(url: str | None) -> str:
    """The origin of an endpoint: ``aws`` (None), ``local`` or the URL of another endpoint."""
    if not url:
        return "aws"
    return LOCAL if is_local(url) else url


def caller_of(url: str | None, response: Mapping[str, Any], headers: Mapping[str, str]) -> Caller:
    """The caller from the response of GetCallerIdentity and its headers; both are empty if there is no STS."""
    account = str(response.get("Account") or "")
    arn = str(response.get("Arn") or "")
    parsed = parse(arn)
    return Caller(
        origin_of(url),
        account if _ACCOUNT.fullmatch(account) else None,
        parsed.partition if parsed else None,
        _world(url, headers),
        arn or None,
    )


def lacks_sts(error: AwsFailure) -> bool:
    """Whether a failure of GetCallerIdentity means that the endpoint has no STS.

    That is a permanent refusal, or a response that is not from STS (dynalite, DynamoDB Local). Throttling, server
    errors and lost connections do not mean it.
    """
    if isinstance(error, AwsRefusal):
        return error.verdict is not ErrorClass.RETRY and (error.status < 500 or error.status == 501)
    return isinstance(error, ForeignAnswer)


def _world(url: str | None, headers: Mapping[str, str]) -> str | None:
    if url is None or not is_local(url):
        return None
    match = _WORLD.search(headers.get(MARK, ""))
    if match:
        return f"sandbox {match[1]}"
    parts = urlsplit(url)
    return f"port {parts.port or (443 if parts.scheme == 'https' else 80)}"
