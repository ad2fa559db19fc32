"""A client for signed requests to one endpoint, with retries that do not depend on items.

Handled here: connections that the server closed while they were idle, a wrong clock, expired credentials, and
responses that are not AWS's, which count as no response. All other responses are passed to the caller.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import orjson

from dynaops.aws.classify import CLOCK_SKEW, EXPIRED
from dynaops.aws.response_rules import Form, Gate, Reply, dynamodb_form
from dynaops.aws.route import Credentials, Route
from dynaops.data.http.http_connection import Done, HttpResponse, header
from dynaops.data.http.sigv4 import Signer
from dynaops.data.http.transport import Transport, transport_for

_SKEW_SECONDS = 60.0
"""A smaller clock difference is not why a signature was refused: AWS allows 5 minutes (15 in some services)."""
_TRIES = 3
_CONTENT_TYPE = b"\r\ncontent-type: application/x-amz-json-1.0\r\n"


class DynamoDBClient:
    """Sends requests of DynamoDB's protocol. Must be created within a running event loop.

    `renew` is called with the credentials that AWS refused as expired; requests then wait until `renewed` is called.
    `timeout` is in seconds; `connections` is the highest number of connections through a proxy (direct connections are
    bounded by the requests in flight).
    """

    def __init__(
        self,
        route: Route,
        credentials: Credentials,
        renew: Callable[[Credentials], None],
        timeout: float = 30.0,
        connections: int = 16,
    ) -> None:
        self._signer = Signer(credentials, route)
        self._transport: Transport = transport_for(route, timeout, connections)
        self._renew = renew
        self._gate = Gate(route.strict)
        self._forms: dict[str, Form] = {}
        self._always: dict[str, list[bytes]] = {}
        self._anonymous = False
        self._answering = route.answering
        self._waiting: list[Callable[[], None]] | None = None

    def send(self, target: str, body: bytes, done: Done, tries: int = 0, repeated: bool = False) -> None:
        """POST `body` to the operation `target` (with its version prefix); `done` is called once with the response.

        `repeated`: it was sent before without a response; the response then has `repeated` set.
        """
        if self._waiting is not None:
            self._waiting.append(lambda: self.send(target, body, done, tries, repeated))
            return
        signed_at = self._signer.now()
        credentials = self._signer.credentials

        def answered(response: HttpResponse) -> None:
            response = self._validated(target, response)
            if (
                response.status == 200
                or tries >= _TRIES
                or not self._can_retry(response, signed_at, credentials)
            ):
                done(response._replace(repeated=True) if repeated else response)
            else:
                lost = response.status == 0 and response.sent
                self.send(target, body, done, tries + 1, repeated or lost)

        self._transport.post(self._signer.head(target, body), body, answered)

    def renewed(self, credentials: Credentials) -> None:
        """Use these credentials from now on, and send the waiting requests."""
        self._signer.renew(credentials)
        waiting, self._waiting = self._waiting, None
        for again in waiting or ():
            again()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _can_retry(self, response: HttpResponse, signed_at: float, credentials: Credentials) -> bool:
        """Whether the request should be sent again at once, because the cause of its failure is corrected."""
        if response.status == 0:
            return response.stale
        if response.status not in (400, 401, 403):
            return False
        code = error_of(response)[0]
        if code in EXPIRED:
            if self._waiting is None and credentials == self._signer.credentials:
                self._waiting = []
                self._renew(credentials)
            return True
        return code in CLOCK_SKEW and self._skewed(response, signed_at)

    def _validated(self, target: str, response: HttpResponse) -> HttpResponse:
        """The response, or one of status 0 if it is not AWS's: a proxy's page, another format, or damaged content."""
        if not response.status:
            return response
        form = self._forms.get(target)
        if form is None:
            form = self._forms[target] = dynamodb_form(target.rpartition(".")[2])
            self._always[target] = [f'"{name}"'.encode() for name in form.always]
        if self._is_plain(target, response):
            return response
        judgement = self._gate.judge(form, Reply(response.status, response.headers(), response.body))
        fault = judgement.fault
        if fault is None:
            self._anonymous = self._anonymous or not judgement.identified
            return response
        return HttpResponse(0, b"", reason=f"the answer of {self._answering} is not AWS's but {fault}")

    def _is_plain(self, target: str, response: HttpResponse) -> bool:
        """Whether the response is certainly valid, found without parsing it, in a tenth of the time of the gate.

        It only searches the text for the required members; the caller finds out whether it is JSON that has them.
        """
        head, body, always = response.head, response.body, self._always[target]
        if response.status != 200 or not always or _CONTENT_TYPE not in head or body[:1] != b"{":
            return False
        if not (header(head, b"x-amzn-requestid") or self._anonymous):
            return False
        stated = header(head, b"x-amz-crc32")
        if stated is not None and stated != str(zlib.crc32(body)):
            return False
        return all(name in body for name in always)

    def _skewed(self, response: HttpResponse, signed_at: float) -> bool:
        """Whether the server's clock differs from the one used for signing, which is then corrected."""
        from email.utils import parsedate_to_datetime  # many modules, for a rare answer

        try:
            server = parsedate_to_datetime(response.header("date") or "").timestamp()
        except ValueError:
            return False
        if abs(server - signed_at) < _SKEW_SECONDS:
            return False
        self._signer.correct(server)
        return True


def error_of(response: HttpResponse) -> tuple[str, str]:
    """The error code and the message of a refusal in AWS's JSON protocol."""
    try:
        body = orjson.loads(response.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {}
    code = str(body.get("__type") or body.get("code") or response.status)
    text = str(body.get("message") or body.get("Message") or "")
    return code.rpartition("#")[2].partition(":")[0], text
