import asyncio
import threading
from collections.abc import Iterator

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from review.desk.application import application
from review.desk.drawing_pool import DrawingPool
from tasks.context import Context
from tests.harness.context import settings
from tests.harness.desk import PASSWORD, Visitor
from tests.harness.line import Line


@pytest.fixture(scope="module")
def desk(records: Line) -> Iterator[str]:
    """The address of a desk in this process, on the records of the module."""
    (socket,) = bind_sockets(0, "127.0.0.1")
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        server = HTTPServer(application(line, drawing, PASSWORD))
        server.add_socket(socket)
        await over.wait()
        server.stop()
        await server.close_all_connections()

    with Context(settings()) as line, DrawingPool(settings()) as drawing:
        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()


@pytest.fixture
def ada(desk: str) -> Visitor:
    """Somebody who knows the password."""
    return Visitor(desk)
