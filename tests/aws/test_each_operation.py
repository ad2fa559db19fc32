"""Each operation that dynaops calls takes the answer that AWS documents for it, and no other.

The answers come through an HTTP proxy, as they would where a network answers in AWS's place.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

import dynaops
from dynaops.aws.errors import AwsFailure, AwsRefusal, ForeignAnswer, ResponseLost
from dynaops.aws.response_check import form_of
from dynaops.aws.response_members import ALWAYS_SENT
from dynaops.aws.response_rules import Form, Gate, Reply, judge
from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from tests.aws.shapes import Answer, documented, request

REGION = "eu-west-1"
SERVICES = sorted({name.partition(":")[0] for name in ALWAYS_SENT})
PAGE = b"<!DOCTYPE html><html><head><title>Please log in</title></head><body>guests</body></html>"
SESSION = Session()
NOT_CALLED = {
    *("CreateGrant", "Decrypt", "Encrypt", "GenerateDataKey", "RetireGrant"),
    *("CreateLogStream", "PutLogEvents", "PutRecord", "PutRecords", "GetRecords", "GetShardIterator"),
    *("DescribeStream", "ListStreams", "ListGlobalTables", "DescribeLimits", "TransactGetItems"),
    *("HeadBucket", "HeadObject"),
}
"""Names of operations that stand in policies and metrics only."""


USUAL = ("a page with status 200", "nothing", "redirect 302", "half", "garbled")
"""Names of answers that are tried with each operation, over HTTP."""


class Proxy(ThreadingHTTPServer):
    """An HTTP proxy that answers whatever it is asked with `answer`."""

    daemon_threads = True
    answer = Answer(200, {}, b"")
    length: int | None = None
    """The Content-Length that it states, where it is not the body's."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hosts: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.hosts.append(self.headers["host"])
        status, headers, body = self.server.answer
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(self.server.length or len(body)))
        if self.server.length is not None:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = self.server.length is not None

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()


@pytest.fixture
def way(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An Aws for a service, whose requests to AWS's own host go through the proxy."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
    monkeypatch.setenv("NO_PROXY", "")
    proxy.length = None

    def made(service: str) -> Aws:
        return Aws(REGION, endpoint_url=f"http://{service}.{REGION}.amazonaws.com", attempts=1)

    yield made
    proxy.length = None


_NOTHING_READ = ("events", "sns")
"""Services of which dynaops only sends messages: they are never asked whether something is there."""


def operations(service: str) -> list[str]:
    return [name.partition(":")[2] for name in ALWAYS_SENT if name.startswith(f"{service}:")]


def call(aws: Aws, service: str, api: str) -> dict[str, Any]:
    model = SESSION.get_service_model(service).operation_model(api)
    parameters = request(model)
    if service == "s3":
        parameters = {name: "bucket" if name == "Bucket" else value for name, value in parameters.items()}
    return aws.call(service, api, REGION, parameters)


@pytest.mark.parametrize("service", SERVICES)
def test_the_documented_success_is_taken(service: str, way: Any, proxy: Proxy) -> None:
    aws = way(service)
    for api in operations(service):
        for full in (False, True):
            proxy.answer = documented(SESSION, service, api, ALWAYS_SENT[f"{service}:{api}"], full)
            found = call(aws, service, api)
            for path in ALWAYS_SENT[f"{service}:{api}"]:
                assert path.partition(".")[0] in found or service == "s3", (api, path)
    assert all("amazonaws.com" in host for host in proxy.hosts)


def foreign(service: str, api: str) -> Iterator[tuple[str, Answer, int | None]]:
    """What may come in place of AWS's answer: a name for it, the answer, and a Content-Length that is wrong."""
    right = documented(SESSION, service, api, ALWAYS_SENT[f"{service}:{api}"], full=False)
    status, headers, body = right
    ids = {name: value for name, value in headers.items() if name.startswith("x-am") and "id" in name}
    anonymous = {name: value for name, value in headers.items() if name not in ids}
    html = {"content-type": "text/html; charset=utf-8"}
    for code in (200, 404, 407, 502):
        yield f"a page with status {code}", Answer(code, html, PAGE), None
    yield "nothing", Answer(200, {}, b""), None
    yield "nothing, with status 204", Answer(204, {}, b""), None
    yield "nothing, with status 404", Answer(404, {}, b""), None
    for code in (302, 307):
        yield f"redirect {code}", Answer(code, html | {"location": "https://portal.example/"}, b""), None
    yield "the right answer without an id", Answer(status, anonymous, body), None
    yield "a gateway's refusal", Answer(404, {"content-type": "application/json"}, b'{"message": "no"}'), None
    yield "{} without an id", Answer(200, {"content-type": "application/json"}, b"{}"), None
    streamed = (service, api) == ("s3", "GetObject")
    if not streamed and not (service == "s3" and not body):
        yield "a page under AWS's id", Answer(status, headers, PAGE), None
    output = SESSION.get_service_model(service).operation_model(api).output_shape
    if body and not streamed and ((output is not None and output.members) or b"<" in body[:1]):
        yield "nothing under AWS's id", Answer(status, headers, b""), None
    if body and not streamed:
        yield "cut short", Answer(status, headers, body[: len(body) // 2]), len(body)
        if api != "GetBucketPolicy":
            yield "half", Answer(status, headers, body[: len(body) // 2]), None
            yield "garbled", Answer(status, headers, bytes(byte ^ 0xA5 for byte in body)), None
            yield "a page's content type", Answer(status, headers | html, body), None
            charset = {"content-type": f"{headers['content-type']}; charset=utf-16"}
            yield "another charset", Answer(status, headers | charset, body), None
            for text in (b"null", b"[]", b"[{}]", b'"ok"', b"0"):
                yield f"{text.decode()} under AWS's id", Answer(status, headers, text), None
    for path in ALWAYS_SENT[f"{service}:{api}"] if b"{" in body[:1] else ():
        document = json.loads(body)
        inner = document
        for name in path.split(".")[:-1]:
            inner = inner[name]
        for value in ({}, {path.rpartition(".")[2]: None}):
            inner.pop(path.rpartition(".")[2], None)
            inner.update(value)
            yield f"without {path}", Answer(status, headers, json.dumps(document).encode()), None


@pytest.mark.parametrize("service", SERVICES)
def test_no_other_answer_is(service: str, way: Any, proxy: Proxy) -> None:
    """All that may come, for the first operations of a service; the most usual, for the others."""
    aws = way(service)
    for number, api in enumerate(operations(service)):
        for what, answer, length in foreign(service, api):
            if number > 1 and what not in USUAL:
                continue
            proxy.answer, proxy.length = answer, length
            try:
                found: Any = call(aws, service, api)
            except ForeignAnswer as error:
                assert f"{service}.{REGION}.amazonaws.com" in error.message, (api, what, error)
                assert error.message.isprintable(), (api, what, error)
                continue
            except ResponseLost:
                assert what == "cut short", (api, what)
                continue
            pytest.fail(f"{api} took {what}: {found}")


@pytest.mark.parametrize("service", SERVICES)
def test_the_rules_take_no_other_answer(service: str) -> None:
    """The same for all operations, by the rules alone."""
    for api in operations(service):
        form = form_of(SESSION.get_service_model(service).operation_model(api), service)
        gate = Gate(strict=True)
        right = Reply(*documented(SESSION, service, api, ALWAYS_SENT[f"{service}:{api}"], full=True))
        if api == "GetObject":
            right = right._replace(body=None)
        assert gate.judge(form, right).fault is None, api
        for what, answer, length in foreign(service, api):
            if length is None:
                assert gate.judge(form, Reply(*answer)).fault, (api, what)


@pytest.mark.parametrize("service", [name for name in SERVICES if name not in ("s3", *_NOTHING_READ)])
def test_a_page_in_place_of_a_refusal_is_not_taken_for_absence(service: str, way: Any, proxy: Proxy) -> None:
    aws = way(service)
    api = next(name for name in operations(service) if name.startswith(("Get", "Describe", "List")))
    parameters = request(SESSION.get_service_model(service).operation_model(api))
    media = documented(SESSION, service, api, ALWAYS_SENT[f"{service}:{api}"], full=False).headers
    for body in (PAGE, b'{"message": "not found"}', b"<Error/>", b"ResourceNotFoundException"):
        proxy.answer = Answer(404, media, body)
        with pytest.raises(ForeignAnswer):
            aws.read(service, api, REGION, parameters)
    code = "NoSuchEntity" if service in ("iam", "sts") else "ResourceNotFoundException"
    text = f'{{"__type": "{code}", "message": "no"}}'
    if "xml" in media["content-type"]:
        text = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    proxy.answer = Answer(404, media, text.encode())
    assert aws.read(service, api, REGION, parameters) is None


def test_s3s_refusals_are_its_own(way: Any, proxy: Proxy) -> None:
    """Also those without a body, which answer HEAD requests; a redirect of S3's is followed to the bucket's region."""
    aws = way("s3")
    ids = {"x-amz-request-id": "4442587FB7D0A2F9", "content-type": "application/xml"}
    proxy.answer = Answer(404, ids, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")
    with pytest.raises(AwsRefusal) as refused:
        call(aws, "s3", "GetObject")
    assert refused.value.code == "NoSuchKey"
    proxy.answer = Answer(404, {"content-type": "application/xml"}, proxy.answer.body)
    with pytest.raises(ForeignAnswer):
        call(aws, "s3", "GetObject")
    body = b"<Error><Code>PermanentRedirect</Code><Message>m</Message><Endpoint>e</Endpoint></Error>"
    proxy.answer = Answer(301, ids | {"x-amz-bucket-region": REGION}, body)
    with pytest.raises(AwsRefusal) as refused:
        call(aws, "s3", "GetBucketVersioning")
    assert refused.value.code == "PermanentRedirect"


def test_an_object_that_ends_early_is_not_taken_for_a_whole_one(way: Any, proxy: Proxy) -> None:
    from dynaops.aws.s3 import S3Bucket

    proxy.answer = documented(SESSION, "s3", "GetObject", (), full=False)
    bucket = S3Bucket(way("s3"), "bucket", REGION)
    found = bucket.get("state.json", 1000)
    assert found is not None
    assert found.body == proxy.answer.body
    proxy.length = 500
    with pytest.raises(ResponseLost, match="cut short"):
        bucket.get("state.json", 1000)


def test_every_operation_that_is_called_is_listed() -> None:
    """Any name of an operation in the code is of a call, or of a policy's or a metric's."""
    known = {
        name: service for service in SERVICES for name in SESSION.get_service_model(service).operation_names
    }
    listed = {name.partition(":")[2] for name in ALWAYS_SENT}
    found: set[str] = set()
    root = Path(dynaops.__file__).parent
    for path in root.rglob("*.py"):
        if "sandbox" not in path.relative_to(root).parts[0] and path.name != "response_members.py":
            constants = (
                node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)
            )
            found.update(
                node.value for node in constants if isinstance(node.value, str) and node.value in known
            )
    assert found - listed == NOT_CALLED
    assert listed - found == set()


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(ALWAYS_SENT)),
    st.integers(0, 700),
    st.dictionaries(
        st.sampled_from(["content-type", "x-amz-crc32", "content-length", "location"]),
        st.one_of(st.text(max_size=9), st.sampled_from(["²", "9" * 5000, "http://[", "http://a:b@c/d"])),
    ),
    st.one_of(st.none(), st.binary(max_size=60), st.text(max_size=60).map(str.encode)),
    st.sampled_from(["json", "rest-json", "query", "rest-xml", "ec2", "smithy-rpc-v2-cbor"]),
)
def test_the_rules_judge_anything(
    name: str, status: int, headers: dict[str, str], body: bytes | None, protocol: str
) -> None:
    form = Form(name.partition(":")[2], protocol, always=ALWAYS_SENT[name])
    judgement = judge(form, Reply(status, headers, body))
    assert not judgement.identified
    assert judgement.fault is None or judgement.fault.isprintable()


def test_the_sandbox_answers_in_the_form_of_aws_whatever_is_asked(server: SandboxServer) -> None:
    """Each operation with the smallest request: done or refused, under a request id and the right content type."""
    aws = Aws(REGION, endpoint_url=server.url, attempts=1)
    aws.call("sts", "GetCallerIdentity", REGION, {})
    done: set[str] = set()
    failed: list[str] = []
    for name in ALWAYS_SENT:
        service, _, api = name.partition(":")
        try:
            call(aws, service, api)
            done.add(name)
        except AwsRefusal:
            continue
        except AwsFailure as error:
            failed.append(error.message)
    assert not failed
    assert {"dynamodb:ListTables", "logs:CreateLogGroup", "lambda:ListFunctions"} <= done


def test_an_endpoint_of_ones_own_without_request_ids_is_told_once(proxy: Proxy) -> None:
    """Such as some emulators: their answers are believed by their form, and a page is still none."""
    told: list[str] = []
    proxy.length = None
    aws = Aws(REGION, endpoint_url=f"http://127.0.0.1:{proxy.server_port}", attempts=1, notice=told.append)
    for api in operations("dynamodb"):
        right = documented(SESSION, "dynamodb", api, ALWAYS_SENT[f"dynamodb:{api}"], full=False)
        proxy.answer = right._replace(headers={"content-type": "application/json"})
        call(aws, "dynamodb", api)
        proxy.answer = Answer(200, {"content-type": "text/html"}, PAGE)
        with pytest.raises(ForeignAnswer):
            call(aws, "dynamodb", api)
    assert len(told) == 1
    assert "sends no AWS request ids" in told[0]


def test_the_command_line_tells_of_such_an_endpoint(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.length = None
    right = documented(SESSION, "sts", "GetCallerIdentity", ("Account", "Arn", "UserId"), full=False)
    proxy.answer = right._replace(headers={"content-type": "text/xml"})
    command = [sys.executable, "-m", "dynaops", "whoami", "--json"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_port}")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert " ".join(done.stderr.split()).count("sends no AWS request ids") == 1
    assert json.loads(done.stdout)


@pytest.mark.parametrize("body", [PAGE, b"", b"{}", b"\xff\xfe", b"<a/>"])
def test_a_provider_of_credentials_that_answers_oddly_is_told_in_words(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    """Its answers are not judged, being botocore's own affair; what botocore makes of them is never a traceback."""
    config = tmp_path / "config"
    config.write_text(
        "[profile deploy]\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = base\n"
        "[profile base]\naws_access_key_id = testing\naws_secret_access_key = testing\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    proxy.length = None
    proxy.answer = Answer(200, {"content-type": "text/html"}, body)
    with pytest.raises(AwsFailure):
        Aws(REGION, profile="deploy", attempts=1).call("dynamodb", "ListTables", REGION, {})
