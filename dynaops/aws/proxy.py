"""Requests through botocore's HTTP session: slower than a connection of one's own, but it knows proxies."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dynaops.aws.route import Route


class ProxySession:
    """A POST at a time a thread, through the proxy that the environment names. Signing is the caller's."""

    def __init__(self, route: Route, connections: int, timeout: float) -> None:
        from botocore.httpsession import URLLib3Session

        self._url = route.url if urlsplit(route.url).path else f"{route.url}/"
        # botocore's types know neither a file of certificates nor parts of a second; its session does
        self._session: Any = URLLib3Session(
            verify=route.ca_file,  # type: ignore[arg-type]
            proxies=dict(route.proxies),
            timeout=timeout,  # type: ignore[arg-type]
            max_pool_connections=connections,
        )

    def post(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of the answer. Raises OSError where none came."""
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import HTTPClientError

        request = AWSRequest(method="POST", url=self._url, headers=headers, data=body).prepare()
        try:
            answer = self._session.send(request)
            return (
                answer.status_code,
                {name.lower(): value for name, value in answer.headers.items()},
                answer.content,
            )
        except HTTPClientError as error:
            raise ConnectionError(str(error)) from error

    def close(self) -> None:
        """End all connections."""
        self._session.close()
