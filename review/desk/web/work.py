"""The line behind a request, and work on its records in threads: records would block the server's event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import sqlalchemy as sa
from starlette.requests import Request

from review.desk.drawing.pool import DrawingPool
from review.desk.web.login import person_of
from scheduler.decide import Decisions
from tasks.context import Context

T = TypeVar("T")
EXECUTOR = ThreadPoolExecutor(4, "desk")
"""Only a few threads, each with a connection to the records."""


def line_of(request: Request) -> Context:
    """The line that the desk belongs to."""
    return cast(Context, request.app.state.line)


def drawing_of(request: Request) -> DrawingPool:
    """Draws pictures, outside of this process."""
    return cast(DrawingPool, request.app.state.drawing)


async def in_thread(function: Callable[[], T]) -> T:
    """Run ``function`` in a thread."""
    return await asyncio.get_running_loop().run_in_executor(EXECUTOR, function)


async def read(request: Request, query: Callable[[sa.Connection], T]) -> T:
    """The answer of a query of the records."""
    return await in_thread(lambda: line_of(request).database.transact(query))


async def write(request: Request, work: Callable[[sa.Connection], T]) -> T:
    """Change the records in the name of the person who is logged in."""
    actor = person_of(request)
    return await in_thread(lambda: line_of(request).database.transact(work, actor=actor))


def decisions_of(request: Request) -> Decisions:
    """What people decide about the line's images."""
    drawing = drawing_of(request)
    return Decisions(line_of(request), keep_mask=drawing.keep_mask, load_recipe=drawing.recipe)
