"""The constraints of a service model on a request, for services that tell them under another code than DynamoDB."""

from __future__ import annotations

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError


def check(call: ApiCall, service: str, code: str) -> None:
    """Refuse with `code` a request that breaks the length, range, pattern or set of values of one of its members."""
    try:
        check_shape(call.operation, call.body, service)
    except ApiError as error:
        raise ApiError(code if error.code == "ValidationException" else error.code, error.message) from None
