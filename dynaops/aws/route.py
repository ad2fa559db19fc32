"""How requests reach a service: endpoint, credentials, trust, and whether a proxy stands between.

For those who send requests by themselves (`data` does, for speed). What is resolved here is exactly what botocore
would use. The nouns are plain data, so that worker processes can have them without loading botocore.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dynaops.aws.errors import AwsFailure, unanswered

if TYPE_CHECKING:
    from botocore.session import Session

    from dynaops.aws.session import Aws


@dataclass(frozen=True, slots=True)
class Credentials:
    """What requests are signed with. `token` is there where they are temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a service's endpoint.

    `ca_file` are the certificates that a TLS peer must chain to. `proxies` (by scheme) is not empty where the
    environment asks for a proxy: requests then go through botocore's HTTP session. `strict`: the endpoint is AWS's own,
    so that each answer has AWS's request id.
    """

    url: str
    region: str
    ca_file: str
    user_agent: str
    proxies: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False

    @property
    def answering(self) -> str:
        """Who answers, for people."""
        proxy = next((urlsplit(address).netloc.rpartition("@")[2] for address in self.proxies.values()), "")
        host = urlsplit(self.url).netloc
        return f"{host} (through the proxy {proxy})" if proxy else host


def route_to(aws: Aws, service: str, region: str) -> Route:
    """The way to `service` in `region` for this caller. Raises AwsFailure kinds."""
    from botocore.httpsession import get_cert_path
    from botocore.utils import get_environ_proxies

    from dynaops import __version__
    from dynaops.aws.response_check import is_of_aws

    url = str(aws.client(service, region).meta.endpoint_url)
    trusted: Any = aws.session.get_config_variable("ca_bundle")
    trusted = trusted or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    named = {} if aws.only else get_environ_proxies(url)
    proxies = {scheme: address for scheme, address in named.items() if url.startswith(scheme)}
    return Route(
        url=url,
        region=region,
        ca_file=str(get_cert_path(trusted or True)),
        user_agent=f"dynaops/{__version__} md/load-data",
        proxies=proxies,
        strict=is_of_aws(url, aws.session),
    )


def credentials_of(aws: Aws) -> Credentials:
    """The caller's credentials now; temporary ones are refreshed when they are due. Raises AwsFailure kinds."""
    return _frozen(aws.session)


def renewed_credentials(aws: Aws, refused: Credentials) -> Credentials:
    """Other credentials than `refused`, which AWS calls expired. Raises AwsFailure where there are none.

    The chain is resolved anew: a file may have been written since, a role can be assumed again.
    """
    fresh = _frozen(aws.session)
    if fresh == refused and aws.only is None:
        fresh = _frozen(aws.new_session())
    if fresh == refused:
        raise AwsFailure(
            "The session token has expired",
            "Log in again (for example `aws sso login`), or choose other credentials with --profile; "
            "then go on with --resume.",
        )
    return fresh


def _frozen(session: Session) -> Credentials:
    from botocore.exceptions import BotoCoreError, NoCredentialsError

    try:
        found = session.get_credentials()
        if found is None:
            raise NoCredentialsError
        frozen = found.get_frozen_credentials()
    except BotoCoreError as error:
        raise unanswered(error, "dynamodb", "credentials", "this session") from error
    except (RuntimeError, OSError, ValueError, KeyError) as error:
        # What botocore lets through of a credential process or cache: an expired answer, no program, no JSON.
        reason = f"{type(error).__name__}: {error}"
        raise AwsFailure(
            f"Cannot get credentials: {reason}",
            "Log in again, mend the credential_process of the profile, or choose another with --profile.",
        ) from error
    if not frozen.access_key or not frozen.secret_key:
        raise unanswered(NoCredentialsError(), "dynamodb", "credentials", "this session")
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
