"""Random valid specs of one table, small pools of names so that edits collide in interesting ways."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Spec = dict[str, Any]
NEVER = "cron(0 3 1 1 ? 2090)"
_ATTRIBUTES = ("a", "b", "c")
_INDEXES = ("by-one", "by-two", "by-three", "by-four")
_OTHERS = ("x", "y", "z")


def _projection() -> st.SearchStrategy[Spec]:
    included = st.lists(st.sampled_from(_OTHERS), min_size=1, max_size=3, unique=True)
    return st.one_of(
        st.sampled_from([{"type": "ALL"}, {"type": "KEYS_ONLY"}]),
        included.map(lambda names: {"type": "INCLUDE", "non_key_attributes": names}),
    )


@st.composite
def _index(draw: st.DrawFn, name: str, provisioned: bool) -> Spec:
    keys = draw(st.lists(st.sampled_from(_ATTRIBUTES), min_size=1, max_size=2, unique=True))
    found: Spec = {"name": name, "hash_key": keys[0], "projection": draw(_projection())}
    if len(keys) > 1:
        found["range_key"] = keys[1]
    if provisioned and draw(st.booleans()):
        found["read_capacity"] = draw(st.sampled_from([1, 5, 10]))
        found["write_capacity"] = draw(st.sampled_from([1, 5, 10]))
    if not provisioned:
        found.update(draw(_maxima()))
    return found


@st.composite
def _maxima(draw: st.DrawFn) -> Spec:
    members = draw(
        st.dictionaries(
            st.sampled_from(["max_read_request_units", "max_write_request_units"]),
            st.sampled_from([100, 200]),
        )
    )
    return {"on_demand_throughput": members} if members else {}


@st.composite
def _settings(draw: st.DrawFn) -> Spec:
    found: Spec = {}
    pools: dict[str, list[Any]] = {
        "stream": [None, {"view_type": "NEW_IMAGE"}, {"view_type": "NEW_AND_OLD_IMAGES"}],
        "ttl": [None, {"attribute": "expires"}, {"attribute": "gone"}],
        "table_class": [None, "STANDARD", "STANDARD_INFREQUENT_ACCESS"],
        "deletion_protection": [None, True, False],
        "encryption": [None, True, False],
        "point_in_time_recovery": [None, True, False, {"recovery_period_days": 7}],
        "tags": [None, {"team": "one"}, {"team": "two", "cost": "7"}, {"cost": "8"}],
    }
    for key, values in pools.items():
        value = draw(st.sampled_from(values))
        if value is not None:
            found[key] = value
    return found


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """A valid spec of the table ``things``, whose keys never change."""
    provisioned = draw(st.booleans())
    names = draw(st.lists(st.sampled_from(_INDEXES), max_size=3, unique=True))
    types = {name: draw(st.sampled_from(["S", "N"])) for name in _ATTRIBUTES}
    indexes = [draw(_index(name, provisioned)) for name in names]
    used = {index[key] for index in indexes for key in ("hash_key", "range_key") if key in index}
    spec: Spec = {
        "table_name": "things",
        "hash_key": "id",
        "attributes": {"id": "S", **{name: types[name] for name in sorted(used)}},
        **draw(_settings()),
    }
    if indexes:
        spec["global_secondary_indexes"] = indexes
    if provisioned:
        spec["billing_mode"] = "PROVISIONED"
        spec["read_capacity"] = draw(st.sampled_from([1, 5, 10]))
        spec["write_capacity"] = draw(st.sampled_from([1, 5, 10]))
    else:
        spec.update(draw(_maxima()))
    insights = draw(st.sampled_from([None, "table", "index"]))
    if insights:
        named = [indexes[0]["name"]] if insights == "index" and indexes else []
        spec["contributor_insights"] = {"enabled": True, "indexes": named}
    return {**spec, **draw(_around(spec))}


@st.composite
def _around(draw: st.DrawFn, spec: Spec) -> Spec:
    """Everything around the table that `spec` allows: about half of the kinds each time."""
    found: Spec = {}
    pools: dict[str, list[Any]] = {
        "log_group": [{"name": "/dynaops/things", "retention_days": 7}, {"name": "/dynaops/things"}],
        "kinesis": [
            {"stream_arn": stream_arn("s1")},
            {"stream_arn": stream_arn("s1"), "precision": "MICROSECOND"},
            {"stream_arn": stream_arn("s2")},
        ],
        "iam": [
            {"read_only": True, "write_only": {"attach_to_roles": ["r1"]}},
            {"read_only": {"attach_to_roles": ["r1", "r2"]}, "lambda_access": True},
            {
                "custom": [
                    {
                        "name": "mine",
                        "statements": [{"Action": "dynamodb:GetItem", "Resource": "${table_arn}"}],
                    }
                ]
            },
        ],
        # Schedules that never come, since the days of this sandbox fly by.
        "backup": [
            {"plan": {"rules": [{"name": "mine", "schedule": NEVER, "delete_after_days": 7}]}},
            {"plan": {"rules": [{"name": name, "schedule": NEVER} for name in ("mine", "other")]}},
            {
                "vault": {"name": "other"},
                "plan": {"name": "renamed", "rules": [{"name": "mine", "schedule": NEVER}]},
            },
        ],
        "alarms": [
            {"throttles": True, "system_errors": 5, "sns_topic_arns": [topic_arn("one")]},
            {"throttles": {"threshold": 10, "period": 60}, "capacity_utilization": True},
            {"replication_latency": True, "iterator_age": 90_000, "sns_topic_arns": [topic_arn("two")]},
        ],
        "resource_policy": [{"Statement": [allowed("GetItem")]}, {"Statement": [allowed("Query", "r2")]}],
        "vector_indexes": [
            [vector_index("by-meaning", 3, "COSINE")],
            [vector_index("by-meaning", 3, "EUCLIDEAN"), vector_index("by-sound", 3, "COSINE")],
        ],
        "items": [
            [{"id": "one", "n": 1}, {"id": "two", "tags": ["x"]}],
            [{"id": "one", "n": 2}, {"id": "three"}],
        ],
    }
    for key, values in pools.items():
        value = draw(st.sampled_from([None, None, *values]))
        if value is not None:
            found[key] = value
    if spec.get("stream", {}).get("view_type", "NEW_AND_OLD_IMAGES") == "NEW_AND_OLD_IMAGES":
        found.update(draw(_replicas()))
    found.update(draw(_triggers()))
    if spec.get("billing_mode") == "PROVISIONED" and (found.get("replicas") or draw(st.booleans())):
        found["autoscaling"] = draw(_scaling(bool(found.get("replicas"))))
    return found


@st.composite
def _triggers(draw: st.DrawFn) -> Spec:
    names = draw(st.lists(st.sampled_from(["f1", "f2"]), max_size=2, unique=True))
    options: list[Spec] = [
        {},
        {"batch_size": 5},
        {"filter_patterns": ['{"eventName": ["INSERT"]}'], "enabled": False},
    ]
    triggers = [{"function": name, **draw(st.sampled_from(options))} for name in sorted(names)]
    return {"lambda_triggers": triggers} if triggers else {}


@st.composite
def _replicas(draw: st.DrawFn) -> Spec:
    regions = draw(
        st.sampled_from([[], [], ["us-west-2"], ["ap-southeast-2"], ["us-west-2", "ap-southeast-2"]])
    )
    options: list[Spec] = [
        {},
        {"point_in_time_recovery": True, "tags": {"here": "1"}},
        {"deletion_protection": True, "propagate_tags": False},
    ]
    replicas = [{"region": region, **draw(st.sampled_from(options))} for region in regions]
    return {"replicas": replicas} if replicas else {}


@st.composite
def _scaling(draw: st.DrawFn, replicated: bool) -> Spec:
    sides: list[Spec] = [
        {"min": 1, "max": 20},
        {"min": 1, "max": 40, "target_utilization": 50, "scale_in_cooldown": 30},
        {"min": 1, "max": 20, "schedules": [{"name": "night", "schedule": "cron(0 22 * * ? *)", "max": 5}]},
    ]
    found: Spec = {"write": draw(st.sampled_from(sides))}
    if draw(st.booleans()):
        found["read"] = draw(st.sampled_from(sides))
    if replicated or draw(st.booleans()):
        found["indexes"] = "all"
    return found


def allowed(action: str, role: str = "r1") -> Spec:
    """A statement that lets one of the roles of `make_surroundings` do something to the table."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::123456789012:role/{role}"},
        "Action": f"dynamodb:{action}",
        "Resource": "${table_arn}",
    }


def vector_index(name: str, dimensions: int, distance: str) -> Spec:
    """A vector index on an attribute that is no key."""
    return {"name": name, "attribute": "v", "dimensions": dimensions, "distance": distance}


def topic_arn(name: str) -> str:
    """The ARN of an SNS topic."""
    return f"arn:aws:sns:eu-west-1:123456789012:{name}"


def stream_arn(name: str) -> str:
    """The ARN of one of the Kinesis streams that `make_surroundings` makes."""
    return f"arn:aws:kinesis:eu-west-1:123456789012:stream/{name}"
