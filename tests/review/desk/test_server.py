"""The desk's server: where it listens, what it refuses, and what may be mounted beside its pages."""

import asyncio
import re
import signal
import socket
from pathlib import Path

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from line.errors import InputError
from records.database import Database
from review.desk.application import MAX_REQUEST_BYTES, ROUTES, application
from review.desk.drawing.pool import DrawingPool
from review.desk.people.accounts import Accounts
from review.desk.people.gate import Gate
from review.desk.serve import IdleServer, listening
from tasks.context import Context
from tests.harness.context import settings
from tests.harness.desk import PASSWORD


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A browser with a login, at a desk without a server; its pages would need the records."""
    configured = settings()
    hello = Route("/api/v1/hello", lambda request: PlainTextResponse("hello"))
    line = Context(configured)
    gate = Gate(Database("postgresql+psycopg://nowhere/"), Accounts(tmp_path / "desk.people"), PASSWORD, None)
    desk = application(line, DrawingPool(configured), gate, mounts=[hello])
    return TestClient(desk, headers={"Authorization": "Basic YWRhOm9wZW4tc2VzYW1lLW9mLXRoZS10ZXN0cw=="})


def test_a_port_in_use_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"port {port} .*choose another port with --port"):
            listening("127.0.0.1", port)


def test_a_signal_ends_an_idle_server_that_would_sleep_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.desk.serve.TICK_SECONDS", 3600.0)
    idle = IdleServer(uvicorn.Config(lambda: None))
    ticks: list[int] = []

    async def on_tick(counter: int) -> bool:
        ticks.append(counter)
        return idle.should_exit

    async def run() -> None:
        loop = asyncio.create_task(idle.main_loop())
        while not ticks:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        idle.handle_exit(signal.SIGTERM, None)
        await loop

    monkeypatch.setattr(idle, "on_tick", on_tick)
    asyncio.run(run())
    assert len(ticks) == 2


def test_what_is_mounted_needs_no_login_of_the_desk(client: TestClient) -> None:
    del client.headers["Authorization"]
    assert client.get("/api/v1/hello").text == "hello"
    assert client.get("/nowhere").status_code == 401


def routes(method: str) -> list[str]:
    """The desk's URLs for a method, each with some number or name in it."""
    listed = [route for route in ROUTES if isinstance(route, Route) and method in (route.methods or ())]
    return [re.sub(r"\{\w+(:id)?\}", "1", route.path) for route in listed]


def test_a_form_from_another_site_is_refused_on_every_route_even_with_its_token(client: TestClient) -> None:
    client.get("/nowhere")
    form = {"_xsrf": client.cookies["_xsrf"]}
    assert len(routes("POST")) > 20
    for path in routes("POST"):
        for site in ("cross-site", "same-site"):
            reply = client.post(path, data=form, headers={"Sec-Fetch-Site": site})
            assert reply.status_code == 403, path
            assert "another site" in reply.text


def test_a_form_without_the_token_is_refused_on_every_route(client: TestClient) -> None:
    client.get("/nowhere")
    for path in routes("POST"):
        for token in ("", "guess"):
            reply = client.post(path, data={"_xsrf": token})
            assert reply.status_code == 403, path
            assert "out of date" in reply.text


def test_only_forms_change_anything_and_every_route_but_the_login_needs_one(client: TestClient) -> None:
    changing = {method for route in ROUTES if isinstance(route, Route) for method in route.methods or ()}
    assert changing == {"GET", "HEAD", "POST"}
    del client.headers["Authorization"]
    for method in ("GET", "POST"):
        for path in routes(method):
            status = client.request(method, path, headers={"Accept": "*/*"}).status_code
            assert status == ((200 if method == "GET" else 403) if path == "/login" else 401), path


def test_a_request_of_too_many_bytes_is_refused(client: TestClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = client.post("/troubles/1/dismiss", content=b"0" * (MAX_REQUEST_BYTES + 1), headers=headers)
    assert reply.status_code == 413
    assert "at most 64 MB" in reply.text


def test_the_desks_own_files_are_kept_by_a_browser_for_as_long_as_they_are_the_same(
    client: TestClient,
) -> None:
    assert "immutable" in client.get("/static/desk.css?v=1").headers["Cache-Control"]
    assert client.get("/static/desk.css").headers["Cache-Control"] == "no-cache"
