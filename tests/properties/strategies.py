"""Random valid specs of one table, small pools of names so that edits collide in interesting ways."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Spec = dict[str, Any]
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
    return spec
