"""An embedded AWS whose time flies, until stdin is closed: prints {"url"}."""

from __future__ import annotations

import json
import sys

from dynaops.sandbox import SandboxServer

with SandboxServer(speed=3600) as server:
    print(json.dumps({"url": server.url}), flush=True)
    sys.stdin.read()
