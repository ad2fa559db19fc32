"""Grants: least privilege for functions, on any table, found again by name, and no trace in the state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynaops.engine.apply import apply_plan
from dynaops.engine.grant import Granted, GrantRequest, plan_grant
from dynaops.engine.plan import PlanRefused
from dynaops.model.errors import DynaopsError
from dynaops.model.state import State
from dynaops.sandbox.faults import FaultRule
from dynaops.stores.memory import MemoryStore
from tests.companions.bench import REGION, Bench, calls
from tests.companions.functions import make_function, make_role

NAME = f"users-{REGION}-lambda-access"
TABLE = f"arn:aws:dynamodb:{REGION}:123456789012:table/users"


def make_table(bench: Bench, region: str = REGION, **more: Any) -> dict[str, Any]:
    """A table that nobody manages."""
    client = bench.client("dynamodb", region)
    client.create_table(
        TableName="users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        **{
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            **more,
        },
    )
    client.get_waiter("table_exists").wait(TableName="users", WaiterConfig={"Delay": 0.01})
    described: dict[str, Any] = client.describe_table(TableName="users")["Table"]
    return described


def planned(bench: Bench, *functions: str, table: str = "users", **more: Any) -> Granted:
    return plan_grant(GrantRequest(table, functions, **more), bench.state, bench.aws)


def grant(bench: Bench, *functions: str, **more: Any) -> Granted:
    """Plan and carry out; all must go well, and nothing be left to do."""
    granted = planned(bench, *functions, **more)
    before = bench.state.serial
    outcome = apply_plan(granted.plan, MemoryStore(), bench.aws, lambda _: None)
    assert outcome.complete, outcome
    assert planned(bench, *functions, **more).plan.empty
    assert bench.state.serial == before
    return granted


def attached(bench: Bench, role: str) -> list[str]:
    found = bench.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return sorted(one["PolicyName"] for one in found)


def document(bench: Bench, name: str = NAME) -> dict[str, Any]:
    """Sid -> statement of the policy's default version."""
    iam = bench.client("iam")
    arn = f"arn:aws:iam::123456789012:policy/{name}"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return {one["Sid"]: one for one in found["Statement"]}


def policies(bench: Bench) -> list[str]:
    return sorted(one["PolicyName"] for one in bench.client("iam").list_policies(Scope="Local")["Policies"])


def refusals(bench: Bench, *functions: str, **more: Any) -> dict[str, str]:
    with pytest.raises(PlanRefused) as error:
        planned(bench, *functions, **more)
    return {one.code: one.message for one in error.value.findings}


def test_a_plain_table_gives_its_items_and_nothing_more(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "worker")
    granted = grant(bench, "worker")
    assert calls(granted.plan) == ["CreatePolicy", "AttachRolePolicy"]
    assert attached(bench, "worker-role") == [NAME]
    found = document(bench)
    assert list(found) == ["UseTable"]
    assert found["UseTable"]["Resource"] == [TABLE]


def tags(bench: Bench) -> dict[str, str]:
    arn = f"arn:aws:iam::123456789012:policy/{NAME}"
    return {tag["Key"]: tag["Value"] for tag in bench.client("iam").list_policy_tags(PolicyArn=arn)["Tags"]}


def test_the_policy_is_marked_as_the_states(bench: Bench, tmp_path: Path) -> None:
    """As what an apply makes: in the call that makes it, or with its next change; another state's mark is kept."""
    bench.aws.mark = "dynaops:state"
    make_table(bench)
    for name in ("worker", "second", "third"):
        make_function(bench, name)
    grant(bench, "worker")
    assert tags(bench) == {}, "no state is stored whose mark it could be"
    bench.store.save(State.empty())
    mark = {"dynaops:state": bench.state.lineage}
    assert sorted(calls(grant(bench, "second").plan)) == ["AttachRolePolicy", "TagPolicy"]
    assert tags(bench) == mark
    assert calls(grant(bench, "third").plan) == ["AttachRolePolicy"]
    revoked = grant(bench, "worker", "second", "third", revoke=True)
    assert "TagPolicy" not in calls(revoked.plan)
    assert policies(bench) == []
    (made, *_) = grant(bench, "worker").plan.operations
    assert made.api == "CreatePolicy" and tags(bench) == mark
    (tmp_path / "other").mkdir()
    other = Bench(tmp_path / "other", bench.server)
    other.aws.mark = "dynaops:state"
    other.store.save(State.empty())
    assert calls(grant(other, "second").plan) == ["AttachRolePolicy"]
    assert tags(bench) == mark


def test_indexes_stream_and_key_where_there_are_some(bench: Bench) -> None:
    key = bench.client("kms").create_key()["KeyMetadata"]["Arn"]
    table = make_table(
        bench,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "mail", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-mail",
                "KeySchema": [{"AttributeName": "mail", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )
    make_function(bench, "worker")
    granted = grant(bench, "worker")
    found = document(bench)
    assert found["ReadIndexes"]["Resource"] == [f"{TABLE}/index/*"]
    assert found["ReadStream"]["Resource"] == [table["LatestStreamArn"]]
    assert found["UseKey"]["Resource"] == [key]
    assert granted.configuration["stream"] == {
        "arn": table["LatestStreamArn"],
        "label": table["LatestStreamLabel"],
        "view_type": "NEW_IMAGE",
    }
    assert granted.configuration["table"]["indexes"] == {"by-mail": f"{TABLE}/index/by-mail"}
    assert granted.configuration["functions"][0]["environment"] == {
        "TABLE_NAME": "users",
        "TABLE_ARN": TABLE,
        "STREAM_ARN": table["LatestStreamArn"],
    }


@pytest.mark.parametrize(
    ("part", "lacking"), [("read_only", "dynamodb:PutItem"), ("write_only", "dynamodb:GetItem")]
)
def test_the_policy_is_the_one_that_was_chosen(bench: Bench, part: str, lacking: str) -> None:
    make_table(bench, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    make_function(bench, "worker")
    granted = grant(bench, "worker", part=part, policy_name="of-my-own")
    assert granted.configuration["policy"]["name"] == "of-my-own"
    actions = [action for one in document(bench, "of-my-own").values() for action in one["Action"]]
    assert lacking not in actions
    assert not any("Stream" in action for action in actions)


def test_a_new_stream_is_followed_and_the_policy_changed_in_place(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "worker")
    grant(bench, "worker")
    bench.client("dynamodb").update_table(
        TableName="users", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    )
    assert calls(grant(bench, "worker").plan) == ["CreatePolicyVersion"]
    assert "ReadStream" in document(bench)


def test_versions_are_rotated(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "worker")
    grant(bench, "worker")
    arn = f"arn:aws:iam::123456789012:policy/{NAME}"
    iam = bench.client("iam")
    for number in range(4):
        text = {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": f"Old{number}", "Effect": "Allow", "Action": "dynamodb:*", "Resource": TABLE}
            ],
        }
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(text), SetAsDefault=True)
    assert calls(grant(bench, "worker").plan) == ["DeletePolicyVersion", "CreatePolicyVersion"]
    assert list(document(bench)) == ["UseTable"]


def test_functions_that_share_a_role(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "one")
    make_function(bench, "two")
    role = bench.client("iam").get_role(RoleName="one-role")["Role"]["Arn"]
    bench.client("lambda").update_function_configuration(FunctionName="two", Role=role)
    granted = grant(bench, "one", "two", f"arn:aws:lambda:{REGION}:123456789012:function:one")
    assert calls(granted.plan) == ["CreatePolicy", "AttachRolePolicy"]
    assert [one["name"] for one in granted.configuration["functions"]] == ["one", "two"]
    revoked = planned(bench, "one", revoke=True)
    assert [(one.code, "two" in one.message) for one in revoked.plan.warnings] == [("GRANT106", True)]


def test_a_second_function_only_attaches(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "one")
    make_function(bench, "two")
    grant(bench, "one")
    assert calls(grant(bench, "two").plan) == ["AttachRolePolicy"]
    assert attached(bench, "one-role") == attached(bench, "two-role") == [NAME]


def test_revoked_from_one_then_from_the_last(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "one")
    make_function(bench, "two")
    grant(bench, "one", "two")
    first = grant(bench, "one", revoke=True)
    assert calls(first.plan) == ["DetachRolePolicy"]
    assert first.plan.counts() == {"update": 1}
    last = grant(bench, "one", "two", revoke=True)
    assert calls(last.plan) == ["DetachRolePolicy", "DeletePolicy"]
    assert last.plan.counts() == {"delete": 1}
    assert policies(bench) == []


def test_a_policy_that_others_use_stays(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "one")
    make_role(bench, "stranger")
    grant(bench, "one")
    arn = f"arn:aws:iam::123456789012:policy/{NAME}"
    bench.client("iam").attach_role_policy(RoleName="stranger", PolicyArn=arn)
    assert calls(grant(bench, "one", revoke=True).plan) == ["DetachRolePolicy"]
    assert attached(bench, "stranger") == [NAME]


def test_revoked_after_the_table_is_gone(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "one")
    grant(bench, "one")
    client = bench.client("dynamodb")
    client.delete_table(TableName="users")
    client.get_waiter("table_not_exists").wait(TableName="users", WaiterConfig={"Delay": 0.01})
    grant(bench, "one", revoke=True)
    assert policies(bench) == []


def test_a_table_in_another_region_by_its_arn(bench: Bench) -> None:
    arn = make_table(bench, "us-east-1")["TableArn"]
    function = make_function(bench, "worker")
    granted = grant(bench, function, table=arn)
    assert granted.configuration["table"]["region"] == "us-east-1"
    assert document(bench, "users-us-east-1-lambda-access")["UseTable"]["Resource"] == [arn]


def test_all_that_is_missing_is_said_at_once(bench: Bench) -> None:
    found = refusals(bench, "nobody")
    assert "users" in found["GRANT101"]
    assert "nobody" in found["GRANT102"]
    with pytest.raises(DynaopsError, match="not the ARN of a table"):
        planned(bench, "x", table="arn:aws:s3:::bucket")


def test_a_role_that_is_gone(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "worker")
    iam = bench.client("iam")
    iam.delete_role_policy(RoleName="worker-role", PolicyName="streams")
    iam.delete_role(RoleName="worker-role")
    assert "worker-role" in refusals(bench, "worker")["DDB420"]


def test_a_strange_policy_of_that_name_is_left_alone(bench: Bench) -> None:
    make_table(bench)
    make_function(bench, "worker")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    bench.client("iam").create_policy(PolicyName=NAME, PolicyDocument=text)
    assert NAME in refusals(bench, "worker")["GRANT104"]
    assert NAME in refusals(bench, "worker", revoke=True)["GRANT104"]


def test_one_name_cannot_serve_two_tables(bench: Bench) -> None:
    make_table(bench)
    arn = make_table(bench, "us-east-1")["TableArn"]
    make_function(bench, "worker")
    grant(bench, "worker", policy_name="mine")
    function = f"arn:aws:lambda:{REGION}:123456789012:function:worker"
    assert list(refusals(bench, function, table=arn, policy_name="mine")) == ["GRANT104"]


def test_the_policy_of_the_tables_own_spec_is_used(bench: Bench) -> None:
    make_function(bench, "worker")
    spec = {"iam": {"lambda_access": {"name": "from-spec"}}}
    bench.apply(spec)
    granted = grant(bench, "worker")
    assert calls(granted.plan) == ["AttachRolePolicy"]
    assert granted.configuration["policy"]["made_by"] == "spec"
    assert policies(bench) == ["from-spec"]
    after = bench.plan(spec)
    assert after.empty
    assert not after.drift
    assert calls(grant(bench, "worker", revoke=True).plan) == ["DetachRolePolicy"]
    assert policies(bench) == ["from-spec"]
    bench.destroy()
    assert policies(bench) == []


def test_the_policy_of_a_spec_that_another_state_applied_is_used(bench: Bench) -> None:
    make_function(bench, "worker")
    bench.apply({"iam": {"lambda_access": True}, "log_group": {"name": "/aws/lambda/worker"}})
    bench.forget()
    assert calls(grant(bench, "worker").plan) == ["AttachRolePolicy"]
    assert "WriteLogs" in document(bench)
    assert calls(grant(bench, "worker", revoke=True).plan) == ["DetachRolePolicy"]
    assert policies(bench) == [NAME]


def test_what_the_spec_attaches_comes_back(bench: Bench) -> None:
    make_function(bench, "worker")
    bench.apply({"iam": {"lambda_access": {"attach_to_roles": ["worker-role"]}}})
    assert planned(bench, "worker").plan.empty
    assert [one.code for one in planned(bench, "worker", revoke=True).plan.warnings] == ["GRANT107"]


def test_grants_disturb_no_plan_and_no_destroy(bench: Bench) -> None:
    make_function(bench, "worker")
    bench.apply({})
    grant(bench, "worker")
    after = bench.plan({})
    assert after.empty
    assert not after.drift
    assert not after.unmanaged
    bench.destroy()
    assert attached(bench, "worker-role") == [NAME]
    grant(bench, "worker", revoke=True)
    assert policies(bench) == []


def test_a_spec_takes_over_what_was_granted(bench: Bench) -> None:
    make_function(bench, "worker")
    bench.apply({})
    grant(bench, "worker")
    plan = bench.apply({"iam": {"lambda_access": True}})
    assert calls(plan) == []
    assert attached(bench, "worker-role") == [NAME]
    assert calls(grant(bench, "worker", revoke=True).plan) == ["DetachRolePolicy"]
    bench.destroy()
    assert policies(bench) == []


def test_a_state_of_another_aws_is_not_believed(bench: Bench) -> None:
    make_function(bench, "worker")
    bench.apply({})
    bench.store.save(bench.state.model_copy(update={"origin": "aws"}))
    with pytest.raises(DynaopsError, match="made on the real AWS"):
        planned(bench, "worker")
    assert "GRANT101" in refusals(bench, "worker", region="us-east-1")


def test_a_vanished_policy_of_the_spec(bench: Bench) -> None:
    make_function(bench, "worker")
    bench.apply({"iam": {"lambda_access": True}})
    bench.client("iam").delete_policy(PolicyArn=f"arn:aws:iam::123456789012:policy/{NAME}")
    assert NAME in refusals(bench, "worker")["GRANT105"]
    assert planned(bench, "worker", revoke=True).plan.empty


@pytest.mark.parametrize("api", ["CreatePolicy", "AttachRolePolicy", "DetachRolePolicy", "DeletePolicy"])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, api: str, effect: str) -> None:
    make_table(bench)
    make_function(bench, "worker")
    for revoke in (False, True):
        bench.server.faults.add(FaultRule(effect, operation=api, times=7))
        granted = planned(bench, "worker", revoke=revoke)
        apply_plan(granted.plan, MemoryStore(), bench.aws, lambda _: None)
        bench.server.faults.clear()
        again = planned(bench, "worker", revoke=revoke)
        assert apply_plan(again.plan, MemoryStore(), bench.aws, lambda _: None).complete
        assert attached(bench, "worker-role") == ([] if revoke else [NAME])
        assert policies(bench) == ([] if revoke else [NAME])
