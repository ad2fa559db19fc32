"""EventBridge pipes: made, changed, replaced, taken back, with the roles that are made for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dynaops.engine.plan import PlanRefused
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.check import check
from dynaops.specs.load import document_of
from tests.companions.bench import BASE, REGION, Bench, actions, calls
from tests.companions.functions import make_role

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
ROLE = f"dynaops-pipe-{REGION}-orders"
MAKE_ROLE = ["CreateRole", "PutRolePolicy"]
EVERY_OPTION: dict[str, Any] = {
    "enabled": False,
    "filters": ['{"eventName":["INSERT"]}'],
    "starting_position": "TRIM_HORIZON",
    "batch_size": 7,
    "maximum_batching_window_in_seconds": 5,
    "maximum_record_age_in_seconds": 3600,
    "maximum_retry_attempts": 3,
    "parallelization_factor": 2,
    "on_partial_batch_item_failure": "AUTOMATIC_BISECT",
    "dead_letter_arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed",
    "input_template": '{"id": <$.dynamodb.Keys.id.S>}',
    "enrichment_arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:enrich",
    "kms_key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
}


def pipe(name: str = "orders", **more: Any) -> dict[str, Any]:
    return {"name": name, "target_arn": QUEUE, **more}


def spec(*pipes: dict[str, Any], view_type: str = "NEW_IMAGE") -> dict[str, Any]:
    return {"stream": {"view_type": view_type}, "pipes": list(pipes)}


def live(bench: Bench, name: str = "orders") -> dict[str, Any]:
    found: dict[str, Any] = bench.client("pipes").describe_pipe(Name=name)
    return found


def names(bench: Bench) -> list[str]:
    return [entry["Name"] for entry in bench.client("pipes").list_pipes()["Pipes"]]


def roles(bench: Bench) -> list[str]:
    return [role["RoleName"] for role in bench.client("iam").list_roles()["Roles"]]


def policy(bench: Bench, role: str = ROLE) -> dict[str, dict[str, Any]]:
    """The statements of a pipe's role, by Sid."""
    answer = bench.client("iam").get_role_policy(RoleName=role, PolicyName="dynaops-pipe")
    return {statement["Sid"]: statement for statement in answer["PolicyDocument"]["Statement"]}


def test_a_pipe_through_its_life(bench: Bench) -> None:
    plan = bench.apply(spec(pipe()))
    assert calls(plan) == ["CreateTable", "UpdateContinuousBackups", *MAKE_ROLE, "CreatePipe"]
    made = live(bench)
    stream = bench.client("dynamodb").describe_table(TableName="users")["Table"]["LatestStreamArn"]
    assert (made["Source"], made["Target"], made["CurrentState"]) == (stream, QUEUE, "RUNNING")
    assert made["SourceParameters"]["DynamoDBStreamParameters"]["StartingPosition"] == "LATEST"
    assert made["RoleArn"].endswith(f":role/{ROLE}")
    assert policy(bench)["SendToTarget"]["Action"] in ("sqs:SendMessage", ["sqs:SendMessage"])
    assert policy(bench)["ReadStream"]["Resource"] in (stream, [stream])
    trust = bench.client("iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    conditions = trust["Statement"][0]["Condition"]["StringEquals"]
    assert json.dumps(conditions).count(f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/orders") == 1
    plan = bench.apply(spec(pipe(batch_size=7, enabled=False)))
    assert calls(plan) == ["UpdatePipe"]
    changed = live(bench)
    assert changed["SourceParameters"]["DynamoDBStreamParameters"]["BatchSize"] == 7
    assert changed["CurrentState"] == "STOPPED"
    assert calls(bench.destroy()) == ["DeletePipe", "DeleteTable", "DeleteRolePolicy", "DeleteRole"]
    assert (names(bench), ROLE in roles(bench)) == ([], False)


def test_every_option_is_set_exported_and_taken_back(bench: Bench) -> None:
    bench.apply(spec(pipe(**EVERY_OPTION)))
    assert bench.exported()["pipes"] == [pipe(**EVERY_OPTION)]
    assert sorted(policy(bench)) == [
        *("Enrich", "FindStreams", "ReadStream", "SendDeadLetters", "SendToTarget", "UsePipeKey"),
    ]
    plan = bench.apply(spec(pipe(starting_position="TRIM_HORIZON")))
    assert calls(plan) == ["PutRolePolicy", "UpdatePipe"]
    assert sorted(policy(bench)) == ["FindStreams", "ReadStream", "SendToTarget"]
    left = live(bench)
    assert [member for member in ("Enrichment", "KmsKeyIdentifier") if member in left] == []
    assert "InputTemplate" not in left.get("TargetParameters", {})
    assert left["SourceParameters"]["FilterCriteria"]["Filters"] == []


@pytest.mark.parametrize(
    ("target", "options", "action"),
    [
        ("lambda:{}:function:one", {}, "lambda:InvokeFunction"),
        ("sqs:{}:one.fifo", {"message_group_id": "$.eventID"}, "sqs:SendMessage"),
        ("sns:{}:one", {}, "sns:Publish"),
        ("kinesis:{}:stream/one", {"partition_key": "$.eventID"}, "kinesis:PutRecords"),
        ("states:{}:stateMachine:one", {}, "states:StartExecution"),
        (
            "states:{}:stateMachine:one",
            {"invocation_type": "REQUEST_RESPONSE"},
            "states:StartSyncExecution",
        ),
        ("events:{}:event-bus/one", {}, "events:PutEvents"),
        ("events:{}:api-destination/one/2", {}, "events:InvokeApiDestination"),
        ("firehose:{}:deliverystream/one", {}, "firehose:PutRecordBatch"),
        ("logs:{}:log-group:one", {}, "logs:PutLogEvents"),
    ],
)
def test_each_type_of_target_gets_its_parameters_and_permission(
    bench: Bench, target: str, options: dict[str, Any], action: str
) -> None:
    arn = f"arn:aws:{target.format(f'{REGION}:{ACCOUNT}')}"
    wanted = pipe(target_arn=arn, **options)
    bench.apply(spec(wanted))
    assert action in policy(bench)["SendToTarget"]["Action"]
    exported = bench.exported()["pipes"][0]
    assert {name: exported[name] for name in wanted} == wanted


def test_another_type_of_target_changes_pipe_and_policy_in_place(bench: Bench) -> None:
    stream = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/copy"
    bench.apply(spec(pipe(target_arn=stream, partition_key="$.eventID")))
    assert calls(bench.apply(spec(pipe()))) == ["PutRolePolicy", "UpdatePipe"]
    assert live(bench)["Target"] == QUEUE


def test_a_pipe_is_replaced_when_its_stream_is_made_anew(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    plan = bench.apply(spec(pipe(), view_type="KEYS_ONLY"))
    assert calls(plan) == ["DeletePipe", "UpdateTable", "UpdateTable", "PutRolePolicy", "CreatePipe"]
    assert actions(plan)["users/pipe/orders"] == "replace"
    assert "DDB446" in [finding.code for finding in plan.warnings]
    made = live(bench)
    assert (
        made["Source"]
        == bench.client("dynamodb").describe_table(TableName="users")["Table"]["LatestStreamArn"]
    )
    assert made["SourceParameters"]["DynamoDBStreamParameters"]["StartingPosition"] == "TRIM_HORIZON"
    assert policy(bench)["ReadStream"]["Resource"] in (made["Source"], [made["Source"]])


def test_a_pipe_is_replaced_with_its_table(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    plan = bench.apply({**spec(pipe()), "hash_key": "key", "attributes": {"key": "S"}})
    assert calls(plan)[:3] == ["DeletePipe", "DeleteTable", "CreateTable"]
    assert live(bench)["SourceParameters"]["DynamoDBStreamParameters"]["StartingPosition"] == "LATEST"


def test_another_starting_position_is_a_replacement(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    plan = bench.apply(spec(pipe(starting_position="TRIM_HORIZON")))
    assert calls(plan) == ["DeletePipe", "CreatePipe"]


def test_pipe_and_stream_removed_in_one_edit_are_ordered(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    assert calls(bench.apply({})) == ["DeletePipe", "DeleteRolePolicy", "DeleteRole", "UpdateTable"]


def test_one_role_for_the_role_of_the_spec_and_back(bench: Bench) -> None:
    arn = make_role(bench, "mine")
    trust = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pipes.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ]
    }
    allowed = {"Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}]}
    iam = bench.client("iam")
    iam.update_assume_role_policy(
        RoleName="mine", PolicyDocument=json.dumps({"Version": "2012-10-17", **trust})
    )
    text = json.dumps({"Version": "2012-10-17", **allowed})
    iam.put_role_policy(RoleName="mine", PolicyName="all", PolicyDocument=text)
    assert calls(bench.apply(spec(pipe(role_arn=arn)))) == [
        "CreateTable",
        "UpdateContinuousBackups",
        "CreatePipe",
    ]
    assert bench.exported()["pipes"][0]["role_arn"] == arn
    assert calls(bench.apply(spec(pipe()))) == [*MAKE_ROLE, "UpdatePipe"]
    plan = bench.apply(spec(pipe(role_arn=arn)))
    assert sorted(calls(plan)) == ["DeleteRole", "DeleteRolePolicy", "UpdatePipe"]
    assert calls(bench.destroy()) == ["DeletePipe", "DeleteTable"]
    assert "mine" in roles(bench)


def test_a_missing_role_is_reported_when_planning(bench: Bench) -> None:
    with pytest.raises(PlanRefused, match="there is no role"):
        bench.plan(spec(pipe(role_arn=f"arn:aws:iam::{ACCOUNT}:role/nowhere")))


def test_a_role_with_policies_of_others_stays(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    bench.client("iam").put_role_policy(RoleName=ROLE, PolicyName="theirs", PolicyDocument=text)
    plan = bench.destroy()
    assert "DDB445" in [finding.code for finding in plan.warnings]
    assert ROLE in roles(bench)


def test_adopted_drifted_and_made_again(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    bench.forget()
    plan = bench.apply(spec(pipe()))
    assert actions(plan)["users/pipe/orders"] == "adopt"
    assert calls(plan) == []
    role = live(bench)["RoleArn"]
    bench.client("pipes").update_pipe(Name="orders", RoleArn=role, DesiredState="STOPPED")
    bench.server.advance(60)
    plan = bench.plan(spec(pipe()))
    assert [difference.path for drift in plan.drift for difference in drift.differences] == ["enabled"]
    assert calls(bench.apply(spec(pipe()))) == ["UpdatePipe"]
    bench.client("pipes").delete_pipe(Name="orders")
    assert calls(bench.plan(spec(pipe()))) == ["CreatePipe"]
    bench.apply(spec(pipe()))


def test_a_pipe_that_is_being_deleted_is_waited_for(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    bench.client("pipes").delete_pipe(Name="orders")
    bench.apply(spec(pipe()))
    assert names(bench) == ["orders"]


def test_pipes_of_others_are_shown_and_left_alone(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    made = live(bench)
    bench.client("pipes").create_pipe(
        Name="theirs",
        Source=made["Source"],
        Target=QUEUE,
        RoleArn=made["RoleArn"],
        SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "LATEST"}},
    )
    plan = bench.plan(spec(pipe()))
    assert plan.empty
    assert [entry.address for entry in plan.unmanaged] == ["users/pipe/theirs"]


def test_a_pipe_that_could_not_be_made_is_made_anew(bench: Bench) -> None:
    bench.server.faults.add(FaultRule("access_denied", operation="PutRolePolicy", times=1))
    bench.run(spec(pipe()))
    stream = bench.client("dynamodb").describe_table(TableName="users")["Table"]["LatestStreamArn"]
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"dynamodb:*","Resource":"*"}]}'
    bench.client("iam").put_role_policy(RoleName=ROLE, PolicyName="deny", PolicyDocument=text)
    _, outcome = bench.run(spec(pipe()))
    failure = outcome.failed["users/pipe/orders:CreatePipe"]
    assert f"Cannot access stream {stream}" in failure
    assert live(bench)["CurrentState"] == "CREATE_FAILED"
    bench.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="deny")
    plan = bench.apply(spec(pipe()))
    assert calls(plan) == ["DeletePipe", "CreatePipe"]
    assert live(bench)["CurrentState"] == "RUNNING"


def test_a_pipe_that_eventbridge_gave_up_is_reported(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"dynamodb:*","Resource":"*"}]}'
    bench.client("iam").put_role_policy(RoleName=ROLE, PolicyName="deny", PolicyDocument=text)
    bench.client("pipes").update_pipe(Name="orders", RoleArn=live(bench)["RoleArn"])
    bench.server.advance(60)
    finding = next(found for found in bench.plan(spec(pipe())).warnings if found.code == "DDB443")
    assert "UPDATE_FAILED" in finding.message
    assert "Cannot access stream" in finding.message


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
@pytest.mark.parametrize("api", ["CreateRole", "PutRolePolicy", "CreatePipe"])
def test_a_failure_half_way_converges(bench: Bench, effect: str, api: str) -> None:
    rule = bench.server.faults.add(FaultRule(effect, operation=api, times=7))
    bench.run(spec(pipe()))
    assert rule is None or rule
    bench.server.faults.clear()
    bench.apply(spec(pipe()))
    assert names(bench) == ["orders"]
    assert roles(bench).count(ROLE) == 1


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
@pytest.mark.parametrize("api", ["DeletePipe", "UpdateTable", "PutRolePolicy", "CreatePipe"])
def test_a_failure_on_the_way_to_the_new_stream_converges(bench: Bench, effect: str, api: str) -> None:
    bench.apply(spec(pipe()))
    bench.server.faults.add(FaultRule(effect, operation=api, times=7))
    wanted = spec(pipe(), view_type="KEYS_ONLY")
    bench.run(wanted)
    bench.server.faults.clear()
    bench.apply(wanted)
    table = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    assert live(bench)["Source"] == table["LatestStreamArn"]


def test_outputs_name_pipe_and_role(bench: Bench) -> None:
    bench.apply(spec(pipe()))
    record = bench.state.resources["users/pipe/orders"]
    assert record.arn == live(bench)["Arn"]
    assert record.properties["role_arn"] == live(bench)["RoleArn"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (pipe("no spaces"), "DDB433"),
        (pipe("x" * 65), "DDB433"),
        (pipe(target_arn="queue"), "DDB435"),
        (pipe(target_arn="arn:aws:dynamodb:eu-west-1:123456789012:table/users"), "DDB435"),
        (pipe(enrichment_arn=QUEUE), "DDB435"),
        (pipe(dead_letter_arn=f"{QUEUE}.fifo"), "DDB435"),
        (pipe(role_arn="mine"), "DDB435"),
        (pipe(kms_key_arn="alias/mine"), "DDB435"),
        (pipe(maximum_record_age_in_seconds=59), "DDB436"),
        (pipe(filters=[{}] * 6), "DDB437"),
        (pipe(filters=["{"]), "DDB438"),
        (pipe(filters=["[]"]), "DDB438"),
        (pipe(filters=[{"a": "x" * 4096}]), "DDB438"),
        (pipe(target_arn="arn:aws:kinesis:eu-west-1:123456789012:stream/s"), "DDB439"),
        (pipe(target_arn=f"{QUEUE}.fifo"), "DDB439"),
        (pipe(partition_key="k"), "DDB440"),
        (pipe(invocation_type="FIRE_AND_FORGET"), "DDB440"),
    ],
)
def test_bad_pipes(wanted: dict[str, Any], code: str) -> None:
    found = check([document_of({**BASE, **spec(wanted)})])
    assert [finding.code for finding in found if finding.severity == "error"] == [code]


def test_a_name_given_twice_and_a_missing_stream() -> None:
    found = check([document_of({**BASE, **spec(pipe(), pipe())})])
    assert "DDB432" in [finding.code for finding in found]
    found = check([document_of({**BASE, "pipes": [pipe()]})])
    assert "DDB434" in [finding.code for finding in found]
