"""The login of each request: a reverse proxy's header, a session's cookie, or HTTP Basic."""

import base64
import binascii
from functools import partial
from typing import Final

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    SimpleUser,
)
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from review.desk.people.accounts import USER_NAME
from review.desk.people.gate import Gate, TooManyFailuresError

COOKIE: Final = "sluice_session"
OPEN_PATHS: Final = ("/login",)
"""Pages that need no login."""


class DeskLogin(AuthenticationBackend):
    """Admits whoever the ``gate`` lets in."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """The person; None on a page that needs no login.

        Raises:
            AuthenticationError: no login is valid.
        """
        name, way = await self._person(conn)
        if name is not None:
            return AuthCredentials(["review", way]), SimpleUser(name)
        if conn.url.path in OPEN_PATHS:
            return None
        raise AuthenticationError("log in with your name and password")

    async def _person(self, conn: HTTPConnection) -> tuple[str | None, str]:
        """Who it is, and by what: ``proxy``, ``session`` or ``basic``."""
        proxy = self._gate.proxy
        if proxy is not None and proxy.is_trusted(address_of(conn)):
            names = conn.headers.getlist(proxy.header)
            if names:
                is_one_name = len(names) == 1 and USER_NAME.fullmatch(names[0])
                return (names[0] if is_one_name else None), "proxy"
        if cookie := conn.cookies.get(COOKIE):
            person = await run_in_threadpool(partial(self._gate.person_of, cookie))
            if person is not None:
                return person, "session"
        return await self._basic(conn), "basic"

    async def _basic(self, conn: HTTPConnection) -> str | None:
        login = _basic_login(conn.headers.get("Authorization", ""))
        if login is None:
            return None
        try:
            is_right = await run_in_threadpool(partial(self._gate.is_right, *login, address_of(conn)))
        except TooManyFailuresError:
            return None
        return login[0] if is_right else None


def person_of(conn: HTTPConnection) -> str:
    """Who is logged in, in the form that the records keep: ``person:NAME``."""
    return f"person:{conn.user.display_name}"


def address_of(conn: HTTPConnection) -> str:
    """The address of the other end of the connection, whatever headers say."""
    return conn.client.host if conn.client else ""


def _basic_login(header: str) -> tuple[str, str] | None:
    """Name and password in an HTTP Basic header (RFC 7617); None if it holds none."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password
