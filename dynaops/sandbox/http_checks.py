"""Checks of an HTTP request before moto gets it: size, encoding, target and form of the signature.

Errors have the form of the requested service. The order of checks for DynamoDB is AWS's: method and
content type, then JSON, then the operation, then the signature's form, then whether there is a body. Signatures
themselves are not verified: any credentials are accepted.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

import orjson

from dynaops.sandbox import responses
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.responses import JSON_10, Answer

_TARGETS = {"DynamoDB_20120810": "dynamodb", "DynamoDBStreams_20120810": "dynamodbstreams"}
"""Prefixes of X-Amz-Target and their services."""
_CONTENT_TYPES = (JSON_10, "application/json")
_PARTS = ("Credential", "Signature", "SignedHeaders")
_SCOPE = re.compile(r"[^/\s]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request", re.IGNORECASE)
_MOST_BYTES = 16 * 1024 * 1024
"""Largest size of a request's body, decompressed: DynamoDB's (Developer Guide, "Quotas": 16 MB for BatchWriteItem, the
largest there); the limits of other services are smaller, except Lambda's and S3's."""
_LARGER = {"lambda": 69_905_067, "s3": 5 * 1024**3}
"""Lambda: from its error for a larger CreateFunction ("Request must be smaller than 69905067 bytes"). S3: the largest
object of one PutObject and the largest part (S3 User Guide, "Uploading objects")."""
_UNSIGNED = {b"AssumeRoleWithSAML", b"AssumeRoleWithWebIdentity"}
_OBJECT_TOO_LARGE = "Your proposed upload exceeds the maximum allowed size"
_BLOCK = 64 * 1024


class DirectResponse(Exception):
    """A request is refused with a response, before moto gets it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer[0])
        self.answer = answer


def check(environ: WSGIEnvironment) -> None:
    """Read and decompress the body, up to the limit, and check the call's form. Raises Refused.

    Afterwards `environ` has the decompressed body. The body of an S3 object stays a stream.
    """
    service = service_of(environ)
    try:
        if service == "s3":
            _bound_stream(environ)
            _check_signature(environ, service)
        else:
            _read_body(environ, _LARGER.get(service, _MOST_BYTES))
            if service in _TARGETS.values():
                _check_dynamodb(environ, service)
            else:
                _check_signature(environ, service)
                _check_signed(environ, service)
                _check_call(environ, service)
    except ApiError as error:
        raise DirectResponse(refusal(environ, error)) from None


def service_of(environ: WSGIEnvironment) -> str:
    """The service that a request's headers name; S3 if they name none."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    scope = _scope(environ)
    signed_for = scope[1].lower() if scope else ""
    if target.startswith("DynamoDB") and signed_for in ("", "dynamodb"):
        return _TARGETS.get(target.partition(".")[0], "dynamodb")
    if signed_for:
        return signed_for
    if target or "x-amz-json" in environ.get("CONTENT_TYPE", ""):
        return "json"
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return "query"
    return "s3"


def refusal(environ: WSGIEnvironment, error: ApiError) -> Answer:
    """An error in the form of the requested service."""
    service = service_of(environ)
    if service in _TARGETS.values():
        return responses.dynamodb_error(error)
    if service in ("json", "query"):
        return responses.error_of(service, error)
    return responses.error_of(_protocol_of(service), error)


def _protocol_of(service: str) -> str:
    from botocore.exceptions import UnknownServiceError
    from moto.core.utils import get_service_model

    names = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
    try:
        return str(get_service_model(names.get(service, service)).metadata.get("protocol", "json"))
    except UnknownServiceError:
        return "json"


def _read_body(environ: WSGIEnvironment, most: int) -> None:
    """Replace the body's stream by its decompressed bytes. Raises ApiError over `most` bytes, also if compressed."""
    size = _check_length(environ, most)
    stream = environ["wsgi.input"]
    try:
        body = _read_at_most(stream, most) if size is None else stream.read(size)
    except OSError:
        raise _malformed_signature("its body's chunks cannot be read") from None
    if size is not None and len(body) < size:
        raise _malformed_signature("its body is shorter than its Content-Length")
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() == "gzip":
        body = _decompressed(body, most)
        del environ["HTTP_CONTENT_ENCODING"]
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    for name in ("HTTP_TRANSFER_ENCODING", "wsgi.input_terminated"):
        environ.pop(name, None)


def _bound_stream(environ: WSGIEnvironment) -> None:
    """Limit the stream of an object's body to S3's largest size. Raises ApiError for a larger Content-Length."""
    most = _LARGER["s3"]
    if _check_length(environ, most) is None:
        environ["wsgi.input"] = _Bounded(environ["wsgi.input"], most)


def _check_length(environ: WSGIEnvironment, most: int) -> int | None:
    """The body's size from the headers; None for a chunked body. Raises ApiError."""
    if environ.get("wsgi.input_terminated"):
        return None
    header = environ.get("CONTENT_LENGTH") or "0"
    if not (header.isascii() and header.isdecimal()):
        raise _malformed_signature(f"its Content-Length is {header[:40]!r}")
    if len(header) > 18 or int(header) > most:
        raise _too_large(environ, most)
    return int(header)


def _read_at_most(stream: io.RawIOBase, most: int) -> bytes:
    blocks: list[bytes] = []
    size = 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > most:
            raise ApiError("RequestEntityTooLargeException", _too_long(most), 413)
        blocks.append(block)
    return b"".join(blocks)


def _decompressed(body: bytes, most: int) -> bytes:
    """The content of a gzip body. Raises ApiError if it is not gzip or has more than `most` bytes."""
    blocks: list[bytes] = []
    size = 0
    while body:
        member = zlib.decompressobj(wbits=31)
        try:
            blocks.append(member.decompress(body, most - size + 1))
        except zlib.error:
            raise _malformed_signature("its body is not the gzip that its Content-Encoding says") from None
        size += len(blocks[-1])
        if size > most:
            raise ApiError("RequestEntityTooLargeException", _too_long(most), 413)
        if not member.eof:
            raise _malformed_signature("its gzip body ends too early")
        body = member.unused_data
    return b"".join(blocks)


class _Bounded(io.RawIOBase):
    """The stream of an object's body; reading raises ApiError after more than `most` bytes."""

    def __init__(self, stream: io.RawIOBase, most: int) -> None:
        self._stream = stream
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        block = self._stream.read(min(len(buffer), self._left + 1)) or b""
        self._left -= len(block)
        if self._left < 0:
            raise ApiError("EntityTooLarge", _OBJECT_TOO_LARGE)
        buffer[: len(block)] = block
        return len(block)


def _check_dynamodb(environ: WSGIEnvironment, service: str) -> None:
    """Raise ApiError or Refused for requests that DynamoDB refuses before it reads the operation's parameters."""
    from moto.core.utils import get_service_model

    raw = environ["wsgi.input"].getvalue()
    content_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip()
    if environ["REQUEST_METHOD"] == "GET":
        region = (_scope(environ) or ("us-east-1",))[0]
        raise DirectResponse(
            responses.checked(200, f"healthy: {service}.{region}.amazonaws.com ", "text/plain")
        )
    if environ["REQUEST_METHOD"] != "POST" or (raw and content_type not in _CONTENT_TYPES):
        raise DirectResponse(responses.checked(404, "<UnknownOperationException/>\n", "text/xml"))
    version, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
    if raw:
        _check_json(raw)
    if _TARGETS.get(version) != service or operation not in get_service_model(service).operation_names:
        raise ApiError("UnknownOperationException", "")
    _check_signature(environ, service)
    if not raw:
        raise ApiError("SerializationException", "")


def _check_json(raw: bytes) -> None:
    try:
        body = orjson.loads(raw)  # much faster than json, and stricter
    except ValueError:
        body = _parsed_json(raw)
    if not isinstance(body, dict):
        raise ApiError("SerializationException", "Start of structure or map found where not expected")


def _parsed_json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise ApiError("SerializationException", "") from None


def _check_call(environ: WSGIEnvironment, service: str) -> None:
    """Raise ApiError for a JSON call without operation or JSON object, or a query call without action."""
    raw = environ["wsgi.input"].getvalue()
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None:
        if not re.fullmatch(r"[\w.:-]+\.\w+", target):
            raise ApiError("UnknownOperationException", "")
        _check_json(raw)
    elif _protocol_of(service) in ("query", "ec2") and environ.get("PATH_INFO", "/") == "/":
        actions = parse_qs(raw).get(b"Action") or parse_qs(environ.get("QUERY_STRING", "")).get("Action")
        if not actions:
            raise ApiError("MissingAction", "The request must contain the parameter Action.")


def _check_signature(environ: WSGIEnvironment, service: str) -> None:
    """Raise ApiError for an invalid Authorization header, and for an unsigned request to DynamoDB."""
    header = environ.get("HTTP_AUTHORIZATION", "").strip()
    in_query = "X-Amz-Algorithm=" in environ.get("QUERY_STRING", "")
    if header and in_query:
        raise ApiError(
            "InvalidSignatureException",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        )
    if service == "s3":
        _check_object_signature(header)
        return
    if service in _TARGETS.values() and not in_query and not header.startswith("AWS4-"):
        raise ApiError("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    if not header or in_query:
        return
    given = {part.strip().partition("=")[0] for part in header.partition(" ")[2].split(",")}
    lacking = "".join(
        f"Authorization header requires '{part}' parameter. " for part in _PARTS if part not in given
    )
    if not (environ.get("HTTP_X_AMZ_DATE") or environ.get("HTTP_DATE")):
        lacking += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    if not lacking and _scope(environ) is None:
        lacking = "Credential must have the form KEY/DATE/REGION/SERVICE/aws4_request. "
    if lacking:
        raise ApiError("IncompleteSignatureException", f"{lacking}Authorization={header}")


def _check_signed(environ: WSGIEnvironment, service: str) -> None:
    """Raise ApiError for an unsigned call, except those that AWS accepts unsigned (STS, Cognito)."""
    if service == "json":
        unsigned = environ.get("HTTP_X_AMZ_TARGET", "").startswith("AWSCognitoIdentity")
    elif service == "query":
        unsigned = bool(_UNSIGNED & set(parse_qs(environ["wsgi.input"].getvalue()).get(b"Action", ())))
    else:
        return
    if not unsigned and "X-Amz-Algorithm=" not in environ.get("QUERY_STRING", ""):
        raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)


def _check_object_signature(header: str) -> None:
    """Raise ApiError for an invalid signature of S3, version 4 or 2 (S3 API Reference, "Error responses")."""
    if not header or header.startswith("AWS "):
        return
    if not header.startswith("AWS4-"):
        raise ApiError("InvalidArgument", "Unsupported Authorization Type")
    if not _SCOPE.search(header):
        raise ApiError("AuthorizationHeaderMalformed", "The authorization header is malformed.")


def _scope(environ: WSGIEnvironment) -> tuple[str, str] | None:
    """Region and service of the signature's credential scope, which moto reads too; None if it has none."""
    first = environ.get("HTTP_AUTHORIZATION", "").split(",")[0].split()
    match = _SCOPE.fullmatch(first[1].removeprefix("Credential=")) if len(first) == 2 else None
    return (match.group(1), match.group(2)) if match else None


def _malformed_signature(why: str) -> ApiError:
    return ApiError("MalformedHttpRequestException", f"The request cannot be read: {why}")


def _too_large(environ: WSGIEnvironment, most: int) -> ApiError:
    if service_of(environ) == "s3":
        return ApiError("EntityTooLarge", _OBJECT_TOO_LARGE)
    return ApiError("RequestEntityTooLargeException", _too_long(most), 413)


def _too_long(most: int) -> str:
    return f"Request must be smaller than {most} bytes"
