"""The errors of AWS Backup (all HTTP 400 in its service model)."""

from __future__ import annotations

from dynaops.sandbox.errors import ApiError


def invalid_parameter(message: str) -> ApiError:
    """InvalidParameterValueException: a value in the request is wrong."""
    return ApiError("InvalidParameterValueException", message)


def missing_parameter(message: str) -> ApiError:
    """MissingParameterValueException: a member is absent from the request."""
    return ApiError("MissingParameterValueException", message)


def invalid_request(message: str) -> ApiError:
    """InvalidRequestException: the request is well-formed, but not possible for the existing resources."""
    return ApiError("InvalidRequestException", message)


def invalid_state(message: str) -> ApiError:
    """InvalidResourceStateException: the resource is busy."""
    return ApiError("InvalidResourceStateException", message)


def not_found(message: str) -> ApiError:
    """ResourceNotFoundException: the resource that the request names does not exist."""
    return ApiError("ResourceNotFoundException", message)


def already_exists(message: str, arn: str, creator_request: str | None) -> ApiError:
    """AlreadyExistsException: the name is taken by the resource with that ARN, which that request created."""
    return ApiError("AlreadyExistsException", message, Arn=arn, CreatorRequestId=creator_request or "")
