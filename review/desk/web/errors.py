"""Error pages, or JSON for the desk's own scripts."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from line.errors import InputError, ServiceError, SluiceError
from review.desk.web.pages import render

LOGIN_HEADER = 'Basic realm="your name and the password of the review desk"'


class RequestError(HTTPException):
    """Raised when a request cannot be answered; ``message`` is shown to the person."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(status.value, message)
        self.message = message


def wants_json(request: HTTPConnection) -> bool:
    return "application/json" in request.headers.get("Accept", "")


async def show_http_error(request: Request, error: Exception) -> Response:
    """Answer an HTTPException, also one that Starlette raised, as for an unknown URL."""
    raised = cast(HTTPException, error)
    message = "there is no such page" if _is_unknown_page(raised) else raised.detail
    return _error(request, raised.status_code, message, raised.headers)


async def show_sluice_error(request: Request, error: Exception) -> Response:
    """Answer an error of Sluice with its own message."""
    kinds = ((InputError, HTTPStatus.CONFLICT), (ServiceError, HTTPStatus.SERVICE_UNAVAILABLE))
    status = next((each for kind, each in kinds if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    return _error(request, status, str(error))


async def show_unexpected_error(request: Request, error: Exception) -> Response:
    """Answer a defect of the desk; the server's log has its traceback."""
    return _error(request, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.INTERNAL_SERVER_ERROR.phrase)


def ask_for_login(request: HTTPConnection, error: Exception) -> Response:
    """Answer a request without a valid login: a browser is led to the form, a program is asked for a password.

    A script of a page gets no challenge, on which the browser would open a dialogue of its own.
    """
    if "text/html" in request.headers.get("Accept", ""):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?{urlencode({'next': path})}", HTTPStatus.SEE_OTHER)
    headers = None if "Sec-Fetch-Mode" in request.headers else {"WWW-Authenticate": LOGIN_HEADER}
    return _error(request, HTTPStatus.UNAUTHORIZED, str(error), headers)


EXCEPTION_HANDLERS = {
    HTTPException: show_http_error,
    SluiceError: show_sluice_error,
    Exception: show_unexpected_error,
}


def _is_unknown_page(error: HTTPException) -> bool:
    return error.status_code == HTTPStatus.NOT_FOUND and not isinstance(error, RequestError)


def _error(
    request: HTTPConnection, status: int, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    if wants_json(request):
        return JSONResponse({"error": message}, status, headers)
    return render(request, "error.html", status=status, headers=headers, message=message, code=int(status))
