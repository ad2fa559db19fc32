"""Sandboxes in this process: with moto's in-process patches, or as a server in a thread."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from dynaops.sandbox.callers import Callers
from dynaops.sandbox.clock import Clock
from dynaops.sandbox.faults import Faults
from dynaops.sandbox.recorder import Recorder
from dynaops.sandbox.state_folder import world_id
from dynaops.sandbox.world import World

DUMMY = {
    "AWS_ACCESS_KEY_ID": "sandbox",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
}
"""Environment in which no request can reach the real AWS with real credentials."""
_LOCAL = Callers()


class _Base:
    """Shared by both kinds of sandbox: a world, its clock, faults, and the recorder of requests."""

    def __init__(self, speed: float, start: float | None = None) -> None:
        self.world = World(Clock(speed, start))
        self.clock = self.world.clock
        self.faults = Faults()
        self.requests = Recorder()

    def advance(self, seconds: float) -> None:
        """Advance the virtual time by `seconds`, and run all events that are due."""
        self.clock.advance(seconds)
        self.world.settle()


class Sandbox(_Base):
    """An embedded AWS for boto3 clients of this process. A context manager; one at a time."""

    def __init__(self, speed: float = 0.0) -> None:
        super().__init__(speed)
        self._mock: Any = None
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> Sandbox:
        from moto import mock_aws

        from dynaops.sandbox.moto_patch import install

        self._before = {name: os.environ.get(name) for name in DUMMY}
        os.environ.update(DUMMY)
        self._mock = mock_aws(config={"core": {"mock_credentials": False}})
        self._mock.start()
        install(self.world, self.faults, self.requests)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from dynaops.sandbox.moto_patch import uninstall

        uninstall()
        self._mock.stop()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client of this sandbox."""
        import boto3

        return boto3.client(service, region_name=region)  # type: ignore[call-overload]


class SandboxServer(_Base):
    """An embedded AWS on 127.0.0.1, in a thread. A context manager; one at a time in a process.

    With `data_dir`, its content is loaded from there, and saved there as it changes. `start`: its time at the start
    (epoch seconds; by default the present). `callers`: who may call it besides this machine's programs.
    """

    def __init__(
        self,
        port: int = 0,
        speed: float = 60.0,
        data_dir: Path | None = None,
        start: float | None = None,
        callers: Callers = _LOCAL,
    ) -> None:
        super().__init__(speed, start)
        from dynaops.sandbox.persist import Persistence, forget_everything
        from dynaops.sandbox.server import Server

        forget_everything(self.world)
        self._persistence = Persistence(self.world, data_dir) if data_dir else None
        if self._persistence and data_dir:
            self.world.id = world_id(data_dir)
            self._persistence.load()
        self._server = Server(self.world, self.faults, self.requests, self._persistence, port, callers)
        self._thread: threading.Thread | None = None
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def port(self) -> int:
        return self._server.port

    def __enter__(self) -> SandboxServer:
        self.install()
        self._thread = threading.Thread(target=self._server.serve, name="sandbox", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from dynaops.sandbox.moto_patch import uninstall

        self._server.stop()
        if self._thread is not None:
            self._thread.join()
        uninstall()

    def install(self) -> None:
        """Let this sandbox handle moto's requests in this process."""
        from dynaops.sandbox.moto_patch import install

        install(self.world, self.faults, self.requests)

    def serve(self) -> None:
        """Answer in this thread, until stopped."""
        self.install()
        self._server.serve()

    def stop(self) -> None:
        """Let `serve` end."""
        self._server.stop()

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """The boto3 client of a service of this sandbox, with dummy credentials; cached."""
        import boto3
        from botocore.config import Config

        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(  # type: ignore[call-overload]
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id="sandbox",
                aws_secret_access_key="sandbox",  # noqa: S106 (a dummy)
                config=Config(account_id_endpoint_mode="disabled", proxies={}),
            )
        return self._clients[service, region]
