"""DynamoDB's front door: what it answers before it looks at a request's meaning.

The order of the checks is AWS's: method and content type, then JSON, then the operation, then the signature's
form, then that there is a body at all. Signatures themselves are not verified: any credentials will do.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from typing import Any

from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.wire import JSON_10, Answer, checked

SERVICES = {"DynamoDB_20120810": "dynamodb", "DynamoDBStreams_20120810": "dynamodbstreams"}
"""The service behind each X-Amz-Target."""
DEFAULT_REGION = "us-east-1"
_CONTENT_TYPES = (JSON_10, "application/json")
_MOST_BYTES = 16 * 1024 * 1024
"""DynamoDB's limit of a request (Developer Guide, "Quotas": 16 MB for BatchWriteItem, the largest there is)."""
_PARTS = ("Credential", "Signature", "SignedHeaders")


@dataclass(frozen=True)
class Letter:
    """A request that passed the door. `raw` is its body, unpacked."""

    operation: str
    body: dict[str, Any]
    raw: bytes
    content_type: str


class Turned(Exception):
    """An answer that is no error of DynamoDB's: a health check, or not a call at all."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer[0])
        self.answer = answer


def unpacked(request: Any) -> Any:
    """The request with its body as it was before the client packed it with gzip."""
    if request.headers.get("Content-Encoding", "").lower() != "gzip":
        return request
    try:
        raw = gzip.decompress(request.get_data())
    except (OSError, EOFError, zlib.error):
        raise ApiError("SerializationException", "") from None
    environ = {key: value for key, value in request.environ.items() if not key.startswith("werkzeug.request")}
    del environ["HTTP_CONTENT_ENCODING"]
    return type(request)({**environ, "wsgi.input": io.BytesIO(raw), "CONTENT_LENGTH": str(len(raw))})


def read(request: Any, operations: frozenset[str], service: str) -> Letter:
    """The call a request makes. Raises ApiError for a refusal and Turned for any other answer."""
    if request.method == "GET":
        region = region_of(request.headers.get("Authorization", ""))
        raise Turned(checked(200, f"healthy: {service}.{region}.amazonaws.com ", "text/plain"))
    raw: bytes = request.get_data()
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip()
    if request.method != "POST" or (raw and content_type not in _CONTENT_TYPES):
        raise Turned(checked(404, "<UnknownOperationException/>\n", "text/xml"))
    if len(raw) > _MOST_BYTES:
        raise Turned(checked(413, "", "text/plain"))
    body = _body(raw) if raw else None
    version, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
    if SERVICES.get(version) != service or operation not in operations:
        raise ApiError("UnknownOperationException", "")
    _check_signature(request)
    if body is None:
        raise ApiError("SerializationException", "")
    return Letter(operation, body, raw, content_type)


def region_of(authorization: str) -> str:
    """The region that a signature is for; the default one where it does not say."""
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return scope[2] if len(scope) >= 5 and scope[2] else DEFAULT_REGION


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ApiError("SerializationException", "") from None
    if not isinstance(body, dict):
        raise ApiError("SerializationException", "")
    return body


def _check_signature(request: Any) -> None:
    header = request.headers.get("Authorization", "").strip()
    signed_url = "X-Amz-Algorithm" in request.args
    if header and signed_url:
        raise ApiError(
            "InvalidSignatureException",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        )
    if signed_url:
        return
    if not header.startswith("AWS4-"):
        raise ApiError("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    given = {part.strip().partition("=")[0] for part in header.partition(" ")[2].split(",")}
    lacking = "".join(
        f"Authorization header requires '{part}' parameter. " for part in _PARTS if part not in given
    )
    if not (request.headers.get("X-Amz-Date") or request.headers.get("Date")):
        lacking += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    if lacking:
        raise ApiError("IncompleteSignatureException", f"{lacking}Authorization={header}")
