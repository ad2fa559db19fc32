"""Read AWS: all handlers of all tables in parallel, in a bounded pool. Nothing here writes."""

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
    """The live resources by table address and then by address; `known` are the names in spec and state by table.

    There are two rounds: first all tables, then their surrounding resources, whose requests need values of
    DescribeTable.
    """
    described = in_parallel([partial(TABLE_HANDLER.describe, read, scope) for scope in scopes])
    live = {
        scope.address: {resource.address: resource for resource in observed}
        for scope, observed in zip(scopes, described, strict=True)
    }
    jobs = [
        (scope, handler)
        for scope in scopes
        for handler in handlers
        if live[scope.address] or not handler.beside_table
    ]
    results = in_parallel(
        [
            partial(_observed, read, scope, handler, live[scope.address], known.get(scope.address, Known()))
            for scope, handler in jobs
        ]
    )
    for (scope, _), observed in zip(jobs, results, strict=True):
        live[scope.address].update(
            {resource.address: _without_mark(resource, read.mark) for resource in observed}
        )
    return live


def _without_mark(observed: Observed, key: str | None) -> Observed:
    """The resource without the mark in its tags, since the mark is not a setting."""
    tags = observed.properties.get("tags")
    if not tags:
        return observed
    own = without_mark(tags, key)
    properties = {name: value for name, value in observed.properties.items() if name != "tags"}
    return replace(observed, properties={**properties, "tags": own} if own else properties)


def table_names(aws: Aws, region: str) -> list[str]:
    """The names of all tables in the region."""
    names = aws.read_all(
        "dynamodb",
        "ListTables",
        region,
        {},
        "TableNames",
        "ExclusiveStartTableName",
        "LastEvaluatedTableName",
    )
    return [str(name) for name in names or ()]


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
