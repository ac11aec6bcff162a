import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from review.desk.drawing.pool import DrawingPool
from review.desk.serve import server
from tasks.context import Context
from tests.harness.browser import chromium
from tests.harness.context import settings
from tests.harness.desk import PASSWORD, Visitor
from tests.harness.line import Line

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def desk(records: Line) -> Iterator[str]:
    """The address of a desk in this process, on the records of the module."""
    behind_password = settings().model_copy(update={"desk_password": SecretStr(PASSWORD)})
    listener = socket.create_server(("127.0.0.1", 0))
    with Context(behind_password) as line, DrawingPool(behind_password) as drawing:
        web = server(line, drawing)
        thread = threading.Thread(target=lambda: web.run(sockets=[listener]))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        web.should_exit = True
        thread.join(30)


@pytest.fixture
def ada(desk: str) -> Visitor:
    """Somebody who knows the password."""
    return Visitor(desk)


@pytest.fixture
def store(records: Line) -> str:
    """The URL of the bucket of the records."""
    return records.env["SLUICE_BUCKET_URL"]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A browser; each test opens pages of its own."""
    with chromium() as opened:
        yield opened
