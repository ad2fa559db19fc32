"""Custom endpoints: those that are URLs are used, all others are told before anything is sent."""

from __future__ import annotations

import pytest

from dynaops.aws.endpoint import require_endpoint
from dynaops.aws.session import Aws
from dynaops.model.errors import DynaopsError

GOOD = (
    *("http://127.0.0.1:8000", "http://localhost", "https://vpce-1a2b.dynamodb.eu-west-1.vpce.amazonaws.com"),
    *(
        "http://[::1]:8000",
        "http://[fe80::1%25eth0]:1",
        "https://proxy.corp:65535/path",
        "http://dynamo_db:8000",
    ),
)
BAD = (
    *(
        "localhost:8000",
        "127.0.0.1",
        "http://",
        "http:///x",
        "//x",
        "ftp://x",
        "http://a b",
        " http://x",
        "   ",
    ),
    *("http://127.0.0.1:99999", "http://127.0.0.1:abc", "http://127.0.0.1:-1", "http://x:0", "http://[::1"),
    *("http://[zz]:1", "http://[127.0.0.1]", "http://user@:1", "http://ex%00", "http://\u2603", "http://x\n"),
    *("http://x\x00", "http://-x", "http://x..y", "http:x", "\\\\x"),
)


@pytest.mark.parametrize("url", [None, "", *GOOD])
def test_what_is_one(url: str | None) -> None:
    require_endpoint(url)
    assert Aws("eu-west-1", endpoint_url=url).origin


@pytest.mark.parametrize("url", BAD)
def test_what_is_none(url: str) -> None:
    with pytest.raises(DynaopsError, match="is not a URL: ") as caught:
        Aws("eu-west-1", endpoint_url=url)
    assert "http://127.0.0.1:PORT" in (caught.value.hint or "")
