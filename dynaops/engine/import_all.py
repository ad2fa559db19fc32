"""Import all: an account's tables with everything around them, several at a time. AWS is only read."""

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
"""Tables read side by side. AWS answers some reads (tags, time to live) only about ten times a second."""
_SHARED = ("backup", "kms")
"""Services whose answers are the same for every table: asked once for all."""


@dataclass(frozen=True)
class Looked:
    """What came of one table: adopted, passed over (`skipped` says why), or not to be imported (`error`).

    `owner` is the id of the state that has marked it, where it is passed over for that.
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
) -> Iterator[Looked]:
    """Each of the tables, in the order in which they are done.

    `tags`: only tables that have them all (None: with any value). Once `stop` is set, no more tables are begun.
    """
    check_identity(state, aws)
    account = aws.account if tags else ""
    shared = CachedReads(aws, _SHARED)
    waiting = []
    for name in names:
        if name in state.resources:
            yield Looked(name, skipped="it is in the state already")
        else:
            waiting.append(name)

    def look(name: str) -> Looked | None:
        if stop is not None and stop.is_set():
            return None
        try:
            return _look(name, state, CachedReads(shared), region, tags, account, take_over)
        except OfAnother as error:
            return Looked(name, skipped="another state has marked it as its own", owner=error.owner)
        except DynaopsError as error:
            return Looked(name, error=error)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="import") as pool:
        futures: list[Future[Looked | None]] = [pool.submit(look, name) for name in waiting]
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
) -> Looked:
    if tags:
        arn = {"ResourceArn": table_arn(Scope(name, name, region), account)}
        found = aws.read_all("dynamodb", "ListTagsOfResource", region, arn, "Tags") or []
        own = {tag["Key"]: tag["Value"] for tag in found}
        if not all(key in own and value in (None, own[key]) for key, value in tags.items()):
            return Looked(name, skipped="it does not have the tags")
    return Looked(name, adopted=adopt(name, state, aws, region, take_over))
