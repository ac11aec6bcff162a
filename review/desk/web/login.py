"""The login: HTTP Basic, with a name of one's own and the desk's password."""

import base64
import binascii
import hmac
import re

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    SimpleUser,
)
from starlette.requests import HTTPConnection

USER_NAME = re.compile(r"[\w.@+-]{1,60}")
"""Names that people may log in with; the records keep them with each decision."""


class PasswordLogin(AuthenticationBackend):
    """Admits whoever gives a valid name and ``password``."""

    def __init__(self, password: str) -> None:
        self._password = password

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser]:
        """The person.

        Raises:
            AuthenticationError: the name or the password is missing or not valid.
        """
        name = _authenticated_name(conn.headers.get("Authorization", ""), self._password)
        if name is None:
            raise AuthenticationError("log in with your name and the password of the desk")
        return AuthCredentials(["review"]), SimpleUser(name)


def person_of(conn: HTTPConnection) -> str:
    """Who is logged in, in the form that the records keep: ``person:NAME``."""
    return f"person:{conn.user.display_name}"


def _authenticated_name(header: str, password: str) -> str | None:
    """The user name in an HTTP Basic header (RFC 7617); None if the name or the password is not valid."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, given = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    is_right = hmac.compare_digest(given.encode(), password.encode())
    return name if is_right and USER_NAME.fullmatch(name) else None
