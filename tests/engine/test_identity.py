"""Whose a state is: by which of its ARNs, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.aws.caller import Caller
from dynaops.aws.session import Aws
from dynaops.engine.state_account import WrongPlace, check_account, check_identity, owners, stamped
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.state import Record, State
from dynaops.sandbox import Sandbox, SandboxServer

OURS, THEIRS = "111111111111", "222222222222"
REGION = "eu-west-1"
OWN_ARNS = {
    "alarm": "arn:{p}:cloudwatch:eu-west-1:{a}:alarm:users-throttles",
    "autoscaling": "arn:{p}:application-autoscaling:eu-west-1:{a}:scalable-target/0123",
    "backup_plan": "arn:{p}:backup:eu-west-1:{a}:backup-plan:1-2",
    "backup_role": "arn:{p}:iam::{a}:role/dynaops-backup",
    "backup_vault": "arn:{p}:backup:eu-west-1:{a}:backup-vault:safe",
    "gsi": "arn:{p}:dynamodb:eu-west-1:{a}:table/users/index/by-a",
    "log_group": "arn:{p}:logs:eu-west-1:{a}:log-group:/dynaops/users",
    "pipe": "arn:{p}:pipes:eu-west-1:{a}:pipe/orders",
    "pipe_role": "arn:{p}:iam::{a}:role/dynaops-pipe-eu-west-1-orders",
    "policy": "arn:{p}:iam::{a}:policy/users-read",
    "replica": "arn:{p}:dynamodb:us-east-1:{a}:table/users",
    "table": "arn:{p}:dynamodb:eu-west-1:{a}:table/users",
    "vector_index": "arn:{p}:dynamodb:eu-west-1:{a}:table/users/index/near",
}
FOREIGN: dict[str, dict[str, Any]] = {
    "backup_plan": {
        "rules": {"daily": {"copy_to": [f"arn:aws:backup:us-east-1:{THEIRS}:backup-vault:away"]}}
    },
    "backup_selection": {"role_arn": f"arn:aws:iam::{THEIRS}:role/backup"},
    "trigger": {"function": f"arn:aws:lambda:eu-west-1:{THEIRS}:function:f"},
    "alarm": {"sns_topic_arns": [f"arn:aws:sns:eu-west-1:{THEIRS}:alerts"]},
    "policy": {"roles": [f"arn:aws:iam::{THEIRS}:role/reader"]},
    "pipe": {"target_arn": f"arn:aws:sqs:eu-west-1:{THEIRS}:orders"},
    "kinesis": {"stream_arn": f"arn:aws:kinesis:eu-west-1:{THEIRS}:stream/changes"},
    "global_table": {"source_arn": f"arn:aws:dynamodb:us-east-1:{THEIRS}:table/users"},
    "table": {"encryption": {"kms_key_arn": f"arn:aws:kms:eu-west-1:{THEIRS}:key/1"}},
    "log_group": {"kms_key_arn": f"arn:aws:kms:eu-west-1:{THEIRS}:key/1"},
}
"""What a resource of ours may name of another account."""


def state_of(kind: str, arn: str | None, **properties: object) -> State:
    record = Record(kind=kind, region=REGION, arn=arn, properties=properties, outputs={"other": FOREIGN_ARN})
    return State(lineage="l", serial=1, resources={"users": record})


FOREIGN_ARN = f"arn:aws:lambda:eu-west-1:{THEIRS}:function:f"


def test_each_kind_says_which_arn_is_its_own() -> None:
    assert {kind for kind, policy in PROPERTY_RULES.items() if policy.arn} == set(OWN_ARNS)


@pytest.mark.parametrize("kind", sorted(PROPERTY_RULES))
@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_only_a_kinds_own_arn_says_whose_it_is(kind: str, partition: str) -> None:
    properties = FOREIGN.get(kind, {})
    if kind in OWN_ARNS:
        arn = OWN_ARNS[kind].format(p=partition, a=OURS)
        assert owners(state_of(kind, arn, **properties)) == {(partition, OURS): ["users"]}
    assert owners(state_of(kind, None, **properties)) == {}
    if kind not in OWN_ARNS:
        assert owners(state_of(kind, FOREIGN_ARN, **properties)) == {}


def test_policies_of_aws_are_nobodys() -> None:
    assert owners(state_of("policy", "arn:aws:iam::aws:policy/ReadOnlyAccess")) == {}


@pytest.fixture
def other_account(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """AWS itself, by the credentials of account THEIRS."""
    sts = sandbox.client("sts")
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{THEIRS}:role/deploy", RoleSessionName="ci")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", role["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", role["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", role["SessionToken"])
    return Aws(REGION)


@pytest.mark.parametrize("kind", sorted(OWN_ARNS))
def test_a_state_of_another_account_is_refused(other_account: Aws, sandbox: Sandbox, kind: str) -> None:
    state = state_of(kind, OWN_ARNS[kind].format(p="aws", a=OURS))
    before = sandbox.requests.count
    with pytest.raises(WrongPlace) as refusal:
        check_identity(state, other_account, "s3://shop/state.json")
    assert {one.operation for one in sandbox.requests.since(before)} <= {"GetCallerIdentity"}
    for word in (OURS, THEIRS, "s3://shop/state.json"):
        assert word in refusal.value.message
    assert "--profile" in (refusal.value.hint or "")
    check_identity(state_of(kind, OWN_ARNS[kind].format(p="aws", a=THEIRS)), other_account)


def test_a_state_of_another_partition_is_refused(other_account: Aws) -> None:
    state = state_of("table", OWN_ARNS["table"].format(p="aws-cn", a=THEIRS))
    with pytest.raises(WrongPlace, match=r"of partition aws-cn.*of partition aws"):
        check_identity(state, other_account)


def test_what_is_recorded_counts_where_no_arn_does(other_account: Aws) -> None:
    state = state_of("ttl", None).model_copy(update={"account": OURS, "partition": "aws"})
    with pytest.raises(WrongPlace, match=f"belongs to account {OURS}"):
        check_identity(state, other_account)
    check_identity(state.model_copy(update={"account": THEIRS}), other_account)
    check_identity(state_of("ttl", None), other_account)


def test_a_state_of_two_accounts_is_of_neither(other_account: Aws) -> None:
    table = Record(kind="table", region=REGION, arn=OWN_ARNS["table"].format(p="aws", a=THEIRS))
    stray = Record(kind="table", region=REGION, arn=OWN_ARNS["table"].format(p="aws", a=OURS))
    state = State(lineage="l", serial=1, resources={"users": table, "orders": stray})
    with pytest.raises(WrongPlace, match=rf"{OURS} \(orders\)") as refusal:
        check_identity(state, other_account)
    assert "dynaops state rm" in (refusal.value.hint or "")


def test_a_state_that_owns_nothing_is_of_no_account(other_account: Aws, sandbox: Sandbox) -> None:
    before = sandbox.requests.count
    check_identity(State(lineage="l", account=OURS, partition="aws", origin="local"), other_account)
    assert sandbox.requests.count == before


def test_a_state_of_an_emulator_is_refused_before_anything_is_sent(
    other_account: Aws, sandbox: Sandbox
) -> None:
    state = state_of("table", OWN_ARNS["table"].format(p="aws", a=THEIRS))
    before = sandbox.requests.count
    with pytest.raises(WrongPlace, match="but the command is for the real AWS"):
        check_identity(state.model_copy(update={"origin": "local"}), other_account)
    assert sandbox.requests.count == before


def test_a_saved_state_says_whose_it_is(server: SandboxServer) -> None:
    caller = Aws(REGION, endpoint_url=server.url).caller()
    state = stamped(State.empty(), caller)
    assert (state.origin, state.account, state.partition) == ("local", "123456789012", "aws")
    assert state.world == f"sandbox {server.world.id}"


@given(
    st.dictionaries(
        st.sampled_from(sorted(PROPERTY_RULES)), st.sampled_from([OURS, THEIRS, None]), min_size=1
    ),
    st.sampled_from([None, OURS, THEIRS]),
)
def test_no_state_that_names_anothers_resource_passes(
    accounts: dict[str, str | None], recorded: str | None
) -> None:
    """Whatever else it names: one ARN of another account is enough, and without any the recorded account counts."""
    resources = {
        f"t/{kind}": Record(
            kind=kind,
            region=REGION,
            arn=OWN_ARNS[kind].format(p="aws", a=account) if account and kind in OWN_ARNS else None,
            properties=FOREIGN.get(kind, {}),
        )
        for kind, account in accounts.items()
    }
    state = State(lineage="l", serial=1, resources=resources, account=recorded)
    named = {account for kind, account in accounts.items() if account and kind in OWN_ARNS}
    foreign = THEIRS in named or (not named and recorded == THEIRS)
    assert _is_refused(state) == foreign


def _is_refused(state: State) -> bool:
    try:
        check_account(state, Caller("aws", OURS, "aws"))
    except WrongPlace:
        return True
    return False
