"""What stands between the line and a server, and spoils what passes: a cut commit, a slow or failing bucket."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.harness.waiting import PATIENCE


class CommitCutter:
    """Forwards to Postgres; ``cut`` commits are carried out there, and their answers never come back."""

    def __init__(self, host: str, port: int) -> None:
        self.cut = 0
        self.done = 0
        self._to = host, port
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._to) as server:
            drop = threading.Event()
            back = threading.Thread(target=self._answers, args=(server, client, drop), daemon=True)
            back.start()
            with suppress(OSError):
                while data := client.recv(65536):
                    if b"COMMIT" in data and self._is_due():
                        drop.set()
                    server.sendall(data)
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            back.join()

    def _is_due(self) -> bool:
        with self._lock:
            due = self.done < self.cut
            self.done += due
            return due

    def _answers(self, server: socket.socket, client: socket.socket, drop: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if drop.is_set():  # it is committed: the answer is in our hands, and nobody gets it
                    break
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def spoiled(
    host: str, port: int, *, every: int = 5, seconds: float = 0.02
) -> Iterator[tuple[str, list[int]]]:
    """A server before an HTTP one that is slow and answers each ``every``-th request with an error.

    Answers its URL and, in a list, the requests it failed.
    """
    failed: list[int] = []
    count = iter(range(1, 1 << 30))

    def refuse(_: Message) -> tuple[int, bytes] | None:
        time.sleep(seconds)
        number = next(count)
        if number % every:
            return None
        failed.append(number)
        return 503, b""

    with _before(host, port, refuse) as url:
        yield url, failed


@contextmanager
def expiring(host: str, port: int) -> Iterator[tuple[str, set[str]]]:
    """A server before S3 that refuses session tokens which have expired, as S3 does.

    Answers its URL and the set of expired tokens.
    """
    expired: set[str] = set()

    def refuse(headers: Message) -> tuple[int, bytes] | None:
        if headers.get("x-amz-security-token") not in expired:
            return None
        return (
            400,
            b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>",
        )

    with _before(host, port, refuse) as url:
        yield url, expired


@contextmanager
def _before(host: str, port: int, refuse: Callable[[Message], tuple[int, bytes] | None]) -> Iterator[str]:
    """A server before an HTTP one; ``refuse`` gets each request's headers and may answer in its place."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if (refusal := refuse(self.headers)) is not None:
                status, data = refusal
                self._answer(status, [], data)
                return
            upstream = http.client.HTTPConnection(host, port, timeout=PATIENCE)
            try:
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                data = answer.read()
            finally:
                upstream.close()
            hop_headers = ("content-length", "transfer-encoding", "connection", "date", "server")
            headers = [
                (name, value) for name, value in answer.getheaders() if name.lower() not in hop_headers
            ]
            length = answer.getheader("Content-Length", "0") if self.command == "HEAD" else None
            self._answer(answer.status, headers, data, length)

        def _answer(
            self, status: int, headers: list[tuple[str, str]], data: bytes, length: str | None = None
        ) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", length or str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815 - the base class's names

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
