"""The facts of this process in records of runs: user, time, command line and git commit."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.cli.settings import GlobalSettings
from dynaops.model.errors import DynaopsError
from dynaops.model.run_record import RunRecord, Who

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.plan import Plan
    from dynaops.stores.base import Keeper, Store
    from dynaops.stores.recorded import RecordedStore
    from dynaops.stores.recorder import RunRecorder

_ASSIGNING = ("--var",)
"""Options with a value NAME=VALUE, of which only the name is recorded."""
_SECRET = ("--external-id",)
"""Options whose value is not recorded."""
_HIDDEN = "***"
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


def recorded(store: Store, settings: GlobalSettings, connect: Callable[[], Aws]) -> RecordedStore:
    """The store with a record of each change; `connect` gives the AWS session, for the caller's identity."""
    from dynaops.stores.recorded import RecordedStore
    from dynaops.stores.recorder import RunRecorder
    from dynaops.stores.run_log import KIND, RunLog

    about = partial(_about, settings, store.location, connect)
    return RecordedStore(store, RunRecorder(RunLog(store.beside(KIND)), about, warn))


def called_with(store: Store, aws: Aws) -> None:
    """Make the records of a store's runs contain the AWS caller."""
    from dynaops.stores.recorded import RecordedStore

    if isinstance(store, RecordedStore):
        store.recorder.aws = aws


@contextlib.contextmanager
def recording(
    plan: Plan, store: Keeper, aws: Aws, command: str, digest: str | None = None
) -> Iterator[RunRecorder | None]:
    """A context for running the operations of `plan`; gives the recorder, or None if nothing is to be recorded.

    `digest` is that of a saved plan's file. Without operations, saves of the state are recorded nevertheless.
    """
    from dynaops.stores.memory import MemoryStore
    from dynaops.stores.recorded import RecordedStore

    recorder = store.recorder if isinstance(store, RecordedStore | MemoryStore) else None
    if recorder is None:
        yield None
        return
    recorder.aws = aws
    with recorder.run(command):
        before = store.loaded if isinstance(store, RecordedStore) else None
        if plan.operations:
            recorder.begin(plan, before, digest)
        yield recorder


def masked(arguments: Sequence[str]) -> tuple[str, ...]:
    """A command line without possible secrets: only the names of variables, and URLs without user and password."""
    match: list[str] = []
    option = ""
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if option:
            argument, option = _hidden(option, argument), ""
        elif argument in (*_ASSIGNING, *_SECRET):
            option = argument
        elif equals and name in (*_ASSIGNING, *_SECRET):
            argument = f"{name}={_hidden(name, value)}"
        match.append(_USERINFO.sub(f"{_HIDDEN}@", argument))
    return tuple(match)


def _hidden(option: str, value: str) -> str:
    name, equals, _ = value.partition("=")
    return f"{name}={_HIDDEN}" if equals and option in _ASSIGNING else _HIDDEN


def _about(
    settings: GlobalSettings,
    location: str,
    connect: Callable[[], Aws],
    command: str,
    aws: Aws | None,
    region: str | None,
) -> RunRecord:
    from dynaops import __version__
    from dynaops.cli.project.git_commit import commit_of
    from dynaops.stores.recorder import now

    return RunRecord(
        id="",
        command=command,
        arguments=masked(settings.arguments),
        began_at=now(),
        who=_who(location, connect, aws, region),
        commit=commit_of(Path.cwd()),
        environment=settings.environment,
        state=location,
        dynaops_version=__version__,
    )


def _who(location: str, connect: Callable[[], Aws], aws: Aws | None, region: str | None) -> Who:
    """The AWS caller and the local user. For a state in a bucket, the caller's identity is requested."""
    from dynaops.stores.lock_messages import myself

    arn = account = note = None
    if aws is None and not location.startswith("s3://"):
        note = "AWS was not asked: the command needs no credentials"
    else:
        try:
            caller = (aws or connect()).caller(region)
            arn, account = caller.arn, caller.account
            note = None if arn else "the endpoint does not say: it has no STS"
        except DynaopsError as error:
            note = f"AWS does not say: {error.message}"
    holder = myself("")
    return Who(arn=arn, account=account, note=note, user=holder.user, host=holder.host)


def warn(text: str) -> None:
    """Show a warning about a failure outside the command itself; `text` has no full stop."""
    from dynaops.views.terminal import sentence

    sys.stderr.write(sentence(f"warning: {text}.", sys.stderr))
