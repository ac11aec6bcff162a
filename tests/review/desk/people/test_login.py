"""Logging in and out at the desk: sessions that last and end, names that cannot be borrowed, and forged headers."""

import base64
import ipaddress
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from line.errors import SettingsError
from records.access import sessions
from review.desk.application import application
from review.desk.drawing.pool import DrawingPool
from review.desk.live.pages import new_feed
from review.desk.people import accounts as accounts_module
from review.desk.people import gate as gate_module
from review.desk.people.accounts import Accounts
from review.desk.people.gate import Gate, Proxy, proxy_of
from review.desk.people.pages import local_path
from review.desk.web.login import COOKIE
from tasks.context import Context
from tests.harness import db_builders
from tests.harness.context import settings
from tests.harness.desk import PASSWORD

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
Visit = Callable[..., TestClient]


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setattr(accounts_module, "COST", 2)
    opened = Accounts(tmp_path / "desk.people")
    opened.set("ada", "correct horse")
    return opened


@pytest.fixture
def visit(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Opens browsers at one desk, each at an address of its own."""
    monkeypatch.setattr(gate_module, "SESSION_CACHE_SECONDS", 0.0)
    configured = settings()
    with Context(configured) as line, DrawingPool(configured) as drawing:
        feed = new_feed(line)

        def open_(address: str = "192.0.2.7", proxy: Proxy | None = None) -> TestClient:
            gate = Gate(line.database, accounts, PASSWORD, proxy)
            desk = application(line, drawing, gate, feed=feed)
            return TestClient(desk, headers=BROWSER, client=(address, 4711), follow_redirects=False)

        yield open_
        feed.close()


def token(client: TestClient, path: str = "/login") -> str:
    match = re.search(r'name="_xsrf" value="([^"]+)"', client.get(path).text)
    assert match is not None
    return match[1]


def log_in(
    client: TestClient, name: str = "ada", password: str = "correct horse", to: str = "/answers"
) -> int:
    form = {"_xsrf": token(client), "name": name, "password": password, "next": to}
    return client.post("/login", data=form).status_code


def person(client: TestClient) -> str | None:
    """Who the desk says is there; None if it asks for a login."""
    match = re.search('class="person">([^<]*)<', client.get("/answers").text)
    return match[1] if match else None


def test_a_browser_is_led_to_the_form_and_back_to_where_it_wanted(visit: Visit) -> None:
    client = visit()
    reply = client.get("/batches/7?reason=seam.rim")
    assert (reply.status_code, reply.headers["Location"]) == (
        303,
        "/login?next=%2Fbatches%2F7%3Freason%3Dseam.rim",
    )
    form = {
        "_xsrf": token(client),
        "name": "ada",
        "password": "correct horse",
        "next": "/batches/7?reason=seam.rim",
    }
    reply = client.post("/login", data=form)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/batches/7?reason=seam.rim")
    assert person(client) == "ada"


def test_the_cookie_cannot_be_read_by_scripts_and_the_records_hold_only_its_digest(visit: Visit) -> None:
    client = visit()
    form = {"_xsrf": token(client), "name": "ada", "password": "correct horse", "next": "/"}
    cookies = client.post("/login", data=form).headers.get_list("Set-Cookie")
    (session,) = (cookie for cookie in cookies if cookie.startswith(COOKIE))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    value = client.cookies[COOKIE]
    rows = db_builders.execute("SELECT digest, person FROM sessions").all()
    assert (sessions.digest_of(value), "ada") in [tuple(row) for row in rows]
    assert value not in str(rows)


def test_whoever_logs_out_is_out_and_so_is_a_copy_of_the_cookie(visit: Visit) -> None:
    client, copy = visit(), visit()
    assert log_in(client) == 303
    copy.cookies.set(COOKIE, client.cookies[COOKIE])
    assert person(copy) == "ada"
    assert client.post("/logout", data={"_xsrf": token(client, "/answers")}).status_code == 303
    assert person(client) is None
    assert person(copy) is None


@pytest.mark.parametrize("column", ["used_at", "created_at"])
def test_a_session_ends_when_it_is_not_used_and_after_a_week(visit: Visit, column: str) -> None:
    client = visit()
    log_in(client)
    db_builders.execute("UPDATE sessions SET used_at = now() - interval '11 hours'")
    assert person(client) == "ada", "a request renews it"
    limit = "12 hours" if column == "used_at" else "7 days"
    db_builders.execute(f"UPDATE sessions SET {column} = now() - interval '{limit}'")
    assert person(client) is None


def test_a_session_ends_with_its_account_and_with_its_password(visit: Visit, accounts: Accounts) -> None:
    client = visit()
    log_in(client)
    accounts.set("ada", "another horse")
    assert person(client) is None
    assert log_in(client, password="another horse") == 303
    assert person(client) == "ada"
    accounts.remove("ada")
    assert person(client) is None


def test_a_cookie_that_was_planted_before_the_login_is_worth_nothing(visit: Visit) -> None:
    client, attacker = visit(), visit()
    for name in (COOKIE, "_xsrf"):
        client.cookies.set(name, "planted", domain="testserver.local", path="/")
    form = {"_xsrf": "planted", "name": "ada", "password": "correct horse", "next": "/"}
    reply = client.post("/login", data=form)
    assert reply.status_code == 303
    values = [cookie.partition(";")[0].partition("=")[2] for cookie in reply.headers.get_list("Set-Cookie")]
    assert len(values) == 2
    assert "planted" not in values
    attacker.cookies.set(COOKIE, "planted")
    assert person(attacker) is None


def test_a_login_or_a_logout_that_another_site_sends_is_refused(visit: Visit) -> None:
    client = visit()
    form = {"name": "ada", "password": "correct horse", "next": "/"}
    assert client.post("/login", data=form).status_code == 403
    sent = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/login", data=form | {"_xsrf": token(client)}, headers=sent).status_code == 403
    log_in(client)
    assert client.post("/logout", data={}).status_code == 403
    assert person(client) == "ada"


def test_a_name_with_an_account_cannot_be_borrowed_with_the_password_of_the_desk(visit: Visit) -> None:
    client = visit()
    assert log_in(client, "ada", PASSWORD) == 401
    assert log_in(client, "bob", PASSWORD) == 303
    assert person(client) == "bob"


def test_a_program_logs_in_by_name_and_password_as_before(visit: Visit) -> None:
    client = visit()
    client.headers["Accept"] = "*/*"
    for login, status in ((f"bob:{PASSWORD}", 200), ("ada:correct horse", 200), ("ada:wrong horse", 401)):
        header = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
        reply = client.get("/answers", headers=header)
        assert reply.status_code == status
    assert reply.headers["WWW-Authenticate"].startswith("Basic ")
    assert "WWW-Authenticate" not in client.get("/answers", headers={"Sec-Fetch-Mode": "cors"}).headers


def test_guessing_is_stopped_for_the_name_and_for_no_other(visit: Visit) -> None:
    client = visit()
    for _ in range(gate_module.MAX_FAILURES):
        assert log_in(client, password="wrong horse") == 401
    assert log_in(client) == 429
    assert log_in(client, "bob", PASSWORD) == 303


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\nb", "javascript:alert(1)"],
)
def test_a_login_leads_nowhere_else(path: str) -> None:
    assert local_path(path) == "/"


NETWORKS = [ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("::1")]
PROXY = Proxy("X-Forwarded-User", NETWORKS)


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("10.0.0.5", [("X-Forwarded-User", "cy")], "cy"),
        ("::1", [("X-Forwarded-User", "cy")], "cy"),
        ("::ffff:10.0.0.5", [("X-Forwarded-User", "cy")], "cy"),
        ("10.0.1.5", [("X-Forwarded-User", "cy")], None),
        ("192.0.2.7", [("X-Forwarded-User", "cy"), ("X-Forwarded-For", "10.0.0.5")], None),
        ("10.0.0.5", [("X-Forwarded-User", "cy"), ("X-Forwarded-User", "ada")], None),
        ("10.0.0.5", [("X-Forwarded-User", "<b>")], None),
        ("10.0.0.5", [("X-Remote-User", "cy")], None),
    ],
)
def test_a_name_in_a_header_counts_from_the_proxy_alone(
    visit: Visit, address: str, headers: list[tuple[str, str]], expected: str | None
) -> None:
    client = visit(address, PROXY)
    reply = client.get("/answers", headers=[*BROWSER.items(), *headers])
    assert reply.status_code == (200 if expected else 303)
    assert expected is None or f'class="person">{expected}<' in reply.text


def test_without_a_proxy_no_header_counts(visit: Visit) -> None:
    assert visit("127.0.0.1").get("/answers", headers={"X-Forwarded-User": "cy"}).status_code == 303


@pytest.mark.parametrize("wrong", [{"desk_proxy_header": "X-User"}, {"desk_proxy_addresses": ("10.0.0.1",)}])
def test_half_of_a_proxy_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="together"):
        proxy_of(settings().model_copy(update=wrong))
