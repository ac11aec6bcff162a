"""Logging in and out."""

from functools import partial
from http import HTTPStatus
from typing import cast
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from records.access.sessions import MAX_DAYS
from review.desk.live.pages import feed_of
from review.desk.people.gate import FAILURE_SECONDS, Gate, TooManyFailuresError
from review.desk.web import forms
from review.desk.web.forms import field
from review.desk.web.login import COOKIE, address_of
from review.desk.web.pages import render


async def show_login(request: Request) -> Response:
    """The form; whoever is logged in goes on."""
    next_path = local_path(request.query_params.get("next", "/"))
    if request.user.is_authenticated:
        return RedirectResponse(next_path, HTTPStatus.SEE_OTHER)
    return render(request, "login.html", next_path=next_path, login_name="", message="")


async def log_in(request: Request, form: FormData) -> Response:
    """Begin a session. Its cookie is always a new one, and so is the token of the forms."""
    gate, name, next_path = _gate(request), field(form, "name").strip(), local_path(field(form, "next"))
    try:
        is_right = await run_in_threadpool(
            partial(gate.is_right, name, field(form, "password"), address_of(request))
        )
    except TooManyFailuresError:
        minutes = round(FAILURE_SECONDS / 60)
        message = f"There were too many wrong passwords for this name. Try again in {minutes} minutes."
        return render(
            request, "login.html", status=429, next_path=next_path, login_name=name, message=message
        )
    if not is_right:
        message = "This name and password do not belong together."
        return render(
            request, "login.html", status=401, next_path=next_path, login_name=name, message=message
        )
    if old := request.cookies.get(COOKIE):
        await run_in_threadpool(partial(gate.end, old))
    cookie = await run_in_threadpool(partial(gate.begin, name))
    reply = RedirectResponse(next_path, HTTPStatus.SEE_OTHER)
    reply.set_cookie(
        COOKIE,
        cookie,
        max_age=MAX_DAYS * 86400,
        httponly=True,
        samesite="lax",  # a link in a chat message finds the person logged in; forms have a token of their own
        secure=request.url.scheme == "https",
    )
    forms.renew_token(reply)
    return reply


async def log_out(request: Request, form: FormData) -> Response:
    """End the session, and the streams of the person's open pages."""
    if cookie := request.cookies.get(COOKIE):
        await run_in_threadpool(partial(_gate(request).end, cookie))
    feed_of(request).end_of(request.user.display_name)
    reply = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    reply.delete_cookie(COOKIE, httponly=True, samesite="lax")
    forms.renew_token(reply)
    return reply


def local_path(path: str) -> str:
    """``path`` if it leads to this desk, else its first page."""
    parts = urlsplit(path)
    is_local = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
    return path if is_local and path.isprintable() else "/"


def _gate(request: Request) -> Gate:
    return cast(Gate, request.app.state.gate)
