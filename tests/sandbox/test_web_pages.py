"""No web page reaches the sandbox but those named at its start, and none its control calls."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from dynaops.sandbox.callers import Callers
from dynaops.sandbox.control import HEADER, ask
from dynaops.sandbox.faults import FaultRule
from tests.sandbox.http import Reply, send, signed

LIST = ("POST", "/", signed("dynamodb", "DynamoDB_20120810.ListTables"), b"{}")
OURS = "http://localhost:3000"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=0) as running:
        running.client("s3").create_bucket(Bucket="state")
        running.client("s3").put_object(Bucket="state", Key="state.json", Body=b"{}")
        yield running


@pytest.fixture(scope="module")
def open_server() -> Iterator[SandboxServer]:
    """One that lets a page and a name in."""
    callers = Callers(("host.docker.internal", "*.localhost"), (OURS,))
    with SandboxServer(speed=0, callers=callers) as running:
        yield running


def from_page(server: SandboxServer, **headers: str) -> Reply:
    method, path, given, body = LIST
    return send(server.url, method, path, given | {k.replace("_", "-"): v for k, v in headers.items()}, body)


def test_programs_of_this_machine_are_answered(server: SandboxServer) -> None:
    port = server.port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "LOCALHOST", "127.0.0.1", f"[::1]:{port}"):
        assert from_page(server, Host=host).status == 200
    assert from_page(server, Sec_Fetch_Site="none").status == 200, "typed into the address bar"


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "https://localhost:3000", ""],
)
def test_any_origin_is_refused(server: SandboxServer, origin: str) -> None:
    reply = from_page(server, Origin=origin)
    assert reply.status == 403
    assert json.loads(reply.body)["__type"].endswith("#AccessDeniedException")
    assert not [name for name in reply.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1,evil.example",
        "127.0.0.2",
        "0.0.0.0",  # noqa: S104 (a Host header)
        "[::ffff:127.0.0.1]",
        "bucket.localhost",
        "localhost.",
        "",
    ],
)
def test_a_foreign_host_is_refused(server: SandboxServer, host: str) -> None:
    assert from_page(server, Host=host).status == 403


def test_a_request_without_a_host_is_refused(server: SandboxServer) -> None:
    from tests.sandbox.http import receive

    assert receive(server.url, b"GET / HTTP/1.0\r\n\r\n").status == 403
    assert receive(server.url, b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "whatever"])
@pytest.mark.parametrize("path", ["/state/state.json", "/", "/?Action=ListUsers"])
def test_an_image_or_a_form_without_an_origin_is_refused(server: SandboxServer, site: str, path: str) -> None:
    assert send(server.url, "GET", path, {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}).status == 403


def test_an_old_browsers_image_changes_nothing(server: SandboxServer) -> None:
    reply = send(server.url, "GET", "/?Action=CreateUser&UserName=eve&Version=2010-05-08", {})
    assert reply.status == 403
    assert server.client("iam").list_users()["Users"] == []


def test_no_answer_may_be_read_by_pages(server: SandboxServer) -> None:
    for method, path in itertools.product(("GET", "OPTIONS", "POST"), ("/", "/state", "/state/state.json")):
        reply = send(server.url, method, path, {**signed("s3"), "Access-Control-Request-Method": "PUT"})
        assert not [name for name in reply.headers if name.startswith("access-control-")]


def test_a_page_that_was_named_is_let_in(open_server: SandboxServer) -> None:
    reply = from_page(open_server, Origin=OURS)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, OURS)
    asked = {
        "Origin": OURS,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-amz-target",
    }
    preflight = send(open_server.url, "OPTIONS", "/", asked)
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == OURS
    assert preflight.headers["access-control-allow-headers"] == "authorization,x-amz-target"
    assert send(open_server.url, "OPTIONS", "/", {**asked, "Origin": "http://evil.example"}).status == 403
    assert from_page(open_server, Origin="http://localhost:3001").status == 403
    for host in ("host.docker.internal:4566", "bucket.localhost", "Host.Docker.Internal"):
        assert from_page(open_server, Host=host).status == 200
    for host in ("docker.internal", "evil-localhost", "host.docker.internal.evil.example"):
        assert from_page(open_server, Host=host).status == 403


@pytest.mark.parametrize("value", ["http://a/path", "*", "localhost", "http://*", "null"])
def test_an_origin_that_is_none(value: str) -> None:
    with pytest.raises(ValueError, match="an origin looks like"):
        Callers(origins=(value,))


@pytest.mark.parametrize("value", ["http://a", "a:80", "*", "*.", "a b", ""])
def test_a_host_that_is_none(value: str) -> None:
    with pytest.raises(ValueError, match="a host is a name"):
        Callers(hosts=(value,))


MOTO_API = [
    ("POST", "/moto-api/reset"),
    ("GET", "/moto-api/"),
    ("GET", "/moto-api/data.json"),
    ("POST", "//moto-api/reset"),
    ("POST", "/%6doto-api/reset"),
    ("POST", "/moto-api/recorder/start-recording"),
    ("POST", "/moto-api/recorder/upload-recording"),
    ("POST", "/moto-api/seed?a=1"),
    ("GET", "/favicon.ico"),
]


@pytest.mark.parametrize(("method", "path"), MOTO_API)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": OURS}, signed("s3"), signed("moto_api"), signed("motoapi.amazonaws.com")],
    ids=["bare", "allowed", "s3", "moto_api", "motoapi"],
)
def test_motos_own_interface_does_not_exist(
    open_server: SandboxServer,
    method: str,
    path: str,
    headers: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    open_server.client("iam").create_group(GroupName="kept")
    reply = send(open_server.url, method, path, headers)
    assert reply.status in (403, 400, 404, 405, 308), reply
    assert "html" not in reply.body.lower() or reply.status == 308
    assert [group["GroupName"] for group in open_server.client("iam").list_groups()["Groups"]] == ["kept"]
    open_server.client("iam").delete_group(GroupName="kept")
    assert not list(tmp_path.iterdir()), "the recorder wrote a file"


CONTROL = [
    ("POST", "reset", b"{}"),
    ("POST", "stop", b"{}"),
    ("POST", "clock", b'{"advance": 1}'),
    ("POST", "faults", b'{"effect": "throttle"}'),
    ("DELETE", "faults", b""),
    ("DELETE", "requests", b""),
    ("GET", "requests", b""),
    ("GET", "status", b""),
    ("GET", "issued-keys", b""),
]
FORGED = "0" * 32 + "." + "0" * 64


@pytest.mark.parametrize(("method", "call", "body"), CONTROL)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OURS},
        {"Content-Type": "text/plain"},
        {"Sec-Fetch-Site": "cross-site"},
        {HEADER: FORGED},
        {HEADER: "x"},
        {"Host": "host.docker.internal"},
    ],
    ids=["bare", "allowed", "form", "image", "forged", "nonsense", "host"],
)
def test_control_calls_need_the_users_key(
    open_server: SandboxServer, method: str, call: str, body: bytes, headers: dict[str, str]
) -> None:
    open_server.faults.clear()
    open_server.faults.add(FaultRule("throttle", service="nothing"))
    before = open_server.clock.now(), open_server.requests.count, len(open_server.faults._rules)
    reply = send(open_server.url, method, f"/_dynaops/{call}", headers, body)
    assert reply.status == 403
    assert set(json.loads(reply.body)) == {"error"}
    assert before == (open_server.clock.now(), open_server.requests.count, len(open_server.faults._rules))


def test_a_proof_is_for_one_request_of_one_sandbox(server: SandboxServer) -> None:
    from dynaops.sandbox.control import PREFIX, _request_mac

    nonce = "ab" * 16
    proof = {HEADER: f"{nonce}.{_request_mac(server.port, 'GET', PREFIX + 'status', nonce, b'')}"}
    assert send(server.url, "GET", PREFIX + "status", proof).status == 200
    for method, call, body in CONTROL:
        if (method, call) != ("GET", "status"):
            assert send(server.url, method, PREFIX + call, proof, body).status == 403
    for sign in ({"Origin": OURS}, {"Sec-Fetch-Site": "none"}, {"Referer": "http://127.0.0.1/"}):
        assert send(server.url, "GET", PREFIX + "status", proof | sign).status == 403, "a web page"
    other = {HEADER: f"{nonce}.{_request_mac(server.port + 1, 'GET', PREFIX + 'status', nonce, b'')}"}
    assert send(server.url, "GET", PREFIX + "status", other).status == 403


@pytest.mark.parametrize(
    "url", ["http://127.0.0.2:{port}", "http://localhost:{port}", "https://127.0.0.1:{port}"]
)
def test_control_calls_go_to_this_machine_only(server: SandboxServer, url: str) -> None:
    assert ask(server.url, "GET", "status") is not None
    assert ask(url.format(port=server.port), "GET", "status") is None
