"""A hostile repository, and a caller's own credentials, proxies and endpoints: none has a say with ``--sandbox``."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.route import Credentials, credentials_of, renewed_credentials, route_to
from dynaops.aws.session import Aws
from dynaops.cli.sandbox.sandboxes import credentials
from dynaops.model.errors import DynaopsError
from dynaops.sandbox import SandboxServer, daemon
from tests.cli.running import Cli, run_process
from tests.preloaded.process import PLAIN

SHADOWS = (
    "typer",
    "yaml",
    "rich",
    "orjson",
    "pydantic",
    "pydantic_core",
    "boto3",
    "botocore",
    "moto",
    "filelock",
    "json",
)
DUMMY = Credentials("sandbox", "sandbox")


class Listener:
    """A port that writes down what it is sent; nothing must ever be."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.heard: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def traps(folder: Path, listener: Listener) -> dict[str, str]:
    """An environment that leads clients of AWS astray; whoever uses its credentials leaves `folder`/taken."""
    config = folder / "aws-config"
    config.write_text(
        f"[default]\ncredential_process = touch {folder}/taken\nregion = eu-north-1\nendpoint_url = {listener.url}\n"
        f"[profile real]\ncredential_process = touch {folder}/taken\nca_bundle = /nowhere\n"
    )
    return {
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real-secret",
        "AWS_SESSION_TOKEN": "real-token",
        "AWS_CONFIG_FILE": str(config),
        "AWS_PROFILE": "real",
        "AWS_ENDPOINT_URL": listener.url,
        "AWS_ENDPOINT_URL_DYNAMODB": listener.url,
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/nowhere",
        **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"), listener.url),
    }


def poison(repository: Path, listener: Listener, pid: int) -> None:
    """All that a repository could hold to have its code run, or to be sent credentials."""
    marker = repository / "ran"
    code = f"import os\nos.system('touch {marker}')\n"
    for name in SHADOWS:
        (repository / f"{name}.py").write_text(code)
    for name in ("sitecustomize", "usercustomize", "evil_plugin"):
        (repository / f"{name}.py").write_text(code)
    plugin = repository / "evil-1.0.dist-info"
    plugin.mkdir()
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (plugin / "entry_points.txt").write_text("[pydantic]\nevil = evil_plugin\n")
    old = repository / ".dynaops/sandbox"
    old.mkdir(parents=True)
    dotted = (
        pickle.SHORT_BINUNICODE + b"\x16dynaops.sandbox.daemon" + pickle.SHORT_BINUNICODE + b"\x09os.system"
    )
    command = f"touch {marker}".encode()
    argument = pickle.SHORT_BINUNICODE + bytes([len(command)]) + command
    (old / "snapshot.pickle").write_bytes(
        b"\x80\x04" + dotted + pickle.STACK_GLOBAL + argument + pickle.TUPLE1 + pickle.REDUCE + b"."
    )
    (old / "server.json").write_text(f'{{"url": "{listener.url}", "pid": {pid}, "speed": 60}}')


def test_a_hostile_repository_runs_nothing_and_takes_nothing(
    cli: Cli,
    here: Path,
    listener: Listener,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PLAIN, "1")  # how Python starts is what is tested
    assert cli("init").code == 0
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    environment = traps(elsewhere, listener)
    try:
        poison(here, listener, bystander.pid)
        first = run_process("--sandbox", "plan", cwd=here, env=environment)
        assert first.code == 0, first.err
        assert f"What is in {here}/.dynaops/sandbox is not read" in " ".join(first.err.split())
        second = run_process("--sandbox", "--profile", "real", "apply", "--yes", cwd=here, env=environment)
        assert second.code == 0, second.err
        assert "is not read" not in second.err, "it is said once"
        assert run_process("sandbox", "stop", cwd=here, env=environment).out.startswith("Stopped")
        assert run_process("sandbox", "stop", cwd=here, env=environment).out.startswith("No sandbox")
        assert not (here / "ran").exists(), "code of the repository was run"
        assert not (elsewhere / "taken").exists(), "a credential process was run"
        assert listener.heard == []
        assert bystander.poll() is None, "a process that a file named was ended"
        assert not [
            path for path in (here / ".dynaops/sandbox").iterdir() if path.name.startswith("snapshot.un")
        ]
    finally:
        daemon.stop()
        bystander.kill()
        bystander.wait()


@pytest.fixture
def trapped(
    server: SandboxServer, listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    for name, value in traps(tmp_path, listener).items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_an_isolated_client_heeds_nothing_around_it(
    server: SandboxServer, trapped: Path, listener: Listener
) -> None:
    aws = Aws("eu-west-1", "real", server.url, poll_cap=0.1, only=DUMMY)
    for service, api in (
        ("dynamodb", "ListTables"),
        ("s3", "ListBuckets"),
        ("iam", "ListUsers"),
        ("sts", "GetCallerIdentity"),
    ):
        assert aws.call(service, api, "eu-west-1", {}) is not None
    route = route_to(aws, "dynamodb", "eu-west-1")
    assert (route.url, dict(route.proxies)) == (server.url, {})
    assert credentials_of(aws) == DUMMY
    with pytest.raises(DynaopsError, match="expired"):
        renewed_credentials(aws, DUMMY)
    assert listener.heard == []
    assert not (trapped / "taken").exists()


def test_the_callers_own_credentials_are_replaced(server: SandboxServer, trapped: Path) -> None:
    assert credentials(server.url) == DUMMY


def _keys(server: SandboxServer) -> dict[str, Any]:
    iam = server.client("iam")
    iam.create_user(UserName="deployer")
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def test_a_key_that_the_sandbox_issued_passes(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    key = _keys(server)
    for name, value in key.items():
        monkeypatch.setenv(name, value)
    assert credentials(server.url) == Credentials(*key.values())
    monkeypatch.setenv("AWS_SESSION_TOKEN", "left over from the real account")
    assert credentials(server.url) == Credentials(*key.values()), "without the token"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    assert credentials(server.url) == DUMMY
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert credentials(server.url) == DUMMY


def test_a_role_of_the_sandbox_passes(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    role = server.client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/deploy", RoleSessionName="session"
    )["Credentials"]
    given = Credentials(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", given.token or "")
    assert credentials(server.url) == given


def test_an_option_that_is_no_name(cli: Cli) -> None:
    assert cli("sandbox", "start", "--allow-host", "http://evil").code == 2
    assert cli("sandbox", "start", "--allow-origin", "*").code == 2


def test_nothing_is_left_in_the_project(cli: Cli, here: Path) -> None:
    before = sorted(here.iterdir())
    assert cli("sandbox", "status").code == 0
    assert cli("sandbox", "reset").code == 0
    assert sorted(here.iterdir()) == before
