import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.harness.line import Line, line
from tests.harness.services import Servers


@dataclass
class Receiver:
    """A server that takes webhooks, and answers with the statuses in ``answers``, then with 204.

    Attributes:
        requests: path, headers (names in lower case) and body of each.
    """

    port: int = 0
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://hooks.example.com:{self.port}/sluice"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listens on loopback."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            self.send_response(state.answers.pop(0) if state.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Leave the test's output alone."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class MailServer:
    """A server that takes mail (RFC 5321, as much of it as one message needs)."""

    port: int = 0
    mails: list[str] = field(default_factory=list)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """Listens on loopback."""
    state = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for received in self.rfile:
                command = received.strip().upper()
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    parts = list(iter(self.rfile.readline, b".\r\n"))
                    state.mails.append(b"".join(parts).decode())
                self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
                if command == b"QUIT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    """Migrated records that the tests of a module share; no process runs."""
    with line(tmp_path_factory.mktemp("webhooks"), servers) as under_test:
        yield under_test
