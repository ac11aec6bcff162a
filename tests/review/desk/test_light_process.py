"""The desk shows pictures, and its own process has loaded no pixels: another one draws."""

import signal
import urllib.error
from pathlib import Path

import psutil
import pytest

from stack import programs
from stack.servers.port import free_port
from stack.supervisor import Process
from tests.harness import doubts
from tests.harness.desk import PASSWORD, Visitor
from tests.harness.line import line
from tests.harness.processes import loaded_libraries
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.slow]


def test_a_desk_that_shows_a_picture_loads_no_opencv(tmp_path: Path, servers: Servers) -> None:
    with line(tmp_path, servers, SLUICE_PLUGINS="[]") as sluice:
        (image,) = doubts.doubtful(sluice.env["SLUICE_BUCKET_URL"])
        port = free_port()
        process = Process(programs.desk(sluice.env, port, PASSWORD), sluice.home / "logs", sluice.home)
        process.restart()
        ada = Visitor(f"http://127.0.0.1:{port}")

        def picture() -> bytes:
            try:
                reply = ada.get(f"/images/{image}/plain.jpg")
            except (urllib.error.URLError, ConnectionError):
                return b""
            return reply.body if reply.status == 200 else b""

        try:
            assert sluice.until(picture, "the desk shows the picture").startswith(b"\xff\xd8")
            assert process.pid is not None
            assert not any("cv2" in library for library in loaded_libraries(process.pid))
            children = psutil.Process(process.pid).children(recursive=True)
            drawing = [
                child.pid for child in children if any("cv2" in each for each in loaded_libraries(child.pid))
            ]
            assert drawing
        finally:
            process.send(signal.SIGTERM)
            sluice.until(lambda: not process.alive(), "the desk has ended")
        sluice.until(lambda: not any(map(psutil.pid_exists, drawing)), "the drawing processes end with it")
