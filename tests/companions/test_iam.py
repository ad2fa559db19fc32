"""IAM policies of the table: made, attached, changed, rotated, taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import Bench, actions, calls

NAME = "users-eu-west-1-read-only"


def role(bench: Bench, name: str) -> str:
    trust = {"Version": "2012-10-17", "Statement": []}
    bench.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    return name


def arn(bench: Bench, name: str = NAME) -> str:
    found = bench.client("iam").list_policies(Scope="Local")["Policies"]
    return str(next(one["Arn"] for one in found if one["PolicyName"] == name))


def names(bench: Bench) -> list[str]:
    return sorted(one["PolicyName"] for one in bench.client("iam").list_policies(Scope="Local")["Policies"])


def document(bench: Bench, name: str = NAME) -> dict[str, Any]:
    client = bench.client("iam")
    version = client.get_policy(PolicyArn=arn(bench, name))["Policy"]["DefaultVersionId"]
    found: dict[str, Any] = client.get_policy_version(PolicyArn=arn(bench, name), VersionId=version)
    text: dict[str, Any] = found["PolicyVersion"]["Document"]
    return text


def attached(bench: Bench, name: str) -> list[str]:
    found = bench.client("iam").list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return sorted(one["PolicyName"] for one in found)


def read_only(*roles: str) -> dict[str, Any]:
    return {"iam": {"read_only": {"attach_to_roles": list(roles)} if roles else True}}


def test_life(bench: Bench) -> None:
    role(bench, "reader")
    role(bench, "other")
    plan = bench.apply(read_only("reader"))
    assert calls(plan)[-2:] == ["CreatePolicy", "AttachRolePolicy"]
    assert attached(bench, "reader") == [NAME]
    assert calls(bench.apply(read_only("other"))) == ["AttachRolePolicy", "DetachRolePolicy"]
    assert (attached(bench, "reader"), attached(bench, "other")) == ([], [NAME])
    assert calls(bench.apply({})) == ["DetachRolePolicy", "DeletePolicy"]
    assert names(bench) == []


def test_destroy_takes_the_policies_after_the_table(bench: Bench) -> None:
    role(bench, "reader")
    bench.apply(read_only("reader"))
    assert calls(bench.destroy()) == ["DeleteTable", "DetachRolePolicy", "DeletePolicy"]
    assert names(bench) == []


def test_index_access_only_where_there_are_indexes(bench: Bench) -> None:
    bench.apply(read_only())
    table = "arn:aws:dynamodb:eu-west-1:123456789012:table/users"
    assert [one["Resource"] for one in document(bench)["Statement"]] == [[table]]
    index = {
        "attributes": {"id": "S", "a": "S"},
        "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
    }
    plan = bench.apply({**read_only(), **index})
    assert calls(plan) == ["UpdateTable", "CreatePolicyVersion"]
    assert document(bench)["Statement"][1]["Resource"] == [f"{table}/index/*"]


def test_it_follows_a_stream_that_is_made_anew(bench: Bench) -> None:
    spec = {"iam": {"lambda_access": True}}
    bench.apply({**spec, "stream": {"view_type": "NEW_IMAGE"}})
    first = _stream(document(bench, "users-eu-west-1-lambda-access"))
    plan = bench.apply({**spec, "stream": {"view_type": "KEYS_ONLY"}})
    assert calls(plan) == ["UpdateTable", "UpdateTable", "CreatePolicyVersion"]
    second = _stream(document(bench, "users-eu-west-1-lambda-access"))
    described = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    assert second == [described["LatestStreamArn"]] != first


def _stream(found: dict[str, Any]) -> list[str]:
    listed: list[str] = next(one for one in found["Statement"] if one["Sid"] == "ReadStream")["Resource"]
    return listed


def test_versions_are_rotated(bench: Bench) -> None:
    for number in range(8):
        statement = {"Action": "dynamodb:GetItem", "Resource": "${table_arn}", "Sid": f"v{number}"}
        bench.apply({"iam": {"custom": [{"name": "mine", "statements": [statement]}]}})
    versions = bench.client("iam").list_policy_versions(PolicyArn=arn(bench, "mine"))["Versions"]
    assert len(versions) <= 5
    assert document(bench, "mine")["Statement"][0]["Sid"] == "v7"
    bench.apply({})
    assert names(bench) == []


def test_custom_policies_name_every_index(bench: Bench) -> None:
    statement = {"Action": ["dynamodb:Query"], "Resource": ["${table_arn}", "${index_arns}"]}
    bench.apply(
        {
            "attributes": {"id": "S", "a": "S", "b": "S"},
            "global_secondary_indexes": [
                {"name": "by-a", "hash_key": "a"},
                {"name": "by-b", "hash_key": "b"},
            ],
            "iam": {"custom": [{"name": "mine", "statements": [statement]}]},
        }
    )
    resources = document(bench, "mine")["Statement"][0]["Resource"]
    assert [one.rpartition("/")[2] for one in resources] == ["users", "by-a", "by-b"]


def test_foreign_attachments_are_left_alone(bench: Bench) -> None:
    role(bench, "mine")
    role(bench, "theirs")
    bench.apply(read_only("mine"))
    bench.client("iam").attach_role_policy(RoleName="theirs", PolicyArn=arn(bench))
    plan = bench.plan(read_only("mine"))
    assert plan.empty
    assert [one.path for one in plan.unmanaged] == ["roles.theirs"]
    plan, outcome = bench.run({})
    assert outcome.complete
    assert calls(plan) == ["DetachRolePolicy"]
    assert [one.code for one in plan.warnings if one.code == "DDB410"]
    assert attached(bench, "theirs") == [NAME]
    assert "users/iam/read_only" not in bench.state.resources
    assert bench.plan({}).empty


def test_a_policy_that_only_others_use_is_let_go(bench: Bench) -> None:
    role(bench, "theirs")
    bench.apply(read_only())
    bench.client("iam").attach_role_policy(RoleName="theirs", PolicyArn=arn(bench))
    bench.apply({})
    assert names(bench) == [NAME]
    assert "users/iam/read_only" not in bench.state.resources


def test_a_role_that_does_not_exist_is_told_at_plan_time(bench: Bench) -> None:
    from dynaops.engine.plan import PlanRefused

    with pytest.raises(PlanRefused, match="there is no role nobody"):
        bench.plan(read_only("nobody"))


def test_adoption_drift_and_a_lost_state(bench: Bench) -> None:
    role(bench, "reader")
    bench.apply(read_only("reader"))
    bench.client("iam").create_policy_version(
        PolicyArn=arn(bench),
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        ),
        SetAsDefault=True,
    )
    bench.client("iam").detach_role_policy(RoleName="reader", PolicyArn=arn(bench))
    plan = bench.plan(read_only("reader"))
    assert sorted(d.path for one in plan.drift for d in one.differences) == ["document", "roles.reader"]
    assert calls(bench.apply(read_only("reader"))) == ["CreatePolicyVersion", "AttachRolePolicy"]
    bench.forget()
    plan = bench.apply(read_only("reader"))
    assert actions(plan)["users/iam/read_only"] == "adopt"
    assert calls(plan) == []


def test_import_finds_policies_and_the_log_group_that_they_name(bench: Bench) -> None:
    """They are told by the names and descriptions that dynaops gives; one that was changed is left as it is."""
    from dynaops.engine.import_table import adopt

    role(bench, "reader")
    around = {"log_group": {"name": "/dynaops/users", "retention_days": 7}}
    policies = {"lambda_access": True, "read_only": {"attach_to_roles": ["reader"]}}
    bench.apply({**around, "iam": policies})
    text = document(bench)
    bench.forget()
    found = adopt("users", bench.state, bench.aws)
    assert {key: found.spec[key] for key in ("iam", "log_group")} == {**around, "iam": policies}
    bench.client("iam").create_policy_version(
        PolicyArn=arn(bench),
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        ),
        SetAsDefault=True,
    )
    assert adopt("users", bench.state, bench.aws).spec["iam"] == {"lambda_access": True}
    client = bench.client("iam")
    client.detach_role_policy(RoleName="reader", PolicyArn=arn(bench))
    client.delete_policy_version(PolicyArn=arn(bench), VersionId="v1")
    client.delete_policy(PolicyArn=arn(bench))
    client.create_policy(PolicyName=NAME, PolicyDocument=json.dumps(text))
    assert adopt("users", bench.state, bench.aws).spec["iam"] == {"lambda_access": True}, "not one of ours"


def test_a_new_name_is_a_new_policy(bench: Bench) -> None:
    role(bench, "reader")
    bench.apply(read_only("reader"))
    bench.apply({"iam": {"read_only": {"name": "fresh", "path": "/team/", "attach_to_roles": ["reader"]}}})
    assert names(bench) == ["fresh"]
    assert attached(bench, "reader") == ["fresh"]


def test_a_replaced_table_keeps_its_policies(bench: Bench) -> None:
    bench.apply(read_only())
    plan = bench.apply({**read_only(), "hash_key": "key", "attributes": {"key": "S"}})
    assert [one for one in calls(plan) if "Policy" in one] == []


@pytest.mark.parametrize("api", ["CreatePolicy", "AttachRolePolicy"])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, api: str, effect: str) -> None:
    role(bench, "reader")
    bench.server.faults.add(FaultRule(effect, service="iam", operation=api, times=7))
    bench.run(read_only("reader"))
    bench.server.faults.clear()
    bench.apply(read_only("reader"))
    assert names(bench) == [NAME]
    assert attached(bench, "reader") == [NAME]


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ({"name": "a b", "statements": []}, {"DDB411", "DDB413"}),
        ({"name": "x", "statements": [{"Action": "dynamodb:GetItem"}]}, {"DDB415"}),
        ({"name": "x", "statements": [{"Action": "a", "Resource": "${tabel_arn}"}]}, {"DDB417"}),
        ({"name": "x", "statements": [{"Action": "a", "Resource": "${stream_arn}"}]}, {"DDB418"}),
        ({"name": "x", "statements": [{"Action": "a", "Resource": "${index_arns}"}]}, {"DDB419"}),
        ({"name": "x", "path": "team", "statements": [{"Action": "a", "Resource": "*"}]}, {"DDB414"}),
    ],
)
def test_bad_policies(policy: dict[str, Any], code: set[str]) -> None:
    from dynaops.specs.check import check
    from dynaops.specs.load import document_of
    from tests.companions.bench import BASE

    found = check([document_of({**BASE, "iam": {"custom": [policy]}})])
    assert code == {one.code for one in found if one.code.startswith("DDB41")}
