"""Answers of the AWS CLI for a table with everything around it: converted, they adopt that very table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dynaops.convert.formats import Options
from dynaops.convert.run import Conversion, convert
from tests.companions.bench import Bench
from tests.convert.converted import lost, spec_of
from tests.convert.test_adoption import ARN, adopts

SPEC: dict[str, Any] = {
    "table_name": "users",
    "attributes": {"id": "S", "a": "S", "b": "N"},
    "range_key": "b",
    "billing_mode": "PROVISIONED",
    "read_capacity": 5,
    "write_capacity": 5,
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
    "local_secondary_indexes": [{"name": "local", "range_key": "a", "projection": {"type": "KEYS_ONLY"}}],
    "autoscaling": {"read": {"min": 5, "max": 50}, "write": {"min": 5, "max": 50}, "indexes": "all"},
    "ttl": {"attribute": "gone"},
    "contributor_insights": {"enabled": True, "indexes": ["by-a"]},
    "point_in_time_recovery": {"recovery_period_days": 9},
    "encryption": False,
    "lambda_triggers": [{"function": "order-worker", "batch_size": 7}],
    "kinesis": {"stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"},
    "table_class": "STANDARD_INFREQUENT_ACCESS",
    "tags": {"team": "one"},
    "replicas": [{"region": "us-east-1", "propagate_tags": False}],
    "resource_policy": {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:role/reader"},
                "Action": "dynamodb:GetItem",
                "Resource": "${table_arn}",
            }
        ]
    },
}


def answers(bench: Bench) -> list[dict[str, Any]]:
    """What the AWS CLI says about the table, command by command."""
    dynamodb, name = bench.client("dynamodb"), {"TableName": "users"}
    scaling = bench.client("application-autoscaling")
    space = {"ServiceNamespace": "dynamodb"}
    return [
        dynamodb.describe_table(**name),
        dynamodb.describe_time_to_live(**name),
        dynamodb.describe_continuous_backups(**name),
        dynamodb.list_tags_of_resource(ResourceArn=f"{ARN}users"),
        dynamodb.describe_contributor_insights(**name),
        dynamodb.describe_contributor_insights(**name, IndexName="by-a"),
        dynamodb.describe_kinesis_streaming_destination(**name),
        dynamodb.get_resource_policy(ResourceArn=f"{ARN}users"),
        scaling.describe_scalable_targets(**space),
        scaling.describe_scaling_policies(**space),
        scaling.describe_scheduled_actions(**space),
        bench.client("lambda").list_event_source_mappings(),
    ]


def converted(folder: Path, *files: list[dict[str, Any]]) -> Conversion:
    paths = []
    for number, listed in enumerate(files):
        for one in listed:
            one.pop("ResponseMetadata", None)
        path = folder / f"answers-{number}.json"
        path.write_text("\n".join(json.dumps(one, default=str, indent=2) for one in listed))
        paths.append(str(path))
    return convert(paths, None, Options())


def test_all_answers_in_one_file(surroundings: Bench, tmp_path: Path) -> None:
    surroundings.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
    surroundings.apply(SPEC)
    surroundings.forget()
    made = converted(tmp_path, answers(surroundings))
    assert not made.lost
    adopts(surroundings, spec_of(made))


def test_the_table_alone(surroundings: Bench, tmp_path: Path) -> None:
    """What describe-table does not say is told; it is left as it is, or as a spec has it by default."""
    surroundings.apply({"ttl": {"attribute": "gone"}, "tags": {"a": "b"}})
    surroundings.forget()
    made = converted(tmp_path, answers_of_table(surroundings))
    assert [note.where.what for note in made.notes] == [
        "users.point-in-time recovery",
        "users.time to live",
        "users.tags",
    ]
    adopts(surroundings, spec_of(made))


def test_the_mark_of_the_state_that_owns_the_table_is_no_setting(surroundings: Bench, tmp_path: Path) -> None:
    surroundings.apply({"tags": {"a": "b"}})
    found = answers_of_table(surroundings)
    marked = [{"Key": "dynaops:state", "Value": "of-another"}, {"Key": "a", "Value": "b"}]
    made = converted(tmp_path, [*found, {"Tags": marked}])
    assert spec_of(made)["tags"] == {"a": "b"}
    (told,) = [note for note in made.notes if "dynaops:state" in note.where.what]
    assert "of-another" in told.why
    assert not told.lost


def answers_of_table(bench: Bench, name: str = "users") -> list[dict[str, Any]]:
    return [bench.client("dynamodb").describe_table(TableName=name)]


def test_an_answer_that_names_no_table(surroundings: Bench, tmp_path: Path) -> None:
    """It is the only table's, or that of its file; else nobody knows."""
    surroundings.apply({}, {"table_name": "orders"})
    tags: list[dict[str, Any]] = [{"Tags": [{"Key": "team", "Value": "one"}]}]
    one, two = answers_of_table(surroundings), answers_of_table(surroundings, "orders")
    assert converted(tmp_path, one, tags).specs[0].spec["tags"] == {"team": "one"}
    beside = converted(tmp_path, one + tags, two)
    assert [made.spec.get("tags") for made in beside.specs] == [{"team": "one"}, None]
    apart = converted(tmp_path, one, two, tags)
    assert lost(apart)["Tags"] == (
        "it does not say which table it is of: put it into the file of its describe-table"
    )


def described(name: str = "users", **more: Any) -> dict[str, Any]:
    """What DescribeTable answers about a small table on demand."""
    return {
        "TableName": name,
        "TableStatus": "ACTIVE",
        "TableArn": f"arn:aws:dynamodb:eu-west-1:123456789012:table/{name}",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "CreationDateTime": "2024-02-29T12:00:00.123000+01:00",
        **more,
    }


def remarks(made: Conversion) -> dict[str, str]:
    return {note.where.what: note.why for note in made.notes if not note.lost}


def test_the_region_of_an_emulator_is_dropped_with_a_word(tmp_path: Path) -> None:
    """DynamoDB Local's answer, as it is."""
    arn = "arn:aws:dynamodb:ddblocal:000000000000:table/users"
    made = converted(tmp_path, [{"Table": described(TableArn=arn, CreationDateTime=1709204400.5)}])
    spec = spec_of(made)
    assert "region" not in spec and "encryption" not in spec
    assert "ddblocal is no region of AWS" in remarks(made)["users.region"]
    assert "emulator" in str([note.why for note in made.lost])


def test_another_emulators_region_is_kept_and_told(tmp_path: Path) -> None:
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/users"
    made = converted(tmp_path, [{"Table": described(TableArn=arn)}])
    assert spec_of(made)["region"] == "us-east-1"
    assert "000000000000" in remarks(made)["users"]


def written(folder: Path, *documents: Any) -> list[str]:
    path = folder / "all.json"
    path.write_text("\n".join(json.dumps(one) for one in documents))
    return [str(path)]


def test_tables_are_found_in_whatever_wraps_them(tmp_path: Path) -> None:
    one, two, three, four = (described(name) for name in ("one", "two", "three", "four"))
    wrapped: list[Any] = [
        [{"Table": one, "ResponseMetadata": {"HTTPStatusCode": 200}}],
        {"two": {"Table": two}},
        {"Tables": [three]},
        four,
    ]
    for document in wrapped:
        assert convert(written(tmp_path, document), None, Options()).specs
    made = convert(written(tmp_path, *wrapped), None, Options())
    assert [spec.table for spec in made.specs] == ["one", "two", "three", "four"]


def test_what_is_no_answer_beside_answers_is_listed(tmp_path: Path) -> None:
    made = convert(written(tmp_path, {"Table": described()}, 7, ["x"], {"a": "b"}), None, Options())
    assert len(made.specs) == 1
    assert {"answer", "answer.a"} <= set(lost(made))


def test_states_other_than_active(tmp_path: Path) -> None:
    index = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    override = {"ReadCapacityUnits": 9}
    table = described(
        TableStatus="UPDATING",
        RestoreSummary={"RestoreInProgress": True, "RestoreDateTime": "2024-01-01"},
        GlobalSecondaryIndexes=[
            {"IndexName": "leaving", "IndexStatus": "DELETING", **index},
            {"IndexName": "coming", "IndexStatus": "CREATING", "Backfilling": True, **index},
        ],
        Replicas=[
            {"RegionName": "us-east-1", "ReplicaStatus": "CREATING"},
            {"RegionName": "us-east-2", "ReplicaStatus": "DELETING"},
            {"RegionName": "us-west-2", "ReplicaStatus": "ACTIVE", "ProvisionedThroughputOverride": override},
        ],
    )
    others = [
        described("gone", TableStatus="DELETING"),
        described("old", TableStatus="ARCHIVED", ArchivalSummary={"ArchivalReason": "x"}),
    ]
    made = converted(tmp_path, [{"Table": one} for one in (*others, table)])
    (one,) = made.specs
    assert [index["name"] for index in one.spec["global_secondary_indexes"]] == ["coming"]
    assert [replica["region"] for replica in one.spec["replicas"]] == ["us-east-1", "us-west-2"]
    told = {name.rpartition(".")[2]: why for name, why in lost(made).items()}
    assert told["gone"] == "the table is DELETING"
    assert told["old"] == "the table is ARCHIVED"
    assert told["GlobalSecondaryIndexes[0]"] == told["Replicas[1]"] == "it is DELETING"
    assert "ProvisionedThroughputOverride" in told
    said = " ".join(remarks(made).values())
    assert (
        "being restored" in said
        and "it is CREATING" in said
        and "the table is UPDATING" in " ".join(note.why for note in made.notes)
    )


def test_recovery_that_nobody_asked_about_is_listed(tmp_path: Path) -> None:
    """A spec has it on by default, and nobody knows whether the table has: `--strict` does not let that pass."""
    made = converted(tmp_path, [{"Table": described()}])
    assert "on, 35 days" in lost(made)["users.point-in-time recovery"]
    off = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}
    made = converted(tmp_path, [{"Table": described()}, {"ContinuousBackupsDescription": off}])
    assert spec_of(made)["point_in_time_recovery"] is False
    assert not made.lost
