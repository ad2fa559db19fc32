"""Check that a state belongs to the caller's account, partition and endpoint, before anything is read.

All resources of a state are in one account. With the credentials of another account, a plan would find nothing, create
everything again and overwrite the state, and the old resources would belong to no state.
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
    """Raise WrongPlace unless the state's resources are of the caller's account, partition and endpoint.

    `location` is the state's location, for the message. A state without resources belongs to no account. Only
    GetCallerIdentity is called; for a state of another local port, DescribeTable too.
    """
    if not (state.resources or state.in_flight):
        return
    check_origin(state, aws, location)
    caller = aws.caller(_region_of(state))
    check_account(state, caller, location)
    if caller.origin == LOCAL:
        _check_world(state, caller, aws, location)


def check_origin(state: State, aws: Aws, location: str = "") -> None:
    """Raise WrongPlace if a state of the real AWS is used with an emulator, or the other way round. Calls nothing."""
    if state.resources and state.origin and state.origin != aws.origin:
        made, now = (_ORIGINS.get(origin, origin) for origin in (state.origin, aws.origin))
        raise WrongPlace(
            f"{_name_of(location)} was made on {made}, but the command is for {now}",
            "Use another state with --state, or the same --sandbox or --endpoint-url as before.",
        )


def is_live(state: State, aws: Aws) -> bool:
    """Whether the state certainly belongs to the endpoint: by the sandbox's id, or by a recorded table in it."""
    return state.origin == aws.origin and (
        state.world == aws.caller(_region_of(state)).world or _live_tables(state, aws)[0]
    )


def stamped(state: State, caller: Caller) -> State:
    """The state with the caller's account, partition and endpoint recorded."""
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

    A record's ARN counts if its kind has ARNs of its own (`PropertyRules.arn`). Functions, roles and topics of others,
    vaults for copies and sources of migrations are in properties only, which say nothing about ownership.
    """
    by_account: dict[tuple[str, str], list[str]] = {}
    for address, record in sorted(state.resources.items()):
        rules = PROPERTY_RULES.get(record.kind)
        arn = parse(record.arn)
        if rules is not None and rules.arn and arn and arn.account.isdecimal():
            by_account.setdefault((arn.partition, arn.account), []).append(address)
    return by_account


def account_of(state: State) -> tuple[str, str] | None:
    """The (partition, account) of a state's resources, the first if there are several; None if the state has none."""
    if state.account:
        return (state.partition or "aws", state.account)
    return next(iter(owners(state)), None)


def whose(regions: Iterable[str], state: State, aws: Aws, refresh: bool) -> dict[str, Any]:
    """The account, partition and regions of a plan. Without `refresh`, the account is that of the state."""
    known = tuple(sorted(regions))
    if refresh:
        caller = aws.caller(known[0] if known else None)
        return {"account": caller.account, "partition": caller.partition, "regions": known}
    partition, account = account_of(state) or (None, None)
    return {"account": account, "partition": partition, "regions": known}


def check_account(state: State, caller: Caller, location: str = "") -> None:
    """Raise WrongPlace if the state's own resources are in another account or partition than the caller's."""
    known = owners(state)
    if state.account and not known:
        known = {(state.partition or "", state.account): []}
    if caller.account is None:
        if caller.origin != LOCAL and any(account != _DUMMY for _, account in known):
            accounts = ", ".join(account for _, account in known)
            raise WrongPlace(
                f"{_name_of(location)} belongs to account {accounts}, and the endpoint {caller.origin} does not say "
                "which account it is",
                "Use an endpoint that answers GetCallerIdentity of STS.",
            )
        return
    others = {
        owner: addresses
        for owner, addresses in known.items()
        if owner[1] != caller.account or (owner[0] and caller.partition and owner[0] != caller.partition)
    }
    if not others or (caller.origin != "aws" and state.account == caller.account):
        return  # an emulator's ARNs need not agree with its STS
    (partition, account), addresses = next(iter(others.items()))
    state_account = f"account {account}{_in(partition, caller)}"
    caller_account = f"account {caller.account}{_in(caller.partition, caller, partition)}"
    if len(others) < len(known):
        raise WrongPlace(
            f"{_name_of(location)} names resources of {state_account} ({_some(addresses)}) beside those of "
            f"{caller_account}",
            "A state is of one account. Forget those that are not this one's with `dynaops state rm "
            f"--keep-mark ADDRESS` (AWS is not touched), or {_OTHER_STATE}.",
        )
    raise WrongPlace(
        f"{_name_of(location)} belongs to {state_account}{_such_as(addresses)}, but the credentials are those of "
        f"{caller_account}: nothing was read there, and nothing was changed",
        f"Use the credentials of account {account} (--profile, AWS_PROFILE), or, for account {caller.account}, "
        f"{_OTHER_STATE}. `dynaops whoami` tells whose credentials are used.",
    )


def _check_world(state: State, caller: Caller, aws: Aws, location: str) -> None:
    """Raise WrongPlace if the state belongs to another sandbox or emulator on this machine.

    Sandboxes have ids. Other emulators are identified by their port and by the TableIds of the recorded tables: if none
    of these tables is at another port, it is another emulator. At the same port, tables that are missing or were
    created again are drift, as on AWS.
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
        f"{_name_of(location)} was made {made} of this machine, but the command is for the {caller.world}, where none "
        "of its tables is: nothing was changed",
        "Use the same --sandbox or --endpoint-url as before, or another state with --state. Where what it was made on "
        "is gone for good, so is what it names: begin with a new state.",
    )


def _live_tables(state: State, aws: Aws) -> tuple[bool, bool]:
    """(whether a recorded table exists with its TableId, whether one exists with its name and another TableId)."""
    same = other = False
    for record in state.resources.values():
        if record.kind != "table":
            continue
        name = str(record.properties.get("table_name") or "")
        response = aws.read("dynamodb", "DescribeTable", record.region, {"TableName": name}) if name else None
        if response is not None:
            is_same = record.id is None or response["Table"].get("TableId") == record.id
            same, other = same or is_same, other or not is_same
    return same, other


def _region_of(state: State) -> str | None:
    return next((record.region for record in state.resources.values()), None)


def _in(partition: str | None, caller: Caller, other: str | None = None) -> str:
    """A phrase with the partition, if the partitions differ."""
    differs = partition and partition != (other if other is not None else caller.partition)
    return f" of partition {partition}" if differs else ""


def _name_of(location: str) -> str:
    return f"The state {location}" if location else "This state"


def _such_as(addresses: Sequence[str]) -> str:
    return f" ({_some(addresses)})" if addresses else ""


def _some(addresses: Sequence[str]) -> str:
    if len(addresses) == 1:
        return addresses[0]
    return f"{len(addresses)} resources, such as {addresses[0]}"
