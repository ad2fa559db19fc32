"""Import all tables of an account with their surrounding resources, several in parallel. Only reads AWS."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynaops.aws.cache import CachedReads
from dynaops.engine.import_table import Adopted, OfAnother, adopt
from dynaops.engine.state_account import check_identity
from dynaops.kinds.references import table_arn
from dynaops.model.errors import DynaopsError
from dynaops.model.resource import Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

AT_ONCE = 4
"""Tables that are read in parallel. AWS answers some reads (tags, time to live) only about ten times a second."""
_SHARED = ("backup", "kms")
"""Services whose responses are the same for every table: they are called once."""


@dataclass(frozen=True)
class ImportResult:
    """The result for one table: adopted, skipped (`skipped` says why), or failed (`error`).

    `owner` is the id of the state that has marked the table, if it is skipped for that reason.
    """

    table: str
    adopted: Adopted | None = None
    skipped: str | None = None
    error: DynaopsError | None = None
    owner: str | None = None


def adopt_all(
    names: Sequence[str],
    state: State,
    aws: Aws,
    region: str,
    tags: Mapping[str, str | None],
    stop: threading.Event | None = None,
    take_over: tuple[str, ...] = (),
) -> Iterator[ImportResult]:
    """Yield the result for each table as soon as it is known.

    `tags`: only tables that have all of them (None: with any value). Once `stop` is set, no more tables are started.
    """
    check_identity(state, aws)
    account = aws.account if tags else ""
    shared = CachedReads(aws, _SHARED)
    waiting = []
    for name in names:
        if name in state.resources:
            yield ImportResult(name, skipped="it is in the state already")
        else:
            waiting.append(name)

    def look(name: str) -> ImportResult | None:
        if stop is not None and stop.is_set():
            return None
        try:
            return _look(name, state, CachedReads(shared), region, tags, account, take_over)
        except OfAnother as error:
            return ImportResult(name, skipped="another state has marked it as its own", owner=error.owner)
        except DynaopsError as error:
            return ImportResult(name, error=error)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="import") as pool:
        futures: list[Future[ImportResult | None]] = [pool.submit(look, name) for name in waiting]
        try:
            for future in as_completed(futures):
                looked = future.result()
                if looked is not None:
                    yield looked
        finally:
            for future in futures:
                future.cancel()


def _look(
    name: str,
    state: State,
    aws: Aws,
    region: str,
    tags: Mapping[str, str | None],
    account: str,
    take_over: tuple[str, ...],
) -> ImportResult:
    if tags:
        arn = {"ResourceArn": table_arn(Scope(name, name, region), account)}
        listed = aws.read_all("dynamodb", "ListTagsOfResource", region, arn, "Tags") or []
        table_tags = {tag["Key"]: tag["Value"] for tag in listed}
        if not all(key in table_tags and value in (None, table_tags[key]) for key, value in tags.items()):
            return ImportResult(name, skipped="it does not have the tags")
    return ImportResult(name, adopted=adopt(name, state, aws, region, take_over))
