"""Requests through botocore's HTTP session, which supports proxies but is slower than a direct connection."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dynaops.aws.route import Route


class ProxySession:
    """Sends POST requests through the proxy of the environment, one at a time per thread. The caller signs them."""

    def __init__(self, route: Route, connections: int, timeout: float) -> None:
        from botocore.httpsession import URLLib3Session

        self._url = route.url if urlsplit(route.url).path else f"{route.url}/"
        # botocore's types allow neither a certificate file nor fractions of a second; its session does
        self._session: Any = URLLib3Session(
            verify=route.ca_file,  # type: ignore[arg-type]
            proxies=dict(route.proxies),
            timeout=timeout,  # type: ignore[arg-type]
            max_pool_connections=connections,
        )

    def post(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of the response. Raises OSError if there is none."""
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import HTTPClientError

        request = AWSRequest(method="POST", url=self._url, headers=headers, data=body).prepare()
        try:
            response = self._session.send(request)
            return (
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                response.content,
            )
        except HTTPClientError as error:
            raise ConnectionError(str(error)) from error

    def close(self) -> None:
        """End all connections."""
        self._session.close()
