"""AWS's error codes have one source: what classifies them imports the sets of `dynaops.aws.classify`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dynaops.aws.classify import ACCESS_DENIED, DATA_RETRYABLE, DATA_THROTTLED, EXPIRED, ErrorClass, classify
from dynaops.aws.errors import AccessDenied, refusal
from dynaops.data.http.http_connection import HttpResponse
from dynaops.data.requests import RowVerdict
from dynaops.data.requests import refusal as row_refusal

ROOT = Path(__file__).parent.parent.parent / "dynaops"
SOURCE = "aws/classify.py"
OUTSIDE = "sandbox"
"""The sandbox answers with these codes, and keeps its own on purpose: it is what we are compared with."""


def test_no_other_module_writes_a_classified_code() -> None:
    codes = ACCESS_DENIED | DATA_RETRYABLE | DATA_THROTTLED | EXPIRED
    codes -= {"LimitExceededException", "TransactionConflictException"}  # also mean one thing only
    offenders = {
        path.relative_to(ROOT).as_posix(): written
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] != OUTSIDE and path.relative_to(ROOT).as_posix() != SOURCE
        if (
            written := codes
            & {
                node.value
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
        )
    }
    assert not offenders


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ThrottledException", "SlowDown", "RequestThrottled"]
)
def test_throttling_means_the_same_for_the_control_plane_and_for_rows(code: str) -> None:
    assert classify(code, "slow down") is ErrorClass.RETRY
    assert row_refusal(_answer(code)).verdict is RowVerdict.BUSY


def test_a_quota_of_the_control_plane_is_not_throttling() -> None:
    assert classify("LimitExceededException", "Subscriber limit exceeded: tables") is ErrorClass.FAIL
    assert row_refusal(_answer("LimitExceededException")).verdict is RowVerdict.BUSY


@pytest.mark.parametrize("code", sorted(ACCESS_DENIED))
def test_a_lack_of_permission_is_denied_and_is_never_repeated(code: str) -> None:
    assert isinstance(refusal(code, "no", "dynamodb:PutItem", "eu-central-1"), AccessDenied)
    assert classify(code, "no") is ErrorClass.FAIL
    assert row_refusal(_answer(code)).verdict is RowVerdict.STOP


@pytest.mark.parametrize("code", ["ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired"])
def test_an_expired_token_is_told_as_one(code: str) -> None:
    assert "the session token has expired" in refusal(code, "no", "dynamodb:PutItem", "eu-central-1").message


def _answer(code: str) -> HttpResponse:
    return HttpResponse(
        400, body=f'{{"__type":"com.amazonaws.dynamodb.v20120810#{code}"}}'.encode(), head=b""
    )
