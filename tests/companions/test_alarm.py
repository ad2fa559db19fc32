"""CloudWatch alarms, through their whole life."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from dynaops.kinds.alarm.mapping import alarm_name
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.check import check
from dynaops.specs.load import document_of
from tests.companions.bench import BASE, Bench, actions, calls
from tests.companions.functions import make_function

TOPIC = "arn:aws:sns:eu-west-1:123456789012:oncall"
OTHER = "arn:aws:sns:eu-west-1:123456789012:office"
INDEXED: dict[str, Any] = {
    "attributes": {"id": "S", "a": "S"},
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
}
PROVISIONED: dict[str, Any] = {"billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 5}


def spec(**alarms: Any) -> dict[str, Any]:
    return {**INDEXED, "alarms": alarms}


def alarms(bench: Bench, region: str = "eu-west-1") -> dict[str, Any]:
    return {
        one["AlarmName"]: one
        for one in bench.client("cloudwatch", region).describe_alarms()["MetricAlarms"]
        if not one["AlarmName"].startswith("TargetTracking")
    }


def stats(alarm: dict[str, Any]) -> list[tuple[str, str, dict[str, str]]]:
    """What an alarm of several metrics looks at: name, statistic, dimensions."""
    found = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    return [
        (
            one["Metric"]["MetricName"],
            one["Stat"],
            {each["Name"]: each["Value"] for each in one["Metric"]["Dimensions"]},
        )
        for one in found
    ]


def test_life(bench: Bench) -> None:
    plan = bench.apply(spec(throttles=True, system_errors=3, sns_topic_arns=[TOPIC]))
    assert {one: what for one, what in actions(plan).items() if "/alarm/" in one} == {
        "users/alarm/system_errors": "create",
        "users/alarm/throttles": "create",
        "users/alarm/throttles/by-a": "create",
    }
    live = alarms(bench)
    assert sorted(live) == [
        "dynaops/users/system_errors",
        "dynaops/users/throttles",
        "dynaops/users/throttles/by-a",
    ]
    errors = live["dynaops/users/system_errors"]
    assert (errors["Threshold"], errors["EvaluationPeriods"]) == (3, 1)
    assert errors["AlarmActions"] == errors["OKActions"] == [TOPIC]
    assert len(stats(errors)) == 10

    plan = bench.apply(spec(throttles=True, system_errors={"threshold": 3, "evaluation_periods": 2}))
    assert sorted(calls(plan)) == ["PutMetricAlarm"] * 3
    live = alarms(bench)
    assert live["dynaops/users/system_errors"]["EvaluationPeriods"] == 2
    assert all(one.get("AlarmActions", []) == [] for one in live.values())

    plan = bench.apply(spec(throttles=True))
    assert calls(plan) == ["DeleteAlarms"]
    assert not plan.destructive
    assert sorted(alarms(bench)) == ["dynaops/users/throttles", "dynaops/users/throttles/by-a"]
    assert calls(bench.apply({**BASE, "alarms": {"throttles": True}})).count("DeleteAlarms") == 1
    assert sorted(alarms(bench)) == ["dynaops/users/throttles"]
    assert calls(bench.destroy()) == ["DeleteTable", "DeleteAlarms"]
    assert alarms(bench) == {}


def test_throttles_add_up_reads_and_writes_of_the_table_or_the_index(bench: Bench) -> None:
    bench.apply(spec(throttles=5))
    live = alarms(bench)
    here = {"TableName": "users"}
    there = {**here, "GlobalSecondaryIndexName": "by-a"}
    names = ("ReadThrottleEvents", "WriteThrottleEvents")
    assert stats(live["dynaops/users/throttles"]) == [(name, "Sum", here) for name in names]
    assert stats(live["dynaops/users/throttles/by-a"]) == [(name, "Sum", there) for name in names]
    (total,) = (one for one in live["dynaops/users/throttles"]["Metrics"] if one.get("Expression"))
    assert (total["Expression"], total["ReturnData"]) == ("FILL(m1,0)+FILL(m2,0)", True)
    assert live["dynaops/users/throttles"]["TreatMissingData"] == "notBreaching"
    assert live["dynaops/users/throttles"]["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_utilization_is_of_provisioned_capacity(bench: Bench) -> None:
    """A change to on-demand billing takes the alarms away, and back they come."""
    on = spec(capacity_utilization={"threshold": 90, "period": 60})
    bench.apply({**on, **PROVISIONED})
    live = alarms(bench)
    assert sorted(live) == ["dynaops/users/capacity_utilization", "dynaops/users/capacity_utilization/by-a"]
    assert [one[0] for one in stats(live["dynaops/users/capacity_utilization"])] == [
        *("ConsumedReadCapacityUnits", "ProvisionedReadCapacityUnits"),
        *("ConsumedWriteCapacityUnits", "ProvisionedWriteCapacityUnits"),
    ]
    assert live["dynaops/users/capacity_utilization"]["Threshold"] == 90
    bench.apply(on)
    assert alarms(bench) == {}


def test_latency_of_each_replica_and_age_of_each_trigger(bench: Bench) -> None:
    make_function(bench, "one")
    around = {"replicas": [{"region": "us-east-1"}], "lambda_triggers": [{"function": "one"}]}
    bench.apply({**around, "alarms": {"replication_latency": True, "iterator_age": 5000}})
    live = alarms(bench)
    latency = live["dynaops/users/replication_latency/us-east-1"]
    assert {one["Name"]: one["Value"] for one in latency["Dimensions"]} == {
        "TableName": "users",
        "ReceivingRegion": "us-east-1",
    }
    assert (latency["MetricName"], latency["Statistic"], latency["Period"]) == (
        "ReplicationLatency",
        "Average",
        60,
    )
    age = live["dynaops/users/iterator_age/one"]
    assert (age["Namespace"], age["MetricName"], age["Threshold"]) == ("AWS/Lambda", "IteratorAge", 5000)
    assert age["Dimensions"] == [{"Name": "FunctionName", "Value": "one"}]
    bench.apply({**around, "replicas": [], "alarms": {"replication_latency": True, "iterator_age": 5000}})
    assert list(alarms(bench)) == ["dynaops/users/iterator_age/one"]


def tags(bench: Bench, name: str, region: str = "eu-west-1") -> dict[str, str]:
    arn = alarms(bench, region)[name]["AlarmArn"]
    found = bench.client("cloudwatch", region).list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {one["Key"]: one["Value"] for one in found}


def test_each_region_has_alarms_of_its_own_that_tell_its_own_topics(bench: Bench) -> None:
    there = TOPIC.replace("eu-west-1", "us-east-1")
    replica = {"region": "us-east-1", "tags": {"where": "there"}}
    wanted = {
        **spec(throttles=True, replication_latency=True, sns_topic_arns=[TOPIC, there]),
        "tags": {"team": "one"},
        "replicas": [replica],
    }
    plan = bench.apply(wanted)
    assert {one for one in actions(plan) if "/replica/us-east-1/alarm/" in one} == {
        "users/replica/us-east-1/alarm/throttles",
        "users/replica/us-east-1/alarm/throttles/by-a",
    }
    assert sorted(alarms(bench, "us-east-1")) == ["dynaops/users/throttles", "dynaops/users/throttles/by-a"]
    assert alarms(bench, "us-east-1")["dynaops/users/throttles"]["AlarmActions"] == [there]
    assert alarms(bench)["dynaops/users/throttles"]["AlarmActions"] == [TOPIC]
    assert tags(bench, "dynaops/users/throttles", "us-east-1") == {"team": "one", "where": "there"}
    assert bench.exported()["alarms"]["sns_topic_arns"] == sorted([TOPIC, there])

    bench.client("cloudwatch", "us-east-1").delete_alarms(AlarmNames=["dynaops/users/throttles"])
    plan = bench.plan(wanted)
    assert [one.address for one in plan.drift] == ["users/replica/us-east-1/alarm/throttles"]
    assert [(one.api, one.region) for one in bench.apply(wanted).operations] == [
        ("PutMetricAlarm", "us-east-1")
    ]
    bench.apply({**wanted, "replicas": []})
    assert alarms(bench, "us-east-1") == {}
    assert "dynaops/users/throttles" in alarms(bench)


def test_alarms_have_the_tables_tags(bench: Bench) -> None:
    name = "dynaops/users/system_errors"
    wanted = {"alarms": {"system_errors": True}}
    bench.apply({**wanted, "tags": {"team": "one", "cost": "7"}})
    assert tags(bench, name) == {"team": "one", "cost": "7"}
    assert sorted(calls(bench.apply({**wanted, "tags": {"team": "two"}}))) == [
        *("TagResource", "TagResource", "UntagResource", "UntagResource")
    ]
    assert tags(bench, name) == {"team": "two"}
    arn = alarms(bench)[name]["AlarmArn"]
    bench.client("cloudwatch").tag_resource(ResourceARN=arn, Tags=[{"Key": "theirs", "Value": "x"}])
    assert calls(bench.apply({**wanted, "tags": {"team": "two"}})) == [], "what others tagged is theirs"
    both = bench.apply({"alarms": {"system_errors": 4}, "tags": {"team": "three"}})
    assert calls(both).count("PutMetricAlarm") == 1
    assert tags(bench, name) == {"team": "three", "theirs": "x"}


def test_drift_is_told_and_undone(bench: Bench) -> None:
    wanted = spec(throttles=True, sns_topic_arns=[TOPIC])
    bench.apply(wanted)
    cloudwatch = bench.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="dynaops/users/throttles",
        Namespace="AWS/DynamoDB",
        MetricName="ReadThrottleEvents",
        Dimensions=[{"Name": "TableName", "Value": "users"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=100,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[OTHER],
    )
    plan = bench.plan(wanted)
    (drift,) = plan.drift
    assert drift.address == "users/alarm/throttles"
    changed = {one.path for one in drift.differences}
    assert {"threshold", "watches", "goes_off", "topics"} <= changed
    assert calls(bench.apply(wanted)) == ["PutMetricAlarm"]
    assert alarms(bench)["dynaops/users/throttles"]["Threshold"] == 1
    cloudwatch.disable_alarm_actions(AlarmNames=["dynaops/users/throttles"])
    assert [one.path for one in bench.plan(wanted).drift[0].differences] == ["topics"]
    assert calls(bench.apply(wanted)) == ["PutMetricAlarm"]
    assert alarms(bench)["dynaops/users/throttles"]["ActionsEnabled"] is True
    cloudwatch.delete_alarms(AlarmNames=["dynaops/users/throttles/by-a"])
    assert calls(bench.apply(wanted)) == ["PutMetricAlarm"]
    assert len(alarms(bench)) == 2


def test_alarms_of_others_are_left_alone(bench: Bench) -> None:
    foreign = ("users-throttles", "dynaops/users/mine", "dynaops/users2/throttles")
    for name in foreign:
        bench.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/DynamoDB",
            MetricName="ReadThrottleEvents",
            Dimensions=[{"Name": "TableName", "Value": "users"}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    bench.apply(spec(throttles=True))
    assert "alarms" not in bench.exported() or set(bench.exported()["alarms"]) == {"throttles"}
    bench.destroy()
    assert sorted(alarms(bench)) == sorted(foreign)


def test_alarms_are_found_again_without_the_state_and_exported(bench: Bench) -> None:
    wanted = spec(throttles=True, system_errors={"threshold": 7, "period": 60}, sns_topic_arns=[OTHER, TOPIC])
    bench.apply(wanted)
    exported = bench.exported()
    assert exported["alarms"] == {
        "sns_topic_arns": sorted([OTHER, TOPIC]),
        "system_errors": {"threshold": 7, "period": 60},
        "throttles": True,
    }
    bench.forget()
    assert calls(bench.apply(exported)) == []
    bench.forget()
    bench.client("cloudwatch").delete_alarms(AlarmNames=["dynaops/users/throttles"])
    plan = bench.apply({**wanted, "alarms": {**wanted["alarms"], "system_errors": 8}})
    assert actions(plan)["users/alarm/system_errors"] == "adopt"
    assert calls(plan) == ["PutMetricAlarm"] * 2


def test_alarms_go_where_the_table_has_gone_before(bench: Bench) -> None:
    bench.apply(spec(throttles=True))
    bench.client("dynamodb").delete_table(TableName="users")
    bench.server.advance(60)
    bench.destroy()
    assert alarms(bench) == {}


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, effect: str) -> None:
    wanted = spec(throttles=True, system_errors=True)
    for api, specs in (("PutMetricAlarm", [wanted]), ("DeleteAlarms", [INDEXED])):
        bench.server.faults.add(FaultRule(effect, service="cloudwatch", operation=api, times=7))
        _, outcome = bench.run(*specs)
        assert not (effect == "access_denied" and outcome.complete)
        bench.server.faults.clear()
        bench.apply(*specs)
        assert len(alarms(bench)) == (3 if api == "PutMetricAlarm" else 0)


def test_long_names_are_cut_and_stay_apart() -> None:
    names = {alarm_name("t" * 255, f"throttles/{'i' * 200}{end}") for end in ("a", "b")}
    assert len(names) == 2
    assert all(len(name) <= 255 for name in names)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"sns_topic_arns": ["oncall"]}, "DDB491"),
        ({"sns_topic_arns": ["x:sns:y"]}, "DDB491"),
        ({"sns_topic_arns": [TOPIC.replace("eu-west-1", "us-east-1")]}, "DDB496"),
        ({"sns_topic_arns": [TOPIC], "throttles": True, "replica": True}, "DDB497"),
        ({"throttles": 0}, "DDB492"),
        ({"throttles": inf}, "DDB492"),
        ({"throttles": nan}, "DDB492"),
        ({"throttles": {"period": 90}}, "DDB493"),
        ({"throttles": {"period": 1800, "evaluation_periods": 49}}, "DDB494"),
        ({"throttles": {"period": 3600, "evaluation_periods": 169}}, "DDB494"),
        ({"throttles": {"period": 604800, "evaluation_periods": 2}}, "DDB494"),
        ({"capacity_utilization": {"period": 259200}}, "DDB494"),
        ({"capacity_utilization": True}, "DDB495"),
        ({"replication_latency": True}, "DDB495"),
        ({"iterator_age": True}, "DDB495"),
    ],
)
def test_what_cloudwatch_refuses_is_said_before(asked: dict[str, Any], code: str) -> None:
    replicas = [{"region": "us-east-1"}] if asked.pop("replica", False) else []
    found = check([document_of({**BASE, "region": "eu-west-1", "alarms": asked, "replicas": replicas})])
    assert code in [one.code for one in found]


@pytest.mark.parametrize(
    "asked",
    [
        {"sns_topic_arns": [TOPIC]},
        {"throttles": {"period": 3600, "evaluation_periods": 168}},
        {"throttles": {"period": 1800, "evaluation_periods": 48}},
        {"throttles": {"evaluation_periods": 288}},
        {"replication_latency": {"evaluation_periods": 1440}},
    ],
)
def test_what_cloudwatch_takes_is_no_error(asked: dict[str, Any]) -> None:
    found = check([document_of({**BASE, "region": "eu-west-1", "alarms": asked})])
    assert {one.code for one in found} <= {"DDB495"}, found
