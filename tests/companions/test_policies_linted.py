"""Every generated policy, in every form it takes, before a public linter of IAM policies."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from dynaops.kinds.iam import documents
from dynaops.kinds.iam.handler import PARTS
from dynaops.kinds.policy_document import text
from dynaops.specs.load import document_of
from tests.companions.bench import BASE

parliament: Any = import_module("parliament")  # it has no types
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/users"
VALUES = {"table_arn": TABLE, "stream_arn": f"{TABLE}/stream/2026-11-24T10", "partition": "aws"}
"""The linter takes the colons of a real stream label for the ARN's own, so the label is cut short."""
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1111aaaa-22bb-33cc-44dd-5555eeee6666"
FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "stream": {"stream": {"view_type": "NEW_IMAGE"}},
    "index": {
        "attributes": {"id": "S", "a": "S"},
        "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
    },
    "key": {"encryption": {"kms_key_arn": KEY}},
    "logs": {"log_group": {"name": "/aws/lambda/orders"}},
    "failures": {
        "lambda_triggers": [
            {"function": "one", "on_failure_arn": "arn:aws:sqs:eu-west-1:123456789012:failed"},
            {"function": "two", "on_failure_arn": "arn:aws:sns:eu-west-1:123456789012:failed"},
            {"function": "six", "on_failure_arn": "arn:aws:s3:::failed-records"},
        ]
    },
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("part", PARTS)
def test_no_linter_findings(part: str, form: str) -> None:
    spec = document_of({**BASE, **FORMS[form]}).spec
    written = documents.with_arns(PARTS[part](spec), VALUES, "123456789012", "eu-west-1")
    found = parliament.analyze_policy_string(text(written)).findings
    assert [(one.issue, one.detail) for one in found] == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("part", PARTS)
def test_no_star_but_where_aws_has_nothing_finer(part: str, form: str) -> None:
    spec = document_of({**BASE, **FORMS[form]}).spec
    written = documents.with_arns(PARTS[part](spec), VALUES, "123456789012", "eu-west-1")
    for statement in written["Statement"]:
        assert "*" not in statement["Resource"] or statement["Action"] == ["dynamodb:ListStreams"]
        assert all("*" not in action for action in statement["Action"])
        assert "${" not in text(statement)


def test_the_linter_can_tell() -> None:
    """A wrong action and a mismatched resource are found: the two tests above could fail."""
    wrong = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["dynamodb:GetItems"], "Resource": [TABLE]},
            {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [f"{TABLE}/stream/x"]},
        ],
    }
    assert parliament.analyze_policy_string(text(wrong)).findings
