"""Every signature is botocore's: the same headers, the same time, the same Authorization."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.aws.route import Credentials, Route
from dynaops.data.http.sigv4 import CONTENT_TYPE, Signer

NOW = 1_795_530_000.25
TARGET = "DynamoDB_20120810.BatchWriteItem"
URLS = (
    "https://dynamodb.eu-west-1.amazonaws.com",
    "https://dynamodb.eu-west-1.amazonaws.com:443/",
    "http://127.0.0.1:8000",
    "https://vpce-1.example.com:8443/a b/ü/%7Ex",
    "http://[::1]:8000/",
)


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode().split("\r\n")
    assert lines[0].startswith("POST /") and lines[-2:] == ["", ""]
    return dict(line.split(": ", 1) for line in lines[1:-2])


def _botocores(url: str, credentials: Credentials, body: bytes, now: float) -> str:
    """The Authorization that botocore makes at that moment."""
    request = AWSRequest(
        "POST", url, headers={"Content-Type": CONTENT_TYPE, "X-Amz-Target": TARGET}, data=body
    )
    signer = SigV4Auth(
        BotocoreCredentials(credentials.access_key, credentials.secret_key, credentials.token),
        "dynamodb",
        "eu-west-1",
    )
    moment = datetime.fromtimestamp(int(now), UTC)
    with patch("botocore.auth.get_current_datetime", lambda: moment.replace(tzinfo=None)):
        signer.add_auth(request)
    return str(request.headers["Authorization"])


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("token", [None, "a/token+with=signs"])
def test_it_signs_as_botocore_does(url: str, token: str | None) -> None:
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    head = Signer(credentials, Route(url, "eu-west-1", "", "t"), clock=lambda: NOW).head(TARGET, b'{"a":1}')
    headers = _headers(head)
    assert headers["authorization"] == _botocores(url, credentials, b'{"a":1}', NOW)
    assert headers["content-length"] == "7"
    assert headers.get("x-amz-security-token") == token


@given(
    secret=st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=60),
    body=st.binary(max_size=300),
    now=st.floats(1_600_000_000, 4_000_000_000),
)
@settings(max_examples=60, deadline=None)
def test_any_secret_body_and_time(secret: str, body: bytes, now: float) -> None:
    credentials = Credentials("AKID", secret)
    head = Signer(credentials, Route(URLS[0], "eu-west-1", "", "t"), clock=lambda: now).head(TARGET, body)
    assert _headers(head)["authorization"] == _botocores(URLS[0], credentials, body, now)


def test_keys_are_made_anew_at_midnight_and_dates_each_second() -> None:
    midnight = 1_795_564_800 - 1_795_564_800 % 86_400
    time = [midnight - 1.5]
    credentials = Credentials("AKID", "secret")
    signer = Signer(credentials, Route(URLS[0], "eu-west-1", "", "t"), clock=lambda: time[0])
    seen = set()
    for _ in range(4):
        authorization = _headers(signer.head(TARGET, b"{}"))["authorization"]
        assert authorization == _botocores(URLS[0], credentials, b"{}", time[0])
        seen.add(authorization)
        time[0] += 1
    assert len(seen) == 4


def test_other_credentials_and_the_servers_clock() -> None:
    signer = Signer(Credentials("AKID", "old"), Route(URLS[0], "eu-west-1", "", "t"), clock=lambda: NOW)
    signer.head(TARGET, b"{}")
    renewed = Credentials("AKID2", "new", "token")
    signer.renew(renewed)
    assert _headers(signer.head(TARGET, b"{}"))["authorization"] == _botocores(URLS[0], renewed, b"{}", NOW)
    signer.correct(NOW + 3600)
    assert _headers(signer.head(TARGET, b"{}"))["authorization"] == _botocores(
        URLS[0], renewed, b"{}", NOW + 3600
    )


def test_secrets_are_not_shown() -> None:
    assert not re.search("hidden", repr(Credentials("AKID", "hidden", "hidden-too")))
