"""The overview as a page and as a stream: its figures, who may read it, and how it ends."""

import socket
import threading
import urllib.error
import urllib.request
from functools import partial

import pytest
from pydantic import SecretStr

from records import workers
from records.workers import WorkerProcess
from review.desk.drawing.pool import DrawingPool
from review.desk.serve import server
from tasks.context import Context
from tests.harness import db_builders
from tests.harness.context import settings, transact
from tests.harness.desk import PASSWORD, Visitor
from tests.harness.line import Line
from tests.harness.waiting import PATIENCE

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def test_it_shows_open_batches_workers_and_readings_without_a_script(ada: Visitor) -> None:
    batch = db_builders.batch(4)
    db_builders.through(db_builders.shard(batch, [row.id for row in db_builders.rows(batch)[:1]]))
    beat = WorkerProcess(
        "gpu@here", "p1", "here", 1, ("upscale",), "cuda:0", 900_000_000, 7 * 10**9, 80 * 10**9
    )
    transact(partial(workers.beat, worker=beat))
    page = ada.get("/").text
    assert f'<a href="/batches/{batch}">acme/spring</a>' in page
    assert "1 of 4" in page
    assert "closed, trips above 15%" in page
    assert "7.0 GB of 80.0 GB" in page
    assert "900 MB" in page
    assert '<a href="/images?reading=sharp&amp;min=1.5&amp;max=1.6499999999999997"' in page
    assert 'aria-label="Sharp 1.5 to 1.65: ' in page
    assert "style=" not in page, "the page's policy would drop it"
    assert "sharp" in ada.get("/readings").text


def test_what_halts_and_which_process_is_missing_stand_at_the_top(ada: Visitor) -> None:
    halted, running = db_builders.batch(1), db_builders.batch(1)
    db_builders.execute(
        "UPDATE batches SET state = 'halted', halt_reason = '9 of 40 images are artifacts' WHERE id = :b",
        b=halted,
    )
    db_builders.shard(running)
    page = ada.get("/").text
    waiting = page[page.index('data-part="waiting"') : page.index('data-part="review"')]
    assert "9 of 40 images are artifacts" in waiting
    assert "shards wait on admit, which no live worker serves" in waiting


def test_a_trouble_is_dismissed_by_a_form_of_the_shared_part(ada: Visitor) -> None:
    db_builders.execute(
        "INSERT INTO troubles (kind, subject, sentence) VALUES ('step', 'find_text', 'the bucket is away')"
    )
    number = db_builders.execute("SELECT id FROM troubles WHERE subject = 'find_text'").scalar()
    assert "the bucket is away" in ada.get("/").text
    assert ada.post(f"/troubles/{number}/dismiss", {}, page="/").status == 200
    assert "the bucket is away" not in ada.get("/").text


def test_the_stream_requires_a_login(desk: str) -> None:
    visitor = Visitor(desk)
    visitor.login = ""
    assert visitor.get("/events").status == 401


@pytest.mark.parametrize("image", ["x", "-1", "1" * 19, "²"])
def test_only_an_image_number_can_be_looked_at(ada: Visitor, image: str) -> None:
    assert ada.post("/looking", {"image": image}, page="/").status == 400


def test_a_desk_that_stops_ends_its_streams_and_waits_for_none(records: Line) -> None:
    behind_password = settings().model_copy(update={"desk_password": SecretStr(PASSWORD)})
    listener = socket.create_server(("127.0.0.1", 0))
    with Context(behind_password) as line, DrawingPool(behind_password) as drawing:
        web = server(line, drawing)
        web.config.timeout_graceful_shutdown = None  # it would wait for ever for a stream that goes on
        thread = threading.Thread(target=lambda: web.run(sockets=[listener]))
        thread.start()
        ada = Visitor(f"http://127.0.0.1:{listener.getsockname()[1]}")
        request = urllib.request.Request(ada.url + "/events", headers=ada.authorization)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=PATIENCE
        ) as stream:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            assert stream.readline() == b"retry: 1000\n"
            assert stream.readline() == b"event: hello\n"
            web.should_exit = True
            while stream.readline():
                pass
        thread.join(PATIENCE)
        assert not thread.is_alive()
