"""Who is let in, to what, and for how long."""

from functools import partial

import pytest
from starlette.testclient import TestClient

from records.access import tokens
from records.access.tokens import Scope
from review.api.application import PATH
from review.cli.people.tokens import SCOPES
from tests.harness import db_builders
from tests.harness.context import engine, transact
from tests.review.api.conftest import Api, token

pytestmark = pytest.mark.services

ROUTES = {
    Scope.READ: ("GET", "/batches"),
    Scope.PICTURES: ("GET", "/images/1/pictures"),
    Scope.UPLOAD: ("GET", "/uploads/1"),
    Scope.DECIDE: ("POST", "/images/1/accept"),
    Scope.OPERATE: ("POST", "/batches/1/halt"),
    Scope.METRICS: ("GET", "/metrics"),
}


@pytest.mark.parametrize("scope", Scope)
def test_a_token_opens_what_its_scope_names_and_nothing_else(server: TestClient, scope: Scope) -> None:
    program = Api(server, token(f"only-{scope}", scope))
    for other, (method, path) in ROUTES.items():
        answer = program._send(method, path, **({"json": {}} if method == "POST" else {}))
        assert (answer.status_code == 403) == (other is not scope), f"{other}: {answer.text}"
    assert transact(tokens.listed)


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer sluice_wrong", "Basic YWRhOnNlc2FtZQ=="])
def test_without_a_valid_token_nothing_is_answered(server: TestClient, header: str) -> None:
    for method, path in ROUTES.values():
        headers = {"Authorization": header} if header else {}
        answer = server.request(method, PATH + path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_revoked_token_is_refused_at_once(server: TestClient) -> None:
    program = Api(server, token("leaver", Scope.READ))
    assert program.get("/batches").status_code == 200
    transact(partial(tokens.revoke, name="leaver"))
    assert program.get("/batches").status_code == 401


def test_an_expired_token_is_refused(server: TestClient) -> None:
    program = Api(server, token("short", Scope.READ, days=1))
    assert program.get("/batches").status_code == 200
    db_builders.execute("UPDATE tokens SET expires_at = now() - interval '1 second' WHERE name = 'short'")
    assert program.get("/batches").status_code == 401


def test_the_records_hold_no_token_only_its_digest(server: TestClient) -> None:
    secret = token("secretive", Scope.READ)
    with engine().connect() as connection:
        rows = connection.exec_driver_sql("SELECT tokens::text FROM tokens").scalars().all()
    assert rows
    assert not any(secret.removeprefix(tokens.PREFIX) in row for row in rows)


def test_a_cookie_or_a_form_of_another_site_opens_nothing(server: TestClient, api: Api) -> None:
    headers = {"Cookie": f"session={api.secret}; token={api.secret}"}
    answer = server.post(PATH + "/images/1/accept", data={"version": "x"}, headers=headers)
    assert answer.status_code == 401
    assert "access-control-allow-origin" not in answer.headers


def test_answers_are_neither_stored_nor_sniffed(api: Api) -> None:
    answer = api.get("/batches")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_command_offers_the_scopes_that_there_are() -> None:
    assert set(SCOPES) == set(Scope)
