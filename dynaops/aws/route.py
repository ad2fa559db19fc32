"""The route to a service: endpoint, credentials, certificates and proxy, for requests sent without botocore.

The package `data` sends such requests, for speed. The values are the same that botocore would use. The classes are
plain data, so that worker processes can use them without importing botocore.
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
    """The credentials that requests are signed with. Temporary ones have a `token`."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """The route to a service's endpoint.

    `ca_file` has the CA certificates for TLS. `proxies` (by scheme) is not empty if the environment sets a proxy:
    requests then go through botocore's HTTP session. `strict`: the endpoint belongs to AWS, so that each response has
    an AWS request id.
    """

    url: str
    region: str
    ca_file: str
    user_agent: str
    proxies: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False

    @property
    def answering(self) -> str:
        """The server that responds, for messages."""
        proxy = next((urlsplit(address).netloc.rpartition("@")[2] for address in self.proxies.values()), "")
        host = urlsplit(self.url).netloc
        return f"{host} (through the proxy {proxy})" if proxy else host


def route_to(aws: Aws, service: str, region: str) -> Route:
    """The route to `service` in `region` for this caller. Raises AwsFailure."""
    from botocore.httpsession import get_cert_path
    from botocore.utils import get_environ_proxies

    from dynaops import __version__
    from dynaops.aws.response_check import is_of_aws

    url = str(aws.client(service, region).meta.endpoint_url)
    trusted: Any = aws.session.get_config_variable("ca_bundle")
    trusted = trusted or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    environment_proxies = {} if aws.only else get_environ_proxies(url)
    proxies = {scheme: address for scheme, address in environment_proxies.items() if url.startswith(scheme)}
    return Route(
        url=url,
        region=region,
        ca_file=str(get_cert_path(trusted or True)),
        user_agent=f"dynaops/{__version__} md/load-data",
        proxies=proxies,
        strict=is_of_aws(url, aws.session),
    )


def credentials_of(aws: Aws) -> Credentials:
    """The caller's current credentials; temporary ones are renewed before they expire. Raises AwsFailure."""
    return _frozen(aws.session)


def renewed_credentials(aws: Aws, refused: Credentials) -> Credentials:
    """New credentials in place of `refused`, which have expired. Raises AwsFailure if there are no others.

    The provider chain is resolved again: a file may have changed, a role can be assumed again.
    """
    renewed = _frozen(aws.session)
    if renewed == refused and aws.only is None:
        renewed = _frozen(aws.new_session())
    if renewed == refused:
        raise AwsFailure(
            "The session token has expired",
            "Log in again (for example `aws sso login`), or choose other credentials with --profile; "
            "then go on with --resume.",
        )
    return renewed


def _frozen(session: Session) -> Credentials:
    from botocore.exceptions import BotoCoreError, NoCredentialsError

    try:
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        frozen = credentials.get_frozen_credentials()
    except BotoCoreError as error:
        raise unanswered(error, "dynamodb", "credentials", "this session") from error
    except (RuntimeError, OSError, ValueError, KeyError) as error:
        # Errors of a credential process or cache that botocore does not translate: expired, no program, no JSON.
        reason = f"{type(error).__name__}: {error}"
        raise AwsFailure(
            f"Cannot get credentials: {reason}",
            "Log in again, mend the credential_process of the profile, or choose another with --profile.",
        ) from error
    if not frozen.access_key or not frozen.secret_key:
        raise unanswered(NoCredentialsError(), "dynamodb", "credentials", "this session")
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
