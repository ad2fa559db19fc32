"""Answers in the protocol of the service that was asked: JSON, query (XML), EC2's, REST-JSON and REST-XML (S3)."""

from __future__ import annotations

import json
import uuid
import zlib
from typing import Any
from xml.sax.saxutils import escape

from dynaops.sandbox.errors import ApiError

Answer = tuple[int, dict[str, Any], Any]
"""Status, headers and body, as moto's own handlers give them."""

NOT_IMPLEMENTED = "NotImplementedByDynaopsSandbox"
"""The code of all that the sandbox cannot do. It comes with status 400, which no SDK tries again."""

JSON_10 = "application/x-amz-json-1.0"
JSON_11 = "application/x-amz-json-1.1"

_CONTENT_TYPES = {
    "json": (JSON_11, JSON_10),
    "rest-json": ("application/json",),
    "query": ("text/xml",),
    "ec2": ("text/xml",),
}
"""What AWS names its bodies, by protocol; S3's objects have content types of their own."""
_CORAL = "com.amazon.coral.service#"
_NAMESPACES = {
    "AccessDeniedException": _CORAL,
    "IncompleteSignatureException": _CORAL,
    "InvalidSignatureException": _CORAL,
    "MissingAuthenticationTokenException": _CORAL,
    "SerializationException": _CORAL,
    "ThrottlingException": "com.amazon.coral.availability#",
    "UnknownOperationException": _CORAL,
    "UnrecognizedClientException": _CORAL,
    "ValidationException": "com.amazon.coral.validate#",
}
"""Where DynamoDB's front end answers rather than DynamoDB; all other codes are DynamoDB's own shapes."""
_SHAPES = "com.amazonaws.dynamodb.v20120810#"
_WORDLESS = {"SerializationException", "UnknownOperationException"}
"""Codes that DynamoDB answers without any message."""


def not_implemented(message: str) -> ApiError:
    """A refusal of what AWS can do and the sandbox cannot."""
    return ApiError(NOT_IMPLEMENTED, message)


def dynamodb(status: int, body: dict[str, Any], content_type: str = JSON_10) -> Answer:
    """An answer with the headers that DynamoDB sends: its request id, and the checksum that SDKs verify."""
    return checked(status, json.dumps(body), content_type)


def checked(status: int, text: str, content_type: str) -> Answer:
    """The same, for a body that is text already."""
    headers = {
        "content-type": content_type,
        "x-amzn-RequestId": request_id(),
        "x-amz-crc32": str(zlib.crc32(text.encode())),
    }
    return status, headers, text


def dynamodb_error(error: ApiError, content_type: str = JSON_10) -> Answer:
    """A refusal by DynamoDB or DynamoDB Streams."""
    body: dict[str, Any] = {"__type": _NAMESPACES.get(error.code, _SHAPES) + error.code, **error.fields}
    if error.message or error.code not in _WORDLESS:
        body["Message" if error.code == "AccessDeniedException" else "message"] = error.message
    return dynamodb(error.status, body, content_type)


def error_of(protocol: str, error: ApiError) -> Answer:
    """A refusal by any other service, whose `protocol` is botocore's name of it."""
    if protocol in ("json", "rest-json"):
        return _json_error(protocol, error)
    code, message = escape(error.code), escape(error.message)
    said = f"<Code>{code}</Code><Message>{message}</Message>"
    number = request_id()
    if protocol == "ec2":
        body = f"<Response><Errors><Error>{said}</Error></Errors><RequestID>{number}</RequestID></Response>"
    elif protocol == "rest-xml":
        body = f"<Error>{said}<RequestId>{number}</RequestId></Error>"
    else:
        fault = "Sender" if error.status < 500 else "Receiver"
        body = (
            f"<ErrorResponse><Error><Type>{fault}</Type>{said}</Error>"
            f"<RequestId>{number}</RequestId></ErrorResponse>"
        )
    return error.status, {"content-type": "text/xml", "x-amzn-RequestId": number}, body


def _json_error(protocol: str, error: ApiError) -> Answer:
    body = json.dumps({"__type": error.code, "message": error.message, **error.fields})
    headers = {
        "content-type": "application/json" if protocol == "rest-json" else JSON_11,
        "x-amzn-errortype": error.code,
        "x-amzn-RequestId": request_id(),
    }
    return error.status, headers, body


def as_aws(protocol: str, answer: Answer) -> Answer:
    """An answer of moto's with what each of AWS's has: a request id, and a content type of the protocol."""
    status, headers, body = answer
    kept = dict(headers)
    named = {name.lower(): name for name in kept}
    types = _CONTENT_TYPES.get(protocol, ())
    given = str(kept.get(named.get("content-type", ""), "")).partition(";")[0]
    if types and given not in types:
        kept.pop(named.get("content-type", ""), None)
        kept["Content-Type"] = types[0]
    if not {"x-amzn-requestid", "x-amz-request-id"} & named.keys():
        s3 = protocol == "rest-xml"
        kept["x-amz-request-id" if s3 else "x-amzn-RequestId"] = request_id()[: 16 if s3 else 52]
    return status, kept, body


def request_id() -> str:
    """A new id in the form of DynamoDB's: 52 capital letters and digits."""
    return (uuid.uuid4().hex + uuid.uuid4().hex)[:52].upper()
