"""What AWS, or whoever answers in its place, says in its errors: shown on one line, and not endless."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from dynaops.aws.errors import AwsFailure, AwsRefusal, ResponseLost, one_line, refusal, refused
from dynaops.engine.execute import _why
from dynaops.model.operation import Wait

HOSTILE = "denied\r\nerror: all is well\x1b[2J\x07\x00\u2028hint: run rm -rf\u202e"


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert one_line(text).isprintable()
    assert one_line(one_line(text)) == one_line(text)


def test_what_is_plain_stays_as_it_is() -> None:
    text = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: dynamodb:PutItem"
    assert one_line(text) == text


@pytest.mark.parametrize(
    "code", ["ValidationException", "AccessDeniedException", "ExpiredToken", "Odd\nCode"]
)
def test_a_refusal_is_told_on_one_line(code: str) -> None:
    error = refusal(code, HOSTILE, "dynamodb:PutItem", "eu-west-1")
    for text in (error.message, error.text, error.code, error.hint or ""):
        assert text.isprintable(), text


def test_an_answer_of_botocore_too() -> None:
    answer = {"Error": {"Code": "X", "Message": HOSTILE * 10_000}}
    error = refused(ClientError(answer, "PutItem"), "dynamodb", "PutItem", "eu-west-1")  # type: ignore[arg-type]
    assert error.message.isprintable() and len(error.message) < 2000


def test_every_failure_of_a_call_is() -> None:
    for kind in (AwsFailure, ResponseLost):
        assert kind(HOSTILE, HOSTILE).message.isprintable()
    assert AwsRefusal(HOSTILE, HOSTILE, "x", "y", 0, 400).message.isprintable()


def test_why_a_wait_failed_too() -> None:
    wait = Wait(title="x", parameters={}, why="Status")
    assert _why(wait, {"Status": HOSTILE}).isprintable()
