"""Emulators of DynamoDB alone, without STS: a sandbox behind the manners of dynalite or DynamoDB Local."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

DYNALITE = (404, "", b"<UnknownOperationException/>\n")
"""Status, content type and body by which dynalite answers what is no call of DynamoDB."""
DYNAMODB_LOCAL = (
    400,
    "application/x-amz-json-1.0",
    b'{"__type":"com.amazonaws.dynamodb.v20120810#MissingAuthenticationToken",'
    b'"Message":"Request must contain either a valid (registered) AWS access key ID or X.509 certificate."}',
)
"""The same of DynamoDB Local."""
_MARK = "x-dynaops-sandbox"


@contextmanager
def without_sts(sandbox_url: str, refusal: tuple[int, str, bytes] = DYNALITE) -> Iterator[str]:
    """An emulator that holds the tables of the sandbox at `sandbox_url`; its URL."""
    host = urlsplit(sandbox_url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if "DynamoDB" not in self.headers.get("X-Amz-Target", ""):
                self._send(refusal[0], {"Content-Type": refusal[1], "x-amzn-RequestId": "R1"}, refusal[2])
                return
            connection = http.client.HTTPConnection(host)
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            hidden = (_MARK, "transfer-encoding", "content-length", "connection")
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in hidden}
            self._send(answer.status, headers, content)
            connection.close()

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as emulator:
        threading.Thread(target=emulator.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{emulator.server_address[1]}"
        emulator.shutdown()
