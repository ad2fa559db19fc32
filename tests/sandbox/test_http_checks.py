"""What is wrong with a request is said in the service's form, and its size is bounded before it is read or unpacked."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.sandbox import SandboxServer, http_checks
from dynaops.sandbox.errors import ApiError
from tests.sandbox.http import Reply, receive, send, signed

TARGET = "DynamoDB_20120810.ListTables"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=0) as running:
        running.client("s3").create_bucket(Bucket="bucket")
        yield running


def code_of(reply: Reply) -> str:
    """AWS's code of an error, in whichever form; fails where the answer is no error of AWS's."""
    assert "<html" not in reply.body.lower() and "<!doctype" not in reply.body.lower(), reply.body
    assert reply.status < 500, reply
    assert reply.headers.get("x-amzn-requestid"), "every answer has a request id"
    if "json" in reply.headers["content-type"]:
        return str(json.loads(reply.body)["__type"]).rpartition("#")[2]
    root = ElementTree.fromstring(reply.body)  # noqa: S314 (the sandbox's own answer)
    return next(element.text or "" for element in root.iter() if element.tag.rpartition("}")[2] == "Code")


def test_a_good_request(server: SandboxServer) -> None:
    assert send(server.url, "POST", "/", signed("dynamodb", TARGET), b"{}").status == 200


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


GOOD = signed("dynamodb", TARGET)
DYNAMODB: list[tuple[dict[str, str], bytes, str]] = [
    (GOOD, b"", "SerializationException"),
    (GOOD, b"{", "SerializationException"),
    (GOOD, b"[]", "SerializationException"),
    (GOOD, b"null", "SerializationException"),
    (GOOD, b"\xff\xfe", "SerializationException"),
    (GOOD, b'{"a": ' * 100_000, "SerializationException"),
    (GOOD, b"9" * 5000, "SerializationException"),
    (GOOD | {"X-Amz-Target": "DynamoDB"}, b"{}", "UnknownOperationException"),
    (GOOD | {"X-Amz-Target": "DynamoDB."}, b"{}", "UnknownOperationException"),
    (GOOD | {"X-Amz-Target": "DynamoDB.ListTables"}, b"{}", "UnknownOperationException"),
    (GOOD | {"X-Amz-Target": "DynamoDB_.ListTables"}, b"{}", "UnknownOperationException"),
    (GOOD | {"X-Amz-Target": "DynamoDB_20120810.Nope"}, b"{}", "UnknownOperationException"),
    (GOOD | {"X-Amz-Target": "DynamoDB_20111205.ListTables"}, b"{}", "UnknownOperationException"),
    (GOOD | {"X-Amz-Target": "DynamoDBStreams_20120810.ListTables"}, b"{}", "UnknownOperationException"),
    (GOOD | {"X-Amz-Target": ""}, b"{}", "UnknownOperationException"),
    (without(GOOD, "X-Amz-Target"), b"{}", "UnknownOperationException"),
    (without(GOOD, "Authorization"), b"{}", "MissingAuthenticationTokenException"),
    (GOOD | {"Authorization": ""}, b"{}", "MissingAuthenticationTokenException"),
    (GOOD | {"Authorization": "x"}, b"{}", "MissingAuthenticationTokenException"),
    (GOOD | {"Authorization": "Basic eDp5"}, b"{}", "MissingAuthenticationTokenException"),
    (GOOD | {"Authorization": "AWS4-HMAC-SHA256"}, b"{}", "IncompleteSignatureException"),
    (GOOD | {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b"}, b"{}", "IncompleteSignatureException"),
    (
        GOOD
        | {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/dynamodb, SignedHeaders=host, Signature=0"},
        b"{}",
        "IncompleteSignatureException",
    ),
    (without(GOOD, "X-Amz-Date"), b"{}", "IncompleteSignatureException"),
]


@pytest.mark.parametrize(("headers", "body", "code"), DYNAMODB)
def test_malformed_calls_of_dynamodb(
    server: SandboxServer, headers: dict[str, str], body: bytes, code: str
) -> None:
    assert code_of(send(server.url, "POST", "/", headers, body)) == code


OTHERS: list[tuple[dict[str, str], bytes, str]] = [
    (signed("logs", "Logs"), b"{}", "UnknownOperationException"),
    (signed("logs", "Logs_20140328.Nope"), b"{}", ""),
    (signed("logs", "Logs_20140328.DescribeLogGroups"), b"{", "SerializationException"),
    (signed("logs", "Logs_20140328.DescribeLogGroups"), b"", "SerializationException"),
    (signed("kinesis", "Kinesis_20131202.ListStreams"), b"[1]", "SerializationException"),
    (signed("pricing", "AWSPriceListService.GetProducts"), b"{", "SerializationException"),
    (signed("nosuchservice", "A.B"), b"{}", ""),
    (signed("timestream", "A.B"), b"{}", ""),
    (signed("sagemaker"), b"", ""),
    (signed("iam"), b"", "MissingAction"),
    (signed("iam", Content_Type="application/x-www-form-urlencoded"), b"", "MissingAction"),
    (signed("iam", Content_Type="application/x-www-form-urlencoded"), b"Action=Nope", ""),
    (signed("lambda"), b"", ""),
    ({"X-Amz-Target": "nonsense"}, b"{}", "MissingAuthenticationTokenException"),
    ({"X-Amz-Target": "Logs_20140328.DescribeLogGroups"}, b"{}", "MissingAuthenticationTokenException"),
    (
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=ListUsers",
        "MissingAuthenticationTokenException",
    ),
    (
        {"Authorization": "x", "X-Amz-Target": "Logs_20140328.DescribeLogGroups"},
        b"{}",
        "IncompleteSignatureException",
    ),
]


@pytest.mark.parametrize(("headers", "body", "code"), OTHERS)
def test_malformed_calls_of_other_services(
    server: SandboxServer, headers: dict[str, str], body: bytes, code: str
) -> None:
    answered = code_of(send(server.url, "POST", "/", headers, body))
    assert answered and code in ("", answered)


@pytest.mark.parametrize(
    "header", ["x", "Bearer abc", "AWS4-HMAC-SHA256 Credential=a/b", "AWS4-HMAC-SHA256", ","]
)
def test_malformed_signatures_of_s3(server: SandboxServer, header: str) -> None:
    reply = send(server.url, "GET", "/bucket", {"Authorization": header})
    assert code_of(reply) in ("InvalidArgument", "AuthorizationHeaderMalformed")


@pytest.mark.parametrize(
    "data", [b"nonsense\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_no_html_either(server: SandboxServer, data: bytes) -> None:
    assert code_of(receive(server.url, data)) == "MalformedHttpRequestException"


@pytest.mark.parametrize(
    "length", ["-1", "abc", "1e3", "+5", "0x10", "5, 5", "\u0665".encode().decode("latin-1")]
)
def test_a_length_that_is_none(server: SandboxServer, length: str) -> None:
    for headers in (GOOD, signed("s3")):
        reply = send(server.url, "PUT", "/bucket/key", headers | {"Content-Length": length})
        assert code_of(reply) == "MalformedHttpRequestException"


@pytest.mark.parametrize(
    ("service", "length", "code"),
    [
        ("dynamodb", 16 * MIB + 1, "RequestEntityTooLargeException"),
        ("dynamodb", 10**30, "RequestEntityTooLargeException"),
        ("kinesis", 16 * MIB + 1, "RequestEntityTooLargeException"),
        ("lambda", 69_905_068, "RequestEntityTooLargeException"),
        ("s3", 5 * 1024 * MIB + 1, "EntityTooLarge"),
        ("s3", 10**25, "EntityTooLarge"),
    ],
)
def test_a_body_over_awss_size_is_refused_before_it_is_read(
    server: SandboxServer, service: str, length: int, code: str
) -> None:
    headers = signed(service) | {"Content-Length": str(length)}
    assert code_of(send(server.url, "PUT", "/bucket/key", headers)) == code, "nothing of the body was sent"


def bomb(size: int) -> bytes:
    """Gzip of `size` spaces."""
    packer = zlib.compressobj(9, wbits=31)
    block = b" " * MIB
    return b"".join(packer.compress(block) for _ in range(size // MIB)) + packer.flush()


def test_a_gzip_bomb_is_not_unpacked() -> None:
    packed = bomb(256 * MIB)
    tracemalloc.start()
    try:
        with pytest.raises(ApiError, match="RequestEntityTooLarge"):
            http_checks._decompressed(packed, 2 * MIB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * MIB, "it was unpacked before it was refused"


@pytest.mark.parametrize("service", ["dynamodb", "logs", "lambda", "iam", "kinesis"])
def test_a_gzip_bomb_of_any_service(server: SandboxServer, service: str) -> None:
    headers = signed(service, "A.B") if service != "dynamodb" else GOOD
    reply = send(
        server.url,
        "POST",
        "/",
        headers | {"Content-Encoding": "GZip"},
        bomb(17 * MIB if service != "lambda" else 67 * MIB),
    )
    assert reply.status == 413 and code_of(reply) == "RequestEntityTooLargeException"


def test_gzip_is_unpacked(server: SandboxServer) -> None:
    packed = gzip.compress(b'{"Limit"') + gzip.compress(b": 1}")
    assert send(server.url, "POST", "/", GOOD | {"Content-Encoding": "gzip"}, packed).status == 200
    for damaged in (packed[:-9], packed + b"x", b"nonsense", packed[:5]):
        reply = send(server.url, "POST", "/", GOOD | {"Content-Encoding": "gzip"}, damaged)
        assert code_of(reply) == "MalformedHttpRequestException"


def chunked(*blocks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(block), block) for block in [*blocks, b""])


def test_chunks_are_read_and_bounded(server: SandboxServer) -> None:
    headers = GOOD | {"Transfer-Encoding": "chunked"}
    assert send(server.url, "POST", "/", headers, chunked(b'{"Lim', b'it": 1}')).status == 200
    reply = send(server.url, "POST", "/", headers, chunked(*[b" " * MIB] * 17))
    assert code_of(reply) == "RequestEntityTooLargeException"
    for damaged in (b"-5\r\nab\r\n0\r\n\r\n", b"zz\r\nab\r\n0\r\n\r\n"):
        assert code_of(send(server.url, "POST", "/", headers, damaged)) == "MalformedHttpRequestException"


def test_an_object_is_stored_as_it_came(server: SandboxServer) -> None:
    packed = bomb(20 * MIB)
    server.client("s3").put_object(Bucket="bucket", Key="k", Body=packed, ContentEncoding="gzip")
    assert server.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == packed


def test_an_object_in_endless_chunks_is_bounded(
    server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(http_checks._LARGER, "s3", 1000)
    headers = signed("s3") | {"Transfer-Encoding": "chunked"}
    assert send(server.url, "PUT", "/bucket/chunks", headers, chunked(*[b"a" * 100] * 10)).status == 200
    reply = send(server.url, "PUT", "/bucket/chunks", headers, chunked(*[b"b" * 100] * 11))
    assert code_of(reply) == "EntityTooLarge"
    assert server.client("s3").get_object(Bucket="bucket", Key="chunks")["Body"].read() == b"a" * 1000


@pytest.mark.parametrize("depth", [100, 900, 990, 1000, 1030, 100_000])
def test_any_depth_of_nesting_is_answered(server: SandboxServer, depth: int) -> None:
    reply = send(server.url, "POST", "/", GOOD, b'{"a": ' + b"[" * depth + b"]" * depth + b"}")
    assert reply.status == 200 or code_of(reply) in ("SerializationException", "ValidationException")


HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@settings(max_examples=60, deadline=None)
@given(
    target=HEADER_TEXT | st.sampled_from(["DynamoDB_20120810.ListTables", "DynamoDB", "a.b", "_._"]),
    authorization=HEADER_TEXT
    | st.lists(
        st.sampled_from(["AWS4-HMAC-SHA256", " ", "Credential=", "a", "/", ",", "dynamodb", "s3", "="])
    ).map("".join),
    content_type=st.sampled_from(
        ["application/x-amz-json-1.0", "application/x-www-form-urlencoded", "text/xml", ""]
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    body=st.binary(max_size=50),
)
def test_any_head_is_answered_in_awss_form(
    server: SandboxServer, target: str, authorization: str, content_type: str, method: str, body: bytes
) -> None:
    headers = {"X-Amz-Target": target, "Authorization": authorization, "Content-Type": content_type}
    reply = send(server.url, method, "/", headers, body)
    assert reply.status < 500
    assert "<html" not in reply.body.lower() and "<!doctype" not in reply.body.lower()
