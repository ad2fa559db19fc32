"""Responses in the protocol of the requested service: JSON, query (XML), EC2, REST-JSON and REST-XML (S3)."""

from __future__ import annotations

import json
import uuid
import zlib
from typing import Any
from xml.sax.saxutils import escape

from dynaops.sandbox.errors import ApiError

Answer = tuple[int, dict[str, Any], Any]
"""Status, headers and body, as moto's handlers return them."""

NOT_IMPLEMENTED = "NotImplementedByDynaopsSandbox"
"""The error code for everything that the sandbox does not implement. Its status is 400, which SDKs do not retry."""

JSON_10 = "application/x-amz-json-1.0"
JSON_11 = "application/x-amz-json-1.1"

_CONTENT_TYPES = {
    "json": (JSON_11, JSON_10),
    "rest-json": ("application/json",),
    "query": ("text/xml",),
    "ec2": ("text/xml",),
}
"""Content types of AWS's responses, by protocol; S3's objects have their own content types."""
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
"""Namespaces of codes from DynamoDB's front end; all other codes are shapes of DynamoDB's model."""
_SHAPES = "com.amazonaws.dynamodb.v20120810#"
_WORDLESS = {"SerializationException", "UnknownOperationException"}
"""Error codes that DynamoDB sends without a message."""


def not_implemented(message: str) -> ApiError:
    """The error for a feature of AWS that the sandbox does not implement."""
    return ApiError(NOT_IMPLEMENTED, message)


def dynamodb(status: int, body: dict[str, Any], content_type: str = JSON_10) -> Answer:
    """A response with DynamoDB's headers: the request id, and the checksum that SDKs verify."""
    return checked(status, json.dumps(body), content_type)


def checked(status: int, text: str, content_type: str) -> Answer:
    """A response with DynamoDB's headers, for a body that is already text."""
    headers = {
        "content-type": content_type,
        "x-amzn-RequestId": request_id(),
        "x-amz-crc32": str(zlib.crc32(text.encode())),
    }
    return status, headers, text


def dynamodb_error(error: ApiError, content_type: str = JSON_10) -> Answer:
    """An error of DynamoDB or DynamoDB Streams."""
    body: dict[str, Any] = {"__type": _NAMESPACES.get(error.code, _SHAPES) + error.code, **error.fields}
    if error.message or error.code not in _WORDLESS:
        body["Message" if error.code == "AccessDeniedException" else "message"] = error.message
    return dynamodb(error.status, body, content_type)


def error_of(protocol: str, error: ApiError) -> Answer:
    """An error of any other service; `protocol` is botocore's name."""
    if protocol in ("json", "rest-json"):
        return _json_error(protocol, error)
    code, message = escape(error.code), escape(error.message)
    elements = f"<Code>{code}</Code><Message>{message}</Message>"
    id_ = request_id()
    if protocol == "ec2":
        body = f"<Response><Errors><Error>{elements}</Error></Errors><RequestID>{id_}</RequestID></Response>"
    elif protocol == "rest-xml":
        body = f"<Error>{elements}<RequestId>{id_}</RequestId></Error>"
    else:
        fault = "Sender" if error.status < 500 else "Receiver"
        body = (
            f"<ErrorResponse><Error><Type>{fault}</Type>{elements}</Error>"
            f"<RequestId>{id_}</RequestId></ErrorResponse>"
        )
    return error.status, {"content-type": "text/xml", "x-amzn-RequestId": id_}, body


def _json_error(protocol: str, error: ApiError) -> Answer:
    body = json.dumps({"__type": error.code, "message": error.message, **error.fields})
    headers = {
        "content-type": "application/json" if protocol == "rest-json" else JSON_11,
        "x-amzn-errortype": error.code,
        "x-amzn-RequestId": request_id(),
    }
    return error.status, headers, body


def as_aws(protocol: str, answer: Answer) -> Answer:
    """A response of moto, completed with a request id and the protocol's content type."""
    status, headers, body = answer
    result_headers = dict(headers)
    by_lower_name = {name.lower(): name for name in result_headers}
    types = _CONTENT_TYPES.get(protocol, ())
    content_type = str(result_headers.get(by_lower_name.get("content-type", ""), "")).partition(";")[0]
    if types and content_type not in types:
        result_headers.pop(by_lower_name.get("content-type", ""), None)
        result_headers["Content-Type"] = types[0]
    if not {"x-amzn-requestid", "x-amz-request-id"} & by_lower_name.keys():
        s3 = protocol == "rest-xml"
        result_headers["x-amz-request-id" if s3 else "x-amzn-RequestId"] = request_id()[: 16 if s3 else 52]
    return status, result_headers, body


def request_id() -> str:
    """A new request id in DynamoDB's form: 52 capital letters and digits."""
    return (uuid.uuid4().hex + uuid.uuid4().hex)[:52].upper()
