"""Checks a request against the service model, for services with another error code than DynamoDB's."""

from __future__ import annotations

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError


def check(call: ApiCall, service: str, code: str) -> None:
    """Refuse, with error code `code`, a request with a member that breaks its length, range, pattern or enum."""
    try:
        check_shape(call.operation, call.body, service)
    except ApiError as error:
        raise ApiError(code if error.code == "ValidationException" else error.code, error.message) from None
