"""The AWS session of a caller: clients, made at first use and shared, and the methods `read` and `call`.

botocore's standard retry mode repeats requests. A write that is not idempotent is sent once: after a lost connection
it is not known whether it had its effect, and only the engine can find out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

from dynaops.aws.blobs import with_bytes
from dynaops.aws.caller import Caller, caller_of, lacks_sts, origin_of
from dynaops.aws.endpoint import require_endpoint
from dynaops.aws.errors import AccountUnknown, AwsFailure, refused, unanswered, unreadable
from dynaops.aws.guards import Guard
from dynaops.aws.isolation import isolated_session
from dynaops.aws.response_rules import Gate
from dynaops.aws.role import Role, take_on
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

    from dynaops.aws.route import Credentials

_LOG = logging.getLogger(__name__)
_NOT_FOUND = {
    "ResourceNotFoundException",
    "ResourceNotFound",
    "TableNotFoundException",
    "BackupNotFoundException",
    "PolicyNotFoundException",
    "NotFoundException",
    "NoSuchEntity",
    "ObjectNotFoundException",
}
_NOT_YET = ("Cannot describe time to live while table is", "Backups are being enabled")
"""Messages by which AWS says "not found" for a table being created or deleted (live finding DDB-TABLE-115)."""

_ATTEMPTS, _LOCAL_ATTEMPTS = 6, 3
"""The most times that a request is sent; fewer for a local sandbox, which has no other load."""


class Aws:
    """The AWS session of one caller: a profile, a default region and perhaps a custom endpoint.

    `poll_cap` is the most seconds between two reads of a resource that is waited for (a sandbox's clock is fast).
    `retry_mode` is botocore's: an adaptive client lowers its rate after throttling. `attempts` is the most times that a
    request is sent (botocore sleeps between them, in real time). `only`: these credentials sign all requests, and the
    environment, AWS's files and proxies are ignored (a sandbox must not get credentials of the caller). `role` is
    assumed with the credentials. `guard` limits calls to an account and regions. `notice` shows a message to the user.
    `mark` is the key of the tag that marks resources as owned by a state; None: resources are not marked.
    """

    def __init__(
        self,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        poll_cap: float | None = None,
        connections: int = 32,
        retry_mode: Literal["standard", "adaptive"] = "standard",
        attempts: int | None = None,
        only: Credentials | None = None,
        notice: Callable[[str], None] = lambda _: None,
        role: Role | None = None,
        guard: Guard | None = None,
        mark: str | None = None,
    ) -> None:
        require_endpoint(endpoint_url)
        self._region = region
        self.profile = profile
        self.endpoint_url = endpoint_url
        self.poll_cap = poll_cap
        self._connections = connections
        self._retry_mode: Literal["standard", "adaptive"] = retry_mode
        self._asked_attempts = attempts
        self.only = only
        self.notice = notice
        self._role = role
        self._environment_guard = guard
        self._guard_lock = threading.Lock()
        self._account_checked = guard is None or guard.account is None
        self.mark = mark
        self._gates: dict[str, Gate] = {}
        self._told_anonymous: set[str] = set()
        self._ahead = 0.0
        self._clients: dict[tuple[str, str, bool], BaseClient] = {}
        self._blobs: dict[str, dict[str, bool]] = {}
        self._lock = threading.Lock()
        self._caller_lock = threading.Lock()
        self._caller: Caller | None = None

    @property
    def origin(self) -> str:
        """The origin as the state records it: ``aws``, ``local`` or the URL of another endpoint."""
        return origin_of(self.endpoint_url)

    @property
    def now(self) -> float:
        """AWS's time in epoch seconds, to about a second, from the dates of responses (a sandbox's clock is fast)."""
        return time.time() + self._ahead

    @cached_property
    def session(self) -> Session:
        """The botocore session of the profile and role. Raises DynaopsError for a profile that does not exist."""
        return self.new_session()

    def new_session(self) -> Session:
        """A new session of the same profile and role, which resolves credentials again. Raises like `session`."""
        session = self._own_session()
        if self._role is not None:
            take_on(session, self._role, partial(self._sts_of, self._own_session(), self._role))
        return session

    def _own_session(self) -> Session:
        """A session with the caller's own credentials, without the role."""
        from dynaops.aws.credentials import new_session

        return isolated_session(self.only) if self.only is not None else new_session(self.profile)

    def _sts_of(self, caller: Session, role: Role) -> BaseClient:
        region = self._region or caller.get_config_variable("region") or role.sts_region
        return self._client_of(caller, "sts", region, self._attempts)

    @cached_property
    def region(self) -> str:
        """The default region: --region, then the AWS configuration. Raises DynaopsError if none is set."""
        region = self._region or self.session.get_config_variable("region")
        if not region:
            raise DynaopsError(
                "No AWS region is set",
                "Add `region:` to the spec, pass --region, or set AWS_REGION or AWS_DEFAULT_REGION.",
            )
        return str(region)

    def client(self, service: str, region: str, repeats: bool = True) -> BaseClient:
        """The shared client of a service in a region (clients are thread-safe).

        `repeats`: it retries a request that was throttled or whose response was lost.
        """
        self._check_guards(service, region)
        key = (service, region, repeats)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make_client(service, region, self._attempts if repeats else 1)
            return self._clients[key]

    def _check_guards(self, service: str, region: str) -> None:
        """Raise GuardError if the environment does not allow the region, or the caller's account."""
        if self._environment_guard is None:
            return
        self._environment_guard.check_region(service, region)
        if service != "sts":
            self.check_account(region)

    def check_account(self, region: str) -> None:
        """Raise GuardError if the caller's account is not the environment's. STS is called once, in `region`."""
        if self._environment_guard is None or self._account_checked:
            return
        with self._guard_lock:
            if not self._account_checked:
                self._environment_guard.check_account(self.caller(region).account)
                self._account_checked = True

    @property
    def _attempts(self) -> int:
        return self._asked_attempts or (_LOCAL_ATTEMPTS if self.poll_cap else _ATTEMPTS)

    def read(self, service: str, api: str, region: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """The response of a read-only call, or None if the resource does not exist.

        Raises AwsFailure for any other failure.
        """
        from dynaops.aws.errors import AwsRefusal

        try:
            return self.call(service, api, region, parameters)
        except AwsRefusal as error:
            if error.code in _NOT_FOUND or error.text.startswith(_NOT_YET):
                return None
            raise

    def read_all(
        self,
        service: str,
        api: str,
        region: str,
        parameters: dict[str, Any],
        items: str,
        token: str = "NextToken",  # noqa: S107 (the name of a member, not a secret)
        next_token: str = "",
    ) -> list[Any] | None:
        """All `items` of a paginated read; None if the resource does not exist.

        `next_token` is the response's member for the next request's `token`, if their names differ.
        """
        items_read: list[Any] = []
        next_page: dict[str, Any] = {}
        while True:
            response = self.read(service, api, region, {**parameters, **next_page})
            if response is None:
                return None
            items_read.extend(response.get(items, ()))
            if not response.get(next_token or token):
                return items_read
            next_page = {token: response[next_token or token]}

    def call(
        self, service: str, api: str, region: str, parameters: dict[str, Any], repeats: bool = True
    ) -> dict[str, Any]:
        """The response of a call, named as in AWS's API. Raises AwsFailure.

        Strings for binary members are base64. Without `repeats`, the request is sent only once.
        """
        return self._answer(service, api, region, parameters, repeats)[0]

    def _answer(
        self, service: str, api: str, region: str, parameters: dict[str, Any], repeats: bool = True
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """(response of a call, its HTTP headers with names in lower case). Raises AwsFailure."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.client(service, region, repeats)
        shape = client.meta.service_model.operation_model(api).input_shape
        sent = with_bytes(parameters, shape, self._blobs.setdefault(service, {}))
        _LOG.debug("%s:%s in %s", service, api, region)
        try:
            response: dict[str, Any] = client._make_api_call(api, sent)  # type: ignore[attr-defined]
        except ClientError as error:
            _LOG.info("%s:%s in %s: %s", service, api, region, error)
            raise refused(error, service, api, region) from error
        except BotoCoreError as error:
            _LOG.info("%s:%s in %s: %s", service, api, region, error)
            raise unanswered(error, service, api, region) from error
        except Exception as error:  # botocore does not translate exceptions that it does not expect
            raise unreadable(error, api, region) from error
        meta = response.pop("ResponseMetadata", {})
        _LOG.debug("%s:%s in %s: answered, request %s", service, api, region, meta.get("RequestId"))
        headers: dict[str, str] = meta.get("HTTPHeaders", {})
        self._heed_time(headers.get("date"))
        return response, headers

    def _heed_time(self, date: str | None) -> None:
        """Note how far AWS's clock is ahead of ours; up to a second is only the resolution of the date."""
        with suppress(TypeError, ValueError):
            ahead = parsedate_to_datetime(date or "").timestamp() - time.time()
            self._ahead = ahead if abs(ahead) > 1 else 0.0

    @property
    def account(self) -> str:
        """The caller's account id. Raises AccountUnknown if the endpoint has no STS, and AwsFailure."""
        account = self.caller().account
        if account is None:
            raise AccountUnknown(
                f"The endpoint {self.endpoint_url} does not say which account it is (it has no STS)",
                "What is asked for here names resources by their account: use an endpoint that has STS.",
            )
        return account

    def caller(self, region: str | None = None) -> Caller:
        """The caller's identity, requested once, in `region` if no default region is set. Raises AwsFailure.

        A custom endpoint may have no STS; then the account is not known.
        """
        with self._caller_lock:
            if self._caller is None:
                self._caller = self._identified(region)
            return self._caller

    @property
    def known_caller(self) -> Caller | None:
        """The caller's identity, if it was requested before; else None."""
        return self._caller

    def _identified(self, region: str | None) -> Caller:
        own_region = self._region or self.session.get_config_variable("region") or region
        try:
            response, headers = self._answer("sts", "GetCallerIdentity", own_region or self.region, {})
        except AwsFailure as error:
            from dynaops.aws.response_check import is_of_aws

            url = self.endpoint_url
            if url is None or is_of_aws(url, self.session) or not lacks_sts(error):
                raise
            return caller_of(url, {}, {})
        return caller_of(self.endpoint_url, response, headers)

    def _make_client(self, service: str, region: str, attempts: int) -> BaseClient:
        return self._client_of(self.session, service, region, attempts)

    def _client_of(self, session: Session, service: str, region: str, attempts: int) -> BaseClient:
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        from dynaops import __version__
        from dynaops.aws.response_check import guard

        self._check_region(region)
        config = Config(
            retries={"mode": self._retry_mode, "total_max_attempts": attempts},
            connect_timeout=5,
            read_timeout=30,
            max_pool_connections=self._connections,
            account_id_endpoint_mode="disabled" if self.endpoint_url else "preferred",
            user_agent_extra=f"dynaops/{__version__}",
            parameter_validation=True,
            proxies={} if self.only else None,
        )
        try:
            client = session.create_client(
                service, region_name=region, endpoint_url=self.endpoint_url, config=config
            )
            guard(client, service, self._gate(service, client.meta.endpoint_url))
            return client
        except BotoCoreError as error:
            raise unanswered(error, service, "create_client", region) from error
        except (
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
        ) as error:  # for a setting with an invalid value
            raise AwsFailure(
                f"AWS's configuration cannot be used: {error}",
                "Check ~/.aws/config and the variables that begin with AWS_.",
            ) from error

    @cached_property
    def _regions(self) -> set[str]:
        """The regions in botocore's data, of all partitions."""
        return {
            name
            for partition in self.session.get_available_partitions()
            for name in self.session.get_available_regions("dynamodb", partition)
        }

    def _gate(self, service: str, url: str) -> Gate:
        """The check of a service's responses, shared by all regions and clients."""
        from dynaops.aws.response_check import is_of_aws

        if service not in self._gates:
            self._gates[service] = Gate(is_of_aws(url, self.session), partial(self._tell_anonymous, url))
        return self._gates[service]

    def _tell_anonymous(self, url: str) -> None:
        if url not in self._told_anonymous:
            self._told_anonymous.add(url)
            self.notice(
                f"The endpoint {url} sends no AWS request ids: its answers are taken as they are, and one that "
                "another server gives in its place may not be noticed"
            )

    def _check_region(self, region: str) -> None:
        """Raise DynaopsError for a region that botocore does not know (mistyped, or newer than this botocore)."""
        if region in self._regions:
            return
        from difflib import get_close_matches

        near = get_close_matches(region, sorted(self._regions), 3)
        raise DynaopsError(
            f"There is no AWS region {region!r}",
            f"Did you mean {', '.join(near)}?"
            if near
            else "A region looks like eu-central-1. If it is a new one, update boto3.",
        )
