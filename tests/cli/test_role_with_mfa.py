"""`mfa_serial` of an environment: its role is assumed with a code that somebody types at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, bare_environment

SERIAL = "arn:aws:iam::222222222222:mfa/jane"
FILE = f"""region = "eu-west-1"
[environment.prod]
account = "222222222222"
role_arn = "arn:aws:iam::222222222222:role/deploy"
mfa_serial = "{SERIAL}"
"""
COMMAND = [sys.executable, "-c", "import sys; from dynaops.cli.main import main; sys.exit(main())"]
WHOAMI = ["-E", "prod", "whoami"]


@pytest.fixture
def environment(here: Path, server: SandboxServer) -> dict[str, str]:
    (here / "dynaops.toml").write_text(FILE)
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    return {**bare_environment(here), **keys, "AWS_ENDPOINT_URL": server.url}


def at_a_terminal(environment: dict[str, str], typed: str) -> tuple[int, str]:
    """The exit code and the output of `dynaops -E prod whoami`, where `typed` answers what it asks."""
    process, terminal = pty.fork()
    if process == 0:
        os.execve(COMMAND[0], [*COMMAND, *WHOAMI], environment)  # noqa: S606 (its own arguments)
    output = b""
    answered = False
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        output += piece
        if not answered and b"Code of the MFA device" in output:
            os.write(terminal, typed.encode())
            answered = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), output.decode()


def assumptions(server: SandboxServer) -> list[dict[str, Any]]:
    """The parameters of the calls of AssumeRole."""
    asked = [one for one in server.requests.since() if one.operation == "AssumeRole"]
    return [one.body for one in asked]


def test_the_code_is_asked_for_at_the_terminal(environment: dict[str, str], server: SandboxServer) -> None:
    code, output = at_a_terminal(environment, "123456\n")
    assert code == 0, output
    assert "222222222222" in output and "123456" not in output
    (sent,) = assumptions(server)
    assert (sent["SerialNumber"], sent["TokenCode"]) == (SERIAL, "123456")


@pytest.mark.parametrize("typed", ["\n", "12345\n", "abcdef\n", "\x04"])
def test_what_is_no_code_is_not_sent(environment: dict[str, str], server: SandboxServer, typed: str) -> None:
    code, output = at_a_terminal(environment, typed)
    told = " ".join(output.split())
    assert code == 1 and f"needs a code of the MFA device {SERIAL} (mfa_serial, dynaops.toml:5:1)" in told, (
        told
    )
    assert "6 digits" in told and "Traceback" not in told
    assert assumptions(server) == []


def test_without_a_terminal_it_is_refused_in_words(
    environment: dict[str, str], server: SandboxServer, here: Path
) -> None:
    ran = subprocess.run(
        [*COMMAND, *WHOAMI],
        env=environment,
        cwd=here,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        timeout=60,
        check=False,
    )
    told = " ".join(ran.stderr.split())
    assert ran.returncode == 1
    assert f"needs a code of the MFA device {SERIAL} (mfa_serial, dynaops.toml:5:1)" in told
    assert "there is no terminal to ask for it on" in told and "Traceback" not in told
    assert server.requests.since() == []


def test_it_goes_with_a_role(cli: Cli, here: Path) -> None:
    (here / "dynaops.toml").write_text(f'[environment.prod]\nmfa_serial = "{SERIAL}"\n')
    checked = cli("config", "check")
    assert checked.code == 1 and "dynaops.toml:2:1" in checked.out and "role_arn is missing" in checked.out
