"""Who may come in, and what every answer of the desk has in common."""

import asyncio
import base64
import binascii
import hmac
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar

from tornado.web import HTTPError, RequestHandler

from line.errors import InputError, ServiceError, SluiceError

T = TypeVar("T")
WORKING = ThreadPoolExecutor(4, "desk")
"""Few at a time: a large photo takes some hundred megabytes while it is drawn."""
NAME = re.compile(r"[\w.@+-]{1,60}")
"""Names that people give at the login; the records keep them with what was decided."""
POLICY = (
    "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class RefusedError(HTTPError):
    """Raised where a request cannot be answered; ``said`` is what the person reads."""

    def __init__(self, status: HTTPStatus, said: str) -> None:
        super().__init__(status, said)
        self.said = said


class Door(RequestHandler):
    """A page behind the login."""

    person: str = ""
    """Who decides, as the records keep it."""

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    def prepare(self) -> None:
        name = _name(self.request.headers.get("Authorization", ""), self.settings["password"])
        if name is None:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "log in with your name and the password of the desk")
        self.person = f"person:{name}"

    async def work(self, what: Callable[[], T]) -> T:
        """Do ``what`` beside the server's own thread: the records and the pictures may take their time.

        Raises:
            RefusedError: with the error's own words, where it cannot be.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(WORKING, what)
        except InputError as error:
            raise RefusedError(HTTPStatus.CONFLICT, str(error)) from error
        except ServiceError as error:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error
        except SluiceError as error:
            raise RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, str(error)) from error

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The reason as one page, or as one line for the desk's own script."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        said = error.said if isinstance(error, RefusedError) else HTTPStatus(status_code).phrase
        if status_code == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", 'Basic realm="your name and the password of the review desk"')
        if self.wants_json:
            self.finish({"error": said})
        else:
            self.render("error.html", said=said, code=status_code)

    @property
    def wants_json(self) -> bool:
        return "application/json" in self.request.headers.get("Accept", "")

    def get_template_namespace(self) -> dict[str, Any]:
        return super().get_template_namespace() | {"person": self.person.partition(":")[2]}


def _name(header: str, password: str) -> str | None:
    """The name in a header of HTTP Basic (RFC 7617) with the right password; None without either."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, given = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    right = hmac.compare_digest(given.encode(), password.encode())
    return name if right and NAME.fullmatch(name) else None
