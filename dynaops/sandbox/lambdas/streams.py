"""Checks of the streams that mappings read."""

from __future__ import annotations

import re

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb.registry import tables_in
from dynaops.sandbox.lambdas.functions import parameter
from dynaops.sandbox.world import World

_ARN = re.compile(
    r"arn:aws[\w-]*:dynamodb:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":table/(?P<table>[a-zA-Z0-9_.-]+)/stream/(?P<label>[^/]+)"
)


def is_ours(arn: str | None) -> bool:
    """Whether an event source is DynamoDB's."""
    return arn is not None and arn.split(":")[2:3] == ["dynamodb"]


def check(call: ApiCall, arn: str) -> None:
    """Refuse an ARN that is not an enabled stream. Raises InvalidParameterValueException."""
    parts = _ARN.fullmatch(arn)
    if parts is None:
        raise parameter("Unrecognized event source.")
    if parts["region"] != call.region or not is_on(call.world, arn):
        raise parameter(f"Stream not found: {arn}")


def is_on(world: World, arn: str) -> bool:
    """Whether the stream is its table's present, enabled stream."""
    parts = _ARN.fullmatch(arn)
    if parts is None:
        return False
    table = tables_in(world, parts["account"], parts["region"]).get(parts["table"])
    return (
        table is not None
        and table.status != "DELETING"
        and table.stream_view is not None
        and table.stream_label == parts["label"]
    )
