"""The protocols of AWS's services: parsing requests and serialising responses.

`Json` is DynamoDB's own front end. `Modelled` serves every other service from botocore's service model: requests become
dictionaries of the operation's input shape (timestamps as epoch seconds, blobs as bytes), answers are given as
dictionaries of its output shape (timestamps as epoch seconds), whichever protocol is on the wire.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError
from botocore.utils import parse_timestamp
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.serialize import DefaultAttributePicker, get_serializer_class
from moto.core.utils import get_service_model

from dynaops.sandbox import responses
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.responses import Answer

_TARGETS = ("DynamoDB_20120810", "DynamoDBStreams_20120810")
_QUERY_CODES = {"AccessDeniedException": ("AccessDenied", 403), "ThrottlingException": ("Throttling", 400)}
_REST_CODES = {
    "AccessDeniedException": ("AccessDeniedException", 403),
    "ThrottlingException": ("ThrottlingException", 429),
}
_CODES = {"query": _QUERY_CODES, "ec2": _QUERY_CODES, "rest-xml": _QUERY_CODES, "rest-json": _REST_CODES}
"""Error codes shared by all services, by protocol (Common Errors of the services' API references)."""


@dataclass(frozen=True)
class ParsedRequest:
    """A parsed request. `size` is the body's size in bytes."""

    operation: str
    body: dict[str, Any]
    size: int


class Front(Protocol):
    """Parses one request and serialises its response."""

    service: str

    @property
    def protocol(self) -> str:
        """botocore's name of the response's protocol."""

    def request(self) -> ParsedRequest:
        """The parsed request. Raises ApiError for a request that is invalid in the protocol."""

    def knows(self, operation: str) -> bool:
        """Whether the service has the operation."""

    def answer(self, result: dict[str, Any]) -> Answer:
        """The serialised response of the operation."""

    def refusal(self, error: ApiError) -> Answer:
        """The serialised error."""


class Json:
    """DynamoDB and DynamoDB Streams: JSON, the operation in X-Amz-Target."""

    protocol = "json"

    def __init__(self, handler: Any, service: str) -> None:
        self.service = service
        self._handler = handler

    def request(self) -> ParsedRequest:
        target = str(self._handler.headers.get("X-Amz-Target") or "")
        version, _, operation = target.partition(".")
        if version not in _TARGETS or not operation:
            raise ApiError("UnknownOperationException", "")
        raw = self._handler.raw_body or "{}"
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            raise ApiError("SerializationException", "") from None
        if not isinstance(body, dict):
            raise ApiError("SerializationException", "Start of structure or map found where not expected")
        return ParsedRequest(operation, body, len(raw))

    def knows(self, operation: str) -> bool:
        return operation in get_service_model(self.service).operation_names

    def answer(self, result: dict[str, Any]) -> Answer:
        return responses.dynamodb(200, result)

    def refusal(self, error: ApiError) -> Answer:
        return responses.dynamodb_error(error)


class Modelled:
    """Any service that botocore has a model of: JSON, query, REST-JSON or REST-XML."""

    def __init__(self, handler: Any) -> None:
        self.service = str(handler.boto3_service_name)
        self._handler = handler
        self._model = get_service_model(self.service)
        self._content_type = str(handler.headers.get("Content-Type") or "")
        self._operation = str(handler._get_action() or "")

    @property
    def protocol(self) -> str:
        try:
            return str(determine_request_protocol(self._model, self._content_type))
        except NotImplementedError:
            return str(self._model.metadata.get("protocol", "json"))

    @property
    def has_operation(self) -> bool:
        """Whether the request names an operation that the service has; moto refuses the others."""
        return self.knows(self._operation)

    def request(self) -> ParsedRequest:
        http_request = self._handler.normalized_request
        model = self._model.operation_model(self._operation)
        parser = PROTOCOL_PARSERS[self.protocol](model, timestamp_parser=_epoch)
        try:
            body = parser.parse(
                {
                    "method": http_request.method,
                    "values": http_request.values,
                    "headers": http_request.headers,
                    "body": http_request.data,
                    "url_path": http_request.path,
                    "url_params": self._handler.uri_match,
                }
            )
        except Exception as error:  # moto's parsers raise many kinds of errors for wrong types
            raise ApiError("SerializationException", f"The request cannot be read: {error}") from None
        return ParsedRequest(
            self._operation, _sent_members(model, body), int(http_request.content_length or 0)
        )

    def knows(self, operation: str) -> bool:
        return operation in self._model.operation_names

    def answer(self, result: dict[str, Any]) -> Answer:
        serializer = get_serializer_class(self.service, self.protocol)(
            operation_model=self._model.operation_model(self._operation), value_picker=_MemberReader()
        )
        serialised = serializer.serialize(result)
        status, headers = int(serialised["status_code"]), dict(serialised["headers"])
        headers, body = self._handler._enrich_response(headers, serialised["body"])
        return status, headers, body

    def refusal(self, error: ApiError) -> Answer:
        code, status = _CODES.get(self.protocol, {}).get(error.code, (error.code, error.status))
        protocol_error = ApiError(code, error.message, status, **error.fields)
        return responses.error_of(self.protocol, protocol_error)


class _MemberReader(DefaultAttributePicker):
    """Reads members from plain dictionaries, and converts times as UTC in any time zone of this machine."""

    def __call__(self, context: Any) -> Any:
        value = super().__call__(context)
        if context.shape.type_name == "timestamp" and isinstance(value, (int, float)):
            return datetime.datetime.fromtimestamp(value, datetime.UTC)
        return value


def _sent_members(model: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The body without the members that moto's parsers add although the request does not have them."""
    if model.input_shape is None:
        return {}
    placed = {
        name for name, shape in model.input_shape.members.items() if shape.serialization.get("location")
    }
    return {
        name: value
        for name, value in body.items()
        if value is not None and not (name in placed and value in ([], {}))
    }


def front_of(handler: Any) -> Front | None:
    """The front for a moto handler's request; None if moto handles the request alone."""
    if handler.service_name in ("dynamodb", "dynamodbstreams"):
        return Json(handler, handler.service_name)
    if handler.service_name == "s3":
        return None
    try:
        front = Modelled(handler)
    except (BotoCoreError, KeyError):  # botocore has no model of the service
        return None
    return front if front.has_operation else None


def protocol_of(handler: Any) -> str:
    """The protocol a moto handler's service speaks; JSON for one that botocore does not have."""
    try:
        return Modelled(handler).protocol
    except Exception:  # for such a service any form of error is good enough
        return "json"


def _epoch(value: Any) -> float:
    moment: datetime.datetime = parse_timestamp(value)
    return moment.timestamp()
