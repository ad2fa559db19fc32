"""Who calls which AWS: the account and partition of the credentials, and what tells this machine's emulators apart."""

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
    """The caller's place in AWS. What is not known is None.

    `origin` is ``aws``, ``local`` (an endpoint on this machine) or the URL of another endpoint. `world` tells endpoints
    on this machine apart: ``sandbox ID`` is a dynaops sandbox, whatever its port; ``port N`` is any other. `arn` is
    that of the user or of the role's session.
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
    """Which AWS an endpoint is: the real one (None), this machine's, or another endpoint's."""
    if not url:
        return "aws"
    return LOCAL if is_local(url) else url


def caller_of(url: str | None, answer: Mapping[str, Any], headers: Mapping[str, str]) -> Caller:
    """The caller by GetCallerIdentity's answer and its headers; both are empty where the endpoint has no STS."""
    account = str(answer.get("Account") or "")
    arn = str(answer.get("Arn") or "")
    parsed = parse(arn)
    return Caller(
        origin_of(url),
        account if _ACCOUNT.fullmatch(account) else None,
        parsed.partition if parsed else None,
        _world(url, headers),
        arn or None,
    )


def lacks_sts(error: AwsFailure) -> bool:
    """Whether an endpoint's failure to answer GetCallerIdentity means that it has no STS.

    That is a refusal which does not pass, or an answer that is not STS's (dynalite, DynamoDB Local). Throttling, faults
    of the server and broken connections say nothing about it.
    """
    if isinstance(error, AwsRefusal):
        return error.verdict is not ErrorClass.RETRY and (error.status < 500 or error.status == 501)
    return isinstance(error, ForeignAnswer)


def _world(url: str | None, headers: Mapping[str, str]) -> str | None:
    if url is None or not is_local(url):
        return None
    found = _WORLD.search(headers.get(MARK, ""))
    if found:
        return f"sandbox {found[1]}"
    parts = urlsplit(url)
    return f"port {parts.port or (443 if parts.scheme == 'https' else 80)}"
