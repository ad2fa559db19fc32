"""Whose a state is: which account, partition and endpoint its resources belong to, checked before anything is read.

A state names resources of one place. Used with the credentials of another, it would find nothing, make everything anew
there and be written over, while what it named lives on and is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.aws.caller import LOCAL, Caller
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.arns import parse
from dynaops.model.errors import DynaopsError
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_DUMMY = "000000000000"
"""The account in ARNs of emulators that have no accounts."""
_ORIGINS = {"aws": "the real AWS", LOCAL: "a sandbox or another endpoint of this machine"}
_OTHER_STATE = "use that one's own state (--state, DYNAOPS_STATE)"


class WrongPlace(DynaopsError):
    """The state belongs to another account, partition or endpoint than the caller's. Nothing was changed."""


def check_identity(state: State, aws: Aws, location: str = "") -> None:
    """Raise WrongPlace where the state's resources are not of the caller's account, partition and endpoint.

    `location` is the state's place, for the message. A state that owns nothing is of no account. No more is sent than
    GetCallerIdentity; only for a state of another port of this machine it is asked which of its tables are there.
    """
    if not (state.resources or state.in_flight):
        return
    check_origin(state, aws, location)
    caller = aws.caller(_region_of(state))
    check_account(state, caller, location)
    if caller.origin == LOCAL:
        _check_world(state, caller, aws, location)


def check_origin(state: State, aws: Aws, location: str = "") -> None:
    """Raise WrongPlace where a state of the real AWS meets an emulator, or the other way round. Sends nothing."""
    if state.resources and state.origin and state.origin != aws.origin:
        made, now = (_ORIGINS.get(one, one) for one in (state.origin, aws.origin))
        raise WrongPlace(
            f"{_named(location)} was made on {made}, but the command is for {now}",
            "Use another state with --state, or the same --sandbox or --endpoint-url as before.",
        )


def is_live(state: State, aws: Aws) -> bool:
    """Whether the state is surely of the endpoint: of that sandbox by its id, or by a recorded table that is there."""
    return state.origin == aws.origin and (
        state.world == aws.caller(_region_of(state)).world or _live_tables(state, aws)[0]
    )


def stamped(state: State, caller: Caller) -> State:
    """The state with the place of its resources, as it is to be saved."""
    return state.model_copy(
        update={
            "origin": caller.origin,
            "account": caller.account,
            "partition": caller.partition,
            "world": caller.world,
        }
    )


def owners(state: State) -> dict[tuple[str, str], list[str]]:
    """The (partition, account) pairs of the state's own resources, each with its addresses.

    A record's ARN counts where its kind has ARNs of its own (`Policy.arn`). Functions, roles and topics that others
    own, vaults that copies go to and sources of migrations stand in properties only, which say nothing of ownership.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for address, record in sorted(state.resources.items()):
        policy = PROPERTY_RULES.get(record.kind)
        named = parse(record.arn)
        if policy is not None and policy.arn and named and named.account.isdecimal():
            found.setdefault((named.partition, named.account), []).append(address)
    return found


def account_of(state: State) -> tuple[str, str] | None:
    """The (partition, account) of a state's resources, as far as it says so; the first where there are several."""
    if state.account:
        return (state.partition or "aws", state.account)
    return next(iter(owners(state)), None)


def whose(regions: Iterable[str], state: State, aws: Aws, refresh: bool) -> dict[str, Any]:
    """The account, partition and regions of a plan. Without a look at AWS, the account is what the state says."""
    known = tuple(sorted(regions))
    if refresh:
        caller = aws.caller(known[0] if known else None)
        return {"account": caller.account, "partition": caller.partition, "regions": known}
    partition, account = account_of(state) or (None, None)
    return {"account": account, "partition": partition, "regions": known}


def check_account(state: State, caller: Caller, location: str = "") -> None:
    """Raise WrongPlace where the state's own resources are of another account or partition than the caller's."""
    known = owners(state)
    if state.account and not known:
        known = {(state.partition or "", state.account): []}
    if caller.account is None:
        if caller.origin != LOCAL and any(account != _DUMMY for _, account in known):
            told = ", ".join(account for _, account in known)
            raise WrongPlace(
                f"{_named(location)} belongs to account {told}, and the endpoint {caller.origin} does not say which "
                "account it is",
                "Use an endpoint that answers GetCallerIdentity of STS.",
            )
        return
    others = {
        place: addresses
        for place, addresses in known.items()
        if place[1] != caller.account or (place[0] and caller.partition and place[0] != caller.partition)
    }
    if not others or (caller.origin != "aws" and state.account == caller.account):
        return  # an emulator's ARNs need not agree with its STS
    (partition, account), addresses = next(iter(others.items()))
    there = f"account {account}{_in(partition, caller)}"
    here = f"account {caller.account}{_in(caller.partition, caller, partition)}"
    if len(others) < len(known):
        raise WrongPlace(
            f"{_named(location)} names resources of {there} ({_some(addresses)}) beside those of {here}",
            "A state is of one account. Forget those that are not this one's with `dynaops state rm "
            f"--keep-mark ADDRESS` (AWS is not touched), or {_OTHER_STATE}.",
        )
    raise WrongPlace(
        f"{_named(location)} belongs to {there}{_such_as(addresses)}, but the credentials are those of {here}: "
        "nothing was read there, and nothing was changed",
        f"Use the credentials of account {account} (--profile, AWS_PROFILE), or, for account {caller.account}, "
        f"{_OTHER_STATE}. `dynaops whoami` tells whose credentials are used.",
    )


def _check_world(state: State, caller: Caller, aws: Aws, location: str) -> None:
    """Raise WrongPlace where the state is of another sandbox or emulator of this machine.

    Sandboxes have ids. Other emulators are known by their port, and by the TableIds of the recorded tables: where none
    of these is there at another port, it is another world. At the same port, tables that are gone or made anew are
    drift, as on AWS.
    """
    if state.world == caller.world or (state.world is None and caller.world is None):
        return
    both = state.world is not None and state.world.startswith("sandbox ") and caller.is_sandbox
    if not both:
        same, other = _live_tables(state, aws)
        if same or (state.world is None and not other):
            return
    made = f"on the {state.world}" if state.world else "elsewhere"
    raise WrongPlace(
        f"{_named(location)} was made {made} of this machine, but the command is for the {caller.world}, where none of "
        "its tables is: nothing was changed",
        "Use the same --sandbox or --endpoint-url as before, or another state with --state. Where what it was made on "
        "is gone for good, so is what it names: begin with a new state.",
    )


def _live_tables(state: State, aws: Aws) -> tuple[bool, bool]:
    """Whether any recorded table is there by its TableId; whether any is there that has its name and another id."""
    same = other = False
    for record in state.resources.values():
        if record.kind != "table":
            continue
        name = str(record.properties.get("table_name") or "")
        answer = aws.read("dynamodb", "DescribeTable", record.region, {"TableName": name}) if name else None
        if answer is not None:
            is_same = record.id is None or answer["Table"].get("TableId") == record.id
            same, other = same or is_same, other or not is_same
    return same, other


def _region_of(state: State) -> str | None:
    return next((record.region for record in state.resources.values()), None)


def _in(partition: str | None, caller: Caller, other: str | None = None) -> str:
    """The partition, where it is what differs."""
    differs = partition and partition != (other if other is not None else caller.partition)
    return f" of partition {partition}" if differs else ""


def _named(location: str) -> str:
    return f"The state {location}" if location else "This state"


def _such_as(addresses: Sequence[str]) -> str:
    return f" ({_some(addresses)})" if addresses else ""


def _some(addresses: Sequence[str]) -> str:
    if len(addresses) == 1:
        return addresses[0]
    return f"{len(addresses)} resources, such as {addresses[0]}"
