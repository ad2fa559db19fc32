"""``python -m dynaops.sandbox``: runs the sandbox in the foreground and saves it when it is stopped."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from dynaops.model.errors import DynaopsError


def main() -> int:
    """Serve until SIGTERM, SIGINT or a stop request."""
    parser = argparse.ArgumentParser(
        prog="python -m dynaops.sandbox", description="An embedded AWS on 127.0.0.1"
    )
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--allow-host", action="append", default=[])
    parser.add_argument("--allow-origin", action="append", default=[])
    chosen = parser.parse_args()
    from dynaops.sandbox import daemon
    from dynaops.sandbox.callers import Callers
    from dynaops.sandbox.running import DUMMY, SandboxServer

    _forget_settings(DUMMY)
    try:
        callers = Callers(tuple(chosen.allow_host), tuple(chosen.allow_origin))
        server = SandboxServer(chosen.port, chosen.speed, chosen.data_dir, callers=callers)
    except (DynaopsError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 (a program of its own; this is its log)
        return 1

    def stop(*_: object) -> None:
        threading.Thread(target=server.stop, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    daemon.announce(chosen.data_dir, server.port)
    server.serve()
    daemon.withdraw(chosen.data_dir)
    return 0


def _forget_settings(instead: dict[str, str]) -> None:
    """Remove the environment variables for AWS, for proxies and for moto's recording of requests into a file."""
    dropped = ("AWS_", "MOTO_ENABLE_RECORDING", "MOTO_RECORDER_")
    for name in list(os.environ):
        if name.startswith(dropped) or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            del os.environ[name]
    os.environ.update(instead, AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)


if __name__ == "__main__":
    sys.exit(main())
