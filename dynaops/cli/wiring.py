"""Thin adapters to engine, stores and sandbox.

Heavy packages are imported in the functions, so that commands that do not need them start fast.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dynaops.cli.planning.guards import guard_of, role_of
from dynaops.cli.project.project_file import default_state, project
from dynaops.cli.screen import notice
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.specs.sources import SpecSource as SpecSource
from dynaops.cli.specs.sources import default_paths as default_paths
from dynaops.cli.specs.sources import documents as documents
from dynaops.cli.specs.sources import region_said
from dynaops.cli.specs.sources import source as source

if TYPE_CHECKING:
    from dynaops.aws.guards import Guard
    from dynaops.aws.role import Role
    from dynaops.aws.route import Credentials
    from dynaops.aws.session import Aws
    from dynaops.engine.grant import Granted
    from dynaops.engine.plan import PlanOptions
    from dynaops.engine.resume import Resumed
    from dynaops.model.change import Drift, Unmanaged
    from dynaops.model.event import Event, Outcome
    from dynaops.model.finding import Finding
    from dynaops.model.graph import Graph
    from dynaops.model.operation import Operation
    from dynaops.model.plan import Consent, Plan
    from dynaops.model.state import Run, State
    from dynaops.specs.load import Document, Documents
    from dynaops.stores.base import Keeper
    from dynaops.stores.lock_wait import LockWait
    from dynaops.stores.recorded import RecordedStore

SANDBOX_REGION = "us-east-1"
_LOCAL_POLL = 0.05
"""The most seconds between two reads of a resource that is waited for, at a local endpoint."""


def plannable(specs: SpecSource) -> Documents:
    """Read the specs and check them against AWS's rules too. Raises SpecError if they are not valid."""
    from dynaops.model.errors import SpecError
    from dynaops.specs.check import check, errors

    documents_read = documents(specs)
    wrong = errors(check(documents_read))
    if wrong:
        raise SpecError(wrong)
    return documents_read


def validated(specs: SpecSource, policies: Sequence[str] | None = None) -> tuple[list[Finding], int]:
    """(findings of the offline checks and the house rules, number of checked tables).

    Raises SpecError for an invalid policy file.
    """
    from dynaops.model.errors import SpecError
    from dynaops.specs.check import check

    try:
        documents_read = documents(specs)
    except SpecError as error:
        return [*error.findings, *broken_by_specs((), policies)], 0
    blocks: list[Finding] = []
    if documents_read.blocks:
        from dynaops.engine.refactoring import unknown_addresses

        blocks += unknown_addresses(documents_read.blocks)
    return [*check(documents_read), *blocks, *broken_by_specs(documents_read, policies)], len(documents_read)


def broken_by_specs(documents: Sequence[Document], policies: Sequence[str] | None) -> list[Finding]:
    """Findings for the house rules that specs break. Raises SpecError for an invalid policy file."""
    if not policies:
        return []
    from dynaops.engine.house_rules import load_rules

    return load_rules(policies).broken_by_specs(documents)


def schema() -> dict[str, Any]:
    """The JSON Schema of specs."""
    from dynaops.specs.schema import json_schema

    return json_schema()


def store(settings: GlobalSettings) -> RecordedStore:
    """The store of the selected workspace's state, which records each change."""
    from dynaops.cli.run_records import recorded
    from dynaops.cli.state.workspaces import place

    if settings.sandbox:
        from dynaops.cli.sandbox.sandbox_state import prepare

        prepare(settings, lambda: aws(settings))
    return recorded(
        place(settings, lambda: aws(settings), patience(settings)), settings, lambda: aws(settings)
    )


def patience(settings: GlobalSettings) -> LockWait:
    """How long to wait for the lock of a state, with messages on stderr."""
    from dynaops.stores.lock_wait import LockWait

    return LockWait(settings.lock_timeout, notice)


def aws(settings: GlobalSettings, adaptive: bool = False) -> Aws:
    """The session of AWS, or of the sandbox, which is started if needed; `adaptive` slows down after throttling.

    Raises GuardError if the credentials are not of the environment's account.
    """
    gc.enable()  # commands that call AWS may run for hours
    aws = _to_sandbox(settings) if settings.sandbox else _to_aws(settings, adaptive)
    aws.check_account(next(iter(project(settings).regions or ()), SANDBOX_REGION))
    return aws


def _to_aws(settings: GlobalSettings, adaptive: bool) -> Aws:
    from dynaops.aws.caller import is_local
    from dynaops.aws.endpoint import require_endpoint

    require_endpoint(settings.endpoint_url)
    project_settings = project(settings)
    cap = _LOCAL_POLL if is_local(settings.endpoint_url) else None
    return _session(
        region_said(settings),
        settings.profile,
        settings.endpoint_url,
        cap,
        adaptive,
        _environment(),
        role=role_of(project_settings),
        guard=guard_of(project_settings),
        mark=project_settings.mark or None,
    )


def _to_sandbox(settings: GlobalSettings) -> Aws:
    from dynaops.cli.sandbox.sandboxes import credentials, running_sandbox

    project_settings = project(settings)
    if "sandbox" not in settings.given:
        _tell_sandbox(project_settings.says("sandbox"))
    sandbox = running_sandbox(settings)
    region = region_said(settings) or os.environ.get("AWS_DEFAULT_REGION") or SANDBOX_REGION
    return _session(
        region,
        None,
        sandbox.url,
        _LOCAL_POLL,
        False,
        _environment(),
        credentials(sandbox.url),
        role_of(project_settings, in_sandbox=True),
        guard_of(project_settings),
        project_settings.mark or None,
    )


@lru_cache(maxsize=1)
def _tell_sandbox(project_settings: str) -> None:
    """Show once that the project file selects the sandbox."""
    notice(f"This works on the sandbox, not on AWS ({project_settings}); --no-sandbox is for AWS")


@lru_cache(maxsize=2)
def _session(
    region: str | None,
    profile: str | None,
    url: str | None,
    cap: float | None,
    adaptive: bool,
    environment: tuple[tuple[str, str], ...],
    only: Credentials | None = None,
    role: Role | None = None,
    guard: Guard | None = None,
    mark: str | None = None,
) -> Aws:
    """The AWS session shared by a command and its state, since two sessions might ask for two MFA codes."""
    from dynaops.aws.session import Aws

    del environment  # other settings that the session depends on
    mode: Literal["standard", "adaptive"] = "adaptive" if adaptive else "standard"
    return Aws(
        region,
        profile,
        url,
        poll_cap=cap,
        retry_mode=mode,
        only=only,
        notice=notice,
        role=role,
        guard=guard,
        mark=mark,
    )


def _environment() -> tuple[tuple[str, str], ...]:
    """The environment variables that AWS's configuration depends on."""
    return tuple(
        sorted((name, value) for name, value in os.environ.items() if name.startswith(("AWS_", "HOME")))
    )


def pace(settings: GlobalSettings) -> float:
    """How many seconds of AWS's clock pass in one real second: more than one in the sandbox."""
    if not settings.sandbox:
        return 1
    from dynaops.sandbox import daemon

    running = daemon.status()
    return running.speed if running else 1


def make_plan(
    documents: Sequence[Document],
    state: State,
    aws: Aws,
    *,
    read: tuple[str, ...] = (),
    targets: Sequence[str] = (),
    refresh: bool = True,
    destroy: bool = False,
    take_over: Sequence[str] = (),
) -> Plan:
    from dynaops.engine.plan import PlanOptions
    from dynaops.engine.plan import make_plan as made

    options = PlanOptions(
        targets=tuple(targets),
        refresh=refresh,
        destroy=destroy,
        read=read,
        take_over=tuple(take_over),
        **beside_tables(documents),
    )
    return made(documents, state, aws, options)


def beside_tables(documents: Sequence[Document]) -> dict[str, Any]:
    """Blocks of the specs other than tables, as options of a plan; empty if the specs were not read from files."""
    from dynaops.specs.load import Documents

    if not isinstance(documents, Documents):
        return {}
    return {"blocks": documents.blocks, "external": documents.external}


def lacking_consent(plan: Plan, allow_replace: bool, allow_destroy: bool) -> list[Operation]:
    from dynaops.engine.consent import missing

    return missing(plan, allow_replace, allow_destroy)


def agreed(plan: Plan, consents: Sequence[Consent]) -> Plan:
    """The plan with these consents. Raises DynaopsError for a consent that covers nothing in it."""
    from dynaops.engine.consent import agreed as with_consents

    return with_consents(plan, consents)


def checked_saved(
    plan: Plan,
    documents: Sequence[Document],
    state: State,
    aws: Aws,
    options: PlanOptions,
    with_house_rules: Callable[[Plan], Plan],
) -> Plan:
    """The plan to apply for a saved plan, made with `options` and checked against house rules by a callback.

    Raises StalePlan if its specs give another plan now.
    """
    from dynaops.engine.saved_plan_check import carried_out, check, check_same, made_anew

    check(plan, documents, state, aws)
    new_plan = with_house_rules(made_anew(plan, documents, state, aws, options))
    check_same(plan, new_plan)
    return carried_out(plan, new_plan)


def resumed(
    plan: Plan, run: Run, documents: Sequence[Document], state: State, aws: Aws, options: PlanOptions
) -> Resumed:
    """The rest of a saved plan that `run` has started. Raises StalePlan if anything else has changed."""
    from dynaops.engine.resume import resumed as left

    return left(plan, run, documents, state, aws, options)


def apply(
    plan: Plan,
    store: Keeper,
    aws: Aws,
    emit: Callable[[Event], None],
    *,
    wait: bool,
    stop: threading.Event,
    saved_plan: str | None = None,
    happened: frozenset[str] = frozenset(),
    parallelism: int | None = None,
) -> Outcome:
    from dynaops.engine.apply import ApplyOptions, apply_plan

    options = ApplyOptions(wait=wait, saved_plan=saved_plan, happened=happened)
    if parallelism is not None:
        options = replace(options, parallelism=parallelism)
    return apply_plan(plan, store, aws, emit, options, stop)


def drift(
    state: State, aws: Aws, tables: Sequence[str], discover: bool = False
) -> tuple[tuple[Drift, ...], tuple[Unmanaged, ...]]:
    from dynaops.engine.drift import find

    return find(state, aws, tables, discover)


def plan_grant(state: State, aws: Aws, table: str, functions: tuple[str, ...], **more: Any) -> Granted:
    from dynaops.engine.grant import GrantRequest
    from dynaops.engine.grant import plan_grant as planned

    return planned(GrantRequest(table, functions, **more), state, aws)


def unrecorded(store: RecordedStore | None = None) -> Keeper:
    """A memory store for a run without a state; the run is recorded beside `store` if it changes AWS."""
    from dynaops.stores.memory import MemoryStore

    return MemoryStore(store.recorder if store else None)


def graph_of_specs(documents: Documents, state: State, region: str, plan: Plan | None = None) -> Graph:
    from dynaops.engine.graph import of_specs

    return of_specs(documents, state, region, plan, documents.external)


def graph_of_state(state: State) -> Graph:
    from dynaops.engine.graph import of_state

    return of_state(state)


def outputs(state: State, address: str | None) -> dict[str, dict[str, Any]]:
    from dynaops.engine.outputs import of

    return of(state, address)


def beside_state(settings: GlobalSettings) -> Path:
    """The local folder for files beside the state."""
    local = default_state(project(settings)) if "://" in settings.state else settings.state
    return Path(local).parent


def home_region(settings: GlobalSettings) -> str:
    """The region of tables whose spec has none, if it is known without calling AWS; else empty."""
    from dynaops.aws.session import Aws
    from dynaops.model.errors import DynaopsError

    known = region_said(settings) or os.environ.get("AWS_DEFAULT_REGION")
    if known or settings.sandbox:
        return known or SANDBOX_REGION
    try:
        return Aws(profile=settings.profile).region
    except DynaopsError:
        return ""
