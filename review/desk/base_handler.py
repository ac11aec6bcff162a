"""What all requests to the desk share: login, security headers, error pages, and work in threads."""

import asyncio
import base64
import binascii
import hmac
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from tornado.web import HTTPError, RequestHandler

from line.errors import InputError, ServiceError, SluiceError
from review.desk.drawing_pool import DrawingPool
from tasks.context import Context

T = TypeVar("T")
EXECUTOR = ThreadPoolExecutor(4, "desk")
"""Only a few threads, each with a connection to the records."""
USER_NAME = re.compile(r"[\w.@+-]{1,60}")
"""Names that people may log in with; the records keep them with each decision."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class RequestError(HTTPError):
    """Raised when a request cannot be answered; ``message`` is shown to the person."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(status, message)
        self.message = message


class BaseHandler(RequestHandler):
    """A page behind the login."""

    person: str = ""
    """Who is logged in, in the form that the records keep: ``person:NAME``."""

    @property
    def line(self) -> Context:
        """The line that the desk belongs to."""
        return cast(Context, self.settings["line"])

    @property
    def drawing(self) -> DrawingPool:
        """Draws pictures, outside of this process."""
        return cast(DrawingPool, self.settings["drawing"])

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    def prepare(self) -> None:
        name = _authenticated_name(self.request.headers.get("Authorization", ""), self.settings["password"])
        if name is None:
            raise RequestError(HTTPStatus.UNAUTHORIZED, "log in with your name and the password of the desk")
        self.person = f"person:{name}"

    async def in_thread(self, function: Callable[[], T]) -> T:
        """Run ``function`` in a thread, because records would block the server's event loop; see :meth:`answer`."""
        return await self.answer(asyncio.get_running_loop().run_in_executor(EXECUTOR, function))

    async def answer(self, result: Awaitable[T]) -> T:
        """Await a result.

        Raises:
            RequestError: there was a SluiceError instead; with the error's message.
        """
        try:
            return await result
        except InputError as error:
            raise RequestError(HTTPStatus.CONFLICT, str(error)) from error
        except ServiceError as error:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error
        except SluiceError as error:
            raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, str(error)) from error

    async def transact(self, work: Callable[[sa.Connection], T], *, actor: str = "") -> T:
        """:meth:`records.database.Database.transact` in a thread; see :meth:`in_thread`."""
        return await self.in_thread(lambda: self.line.database.transact(work, actor=actor))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with an error page, or with JSON for the desk's own script."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        message = error.message if isinstance(error, RequestError) else HTTPStatus(status_code).phrase
        if status_code == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", 'Basic realm="your name and the password of the review desk"')
        if self.wants_json:
            self.finish({"error": message})
        else:
            self.render("error.html", message=message, code=status_code)

    @property
    def wants_json(self) -> bool:
        return "application/json" in self.request.headers.get("Accept", "")

    def get_template_namespace(self) -> dict[str, Any]:
        return super().get_template_namespace() | {"person": self.person.partition(":")[2]}


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
