"""What the wire settles by itself, and what it hands on: against servers that behave as DynamoDB's, and worse."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from dynaops.aws.route import Credentials, Route, credentials_of, renewed_credentials, route_to
from dynaops.aws.session import Aws
from dynaops.data.http.client import DynamoDBClient, error_of
from dynaops.data.http.http_connection import HttpResponse
from dynaops.model.errors import DynaopsError
from tests.data.scripted import WRITTEN, Script, Scripted, answer, refused, scripted

CREDENTIALS = Credentials("AKID", "secret", "old-token")
RENEWED = Credentials("AKID", "secret", "new-token")
TARGET = "DynamoDB_20120810.BatchWriteItem"


async def _send(wire: DynamoDBClient, count: int = 1, body: bytes = b"{}") -> list[HttpResponse]:
    """The answers to `count` requests at once."""
    answers: list[asyncio.Future[HttpResponse]] = []
    for _ in range(count):
        coming: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
        answers.append(coming)
        wire.send(TARGET, body, coming.set_result)
    return list(await asyncio.wait_for(asyncio.gather(*answers), 10))


def _talk(
    script: Script,
    talk: Callable[[DynamoDBClient, Scripted], object],
    timeout: float = 5.0,
    proxied: bool = False,
) -> Scripted:
    """Let `talk` use a wire to a server with this script; answers what the server saw."""

    async def run() -> Scripted:
        async with scripted(script) as server:
            route = Route(server.url, "eu-west-1", "", "test", {"http": server.url} if proxied else {})
            if proxied:
                route = Route("http://dynamodb.example", "eu-west-1", "", "test", {"http": server.url})
            wire = DynamoDBClient(route, CREDENTIALS, lambda refused: renew(refused), timeout, 4)

            def renew(refused: Credentials) -> None:
                assert refused == CREDENTIALS
                asyncio.get_running_loop().call_later(0.02, wire.renewed, RENEWED)

            try:
                await talk(wire, server)  # type: ignore[misc]
            finally:
                wire.close()
            return server

    return asyncio.run(run())


def test_requests_go_out_signed_and_connections_are_kept() -> None:
    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        for _ in range(3):
            assert [one.body for one in await _send(wire, 4)] == [WRITTEN] * 4

    server = _talk(lambda request: answer(), talk)
    assert server.connections == 4
    headers = server.requests[-1].headers
    assert server.requests[-1].line == "POST / HTTP/1.1"
    assert headers["host"] == server.url.removeprefix("http://")
    assert headers["x-amz-target"] == TARGET and headers["x-amz-security-token"] == "old-token"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["accept-encoding"] == "identity"


def test_a_connection_closed_while_idle_is_no_failure() -> None:
    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        for _ in range(6):
            assert [one.status for one in await _send(wire)] == [200]

    server = _talk(lambda request: None if request.number == 3 else answer(), talk)
    assert len(server.requests) == 7


def test_a_lost_answer_is_told() -> None:
    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        (first,) = await _send(wire)
        assert (first.status, first.stale) == (0, False) and first.reason

    _talk(lambda request: None, talk)


def test_no_answer_in_time_is_told() -> None:
    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        (first,) = await _send(wire)
        assert first.status == 0 and "no answer within 0.05 s" in first.reason

    _talk(lambda request: b"", talk, timeout=0.05)


def test_nobody_listening_is_told() -> None:
    async def run() -> None:
        wire = DynamoDBClient(Route("http://127.0.0.1:1", "eu-west-1", "", "t"), CREDENTIALS, lambda _: None)
        (first,) = await _send(wire)
        assert first.status == 0 and "cannot connect" in first.reason
        wire.close()

    asyncio.run(run())


def test_a_damaged_answer_is_none() -> None:
    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        (first,) = await _send(wire)
        assert first.status == 0 and "damaged body, by its checksum" in first.reason
        (second,) = await _send(wire)
        assert second.status == 200

    _talk(lambda request: answer(x_amz_crc32="1") if request.number == 0 else answer(), talk)


def test_refusals_are_handed_on() -> None:
    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        (first,) = await _send(wire)
        assert first.status == 400
        assert error_of(first) == ("ResourceNotFoundException", "no such table")

    assert (
        len(_talk(lambda request: refused("ResourceNotFoundException", "no such table"), talk).requests) == 1
    )


def test_errors_without_a_body_have_a_code() -> None:
    assert error_of(HttpResponse(503, b"<html>", b"http/1.1 503 x")) == ("503", "")
    assert error_of(HttpResponse(400, b"[]", b"http/1.1 400 x")) == ("400", "")


@pytest.mark.parametrize("code", ["ExpiredTokenException", "ExpiredToken"])
def test_expired_credentials_are_renewed_once_for_all(code: str) -> None:
    def script(request: object) -> bytes:
        old = request.headers["x-amz-security-token"] == "old-token"  # type: ignore[attr-defined]
        return refused(code, "The security token included in the request is expired") if old else answer()

    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        assert [one.status for one in await _send(wire, 5)] == [200] * 5
        assert [one.status for one in await _send(wire, 2)] == [200] * 2

    server = _talk(script, talk)
    assert [one.headers["x-amz-security-token"] for one in server.requests].count("old-token") <= 5


def test_a_wrong_clock_is_put_right() -> None:
    ahead = 3600.0

    def script(request: object) -> bytes:
        signed = request.headers["x-amz-date"]  # type: ignore[attr-defined]
        now = time.strftime("%Y%m%dT%H%M", time.gmtime(time.time() + ahead))
        if signed.startswith(now[:11]):
            return answer()
        return refused("InvalidSignatureException", "Signature expired", date=formatdate(time.time() + ahead))

    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        assert [one.status for one in await _send(wire, 3)] == [200] * 3
        assert [one.status for one in await _send(wire, 3)] == [200] * 3

    assert len(_talk(script, talk).requests) == 9


def test_a_wrong_secret_is_told_at_once() -> None:
    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        (first,) = await _send(wire)
        assert error_of(first)[0] == "InvalidSignatureException"

    server = _talk(lambda request: refused("InvalidSignatureException", "no", date=formatdate()), talk)
    assert len(server.requests) == 1


def test_through_a_proxy() -> None:
    async def talk(wire: DynamoDBClient, server: Scripted) -> None:
        assert [one.status for one in await _send(wire, 6)] == [200] * 6
        assert error_of((await _send(wire, body=b"bad"))[0]) == ("ValidationException", "bad")

    def script(request: object) -> bytes:
        body: bytes = request.body  # type: ignore[attr-defined]
        return refused("ValidationException", "bad") if body == b"bad" else answer()

    server = _talk(script, talk, proxied=True)
    assert server.requests[0].line == "POST http://dynamodb.example/ HTTP/1.1"
    assert server.requests[0].headers["host"] == "dynamodb.example"
    assert "authorization" in server.requests[0].headers


def test_routes_are_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    plain = route_to(Aws(region="eu-west-1"), "dynamodb", "eu-west-1")
    assert plain.url == "https://dynamodb.eu-west-1.amazonaws.com" and not plain.proxies
    assert plain.ca_file.endswith(".pem")
    assert route_to(Aws(region="cn-north-1"), "dynamodb", "cn-north-1").url.endswith(".amazonaws.com.cn")
    local = Aws(region="eu-west-1", endpoint_url="http://127.0.0.1:8000")
    assert route_to(local, "dynamodb", "eu-west-1").url == "http://127.0.0.1:8000"
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    fips = route_to(Aws(region="us-east-1"), "dynamodb", "us-east-1")
    assert fips.url == "https://dynamodb-fips.us-east-1.amazonaws.com"


def test_proxies_and_certificates_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/ours.pem")
    route = route_to(Aws(region="eu-west-1"), "dynamodb", "eu-west-1")
    assert dict(route.proxies) == {"https": "http://proxy.example:3128"}
    assert route.ca_file == "/etc/ours.pem"
    monkeypatch.setenv("NO_PROXY", "dynamodb.eu-west-1.amazonaws.com")
    assert not route_to(Aws(region="eu-west-1"), "dynamodb", "eu-west-1").proxies


def test_credentials_of_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    aws = Aws(region="eu-west-1")
    found = credentials_of(aws)
    assert found == Credentials("testing", "testing", "token")
    with pytest.raises(DynaopsError, match="expired"):
        renewed_credentials(aws, found)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")
    assert renewed_credentials(aws, found).token == "another"


def test_no_credentials_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(DynaopsError, match="No AWS credentials"):
        credentials_of(Aws(region="eu-west-1"))
