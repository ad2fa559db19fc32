"""Records that are no records: refused with their place when a state is read, or harmless to all that reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dynaops.engine.graph import of_state
from dynaops.engine.outputs import of as outputs_of
from dynaops.engine.ownership_mark import claim_of
from dynaops.engine.plan import PlanOptions, plan_table
from dynaops.engine.recover_intents import recovered
from dynaops.engine.state_check import faults_of
from dynaops.engine.state_effects import apply_effects
from dynaops.engine.table_diff import agreed
from dynaops.engine.table_inputs import as_recorded, known_of
from dynaops.engine.table_scopes import RunTarget, scope_of
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.change import Difference
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Effect
from dynaops.model.recorded import Recorded
from dynaops.model.resource import Resource
from dynaops.model.state import Intent, State
from dynaops.specs.load import document_of
from dynaops.stores import format as form
from dynaops.stores.base import StateUnreadable
from tests.engine.whole_state import SPEC, everything, places, replaced, whole_state

NOW = 1_800_000_000.0
WHOLE: dict[str, Any] = json.loads(form.dumps(whole_state()))
WRONG: tuple[Any, ...] = (
    *(None, True, -7, 1.5, 10**40, 1e300, "", "x\ny", "\x1b[2J", [], [[]], {}, {"x": None}),
    *([None], [{}], {"": {}}, "arn:aws:dynamodb:eu-west-1:123456789012:table/other"),
)
FIRST = {record["kind"]: address for address, record in reversed(WHOLE["resources"].items())}
SMALL: dict[str, Any] = {
    **WHOLE,
    "resources": {address: one for address, one in WHOLE["resources"].items() if address in FIRST.values()},
}
"""One record of each kind."""
PLACES = [path for path in places(SMALL["resources"]) if len(path) > 1 and "Statement" not in path[:-1]]
LIVE = everything()
TABLE = document_of(SPEC).spec


def read(data: Any) -> State:
    return form.loads(json.dumps(data).encode(), "state.json", faults_of)


def refusal(data: Any) -> str:
    with pytest.raises(StateUnreadable) as caught:
        read(data)
    assert "fault in dynaops" not in str(caught.value)
    return str(caught.value)


def used(state: State) -> None:
    """All that reads a state: each must end, or end in words."""
    addresses = sorted(state.resources)
    try:
        of_state(state)
        outputs_of(state)
        scope = scope_of(state, "users", "eu-west-1")
        known_of(RunTarget(scope, TABLE), state)
        recovered(state, LIVE, {"users"}, NOW, claim_of(state, None))
        plan_table(RunTarget(scope, TABLE), state, LIVE, None, PlanOptions(), NOW)
        plan_table(RunTarget(scope), state, as_recorded(scope, state), None, PlanOptions(destroy=True), NOW)
    except DynaopsError:
        assert addresses


def test_what_applies_leave_is_read() -> None:
    state = read(WHOLE)
    assert state == whole_state()
    used(state)


def test_every_kind_says_what_its_records_are() -> None:
    for kind, policy in PROPERTY_RULES.items():
        assert policy.recorded is not Recorded, kind
        assert policy.address or kind == "table", kind


@pytest.mark.parametrize("path", PLACES, ids=lambda path: " > ".join(map(str, path)))
def test_a_member_of_another_type_is_refused_with_its_place_or_harmless(path: tuple[Any, ...]) -> None:
    begin = PLACES.index(path) % len(WRONG)
    unlike = [*WRONG[begin:], *WRONG[:begin]][:4]
    accepted = 0
    for value in (..., *unlike):
        try:
            state = read(replaced(SMALL, ("resources", *path), value))
        except StateUnreadable as error:
            assert path[0] in str(error) and "state.json" in str(error), value
            assert "\n" not in str(error) and "\x1b" not in str(error)
        else:
            accepted += 1
            if accepted < 3:
                used(state)


@pytest.mark.parametrize("kind", PROPERTY_RULES)
def test_a_property_that_nobody_knows_and_one_of_a_wrong_type_are_named(kind: str) -> None:
    address, record = next((a, r) for a, r in WHOLE["resources"].items() if r["kind"] == kind)
    at = ("resources", address, "properties", "nonsense")
    assert f"resources > {address} > properties > nonsense is unknown" in refusal(replaced(WHOLE, at, 1))
    for name in record["properties"]:
        words = refusal(replaced(WHOLE, ("resources", address, "properties", name), [[1.5]]))
        assert f"resources > {address} > properties" in words


@pytest.mark.parametrize(
    ("address", "member", "value", "words"),
    [
        ("users", "arn", "arn:aws:iam::123456789012:policy/x", "is not the ARN of a table"),
        ("users", "arn", "users", "is not the ARN of a table"),
        ("users", "arn", "arn:aws:dynamodb:us-east-1:123456789012:table/users", "is not in eu-west-1"),
        ("users", "id", "../..", "is not the id of a table"),
        ("users", "region", "Mars", "is not the name of a region"),
        ("users/ttl", "region", "us-east-1", "its table is in eu-west-1"),
        ("users/replica/us-east-1", "region", "eu-central-1", "the address says us-east-1"),
        (
            "users/iam/read_only",
            "arn",
            "arn:aws:iam::123456789012:role/admin",
            "is not the ARN of a IAM policy",
        ),
        ("users/trigger/one", "id", "one", "is not the id of a Lambda trigger"),
        ("users/ttl", "kind", "gsi", "this is not the address of a global secondary index"),
        ("users", "kind", "ttl", "this is not the address of a time to live"),
        ("users", "stamps", {"ttl": [1e300]}, "this is not a time"),
        ("users", "outputs", {"stream_arn": 5}, "this is not a text"),
    ],
)
def test_identities_and_places_are_those_of_the_kind(
    address: str, member: str, value: Any, words: str
) -> None:
    assert words in refusal(replaced(WHOLE, ("resources", address, member), value))


@pytest.mark.parametrize(
    "address",
    [
        "users/gsi",
        "users/gsi/",
        "/users",
        "users/",
        "",
        "users//ttl",
        "users/ttl/x",
        "users/autoscaling",
        "a\nb/ttl",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    kind = {"users/ttl": "ttl"}.get(address, "gsi" if "gsi" in address else "autoscaling")
    data = replaced(WHOLE, ("resources", address), {"kind": kind, "region": "eu-west-1"})
    assert "this is not the address of" in refusal(data)


def test_a_kind_of_a_newer_version_is_told_with_the_way_out() -> None:
    with pytest.raises(StateUnreadable) as caught:
        read(replaced(WHOLE, ("resources", "users/quantum"), {"kind": "quantum", "region": "eu-west-1"}))
    assert "users/quantum > kind: 'quantum' is no kind of resource that this dynaops knows" in str(
        caught.value
    )
    assert "pip install --upgrade" in (caught.value.hint or "")


EFFECT: dict[str, Any] = {
    "address": "users/ttl",
    "kind": "ttl",
    "region": "eu-west-1",
    "set": {"enabled": True, "attribute": "gone"},
}


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ({"kind": "quantum"}, "'quantum' is no kind"),
        ({"address": "users"}, "this is not the address of a time to live"),
        ({"set": {"enabled": "yes"}}, "properties > enabled"),
        ({"set": {"enabled.x": True}}, "properties > enabled"),
        ({"set": {"enabled": True, "enabled.x": True}}, "a member is set of something that has none"),
        ({"set": {"nonsense": 1}}, "nonsense is unknown"),
    ],
)
def test_an_interrupted_operation_is_checked_as_the_records_are(effect: dict[str, Any], words: str) -> None:
    intent = {"operation": "1", "api": "UpdateTimeToLive", "address": "users/ttl", "at": 1.0}
    read({**WHOLE, "in_flight": {"1": {**intent, "effects": [EFFECT]}}})
    data = {**WHOLE, "in_flight": {"1": {**intent, "effects": [{**EFFECT, **effect}]}}}
    assert words in refusal(data)


def test_a_reference_to_what_is_not_made_yet_is_no_fault_of_an_interrupted_operation() -> None:
    effect = Effect(
        address="users/trigger/one",
        kind="trigger",
        region="eu-west-1",
        set={"function": "one", "stream": "${ref:users/stream_arn}"},
    )
    intent = Intent(
        operation="1", api="CreateEventSourceMapping", address=effect.address, effects=(effect,), at=1.0
    )
    state = whole_state().model_copy(update={"in_flight": {"1": intent}})
    assert read(json.loads(form.dumps(state))) == state


def test_another_table_found_in_place_of_the_one_in_flight_is_not_taken_for_ours() -> None:
    """A record without its keys could not be read again."""
    wanted = {**everything()["users"].properties, "hash_key": "other"}
    effect = Effect(address="users", kind="table", region="eu-west-1", set=wanted)
    intent = Intent(operation="1", api="CreateTable", address="users", effects=(effect,), at=1.0)
    state = State(lineage="b7d6", in_flight={"1": intent})
    settled, effects = recovered(state, everything(), {"users"}, NOW, claim_of(state, None))
    assert effects == () and "users" not in settled.resources


@pytest.mark.parametrize("kind", PROPERTY_RULES)
def test_what_an_adoption_records_before_its_changes_can_be_read_again(kind: str) -> None:
    """Adoption records at once what agrees, and what differs only when its call was made: a crash may lie between."""
    address = FIRST[kind]
    live = LIVE[address]
    unlike = {name for name in live.properties if name not in PROPERTY_RULES[kind].immutable}
    for differing in (set(), unlike):
        desired = Resource(
            address, kind, live.region, {**live.properties, **dict.fromkeys(differing, "other")}
        )
        entry = AddressDiff(address, kind, live.region, desired=desired, live=live)
        changes = tuple(Difference(path=name, before=1, after=2) for name in sorted(differing))
        effect = agreed(entry, desired, live, changes)
        assert effect is not None
        named = {name for name in ("name", "table_name") if name in live.properties}
        kept = effect.model_copy(update={"set": {**effect.set, **{n: live.properties[n] for n in named}}})
        state = apply_effects(State(lineage="b7d6"), [kept], {}, NOW)
        assert not list(faults_of(state)), differing
