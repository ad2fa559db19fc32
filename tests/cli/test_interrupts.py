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
from tests.cli.running import bare_environment


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
