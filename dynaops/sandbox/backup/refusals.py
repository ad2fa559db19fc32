"""The errors of AWS Backup (all HTTP 400 in its service model)."""

from __future__ import annotations

from dynaops.sandbox.errors import ApiError


def invalid_parameter(message: str) -> ApiError:
    """Something in the request is wrong in itself."""
    return ApiError("InvalidParameterValueException", message)


def missing_parameter(message: str) -> ApiError:
    """Something in the request is not there."""
    return ApiError("MissingParameterValueException", message)


def invalid_request(message: str) -> ApiError:
    """The request is right, but does not fit what there is."""
    return ApiError("InvalidRequestException", message)


def invalid_state(message: str) -> ApiError:
    """The resource is busy."""
    return ApiError("InvalidResourceStateException", message)


def not_found(message: str) -> ApiError:
    """What the request names does not exist."""
    return ApiError("ResourceNotFoundException", message)


def already_exists(message: str, arn: str, creator_request: str | None) -> ApiError:
    """The name is taken by the resource of that ARN, which that request made."""
    return ApiError("AlreadyExistsException", message, Arn=arn, CreatorRequestId=creator_request or "")
