"""Reading AWS: all handlers of all tables at once, in a bounded pool. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dynaops.engine.ownership_mark import without_mark
from dynaops.kinds.kind import AwsReader, Known, ResourceHandler
from dynaops.kinds.registry import TABLE_HANDLER
from dynaops.model.resource import Observed, Scope

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

READERS = 16
"""Parallel reads. AWS allows far more (50 concurrent DescribeTable passed live); more threads gain nothing here."""

T = TypeVar("T")


def observe(
    read: AwsReader, scopes: Sequence[Scope], handlers: Sequence[ResourceHandler], known: Mapping[str, Known]
) -> dict[str, dict[str, Observed]]:
    """What is live, by table address and then by address; `known` is what spec and state name of each table.

    Two rounds: all tables, then everything around them (which takes what DescribeTable says to ask for).
    """
    described = in_parallel([partial(TABLE_HANDLER.describe, read, scope) for scope in scopes])
    found = {
        scope.address: {one.address: one for one in observed}
        for scope, observed in zip(scopes, described, strict=True)
    }
    jobs = [
        (scope, handler)
        for scope in scopes
        for handler in handlers
        if found[scope.address] or not handler.beside_table
    ]
    answers = in_parallel(
        [
            partial(_observed, read, scope, handler, found[scope.address], known.get(scope.address, Known()))
            for scope, handler in jobs
        ]
    )
    for (scope, _), observed in zip(jobs, answers, strict=True):
        found[scope.address].update({one.address: _without_mark(one, read.mark) for one in observed})
    return found


def _without_mark(observed: Observed, key: str | None) -> Observed:
    """A mark tells whose a resource is, and is none of its settings."""
    tags = observed.properties.get("tags")
    if not tags:
        return observed
    own = without_mark(tags, key)
    properties = {name: value for name, value in observed.properties.items() if name != "tags"}
    return replace(observed, properties={**properties, "tags": own} if own else properties)


def table_names(aws: Aws, region: str) -> list[str]:
    """All tables of the region."""
    found = aws.read_all(
        "dynamodb",
        "ListTables",
        region,
        {},
        "TableNames",
        "ExclusiveStartTableName",
        "LastEvaluatedTableName",
    )
    return [str(one) for one in found or ()]


def _observed(
    read: AwsReader, scope: Scope, handler: ResourceHandler, described: dict[str, Observed], known: Known
) -> list[Observed]:
    return list(handler.observe(read, scope, described.get(scope.address), known))


def in_parallel(jobs: Iterable[Callable[[], T]]) -> list[T]:
    """The results of all jobs, in order; the first failure is raised once all have ended."""
    listed = list(jobs)
    if len(listed) <= 1:
        return [job() for job in listed]
    with ThreadPoolExecutor(max_workers=min(READERS, len(listed)), thread_name_prefix="read") as pool:
        return [future.result() for future in [pool.submit(job) for job in listed]]
