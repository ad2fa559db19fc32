"""``dynaops`` for shell scripts: a command on PATH that asks the server for the process.

`socket_path` in `process` writes the executable file, which calls `main`. It loads nothing but `protocol`, since it
runs once for each command of a script.
"""

from __future__ import annotations

import _socket
import os
import sys

from tests.preloaded.protocol import receive_number, send_request


def main(path: str) -> None:
    """Run dynaops with this process's arguments, environment and streams, and end as it ends."""
    connection = _socket.socket(_socket.AF_UNIX)
    connection.connect(path)
    request = {
        "program": "dynaops",
        "arguments": sys.argv[1:],
        "cwd": os.getcwd(),  # noqa: PTH109 (pathlib takes longer to load than all the rest)
        "env": dict(os.environ),
        "session": False,
    }
    send_request(connection, request, [0, 1, 2])
    receive_number(connection)
    code = os.waitstatus_to_exitcode(receive_number(connection))
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)
