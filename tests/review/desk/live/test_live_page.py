"""Open pages in a browser: they follow the line without a reload, and a desk that was restarted."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from review.desk.drawing.pool import DrawingPool
from review.desk.serve import listening, server
from tasks.context import Context
from tests.harness import db_builders
from tests.harness.browser import visit
from tests.harness.context import settings
from tests.harness.desk import PASSWORD
from tests.harness.doubts import doubtful
from tests.harness.line import Line

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.services, pytest.mark.slow]


@contextmanager
def desk_at(listener: socket.socket) -> Iterator[None]:
    """A desk that ends with the block."""
    behind_password = settings().model_copy(update={"desk_password": SecretStr(PASSWORD)})
    with Context(behind_password) as line, DrawingPool(behind_password) as drawing:
        web = server(line, drawing)
        thread = threading.Thread(target=lambda: web.run(sockets=[listener]))
        thread.start()
        yield
        web.should_exit = True
        thread.join()


def test_the_overview_follows_the_line_and_keeps_the_focus(browser: "Browser", desk: str) -> None:
    from playwright.sync_api import expect

    batch = db_builders.batch(4)
    with visit(browser, desk, "/") as page:
        page.evaluate("window.sameDocument = true")
        tile = page.locator(f'article:has(a[href="/batches/{batch}"])')
        expect(tile).to_contain_text("0 of 4")
        tile.get_by_role("link").focus()
        db_builders.through(db_builders.shard(batch, [row.id for row in db_builders.rows(batch)[:2]]))
        expect(tile).to_contain_text("2 of 4")
        expect(tile.get_by_role("link")).to_be_focused()
        assert page.evaluate("window.sameDocument"), "without a reload"


def test_a_batchs_page_follows_its_counts_and_shows_who_else_is_there(
    browser: "Browser", desk: str, records: Line
) -> None:
    from playwright.sync_api import expect

    first, second = doubtful(records.env["SLUICE_BUCKET_URL"], 2)
    batch = db_builders.execute("SELECT batch_id FROM images WHERE id = :id", id=first).scalar()
    with (
        visit(browser, desk, f"/batches/{batch}") as page,
        visit(browser, desk, f"/batches/{batch}", name="bob") as other,
    ):
        expect(page.locator(f"#image-{first} .looking")).to_have_text("bob has this image open as well.")
        other.keyboard.press("j")
        other.keyboard.press("j")
        expect(page.locator(f"#image-{second} .looking")).to_contain_text("bob")
        expect(page.locator(".looking")).to_have_count(1)
        other.keyboard.press("x")
        expect(page.locator("#counts")).to_contain_text("1 flagged")


def test_a_page_says_that_the_desk_is_gone_and_that_it_was_restarted_and_goes_on(
    browser: "Browser", records: Line
) -> None:
    from playwright.sync_api import expect

    first, second = doubtful(records.env["SLUICE_BUCKET_URL"], 2)
    listener = listening("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with ExitStack() as pages:
        with desk_at(listener):
            batch = db_builders.batch(3)
            page = pages.enter_context(visit(browser, url, "/"))
            review = pages.enter_context(visit(browser, url, f"/batches/{db_builders.batch_of(first)}"))
            expect(page.locator(f'a[href="/batches/{batch}"]').first).to_be_visible()
        for each in (page, review):
            expect(each.locator("#live")).to_contain_text("The desk does not answer")
        review.keyboard.press("x")
        expect(review.locator(f"#image-{first}")).to_contain_text("nothing was saved")
        with desk_at(listening("127.0.0.1", listener_port(url))):
            for each in (page, review):
                expect(each.locator("#live")).to_contain_text("The desk was restarted at")
            later = db_builders.batch(3)
            expect(page.locator(f'a[href="/batches/{later}"]').first).to_be_visible()
            review.keyboard.press("x")
            expect(review.locator(f"#image-{first}")).to_contain_class("decided")
            expect(review.locator(f"#image-{second}")).to_be_focused()
            pages.close()


def listener_port(url: str) -> int:
    return int(url.rpartition(":")[2])
