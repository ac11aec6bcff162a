"""Errors as programs read them: problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from line.errors import InputError, ServiceError
from records.access.idempotency import KeyReusedError

MEDIA_TYPE = "application/problem+json"


class ProblemDetails(BaseModel):
    """Why a request was not carried out, and how to mend it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class ProblemError(Exception):
    """Raised when a request is not carried out; ``detail`` is for whoever wrote the program."""

    def __init__(self, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def missing(kind: str, number: int) -> ProblemError:
    """There is no such thing."""
    return ProblemError(HTTPStatus.NOT_FOUND, f"there is no {kind} {number}")


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The errors of a route, for its OpenAPI description: those that every route has, and ``statuses``."""
    always = (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    return {
        status.value: {"model": ProblemDetails, "content": {MEDIA_TYPE: schema}}
        for status in (*always, *statuses)
    }


def install(app: FastAPI) -> None:
    """Answer every error of an application with problem details."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(KeyReusedError, _reused)
    app.add_exception_handler(InputError, _refused)
    app.add_exception_handler(ServiceError, _unavailable)
    app.add_exception_handler(sa.exc.TimeoutError, _busy)


def answer(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A problem as the answer to a request."""
    content = ProblemDetails(title=HTTPStatus(status).phrase, status=status, detail=detail).model_dump()
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return answer(error.status, error.detail, error.headers)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    places = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults)
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(places))


def _http(request: Request, error: Exception) -> JSONResponse:
    status = getattr(error, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
    return answer(status, str(getattr(error, "detail", "")), dict(getattr(error, "headers", None) or {}))


def _reused(request: Request, error: Exception) -> JSONResponse:
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


def _refused(request: Request, error: Exception) -> JSONResponse:
    return answer(HTTPStatus.CONFLICT, str(error))


def _unavailable(request: Request, error: Exception) -> JSONResponse:
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "5"})


def _busy(request: Request, error: Exception) -> JSONResponse:
    detail = "all connections to Postgres are in use; send the request again later"
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "5"})
