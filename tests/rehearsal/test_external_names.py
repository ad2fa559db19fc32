"""Which external resources a spec names, as the kinds' handlers say it."""

from __future__ import annotations

from typing import Any

from dynaops.engine.table_inputs import declared_by
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds import TableSpec
from dynaops.kinds.external_names import AwsName
from dynaops.model.resource import Scope
from dynaops.rehearsal.live_account import names_in
from tests.companions.bench import BASE, REGION

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/changes"
SPEC: dict[str, Any] = {
    "encryption": {"kms_key_arn": KEY},
    "kinesis": {"stream_arn": STREAM},
    "iam": {"read_only": {"attach_to_roles": ["reader"]}},
    "lambda_triggers": [
        {
            "function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:mailer:live",
            "on_failure_arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed",
        }
    ],
    "resource_policy": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/team/partner"},
                "Action": "dynamodb:GetItem",
                "Resource": "*",
            }
        ],
    },
    "tags": {"key": KEY.replace("key/1", "key/in-a-tag")},
}


def _names(spec: dict[str, Any]) -> set[AwsName]:
    scope = Scope("users", "users", REGION)
    declared = declared_by(RunTarget(scope, TableSpec.model_validate({**BASE, **spec}))).values()
    return set(names_in([(scope, resource) for resource in declared], made=declared))


def test_each_kind_says_what_it_names() -> None:
    """With the function's alias, and without what nothing can look up (the queue) or that is only text (the tag)."""
    assert _names(SPEC) == {
        AwsName("kms", REGION, KEY),
        AwsName("kinesis", REGION, STREAM),
        AwsName("iam", REGION, "reader"),
        AwsName("iam", REGION, "partner"),
        AwsName("lambda", REGION, "mailer:live"),
    }


def test_a_vault_of_others_is_external_and_an_own_one_is_not() -> None:
    copy = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:far"
    rule = {"name": "daily", "schedule": "cron(0 5 ? * * *)", "copy_to": [{"vault_arn": copy}]}
    plan = {"plan": {"rules": [rule]}, "role_arn": f"arn:aws:iam::{ACCOUNT}:role/service/backups"}
    others = {AwsName("backup", "us-east-1", "far"), AwsName("iam", REGION, "backups")}
    assert _names({"backup": {**plan, "vault": {"name": "company"}}}) == others
    assert _names({"backup": {**plan, "vault": {"name": "company", "create": False}}}) == {
        *others,
        AwsName("backup", REGION, "company"),
    }
