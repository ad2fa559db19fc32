"""``python -m dynaops.sandbox``: the sandbox in the foreground, saved when it is told to stop."""

from __future__ import annotations

import argparse
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
    chosen = parser.parse_args()
    import os

    from dynaops.sandbox import daemon
    from dynaops.sandbox.running import DUMMY, SandboxServer

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # whose ever settings these are, moto must not trip over them
    os.environ.update(DUMMY)
    try:
        server = SandboxServer(chosen.port, chosen.speed, chosen.data_dir)
    except (DynaopsError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 (a program of its own; this is its log)
        return 1

    def stop(*_: object) -> None:
        threading.Thread(target=server.stop, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    daemon.announce(chosen.data_dir, server.url, chosen.speed)
    server.serve()
    daemon.withdraw(chosen.data_dir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
