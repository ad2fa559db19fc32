"""What is sent between the server and those who ask it for a process.

A request is its length (8 bytes) with three file descriptors (stdin, stdout, stderr), then a map in marshal's format.
The answers are the pid, and after the process's end its wait status (8 bytes each). Only modules that load at once are
used: `command` runs once for each command of a shell script.
"""

from __future__ import annotations

import _socket
import marshal

TYPE_CHECKING = False  # typing's own takes as long to load as all the rest
if TYPE_CHECKING:
    from typing import Any

SIZE = 8
_DESCRIPTOR = 4


def send_request(connection: _socket.socket, request: dict[str, Any], streams: list[int]) -> None:
    """Ask for a process with `streams` as its stdin, stdout and stderr."""
    payload = marshal.dumps(request)
    passed = b"".join(one.to_bytes(_DESCRIPTOR, "little") for one in streams)
    ancillary = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, passed)]
    connection.sendmsg([len(payload).to_bytes(SIZE, "little")], ancillary)
    connection.sendall(payload)


def receive_request(connection: _socket.socket) -> tuple[dict[str, Any], list[int]]:
    """A request, and the file descriptors that came with it. Raises EOFError where nothing was sent."""
    header, ancillary, _, _ = connection.recvmsg(SIZE, _socket.CMSG_SPACE(3 * _DESCRIPTOR))
    passed = b"".join(data for _, _, data in ancillary)
    streams = [
        int.from_bytes(passed[at : at + _DESCRIPTOR], "little") for at in range(0, len(passed), _DESCRIPTOR)
    ]
    payload = receive(connection, int.from_bytes(header, "little"))
    request: dict[str, Any] = marshal.loads(payload)  # noqa: S302 (both ends are these tests)
    return request, streams


def send_number(connection: _socket.socket, number: int) -> None:
    """Send a pid or a wait status."""
    connection.sendall(number.to_bytes(SIZE, "little"))


def receive_number(connection: _socket.socket) -> int:
    """A pid or a wait status. Raises EOFError where the other end has gone."""
    return int.from_bytes(receive(connection, SIZE), "little")


def receive(connection: _socket.socket, size: int) -> bytes:
    """Exactly `size` bytes. Raises EOFError where the other end has gone."""
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        if not more:
            raise EOFError("the server of processes has gone")
        received += more
    return received
