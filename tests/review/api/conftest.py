from collections.abc import Iterator
from functools import partial

import httpx2
import pytest
from starlette.testclient import TestClient

from records.access import tokens
from records.access.tokens import Scope
from review.api.application import PATH, mount
from review.desk.application import application
from review.desk.drawing.pool import DrawingPool
from review.desk.people.accounts import Accounts
from review.desk.people.gate import Gate
from tasks.context import Context
from tests.harness.context import settings, transact
from tests.harness.line import Line


@pytest.fixture(scope="module")
def server(records: Line, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API on the records of the module, mounted as the desk's server mounts it."""
    with Context(settings()) as context, DrawingPool(settings()) as drawing:
        gate = Gate(
            context.database, Accounts(tmp_path_factory.mktemp("home") / "desk.people"), "sesame", None
        )
        app = application(context, drawing, gate, mounts=[mount(context, drawing)])
        with TestClient(app, base_url="http://testserver", raise_server_exceptions=False) as client:
            yield client


def token(name: str, *scopes: Scope, days: int | None = None) -> str:
    """A new token."""
    return transact(partial(tokens.create, name=name, scopes=scopes, created_by="person:ada", days=days))


@pytest.fixture(scope="module")
def api(server: TestClient) -> "Api":
    """A program that may do everything."""
    return Api(server, token("everything", *Scope))


class Api:
    """A program with a token."""

    def __init__(self, server: TestClient, secret: str) -> None:
        self.server, self.secret = server, secret

    def get(self, path: str, **options: object) -> httpx2.Response:
        return self._send("GET", path, **options)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> httpx2.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self._send("POST", path, json={} if body is None else body, headers=headers)

    def put(self, path: str, content: bytes) -> httpx2.Response:
        return self._send("PUT", path, content=content)

    def _send(self, method: str, path: str, **options: object) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.secret}"} | dict(options.pop("headers", {}))  # type: ignore[call-overload]
        url = path if path.startswith("http") else PATH + path
        return self.server.request(method, url, headers=headers, **options)  # type: ignore[arg-type]
