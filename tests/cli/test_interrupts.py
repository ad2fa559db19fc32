"""Ctrl-C while AWS works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dynaops.cli.interrupts import FIRST, Interrupts
from dynaops.sandbox.running import SandboxServer
from tests.cli.running import bare_environment
from tests.preloaded.process import popen, run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_to_stop_and_says_so(number: signal.Signals) -> None:
    said: list[str] = []
    told = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        told.set()

    before = signal.getsignal(number)
    with Interrupts(say) as interrupts:
        assert not interrupts.stop.is_set()
        os.kill(os.getpid(), number)
        assert interrupts.stop.wait(2)
        assert told.wait(2)
    assert said == [FIRST]
    assert signal.getsignal(number) is before


def test_the_second_ends_the_process_at_once(tmp_path: Path) -> None:
    program = (
        "import os, signal, time\n"
        "from dynaops.cli.interrupts import Interrupts\n"
        "with Interrupts(lambda text: None):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(5)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=bare_environment(tmp_path),
        timeout=30,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 130
    assert done.stderr == b""


SPEC = """
table_name: orders
hash_key: id
attributes: {id: S, status: S}
global_secondary_indexes: [{name: by-status, hash_key: status, projection: {type: ALL}}]
"""


def test_an_interrupted_apply_keeps_what_was_done_and_goes_on(here: Path) -> None:
    """The table takes AWS's time; Ctrl-C comes meanwhile, and the next apply sees it through."""
    (here / "orders.yaml").write_text(SPEC, encoding="utf-8")
    with SandboxServer(speed=1) as server:
        environment = {
            **bare_environment(here),
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-central-1",
        }
        command = ["apply", "--yes", "orders.yaml"]
        process = popen("dynaops", *command, cwd=here, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            if "until orders is ACTIVE" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=20) == 130
        assert FIRST in rest
        assert "Interrupted; " in rest
        server.advance(3600)
        again = run("dynaops", *command, cwd=here, env=environment, timeout=60)
        assert again.returncode == 0, again.stdout
        last = run("dynaops", "plan", "--exit-code", "orders.yaml", cwd=here, env=environment, timeout=60)
        assert last.returncode == 0
