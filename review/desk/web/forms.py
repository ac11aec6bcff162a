"""Forms that only a page of the desk can send: each carries the token of the visitor's cookie (double submit)."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from markupsafe import Markup
from starlette.datastructures import FormData, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.desk.web.errors import RequestError

COOKIE = FIELD = "_xsrf"
MAX_FILES, MAX_FIELDS = 1, 1000

FormEndpoint = Callable[[Request, FormData], Awaitable[Response]]


class TokenCookie:
    """ASGI middleware that gives each visitor a random token; a page puts it into its forms."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        of_cookie = HTTPConnection(scope).cookies.get(COOKIE, "")
        token = of_cookie or secrets.token_urlsafe(32)
        scope["state"] = {**scope.get("state", {}), "token": token}

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not of_cookie:
                MutableHeaders(scope=message).append("Set-Cookie", _cookie(token))
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def renew_token(reply: Response) -> None:
    """Give the visitor a new token: one that somebody knew or set before a login is worth nothing after it."""
    reply.headers.append("Set-Cookie", _cookie(secrets.token_urlsafe(32)))


def form_route(path: str, endpoint: FormEndpoint) -> Route:
    """A URL that takes a form: ``endpoint`` gets it once its token was checked."""

    async def checked(request: Request) -> Response:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise RequestError(HTTPStatus.FORBIDDEN, "this form was sent by another site")
        async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS) as form:
            if not _is_token(str(form.get(FIELD, "")), request.cookies.get(COOKIE, "")):
                raise RequestError(HTTPStatus.FORBIDDEN, "this form is out of date: reload the page")
            return await endpoint(request, form)

    return Route(path, checked, methods=["POST"], name=endpoint.__name__)


def token_field(request: HTTPConnection) -> Markup:
    """The hidden field that a form of the visitor needs."""
    token = request.scope.get("state", {}).get("token", "")
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token)


def field(form: FormData, name: str) -> str:
    """A text field of a form.

    Raises:
        RequestError: the form has no such field.
    """
    value = form.get(name)
    if not isinstance(value, str):
        raise RequestError(HTTPStatus.BAD_REQUEST, f"the form has no field {name}")
    return value


def _is_token(given: str, of_cookie: str) -> bool:
    return bool(of_cookie) and hmac.compare_digest(given.encode(), of_cookie.encode())


def _cookie(token: str) -> str:
    return f"{COOKIE}={token}; HttpOnly; Path=/; SameSite=Strict"
