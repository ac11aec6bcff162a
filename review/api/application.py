"""The API as an application of its own, mounted below ``/api/v1`` of the desk's server."""

from importlib.metadata import version

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from review.api import problems
from review.api.dependencies import Line, refuse_undeclared_parameters
from review.api.routes import batches, images, metrics, templates, uploads
from review.desk.drawing.pool import DrawingPool
from review.desk.web.headers import RequestLimit
from tasks.context import Context

PATH = "/api/v1"
MAX_JSON_BYTES = 1024 * 1024
"""Maximum size of a request with JSON, which is read before its token; files have a limit of their own."""


class JsonLimit(RequestLimit):
    """The limit of JSON; a file's request is read by its route, after its token was checked."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "PUT":
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def application(context: Context, drawing: DrawingPool) -> FastAPI:
    """The API of a line. FastAPI's pages of documentation are left out: they load scripts from other hosts."""
    app = FastAPI(
        title="Sluice",
        summary="Batches of product photos: uploads, results, readings, people's decisions.",
        version=version("sluice"),
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(JsonLimit, limit=MAX_JSON_BYTES)],
        dependencies=[Depends(refuse_undeclared_parameters)],
    )
    app.state.line, app.state.drawing = Line(context), drawing
    problems.install(app)
    for module in (batches, images, templates, uploads, metrics):
        app.include_router(module.router)
    return app


def mount(context: Context, drawing: DrawingPool) -> Mount:
    """The API as a part of another application."""
    return Mount(PATH, application(context, drawing))
