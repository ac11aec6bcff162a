"""The scheduler plans a shipped recipe, and its running process has loaded no pixels."""

from pathlib import Path

import pytest

from records import batches
from tests.harness.context import bucket, settings, transact
from tests.harness.line import line, photos
from tests.harness.processes import loaded_libraries
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.slow]


def test_a_scheduler_that_takes_and_plans_an_upload_loads_no_opencv(tmp_path: Path, servers: Servers) -> None:
    with line(tmp_path, servers, SLUICE_PLUGINS="[]") as sluice:
        store = bucket(settings().bucket)
        for photo in photos(tmp_path / "upload", 3).iterdir():
            store.put_file(f"ingest/acme/spring/{photo.name}", photo)
        store.put("ingest/acme/spring/_READY", b'{"recipe": "catalog"}')
        sluice.start(workers=0, schedulers=1)
        (process,) = sluice.named("scheduler")
        sluice.until(
            lambda: transact(lambda connection: batches.of_prefix(connection, "ingest/acme/spring")),
            "the upload is taken, so its recipe was checked",
        )
        assert process.pid is not None
        libraries = loaded_libraries(process.pid)
        assert any("psycopg" in library for library in libraries), "what a process loaded is seen"
        assert [library for library in libraries if "cv2" in library or "onnxruntime" in library] == []
