"""What the routes are given: the line, the caller behind a token, and requests that are carried out once."""

import hashlib
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import sqlalchemy as sa
from fastapi import Depends, Header, Request, Security
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from records.access import idempotency, tokens
from records.access.idempotency import Answer
from records.access.tokens import Scope, Token
from review.api.problems import ProblemError
from scheduler.decide import Decisions
from scheduler.intake.recipe_check import RecipeCheck
from tasks.context import Context

T = TypeVar("T")
PATIENCE_SECONDS = 5.0
"""Time for which a request waits for a Postgres that is away (s)."""

_bearer = HTTPBearer(auto_error=False, description="A token of `sluice tokens create`")


class Line:
    """The line behind the API, with the parts of it that the routes share."""

    def __init__(self, context: Context) -> None:
        self.context, self.recipes = context, RecipeCheck()

    def transact(self, work: Callable[[sa.Connection], T], *, actor: str = "") -> T:
        """:meth:`records.database.Database.transact`, with the patience of a request."""
        return self.context.database.transact(work, actor=actor, patience=PATIENCE_SECONDS)

    @property
    def decisions(self) -> Decisions:
        """Decisions about images, by the same functions that the command and the desk use."""
        return Decisions(self.context, load_recipe=self.recipes.load)

    def requeue(self, image: int, token: Token, recipe: str | None, mask: str | None, look: bool) -> None:
        """Process an image again; the result of an ordered edit comes back to a person where ``look`` is set."""
        shown = look and mask is not None
        self.decisions.requeue(image, token.actor, recipe=recipe, mask=mask, look=shown)


def line_of(request: Request) -> Line:
    """The line that the application belongs to."""
    line: Line = request.app.state.line
    return line


LineOf = Annotated[Line, Depends(line_of)]


def refuse_undeclared_parameters(request: Request) -> None:
    """Refuse what is not in the description: a misspelt filter would otherwise answer more than was asked for.

    Raises:
        ProblemError: the URL has a parameter that its route does not have.
    """
    path = request.app.openapi()["paths"].get(request.scope["route"].path_format)
    if path is None:
        return  # a signed link, which Sluice made
    operation = path[request.method.lower()]
    declared = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    if unknown := sorted(set(request.query_params) - declared):
        has = f"has only {', '.join(sorted(declared))}" if declared else "has none"
        detail = f"there is no parameter {', '.join(unknown)[:200]}; this route {has}"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)


def caller(
    line: LineOf, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Token:
    """The token behind a request.

    Raises:
        ProblemError: there is none, or it is not valid.
    """
    text = credentials.credentials if credentials else ""
    token = line.transact(partial(tokens.authenticate, text=text)) if text else None
    if token is None:
        detail = "send a valid token as `Authorization: Bearer TOKEN`; `sluice tokens create` makes one"
        raise ProblemError(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": 'Bearer realm="sluice"'})
    return token


def permits(scope: Scope) -> Callable[[Token], Token]:
    """A dependency that is the caller, whose token must have ``scope``."""

    def check(token: Annotated[Token, Depends(caller)]) -> Token:
        if scope not in token.scopes:
            detail = f"token {token.name} lacks the scope {scope}; it has: {', '.join(sorted(token.scopes))}"
            raise ProblemError(HTTPStatus.FORBIDDEN, detail)
        return token

    return check


class Once:
    """Carries out a request, or answers as the first time where its idempotency key was used before."""

    def __init__(self, line: Line, token: Token, key: str | None, fingerprint: str) -> None:
        self._line, self._token, self._key, self._fingerprint = line, token, key, fingerprint

    def run(self, work: Callable[[], Any], status: HTTPStatus = HTTPStatus.OK) -> JSONResponse:
        """The answer to ``work``; it is kept where the work was done, so that a refused request may be sent again."""
        if self._key is None:
            return JSONResponse(jsonable_encoder(work()), status)
        earlier = self._line.transact(
            partial(idempotency.begin, **self._names, fingerprint=self._fingerprint)
        )
        if earlier is not None:
            return JSONResponse(earlier.body, earlier.status, {"Idempotency-Replayed": "true"})
        try:
            body = jsonable_encoder(work())
        except Exception as error:
            self._line.transact(partial(idempotency.abandon, **self._names))
            raise error
        answer = Answer(status, body)
        self._line.transact(partial(idempotency.finish, **self._names, answer=answer))
        return JSONResponse(body, status)

    @property
    def _names(self) -> dict[str, Any]:
        return {"token_id": self._token.id, "key": self._key}


async def once(
    request: Request,
    line: LineOf,
    token: Annotated[Token, Depends(caller)],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Once:
    """The request, to be carried out once for each idempotency key."""
    content = b"\0".join((request.method.encode(), str(request.url.path).encode(), await request.body()))
    return Once(line, token, idempotency_key, hashlib.sha256(content).hexdigest())


OnceOf = Annotated[Once, Depends(once)]
Reader = Annotated[Token, Depends(permits(Scope.READ))]
Viewer = Annotated[Token, Depends(permits(Scope.PICTURES))]
Sender = Annotated[Token, Depends(permits(Scope.UPLOAD))]
Decider = Annotated[Token, Depends(permits(Scope.DECIDE))]
Operator = Annotated[Token, Depends(permits(Scope.OPERATE))]
Monitor = Annotated[Token, Depends(permits(Scope.METRICS))]
