"""The error that a sandbox operation answers with: AWS's code, message and status."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refused call. It is raised before anything is changed.

    `code` is the bare AWS error code (``ValidationException``), `message` AWS's text, `status` the
    HTTP status (400 for all DynamoDB client errors), `fields` further members of the error body.
    """

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


def validation(message: str) -> ApiError:
    """A ValidationException with the message as given."""
    return ApiError("ValidationException", message)


def invalid(message: str) -> ApiError:
    """A ValidationException with DynamoDB's usual preamble."""
    return validation(f"One or more parameter values were invalid: {message}")


def in_use(message: str) -> ApiError:
    """A ResourceInUseException with DynamoDB's usual preamble."""
    return ApiError(
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: {message}",
    )


def not_found(message: str) -> ApiError:
    """A ResourceNotFoundException with DynamoDB's usual preamble."""
    return ApiError("ResourceNotFoundException", f"Requested resource not found: {message}")


def over_limit(message: str) -> ApiError:
    """A LimitExceededException with DynamoDB's usual preamble."""
    return ApiError("LimitExceededException", f"Subscriber limit exceeded: {message}")
