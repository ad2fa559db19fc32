"""Shared fixtures: no test can reach the real AWS, and each has a sandbox of its own."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from dynaops.sandbox import Sandbox, SandboxServer
from tests.preloaded import models

FAST = 3600.0
"""AWS seconds a real second in tests over HTTP: an index build takes about 0.15 s."""
_STATE = tempfile.TemporaryDirectory(prefix="dynaops-tests-")
"""Where sandboxes keep what is theirs, so that nothing is left in the home folder of whoever runs the tests."""
os.environ["XDG_STATE_HOME"] = _STATE.name


# A busy machine is no fault: neither how long an example takes nor how long it takes to be made up is judged.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")
models.share()
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell lets what it starts with "&" ignore Ctrl-C, and so would the processes that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    nowhere = tmp_path_factory.getbasetemp() / "no-such-file"
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "AWS_CONFIG_FILE": str(nowhere),
        "AWS_SHARED_CREDENTIALS_FILE": str(nowhere),
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _collected_garbage() -> Iterator[None]:
    """The command line turns the collector off for its short run; here whole sandboxes would pile up."""
    yield
    gc.enable()


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking again and again at the modules and tests that stay for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An embedded AWS in this process, whose clock stands still unless it is advanced."""
    with Sandbox(speed=0) as running:
        yield running


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """An embedded AWS over HTTP, whose time flies."""
    with SandboxServer(speed=FAST) as running:
        yield running


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


LONG_FORMS = frozenset(
    {
        "tests/cli/test_load_faults.py::test_two_kills[a.csv]",
        "tests/cli/test_partitions.py::test_a_whole_life[us-gov-west-1-aws-us-gov]",
        "tests/cli/test_partitions.py::test_a_whole_life[us-iso-east-1-aws-iso]",
        "tests/companions/test_everything.py::test_a_failure_at_every_call_in_turn[drop_after]",
        "tests/companions/test_saved_plans.py::test_killed_at_every_call_the_same_plan_goes_on[after-4]",
        "tests/companions/test_shared_backup_plan.py"
        "::test_a_run_that_is_killed_anywhere_goes_on_by_running_again[False]",
        "tests/companions/test_unmarking.py::test_killed_at_each_call_it_is_retained_all_the_same[after]",
        "tests/data/test_resume.py::test_three_kills",
        "tests/e2e/test_crashes.py::test_a_fault_at_any_call[throttle-1]",
        "tests/engine/test_one_comparison.py::test_every_move_of_every_kind_is_the_same_drift_everywhere[False]",
    }
)
"""Cases that take long and have a shorter sibling: run with ``-m slow``, so that all checks end within their time."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the long forms as slow, before slow tests are left out."""
    for item in items:
        if item.nodeid in LONG_FORMS:
            item.add_marker(pytest.mark.slow)
